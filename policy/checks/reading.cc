#include "policy/checks/reading.h"

#include <algorithm>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"

namespace picklebox::policy {

NodeId Find(const Values::Pairs& pairs, absl::string_view key) {
  const auto found =
      std::find_if(pairs.begin(), pairs.end(),
                   [key](const auto& pair) { return pair.first == key; });
  return found == pairs.end() ? kNoNode : found->second;
}

std::optional<int64_t> FindInt(const Values::Pairs& pairs,
                               absl::string_view key, Values& values) {
  const NodeId value = Find(pairs, key);
  return value == kNoNode ? std::nullopt : values.Int(value);
}

std::optional<Values::Pairs> Attributes(NodeId state, Values& values) {
  std::vector<NodeId> parts = {state};
  if (values.kind(state) == NodeKind::kTuple) {
    const auto pair = values.Tuple(state);
    if (!pair || pair->size() != 2) return std::nullopt;
    parts = *pair;
  }
  Values::Pairs attributes;
  for (const NodeId part : parts) {
    if (values.IsNone(part)) continue;
    const auto pairs = values.Dict(part);
    if (!pairs) return std::nullopt;
    values.Freeze(part);
    for (const auto& [key, value] : *pairs) {
      // Of two of a name nobody knows which one is found later.
      if (parts.size() > 1 && Find(attributes, key) != kNoNode)
        return std::nullopt;
      attributes.emplace_back(key, value);
    }
  }
  return attributes;
}

const NumpyArray* FindNumbers(NodeId id, size_t rank, Values& values) {
  if (id == kNoNode) return nullptr;
  const NumpyArray* const array = values.FindArray(id);
  const bool is_number = array != nullptr && !array->has_objects &&
                         array->rank() == rank &&
                         absl::string_view("biufc").find(array->type->kind) !=
                             absl::string_view::npos;
  return is_number ? array : nullptr;
}

const NumpyArray* FindIntegers(NodeId id, size_t rank, Values& values) {
  const NumpyArray* const array = FindNumbers(id, rank, values);
  return array != nullptr && array->is_integers() ? array : nullptr;
}

std::string CheckRange(const NumpyArray& array, int64_t low, int64_t high,
                       absl::string_view name, Values& values) {
  ItemReader reader(array, &values);
  while (const uint8_t* const item = reader.Next()) {
    const int64_t number = array.type->Integer(item);
    if (number >= low && number <= high) continue;
    return absl::StrCat("'", name, "' holds ", number, ", which is not within ",
                        low, " to ", high);
  }
  return reader.fault();
}

std::string Summarize(const NumpyArray& array, Values& values,
                      Summary* summary) {
  ItemReader reader(array, &values);
  while (const uint8_t* const item = reader.Next()) {
    const int64_t number = array.type->Integer(item);
    if (reader.count() == 1)
      *summary = {number, number, number, number, true, false};
    summary->grows = summary->grows && number >= summary->last;
    summary->last = number;
    summary->least = std::min(summary->least, number);
    summary->most = std::max(summary->most, number);
  }
  summary->known = reader.count() == array.items && array.items > 0;
  return reader.fault();
}

namespace {

constexpr int64_t kSparseRadix = int64_t{1} << 31;

}  // namespace

void RememberSparse(NodeId object, const SparseSize& size, Values& values) {
  if (size.rows < kSparseRadix && size.stored < kSparseRadix)
    values.Remember(object, size.rows * kSparseRadix + size.stored);
}

std::optional<SparseSize> RecallSparse(NodeId object, Values& values) {
  const JudgedGlobal* const maker =
      object == kNoNode ? nullptr : values.MakerOf(object);
  if (maker == nullptr || !absl::StartsWith(maker->module, "scipy.sparse.") ||
      !absl::StartsWith(maker->qualname, "csr")) {
    return std::nullopt;
  }
  const auto packed = values.Recall(object);
  if (!packed) return std::nullopt;
  return SparseSize{*packed / kSparseRadix, *packed % kSparseRadix};
}

}  // namespace picklebox::policy
