// The arrays of pandas: of categories, of dates and text, with a mask, of
// intervals, sparse ones. Each has parts in attributes, of which its compiled
// code believes that they fit.
#include <algorithm>
#include <optional>
#include <string>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "policy/checks/checks.h"
#include "policy/checks/pandas.h"
#include "policy/checks/reading.h"

namespace picklebox::policy {
namespace {

// The names under which an array keeps its items.
constexpr const char* kItems[] = {"_ndarray", "_codes", "_data", "_pa_array"};

NodeId FindItems(const Values::Pairs& state) {
  NodeId found = kNoNode;
  for (const char* name : kItems) {
    const NodeId id = Find(state, name);
    if (id == kNoNode) continue;
    // Of two, releases differ in which one counts.
    if (found != kNoNode) return kNoNode;
    found = id;
  }
  return found;
}

// A state by position: (type, array), in either order, and a dict of more.
std::optional<Values::Pairs> ReadPositions(NodeId state, Values& values) {
  const auto parts = values.Tuple(state);
  if (!parts) return std::nullopt;
  if (parts->size() == 1) return Attributes(parts->front(), values);
  Values::Pairs pairs;
  for (size_t i = 0; i < parts->size(); ++i) {
    const NodeId part = (*parts)[i];
    if (i < 2) {
      const bool is_array = values.FindArray(part) != nullptr;
      pairs.emplace_back(is_array ? "_ndarray" : "_dtype", part);
      continue;
    }
    if (values.IsNone(part)) continue;
    const auto more = Attributes(part, values);
    if (!more) return std::nullopt;
    pairs.insert(pairs.end(), more->begin(), more->end());
  }
  for (const char* name : {"_dtype", "_ndarray"}) {
    const auto count =
        std::count_if(pairs.begin(), pairs.end(),
                      [name](const auto& pair) { return pair.first == name; });
    if (count != 1) return std::nullopt;
  }
  return pairs;
}

std::optional<Values::Pairs> ReadState(NodeId state, Values& values) {
  return values.kind(state) == NodeKind::kDict ? Attributes(state, values)
                                               : ReadPositions(state, values);
}

// Of an array that may have two dimensions: of its last one.
std::optional<int64_t> LastLength(NodeId id, Values& values) {
  const NumpyArray* const array =
      id == kNoNode ? nullptr : values.FindArray(id);
  if (array == nullptr || array->rank() < 1) return LengthOf(id, values);
  return array->dims.back();
}

std::string CheckCategories(const Values::Pairs& state, NodeId object,
                            Values& values) {
  NodeId type = Find(state, "_dtype");
  // Before 0.25 it had the categories itself.
  if (type == kNoNode) type = Find(state, "_categories");
  const auto categories = LengthOf(type, values);
  const NumpyArray* const codes = FindIntegers(FindItems(state), 1, values);
  if (!categories || codes == nullptr)
    return "it has no codes and categories of a known number";
  RememberLength(object, codes->items, values);
  return CheckCodes(*codes, *categories, "codes", values);
}

// Items, and whether each of them is none.
std::string CheckMask(const Values::Pairs& state, NodeId object,
                      Values& values) {
  const auto items = LastLength(FindItems(state), values);
  if (!items || LastLength(Find(state, "_mask"), values) != items)
    return "its mask is not as long as its items";
  RememberLength(object, items, values);
  return "";
}

std::string CheckEnds(const Values::Pairs& state, NodeId object,
                      Values& values) {
  const auto left = LengthOf(Find(state, "_left"), values);
  if (!left || LengthOf(Find(state, "_right"), values) != left)
    return "it has not as many left ends as right ones";
  RememberLength(object, left, values);
  return "";
}

// How many places a sparse index has: IntIndex(length, places) or
// BlockIndex(length, places, lengths).
std::optional<int64_t> CountPlaces(const std::vector<NodeId>& arguments,
                                   Values& values) {
  const NumpyArray* const last = FindIntegers(arguments.back(), 1, values);
  if (last == nullptr || arguments.size() == 2)
    return last == nullptr ? std::nullopt : std::optional(last->items);
  int64_t places = 0;
  ItemReader reader(*last, &values);
  while (const uint8_t* const item = reader.Next()) {
    if (__builtin_add_overflow(places, last->type->Integer(item), &places))
      return std::nullopt;
  }
  return reader.count() == last->items ? std::optional(places) : std::nullopt;
}

std::string CheckPlaces(const Values::Pairs& state, NodeId object,
                        Values& values) {
  const NodeId index = Find(state, "_sparse_index");
  const JudgedGlobal* const maker =
      index == kNoNode ? nullptr : values.MakerOf(index);
  if (maker == nullptr || maker->module != "pandas._libs.sparse")
    return "it has no index of places";
  const auto args = values.Tuple(values.ArgumentsOf(index));
  const size_t expected = maker->qualname == "IntIndex" ? 2 : 3;
  if (!args || args->size() != expected) return "its index is of no known form";
  const auto length = values.Int(args->front());
  const auto items = LengthOf(Find(state, "_sparse_values"), values);
  if (!length || !items) return "it has no values of a known length";
  RememberLength(object, length, values);
  const auto places = CountPlaces(*args, values);
  // Compressed, only the worker knows.
  if (!places && values.skipped()) return "";
  return places == items ? "" : "it has not as many values as places";
}

// A type of categories; others need no check.
std::string CheckType(const CheckEvent& event, Values& values) {
  NodeId categories = kNoNode;
  if (event.use == kBuild) {
    const auto state = Attributes(event.value, values);
    if (!state) return "the state is no dict of names";
    categories = Find(*state, "categories");
  } else if (const auto args = values.Tuple(event.value);
             args && !args->empty()) {
    categories = args->front();
  }
  RememberLength(event.object, LengthOf(categories, values), values);
  return "";
}

}  // namespace

std::string CheckPandasArray(const CheckEvent& event, Values& values) {
  const JudgedGlobal* const maker = values.MakerOf(event.object);
  if (maker == nullptr) return "";
  const absl::string_view name = maker->qualname;
  if (name == "CategoricalDtype") return CheckType(event, values);
  if (event.use != kBuild || absl::EndsWith(name, "Dtype")) return "";
  const auto state = ReadState(event.value, values);
  if (!state) return "the state is of no known form";
  if (name == "Categorical")
    return CheckCategories(*state, event.object, values);
  if (name == "SparseArray") return CheckPlaces(*state, event.object, values);
  if (name == "IntervalArray") return CheckEnds(*state, event.object, values);
  if (Find(*state, "_mask") != kNoNode)
    return CheckMask(*state, event.object, values);
  RememberLength(event.object, LastLength(FindItems(*state), values), values);
  return "";
}

}  // namespace picklebox::policy
