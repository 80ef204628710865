// SciPy's sparse matrices. Its compiled code takes every index for one that is
// within the matrix.
#include <algorithm>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "policy/checks/checks.h"
#include "policy/checks/reading.h"

namespace picklebox::policy {
namespace {

using Dims = std::vector<int64_t>;

// An int, or a scalar of NumPy.
std::optional<int64_t> IndexOf(NodeId id, Values& values) {
  const std::optional<int64_t> number = values.Int(id);
  return number ? number : values.Recall(id);
}

std::optional<Dims> ReadShape(const Values::Pairs& state, Values& values) {
  NodeId id = Find(state, "_shape");
  if (id == kNoNode) id = Find(state, "shape");
  const auto items = id == kNoNode ? std::nullopt : values.Tuple(id);
  if (!items || items->empty() || items->size() > 64) return std::nullopt;
  Dims shape;
  for (const NodeId item : *items) {
    const auto length = IndexOf(item, values);
    if (!length || *length < 0) return std::nullopt;
    shape.push_back(*length);
  }
  return shape;
}

// Rows, or columns, one behind the other: csr, csc and, of blocks, bsr.
std::string CheckCompressed(const Values::Pairs& state, const Dims& shape,
                            bool by_column, bool of_blocks, Values& values) {
  // A csr array may have one dimension: it is one row.
  if (shape.size() != 2 && (by_column || of_blocks || shape.size() != 1))
    return "its shape is not that of a matrix";
  int64_t rows = shape.size() == 1 ? 1 : shape[by_column ? 1 : 0];
  int64_t columns = shape.size() == 1 ? shape[0] : shape[by_column ? 0 : 1];
  const NumpyArray* const data =
      FindNumbers(Find(state, "data"), of_blocks ? 3 : 1, values);
  const NumpyArray* const starts =
      FindIntegers(Find(state, "indptr"), 1, values);
  const NumpyArray* const indices =
      FindIntegers(Find(state, "indices"), 1, values);
  if (data == nullptr || starts == nullptr || indices == nullptr)
    return "data, indices and indptr are no such arrays";
  if (of_blocks) {
    const int64_t height = data->dims[1];
    const int64_t width = data->dims[2];
    if (height < 1 || width < 1 || rows % height != 0 || columns % width != 0)
      return "its shape is no multiple of that of its blocks";
    rows /= height;
    columns /= width;
  }
  if (starts->items - 1 != rows)
    return absl::StrCat("indptr has ", starts->items, " items for ", rows,
                        " rows or columns");
  Summary summary;
  std::string fault = Summarize(*starts, values, &summary);
  if (!fault.empty()) return fault;
  const int64_t stored = std::min(indices->items, data->dims[0]);
  if (summary.known &&
      (summary.first != 0 || !summary.grows || summary.last > stored)) {
    return absl::StrCat("indptr goes from ", summary.first, " to ",
                        summary.last, summary.grows ? "" : " and back",
                        ", and there are ", stored, " items");
  }
  return CheckRange(*indices, 0, columns - 1, "indices", values);
}

// A list of cells, each dimension an array of its own.
std::string CheckCells(const Values::Pairs& state, const Dims& shape,
                       Values& values) {
  std::vector<NodeId> axes;
  const NodeId coords = Find(state, "coords");
  if (coords != kNoNode) {
    const auto items = values.Tuple(coords);
    if (items) axes = *items;
  } else {
    axes = {Find(state, "row"), Find(state, "col")};
  }
  const NumpyArray* const data = FindNumbers(Find(state, "data"), 1, values);
  if (data == nullptr || axes.size() != shape.size())
    return "its cells are not of as many dimensions as its shape";
  for (size_t i = 0; i < axes.size(); ++i) {
    const NumpyArray* const axis = FindIntegers(axes[i], 1, values);
    if (axis == nullptr || axis->items != data->items)
      return "there are not as many coordinates as data";
    std::string fault =
        CheckRange(*axis, 0, shape[i] - 1, "coordinates", values);
    if (!fault.empty()) return fault;
  }
  return "";
}

std::string CheckDiagonals(const Values::Pairs& state, const Dims& shape,
                           Values& values) {
  const NumpyArray* const data = FindNumbers(Find(state, "data"), 2, values);
  const NumpyArray* const offsets =
      FindIntegers(Find(state, "offsets"), 1, values);
  if (shape.size() != 2 || data == nullptr || offsets == nullptr ||
      offsets->items != data->dims[0]) {
    return "it has not as many offsets as diagonals";
  }
  const int64_t most = std::max(shape[0], shape[1]);
  return CheckRange(*offsets, -most, most, "offsets", values);
}

// A list of columns for each row, and of as many data. One walk over the graph
// sees what was put into all of these lists.
std::string CheckLists(const Values::Pairs& state, const Dims& shape,
                       Values& values) {
  struct Row {
    NodeId list;
    bool has_columns;
    size_t number;
  };
  std::vector<Row> rows;
  const NodeId ids[] = {Find(state, "rows"), Find(state, "data")};
  for (const NodeId id : ids) {
    const NumpyArray* const array =
        id == kNoNode ? nullptr : values.FindArray(id);
    if (array == nullptr || !array->has_objects || !array->is_row() ||
        array->items != shape[0]) {
      return "it has not as many lists as rows";
    }
    const auto lists = values.List(array->data);
    if (!lists) return "its rows are too much to look at";
    for (size_t i = 0; i < lists->size(); ++i) {
      if (values.kind((*lists)[i]) != NodeKind::kList)
        return "a row of it is no list";
      rows.push_back({(*lists)[i], id == ids[0], i});
      values.Freeze((*lists)[i]);
    }
  }
  if (rows.empty()) return "";
  const auto by_list = [](const Row& a, const Row& b) {
    return a.list < b.list;
  };
  std::sort(rows.begin(), rows.end(), by_list);
  std::vector<int64_t> balance(static_cast<size_t>(shape[0]), 0);
  const int64_t columns = shape.back();
  for (graph::NodeWalk walk(values.source(), rows.front().list); !walk.done();
       walk.Next()) {
    const Node& node = walk.node();
    if (!values.Charge(2 + (IsChange(node.kind) ? node.items.size() : 0)))
      return "its rows are too much to look at";
    if (node.kind != NodeKind::kAppend) continue;
    const auto [begin, end] = std::equal_range(
        rows.begin(), rows.end(), Row{node.subject, false, 0}, by_list);
    for (auto row = begin; row != end; ++row) {
      const auto added = static_cast<int64_t>(node.items.size());
      balance[row->number] += row->has_columns ? added : -added;
      if (!row->has_columns) continue;
      for (const NodeId item : node.items) {
        const auto column = IndexOf(item, values);
        if (!column || *column < 0 || *column >= columns)
          return "a row of it has a column that it has not";
      }
    }
  }
  const bool even = std::all_of(balance.begin(), balance.end(),
                                [](int64_t b) { return b == 0; });
  return even ? "" : "a row of it has more columns than data";
}

// A dict of cells. Old releases were dicts themselves, so their cells are among
// the arguments, or added later.
std::string CheckCell(NodeId key, const Dims& shape, Values& values) {
  const bool is_tuple = values.kind(key) == NodeKind::kTuple;
  const auto indices = is_tuple ? values.Tuple(key) : std::vector<NodeId>{key};
  if (!indices || indices->size() != shape.size())
    return "a cell of it has not as many indices as its shape";
  for (size_t i = 0; i < shape.size(); ++i) {
    const auto index = IndexOf((*indices)[i], values);
    if (!index || *index < 0 || *index >= shape[i])
      return "a cell of it lies beyond its shape";
  }
  return "";
}

std::string CheckDict(const CheckEvent& event, const Values::Pairs& state,
                      const Dims& shape, Values& values) {
  std::vector<NodeId> dicts = {event.object};
  const NodeId cells = Find(state, "_dict");
  if (cells != kNoNode) dicts.push_back(cells);
  const NodeId arguments = values.ArgumentsOf(event.object);
  const auto args =
      arguments == kNoNode ? std::nullopt : values.Tuple(arguments);
  for (const NodeId arg : args.value_or(std::vector<NodeId>())) {
    if (values.kind(arg) == NodeKind::kDict) dicts.push_back(arg);
  }
  for (const NodeId dict : dicts) {
    if (values.kind(dict) == NodeKind::kDict) values.Freeze(dict);
    for (graph::NodeWalk walk(values.source(), dict + 1); !walk.done();
         walk.Next()) {
      const Node& node = walk.node();
      if (!values.Charge(1)) return "its cells are too much to look at";
      if (node.kind != NodeKind::kSetItems || node.subject != dict) continue;
      bool is_value = true;
      for (const NodeId item : node.items) {
        is_value = !is_value;
        if (is_value) continue;
        std::string fault = CheckCell(item, shape, values);
        if (!fault.empty()) return fault;
      }
    }
  }
  // What a matrix of the old kind is given behind its state is not looked at.
  values.FreezeObject(event.object);
  return "";
}

}  // namespace

std::string CheckScipySparse(const CheckEvent& event, Values& values) {
  if (event.use != kBuild) return "";
  const JudgedGlobal* const maker = values.MakerOf(event.object);
  const auto state = Attributes(event.value, values);
  if (maker == nullptr || !state) return "the state is no dict of names";
  const auto shape = ReadShape(*state, values);
  if (!shape) return "the shape is no tuple of lengths";
  const absl::string_view name = maker->qualname;
  if (absl::StartsWith(name, "csr")) {
    const NumpyArray* const data = FindNumbers(Find(*state, "data"), 1, values);
    if (data != nullptr)
      RememberSparse(event.object, {(*shape)[0], data->items}, values);
    return CheckCompressed(*state, *shape, false, false, values);
  }
  if (absl::StartsWith(name, "csc"))
    return CheckCompressed(*state, *shape, true, false, values);
  if (absl::StartsWith(name, "bsr"))
    return CheckCompressed(*state, *shape, false, true, values);
  if (absl::StartsWith(name, "coo")) return CheckCells(*state, *shape, values);
  if (absl::StartsWith(name, "dia"))
    return CheckDiagonals(*state, *shape, values);
  if (absl::StartsWith(name, "lil")) return CheckLists(*state, *shape, values);
  if (absl::StartsWith(name, "dok"))
    return CheckDict(event, *state, *shape, values);
  return "it is of no known kind";
}

}  // namespace picklebox::policy
