#include "container/torch.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "graph/dtype.h"

namespace picklebox::container {
namespace {

struct StorageClass {
  absl::string_view name;
  absl::string_view code;
};

constexpr StorageClass kClasses[] = {
    {"DoubleStorage", "f8"},
    {"FloatStorage", "f4"},
    {"HalfStorage", "f2"},
    {"LongStorage", "i8"},
    {"IntStorage", "i4"},
    {"ShortStorage", "i2"},
    {"CharStorage", "i1"},
    {"ByteStorage", "u1"},
    {"BoolStorage", "b1"},
    {"BFloat16Storage", "bfloat16"},
    {"ComplexDoubleStorage", "c16"},
    {"ComplexFloatStorage", "c8"},
    {"QInt8Storage", "qint8"},
    {"QUInt8Storage", "quint8"},
    {"QInt32Storage", "qint32"},
    {"QUInt4x2Storage", "quint4x2"},
    {"QUInt2x4Storage", "quint2x4"},
    {"UntypedStorage", "u1"},
    {"_UntypedStorage", "u1"},
};

constexpr size_t kMostParts = 8;

std::optional<uint64_t> Count(const Values& values, NodeId node) {
  const std::optional<int64_t> count = values.Int(node);
  if (!count || *count < 0) return std::nullopt;
  return static_cast<uint64_t>(*count);
}

// A key: text, or in old files a number.
std::optional<std::string> Key(const Values& values, NodeId node) {
  if (const std::optional<int64_t> number = values.Int(node))
    return absl::StrCat(*number);
  return values.Text(node);
}

}  // namespace

absl::string_view CodeOfStorage(absl::string_view cls) {
  const size_t dot = cls.rfind('.');
  if (dot != absl::string_view::npos) cls.remove_prefix(dot + 1);
  for (const StorageClass& known : kClasses) {
    if (known.name == cls) return known.code;
  }
  return "";
}

std::string DtypeOfCode(absl::string_view code, bool big_endian) {
  std::string dtype = absl::StrCat("|", code);
  if (graph::ScalarSize(dtype)) return dtype;
  dtype[0] = big_endian ? '>' : '<';
  return dtype;
}

std::optional<StorageId> ReadStorageId(const Values& values, NodeId id) {
  const auto parts = values.Tuple(id, kMostParts);
  if (!parts || (parts->size() != 5 && parts->size() != 6) ||
      values.Text((*parts)[0]) != "storage") {
    return std::nullopt;
  }
  const std::optional<std::string> cls = values.Global((*parts)[1]);
  const std::optional<std::string> key = Key(values, (*parts)[2]);
  const std::optional<uint64_t> numel = Count(values, (*parts)[4]);
  if (!cls || !key || !numel) return std::nullopt;
  StorageId storage;
  storage.code = std::string(CodeOfStorage(*cls));
  storage.key = *key;
  storage.numel = *numel;
  if (storage.code.empty()) return std::nullopt;
  storage.itemsize =
      graph::ScalarSize(DtypeOfCode(storage.code, false)).value_or(1);
  if (parts->size() == 6 && values.kind((*parts)[5]) != NodeKind::kNone) {
    const auto view = values.Tuple((*parts)[5], 3);
    if (!view || view->size() != 3) return std::nullopt;
    const auto view_key = Key(values, (*view)[0]);
    const auto offset = Count(values, (*view)[1]);
    const auto length = Count(values, (*view)[2]);
    if (!view_key || !offset || !length || *offset > storage.numel ||
        *length > storage.numel - *offset) {
      return std::nullopt;
    }
    storage.view = true;
    storage.view_key = *view_key;
    storage.view_offset = *offset;
    storage.view_numel = *length;
  }
  return storage;
}

NodeId ReadModuleId(const Values& values, NodeId id) {
  const auto parts = values.Tuple(id, kMostParts);
  if (!parts || parts->size() != 4 || values.Text((*parts)[0]) != "module")
    return kNoNode;
  return values.kind((*parts)[1]) == NodeKind::kGlobal ? (*parts)[1] : kNoNode;
}

std::vector<std::string> StorageNames(absl::string_view pickle,
                                      absl::string_view key) {
  const size_t slash = pickle.rfind('/');
  const absl::string_view folder =
      slash == absl::string_view::npos ? "" : pickle.substr(0, slash + 1);
  const size_t top = pickle.find('/');
  const absl::string_view root =
      top == absl::string_view::npos ? "" : pickle.substr(0, top + 1);
  const absl::string_view stem = absl::StripSuffix(pickle, ".pkl");
  return {absl::StrCat(stem, "/", key), absl::StrCat(folder, "data/", key),
          absl::StrCat(root, ".data/", key, ".storage")};
}

}  // namespace picklebox::container
