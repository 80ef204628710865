// The indexes of pandas, and what is known of lengths. Its compiled code takes
// the codes of a MultiIndex for ones that each have a level.
#include <optional>
#include <string>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "policy/checks/checks.h"
#include "policy/checks/pandas.h"
#include "policy/checks/reading.h"

namespace picklebox::policy {
namespace {

constexpr int64_t kUnknown = -1;
constexpr int64_t kMostNumber = int64_t{1} << 62;

// A list of codes for each level: codes, or labels before pandas 0.24.
std::string CheckLevels(const Values::Pairs& pairs, NodeId object,
                        Values& values) {
  const NodeId levels_id = Find(pairs, "levels");
  const NodeId new_id = Find(pairs, "codes");
  const NodeId old_id = Find(pairs, "labels");
  const NodeId codes_id = new_id == kNoNode ? old_id : new_id;
  const auto levels =
      levels_id == kNoNode ? std::nullopt : Sequence(levels_id, values);
  const auto codes =
      codes_id == kNoNode ? std::nullopt : Sequence(codes_id, values);
  if (!levels || !codes || levels->size() != codes->size() ||
      (new_id != kNoNode && old_id != kNoNode)) {
    return "it has not as many rows of codes as levels";
  }
  std::optional<int64_t> length;
  for (size_t i = 0; i < codes->size(); ++i) {
    const NumpyArray* const row = FindIntegers((*codes)[i], 1, values);
    const auto size = LengthOf((*levels)[i], values);
    if (row == nullptr || !size || row->items != length.value_or(row->items))
      return absl::StrCat("level ", i, " has no codes of the length of others");
    length = row->items;
    std::string fault = CheckCodes(*row, *size, "codes", values);
    if (!fault.empty()) return fault;
  }
  RememberLength(object, length, values);
  return "";
}

std::optional<int64_t> LengthOfRange(const Values::Pairs& pairs,
                                     Values& values) {
  const auto start = FindInt(pairs, "start", values);
  const auto stop = FindInt(pairs, "stop", values);
  const auto step = FindInt(pairs, "step", values);
  if (!start || !stop || !step || *step == 0) return std::nullopt;
  for (const int64_t number : {*start, *stop, *step})
    if (number > kMostNumber || number < -kMostNumber) return std::nullopt;
  return RangeLength(*start, *stop, *step);
}

// Of an index of intervals: as many left ends as right ones.
std::optional<int64_t> LengthOfEnds(const Values::Pairs& pairs,
                                    Values& values) {
  const NodeId right = Find(pairs, "right");
  const auto length = LengthOf(Find(pairs, "left"), values);
  return right != kNoNode && LengthOf(right, values) == length ? length
                                                               : std::nullopt;
}

}  // namespace

int64_t RangeLength(int64_t start, int64_t stop, int64_t step) {
  if (step > 0) return start >= stop ? 0 : (stop - start - 1) / step + 1;
  return start <= stop ? 0 : (start - stop - 1) / -step + 1;
}

std::optional<int64_t> LengthOf(NodeId id, Values& values) {
  if (id == kNoNode) return std::nullopt;
  if (const NumpyArray* const array = values.FindArray(id)) {
    return array->is_row() ? std::optional(array->items) : std::nullopt;
  }
  const JudgedGlobal* const maker = values.MakerOf(id);
  if (maker == nullptr || !(maker->module == "pandas" ||
                            absl::StartsWith(maker->module, "pandas.") ||
                            maker->module == "pyarrow.lib")) {
    return std::nullopt;
  }
  const auto length = values.Recall(id);
  return length.value_or(kUnknown) == kUnknown ? std::nullopt : length;
}

void RememberLength(NodeId object, std::optional<int64_t> length,
                    Values& values) {
  values.Remember(object, length.value_or(kUnknown));
}

std::optional<std::vector<NodeId>> Sequence(NodeId id, Values& values) {
  if (values.kind(id) == NodeKind::kTuple) return values.Tuple(id);
  auto items = values.List(id);
  if (items) values.Freeze(id);
  return items;
}

std::string CheckCodes(const NumpyArray& codes, int64_t categories,
                       absl::string_view name, Values& values) {
  return CheckRange(codes, -1, categories - 1, name, values);
}

// (class, dict of what it is given)
std::string CheckPandasIndex(const CheckEvent& event, Values& values) {
  if (event.use != kCall) return "";
  const auto args = values.Tuple(event.value);
  if (!args || args->size() != 2) return "it is made of no class and dict";
  const auto pairs = values.Dict(args->back());
  const Named* const cls = values.objects().FindNamed(args->front());
  if (!pairs || cls == nullptr) return "it is made of no class and dict";
  values.Freeze(args->back());
  const std::string& name = values.objects().global(cls->global).qualname;
  if (name == "MultiIndex") return CheckLevels(*pairs, event.object, values);
  RememberLength(event.object,
                 name == "RangeIndex" ? LengthOfRange(*pairs, values)
                 : Find(*pairs, "data") != kNoNode
                     ? LengthOf(Find(*pairs, "data"), values)
                     : LengthOfEnds(*pairs, values),
                 values);
  return "";
}

}  // namespace picklebox::policy
