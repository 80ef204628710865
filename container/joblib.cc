#include "container/joblib.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "container/names.h"
#include "graph/dtype.h"
#include "graph/wire.h"

namespace picklebox::container {
namespace {

// Keys of a wrapper's state, with room for those of a later version.
constexpr size_t kMostKeys = 16;
constexpr uint64_t kMostAlignment = 4096;
// From here on a byte can be an opcode.
constexpr int kFirstOpcode = '(';

// The module has had three names, and a path can be split anywhere.
bool EndsInName(absl::string_view path, absl::string_view cls) {
  if (!absl::EndsWith(path, cls)) return false;
  path.remove_suffix(cls.size());
  return absl::EndsWith(path, "numpy_pickle.") ||
         absl::EndsWith(path, "numpy_pickle_compat.");
}

constexpr absl::string_view kWrapperClasses[] = {
    "NumpyArrayWrapper", "ZNDArrayWrapper", "NDArrayWrapper"};

}  // namespace

struct JoblibReader::Wrapper {
  NodeId subclass = kNoNode;
  Dtype dtype;
  std::vector<uint64_t> shape;
  bool fortran = false;
  uint64_t alignment = 0;  // 0: no padding
};

void JoblibReader::OnGlobal(absl::string_view module,
                            absl::string_view qualname) {
  armed_ = armed_ || absl::EndsWith(qualname, "ArrayWrapper") ||
           absl::StrContains(module, "ArrayWrapper");
}

bool JoblibReader::IsWrapper(NodeId target, absl::string_view* cls) const {
  const NodeKind kind = values_.kind(target);
  if (kind != NodeKind::kNew && kind != NodeKind::kCall) return false;
  const Node node = values_.source().node(target);
  std::optional<std::string> maker = values_.Global(node.subject);
  if (maker == "copyreg._reconstructor" || maker == "copy_reg._reconstructor") {
    const auto args = values_.Tuple(node.args, 3);
    if (!args || args->empty()) return false;
    maker = values_.Global((*args)[0]);
  }
  if (!maker) return false;
  for (const absl::string_view known : kWrapperClasses) {
    if (!EndsInName(*maker, known)) continue;
    *cls = known;
    return true;
  }
  return false;
}

JoblibArray JoblibReader::AfterBuild(NodeId target, NodeId state, NodeId size,
                                     base::Window& in) {
  JoblibArray array;
  absl::string_view cls;
  if (!armed_ || !IsWrapper(target, &cls)) return array;
  const auto bad = [&array](absl::string_view fault) {
    array.what = JoblibArray::kBad;
    array.text = std::string(fault);
    return array;
  };
  // What joblib writes is made and used up at once. So nothing is looked at
  // twice.
  if (target < last_ || state < last_)
    return bad("the state of a wrapper is set again");
  last_ = size;
  if (cls != "NumpyArrayWrapper") {
    ReadFileName(state, size, &array);
    return array;
  }
  Wrapper wrapper;
  if (const char* fault = ReadWrapper(state, size, &wrapper); fault != nullptr)
    return bad(fault);
  array.subclass = wrapper.subclass;
  if (wrapper.dtype.objects) {
    array.what = JoblibArray::kObjects;
    return array;
  }
  const std::optional<uint64_t> itemsize = graph::ItemSize(wrapper.dtype.text);
  if (!itemsize) {
    array.code = Code::kArrayUnknown;
    return bad("a dtype that NumPy does not write");
  }
  const std::optional<uint64_t> length =
      graph::ArrayLength(*itemsize, wrapper.shape);
  if (!length) return bad("an array of more than 2^63 bytes");
  if (wrapper.alignment > 0) {
    const char* const fault = PassPadding(wrapper.alignment, in, &array);
    if (fault != nullptr) return bad(fault);
  }
  if (*length > in.remaining()) {
    return bad(absl::StrCat("an array of ", *length, " bytes, but ",
                            in.remaining(), " are left"));
  }
  array.what = JoblibArray::kItems;
  array.dtype = wrapper.dtype.text;
  array.fortran = wrapper.fortran && wrapper.shape.size() > 1;
  array.shape = std::move(wrapper.shape);
  array.extent = {in.offset(), *length};
  in.Skip(*length);
  return array;
}

const char* JoblibReader::PassPadding(uint64_t alignment, base::Window& in,
                                      JoblibArray* array) {
  if (!in.Need(1)) return "the file ends in the padding of an array";
  const int length = *in.p;
  if (static_cast<uint64_t>(length) > alignment)
    return "the padding of an array is longer than its alignment";
  if (!in.Need(1 + static_cast<size_t>(length)))
    return "the file ends in the padding of an array";
  array->ends_pickle = length < kFirstOpcode;
  ++in.p;
  if (!std::all_of(in.p, in.p + length, [](uint8_t c) { return c == 0xff; }))
    return "something stands in the padding of an array";
  in.p += length;
  return nullptr;
}

const char* JoblibReader::ReadWrapper(NodeId state, NodeId size,
                                      Wrapper* wrapper) {
  const auto pairs = values_.Pairs(state, size, kMostKeys);
  if (!pairs) return "the state of a wrapper is no dictionary";
  int seen = 0;
  for (const auto& [key_node, value] : *pairs) {
    const std::optional<std::string> key = values_.Text(key_node);
    if (key == "subclass") {
      const std::optional<std::string> cls = values_.Global(value);
      if (!cls) return "the subclass of an array is no class";
      const bool plain = *cls == "numpy.ndarray" || *cls == "numpy.memmap" ||
                         *cls == "numpy.core.memmap.memmap" ||
                         *cls == "numpy.core.multiarray.ndarray";
      wrapper->subclass = plain ? kNoNode : value;
      seen |= 1;
    } else if (key == "shape") {
      const auto shape = values_.Lengths(value, graph::kMaxRank);
      if (!shape) return "the shape of an array is no tuple of lengths";
      wrapper->shape = *shape;
      seen |= 2;
    } else if (key == "order") {
      const std::optional<std::string> order = values_.Text(value);
      if (order != "C" && order != "F")
        return "the order of an array is neither C nor F";
      wrapper->fortran = order == "F";
      seen |= 4;
    } else if (key == "dtype") {
      wrapper->dtype = dtypes_.Read(value, size);
      seen |= 8;
    } else if (key == "allow_mmap") {
      if (!values_.Bool(value)) return "allow_mmap is neither True nor False";
    } else if (key == "numpy_array_alignment_bytes") {
      if (values_.kind(value) == NodeKind::kNone) continue;
      const std::optional<int64_t> alignment = values_.Int(value);
      if (!alignment || *alignment < 1 || *alignment > int64_t{kMostAlignment})
        return "the alignment of an array is no small number";
      wrapper->alignment = static_cast<uint64_t>(*alignment);
    } else {
      return "an unknown key in the state of a wrapper";
    }
  }
  return seen == 15 ? nullptr : "a key is missing in the state of a wrapper";
}

void JoblibReader::ReadFileName(NodeId state, NodeId size, JoblibArray* array) {
  array->what = JoblibArray::kBad;
  array->text = "the state of a wrapper names no file";
  const auto pairs = values_.Pairs(state, size, kMostKeys);
  if (!pairs) return;
  for (const auto& [key, value] : *pairs) {
    if (values_.Text(key) != "filename") continue;
    const std::optional<std::string> name = values_.Text(value);
    if (!name) return;
    array->text = *name;
    if (!NameTrouble(*name).empty() || absl::StrContains(*name, "/") ||
        *name == ".") {
      array->text =
          absl::StrCat("the file ", *name, " does not lie beside this one");
      return;
    }
    array->what = JoblibArray::kFile;
    return;
  }
}

}  // namespace picklebox::container
