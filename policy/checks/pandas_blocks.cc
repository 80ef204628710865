// The blocks of a frame of pandas: arrays of columns of one type, each with the
// places of these columns. Compiled code writes the number of the block into a
// table at each of its places, whether there is such a place or not
// (BlockManager._rebuild_blknos_and_blklocs), and takes rows by the axes.
#include <optional>
#include <string>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "policy/checks/checks.h"
#include "policy/checks/pandas.h"
#include "policy/checks/reading.h"

namespace picklebox::policy {
namespace {

struct Block {
  NodeId items = kNoNode;
  NodeId places = kNoNode;
  NodeId dimensions = kNoNode;
};

// Columns and rows; of a series, rows alone.
struct Axes {
  bool is_series = false;
  int64_t columns = 0;
  int64_t rows = 0;
};

// The number, or `other` for None.
std::optional<int64_t> IntOr(NodeId id, int64_t other, Values& values) {
  return values.IsNone(id) ? std::optional(other) : values.Int(id);
}

// How many places a slice has; nullopt if it has one beyond `most`.
std::optional<int64_t> CountSlice(NodeId slice, int64_t most, Values& values) {
  const auto args = values.Tuple(values.ArgumentsOf(slice));
  if (!args || args->size() != 3) return std::nullopt;
  const auto step = IntOr((*args)[2], 1, values);
  if (!step || *step == 0) return std::nullopt;
  const bool up = *step > 0;
  const auto start = IntOr((*args)[0], up ? 0 : most - 1, values);
  const auto stop = IntOr((*args)[1], up ? most : -1, values);
  if (!start || !stop) return std::nullopt;
  // A negative stop would count from the end, but for the one that is None.
  if (!up && *stop < 0 && !values.IsNone((*args)[1])) return std::nullopt;
  const bool fits = up ? *start >= 0 && *stop >= *start && *stop <= most
                       : *start < most && *stop >= -1 && *start >= *stop;
  return fits ? std::optional(RangeLength(*start, *stop, *step)) : std::nullopt;
}

// The same of all kinds of places.
std::string CountPlaces(NodeId id, int64_t most, Values& values,
                        int64_t* count) {
  const JudgedGlobal* const maker = values.MakerOf(id);
  if (maker != nullptr && maker->qualname == "BlockPlacement") {
    const auto args = values.Tuple(values.ArgumentsOf(id));
    if (!args || args->size() != 1) return "a block has no places";
    id = args->front();
  }
  if (const auto place = values.Int(id)) {
    *count = 1;
    return *place >= 0 && *place < most ? "" : "a block has a place beyond it";
  }
  if (const NumpyArray* const array = FindIntegers(id, 1, values)) {
    *count = array->items;
    return CheckRange(*array, 0, most - 1, "mgr_locs", values);
  }
  const JudgedGlobal* const slice = values.MakerOf(id);
  if (slice == nullptr || slice->qualname != "slice")
    return "a block has no places";
  const auto places = CountSlice(id, most, values);
  if (!places) return absl::StrCat("a block has places beyond the ", most);
  *count = *places;
  return "";
}

std::string CheckBlock(const Block& block, const Axes& axes, Values& values) {
  int64_t places = 0;
  std::string fault = CountPlaces(
      block.places, axes.is_series ? axes.rows : axes.columns, values, &places);
  if (!fault.empty()) return fault;
  if (block.dimensions != kNoNode &&
      values.Int(block.dimensions) != (axes.is_series ? 1 : 2)) {
    return "a block has another number of dimensions than its frame";
  }
  const NumpyArray* const array = values.FindArray(block.items);
  bool fits = false;
  if (array == nullptr || array->is_row()) {
    // Of one column; what has a class of its own may say two dimensions.
    fits = LengthOf(block.items, values) == axes.rows;
  } else if (array->rank() == 2) {
    fits = array->dims[0] == places && array->dims[1] == axes.rows;
  } else if (array->rank() == 0) {
    // Over a buffer, in an order of its own.
    int64_t items;
    fits = !__builtin_mul_overflow(places, axes.rows, &items) &&
           array->items == items;
  }
  return fits ? ""
              : absl::StrCat("a block is not of ", places, " by ", axes.rows,
                             " items");
}

// An index for columns and one for rows, or one.
bool ReadAxes(NodeId id, Values& values, Axes* axes) {
  std::optional<std::vector<NodeId>> indexes = {{id}};
  const NodeKind kind = values.kind(id);
  if (kind == NodeKind::kList || kind == NodeKind::kTuple)
    indexes = Sequence(id, values);
  if (!indexes || indexes->empty() || indexes->size() > 2) return false;
  axes->is_series = indexes->size() == 1;
  const auto rows = LengthOf(indexes->back(), values);
  const auto columns = LengthOf(indexes->front(), values);
  axes->rows = rows.value_or(0);
  axes->columns = columns.value_or(0);
  return rows && columns;
}

// What made a block, and what it was given.
std::optional<Block> ReadBlock(NodeId id, Values& values) {
  const JudgedGlobal* const maker = values.MakerOf(id);
  if (maker == nullptr || !absl::StartsWith(maker->module, "pandas."))
    return std::nullopt;
  const absl::string_view name = maker->qualname;
  if (name != "_unpickle_block" && name != "make_block" && name != "new_block")
    return std::nullopt;
  const auto args = values.Tuple(values.ArgumentsOf(id));
  if (!args || args->size() < 2) return std::nullopt;
  return Block{(*args)[0], (*args)[1],
               args->size() == 3 ? (*args)[2] : kNoNode};
}

// (blocks, axes), from pandas 1.3 on.
std::string CheckArguments(NodeId arguments, Values& values) {
  const auto args = values.Tuple(arguments);
  if (!args || args->empty()) return "";  // its state follows
  Axes axes;
  if (args->size() != 2 || !ReadAxes((*args)[1], values, &axes))
    return "it has no blocks, and axes of known lengths";
  const auto blocks = values.kind(args->front()) == NodeKind::kTuple ||
                              values.kind(args->front()) == NodeKind::kList
                          ? Sequence(args->front(), values)
                          : std::vector<NodeId>{args->front()};
  if (!blocks) return "its blocks are too many to look at";
  for (const NodeId id : *blocks) {
    const auto block = ReadBlock(id, values);
    if (!block) return "a block of it is none";
    std::string fault = CheckBlock(*block, axes, values);
    if (!fault.empty()) return fault;
  }
  return "";
}

// (axes, items, items' axes, {'0.14.1': {'axes': ..., 'blocks': [{...}]}}):
// only what is in the dict counts.
std::string CheckState(NodeId state, Values& values) {
  const auto parts = values.Tuple(state);
  const auto versions =
      parts && parts->size() == 4 ? values.Dict(parts->back()) : std::nullopt;
  const NodeId inner = versions ? Find(*versions, "0.14.1") : kNoNode;
  const auto pairs = inner == kNoNode ? std::nullopt : values.Dict(inner);
  if (!pairs) return "the state is no tuple with a dict of blocks";
  values.Freeze(parts->back());
  values.Freeze(inner);
  const NodeId axes_id = Find(*pairs, "axes");
  const NodeId blocks_id = Find(*pairs, "blocks");
  Axes axes;
  const auto blocks =
      blocks_id == kNoNode ? std::nullopt : Sequence(blocks_id, values);
  if (axes_id == kNoNode || !blocks || !ReadAxes(axes_id, values, &axes))
    return "it has no blocks, and axes of known lengths";
  for (const NodeId id : *blocks) {
    const auto block = values.Dict(id);
    if (!block) return "a block of it is no dict";
    values.Freeze(id);
    const Block read = {Find(*block, "values"), Find(*block, "mgr_locs"),
                        kNoNode};
    if (read.items == kNoNode || read.places == kNoNode)
      return "a block of it has no values and places";
    std::string fault = CheckBlock(read, axes, values);
    if (!fault.empty()) return fault;
  }
  return "";
}

}  // namespace

std::string CheckPandasBlocks(const CheckEvent& event, Values& values) {
  return event.use == kBuild ? CheckState(event.value, values)
                             : CheckArguments(event.value, values);
}

}  // namespace picklebox::policy
