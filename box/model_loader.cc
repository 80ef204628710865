#include "box/model_loader.h"

#include <algorithm>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "base/text.h"
#include "box/file_names.h"
#include "box/pickle_scan.h"
#include "graph/dtype.h"

namespace picklebox::box {
namespace {

using container::JoblibArray;
using container::StorageId;

// The names of byte orders, as the member `byteorder` has them, by their size.
constexpr uint64_t kBigSize = 3;

std::string Shown(absl::string_view text) {
  return base::EscapeAscii(text.substr(0, 160));
}

}  // namespace

ModelLoader::ModelLoader(Shared* shared, const Item& item, base::Window* in,
                         graph::GraphBuilder* builder, Notes* notes)
    : shared_(*shared),
      item_(item),
      in_(*in),
      builder_(*builder),
      notes_(*notes),
      nested_options_(MachineOptions(shared->request)) {
  nested_options_.part = true;
  Restart();
}

void ModelLoader::Restart() {
  joblib_ = std::make_unique<container::JoblibReader>(builder_.source());
  storages_.clear();
  tar_nodes_.clear();
  plain_from_ = kNever;
  opcodes_ = wrappers_ = 0;
  // What the verifier will grant.
  bytes_left_ = in_.size() + shared_.members.bytes();
}

bool ModelLoader::Spend(uint64_t bytes, uint64_t at) {
  if (bytes > bytes_left_) {
    notes_.Add(Code::kArrayBad, at, "arrays have more bytes than the file",
               "overlap");
    return false;
  }
  bytes_left_ -= bytes;
  return true;
}

void ModelLoader::OnGlobal(absl::string_view module,
                           absl::string_view qualname) {
  joblib_->OnGlobal(module, qualname);
}

bool ModelLoader::AfterBuild(const Built& built, NodeId* top) {
  JoblibArray array =
      joblib_->AfterBuild(*top, built.state, builder_.size(), in_);
  if (array.what == JoblibArray::kNone || builder_.full()) return true;
  ++wrappers_;
  if (in_.failed()) {
    notes_.Add(Code::kInputChanged, built.at, "an array cannot be read");
    return false;
  }
  if (array.what == JoblibArray::kFile) {
    notes_.Add(Code::kSideFile, built.at,
               absl::StrCat("an array is in the file ", Shown(array.text),
                            " beside this one, which was not read with it"));
    return true;
  }
  if (built.in_frame) {
    // joblib reads on behind the frame.
    array.what = JoblibArray::kBad;
    array.code = Code::kArrayBad;
    array.text = "an array stands in the middle of a frame";
  }
  if (array.what == JoblibArray::kBad) {
    notes_.Add(array.code, built.at, Shown(array.text));
    return false;
  }
  if (array.what == JoblibArray::kObjects) {
    if (!ReadObjects(built, top)) return false;
  } else {
    if (!array.ends_pickle) plain_from_ = std::min(plain_from_, built.at + 1);
    if (!Spend(array.extent.length, built.at)) return false;
    *top =
        builder_.Array(array.dtype, array.shape, array.fortran, array.extent);
  }
  if (array.subclass != kNoNode) {
    const NodeId args = builder_.Tuple({*top});
    *top = builder_.Call(array.subclass, args, built.at);
  }
  return true;
}

// pickle.load reads an array of objects: a stack and a memo of its own, no
// arrays within.
bool ModelLoader::ReadObjects(const Built& built, NodeId* top) {
  plain_from_ = std::min(plain_from_, built.at + 1);
  const uint64_t limit = shared_.request.limits.opcodes;
  nested_options_.limits.opcodes = limit > opcodes_ ? limit - opcodes_ : 0;
  if (nested_ == nullptr) {
    nested_ = std::make_unique<vm::Machine>(nested_options_, shared_.memory,
                                            &in_, &builder_, &notes_.log());
  }
  const vm::Outcome outcome = nested_->Run();
  opcodes_ += outcome.opcodes;
  *top = outcome.root;
  return outcome.stopped;
}

NodeId ModelLoader::PersistentLoad(NodeId id, uint64_t at) {
  if (tar_ != nullptr) return FromTar(id, at);
  const container::Values values(builder_.source());
  const std::optional<StorageId> storage = container::ReadStorageId(values, id);
  if (storage) return Resolve(*storage, at);
  // A class that old versions save with its source text.
  return places_ != nullptr ? container::ReadModuleId(values, id) : kNoNode;
}

NodeId ModelLoader::Resolve(const StorageId& id, uint64_t at) {
  const std::string key =
      id.view ? absl::StrCat(id.key, ":", id.view_key) : id.key;
  const auto known = storages_.find(key);
  if (known != storages_.end()) {
    if (known->second.code == id.code && known->second.numel == id.numel)
      return known->second.node;
    notes_.Add(Code::kStorageBad, at,
               absl::StrCat("the storage ", Shown(id.key),
                            " is of two types or sizes"));
    return kNoNode;
  }
  const NodeId node =
      places_ != nullptr ? FromFile(id, at) : FromMember(id, at);
  if (node != kNoNode) storages_[key] = {node, id.code, id.numel};
  return node;
}

NodeId ModelLoader::FromMember(const StorageId& id, uint64_t at) {
  const MemberRecord& pickle = shared_.members[item_.member];
  if (item_.member == 0) return kNoNode;
  for (const std::string& name : container::StorageNames(pickle.name, id.key)) {
    const uint32_t member = shared_.members.Find(pickle.parent, name);
    if (member == Members::kNone) continue;
    const uint64_t size = shared_.members[member].size;
    // TorchScript keeps what a model was traced with, without the numbers.
    if (size == 0 && absl::EndsWith(pickle.name, kTracedInputs))
      return Storage(id, {0, 0, member});
    const std::optional<uint64_t> length =
        graph::ArrayLength(id.itemsize, {id.numel});
    if (item_.cut_off && length && size < *length) return kNoNode;
    if (id.view || !length || *length != size) {
      notes_.Add(
          Code::kStorageBad, at,
          absl::StrCat("a storage of ", id.numel, " items of ", id.itemsize,
                       " bytes, but ", Shown(name), " has ", size, " bytes"));
      return kNoNode;
    }
    if (!Spend(size, at)) return kNoNode;
    return Storage(id, {0, size, member});
  }
  if (item_.cut_off) return kNoNode;
  notes_.Add(
      Code::kStorageBad, at,
      absl::StrCat("there is no member for the storage ", Shown(id.key)));
  return kNoNode;
}

NodeId ModelLoader::FromFile(const StorageId& id, uint64_t at) {
  if (wanted_ != nullptr) wanted_->emplace(id.key, Place{id.code, id.numel, 0});
  const auto found = places_->find(id.key);
  if (found == places_->end()) return kNoNode;
  const Place& place = found->second;
  if (place.code != id.code || place.numel != id.numel) {
    notes_.Add(Code::kStorageBad, at,
               absl::StrCat("the storage ", Shown(id.key), " has ", place.numel,
                            " items"));
    return kNoNode;
  }
  const uint64_t begin = id.view ? id.view_offset * id.itemsize : 0;
  const uint64_t length = (id.view ? id.view_numel : id.numel) * id.itemsize;
  if (!Spend(length, at)) return kNoNode;
  return Storage(id, {place.offset + begin, length, 0});
}

// PyTorch's tar form: the id is the key of a tensor or a storage, or a tuple of
// a class and its source text.
NodeId ModelLoader::FromTar(NodeId id, uint64_t at) {
  const container::Values values(builder_.source());
  if (const auto parts = values.Tuple(id, 3); parts && !parts->empty()) {
    const NodeId cls = (*parts)[0];
    return values.kind(cls) == NodeKind::kGlobal ? cls : kNoNode;
  }
  std::optional<int64_t> key = values.Int(id);
  if (const auto text = values.Text(id); text && !key) {
    int64_t number;
    if (absl::SimpleAtoi(*text, &number) && absl::StrCat(number) == *text)
      key = number;
  }
  if (!key) return kNoNode;
  const auto known = tar_nodes_.find(*key);
  if (known != tar_nodes_.end()) return known->second;
  const auto tensor = tar_->tensors.find(*key);
  const NodeId node = tensor == tar_->tensors.end()
                          ? TarStorage(*key, at)
                          : TarTensor(tensor->second, at);
  if (node != kNoNode) tar_nodes_[*key] = node;
  return node;
}

NodeId ModelLoader::TarStorage(int64_t key, uint64_t at) {
  const auto known = tar_nodes_.find(key);
  if (known != tar_nodes_.end()) return known->second;
  const auto found = tar_->storages.find(key);
  if (found == tar_->storages.end()) {
    notes_.Add(Code::kStorageBad, at,
               absl::StrCat("there is no storage ", key));
    return kNoNode;
  }
  const TorchTar::Storage& storage = found->second;
  const uint64_t length = storage.numel * storage.itemsize;
  if (!Spend(length, at)) return kNoNode;
  const NodeId node = builder_.Array(
      container::DtypeOfCode(storage.code, false), {storage.numel}, false,
      {storage.offset, length, tar_->storages_member});
  tar_nodes_[key] = node;
  return node;
}

// As _rebuild_tensor makes it in later files.
NodeId ModelLoader::TarTensor(const TorchTar::Tensor& tensor, uint64_t at) {
  const NodeId storage = TarStorage(tensor.storage, at);
  if (storage == kNoNode) return kNoNode;
  const auto tuple = [this](const std::vector<uint64_t>& lengths) {
    std::vector<NodeId> items;
    items.reserve(lengths.size());
    for (const uint64_t length : lengths)
      items.push_back(builder_.Int(static_cast<int64_t>(length)));
    return builder_.Tuple(items);
  };
  const NodeId maker = builder_.Global({"torch._utils", "_rebuild_tensor"}, at);
  const NodeId offset = builder_.Int(static_cast<int64_t>(tensor.offset));
  const NodeId sizes = tuple(tensor.sizes);
  const NodeId strides = tuple(tensor.strides);
  return builder_.Call(maker, builder_.Tuple({storage, offset, sizes, strides}),
                       at);
}

NodeId ModelLoader::Storage(const StorageId& id, Extent extent) {
  return builder_.Array(container::DtypeOfCode(id.code, BigEndian()),
                        {extent.length / id.itemsize}, false, extent);
}

// A member says so, "little" or "big": its size tells which. Only how a dtype
// is shown depends on it.
bool ModelLoader::BigEndian() const {
  if (places_ != nullptr) return big_endian_;
  const MemberRecord& pickle = shared_.members[item_.member];
  const size_t top = pickle.name.find('/');
  const uint32_t member = shared_.members.Find(
      pickle.parent,
      absl::StrCat(
          top == std::string::npos ? "" : pickle.name.substr(0, top + 1),
          "byteorder"));
  return member != Members::kNone && shared_.members[member].size == kBigSize;
}

}  // namespace picklebox::box
