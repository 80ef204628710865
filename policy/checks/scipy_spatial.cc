// SciPy's k-d trees, triangulations and splines.
#include <memory>
#include <optional>
#include <string>

#include "absl/strings/str_cat.h"
#include "policy/checks/ancestry.h"
#include "policy/checks/checks.h"
#include "policy/checks/reading.h"

namespace picklebox::policy {
namespace {

// A node of a k-d tree as it lies in memory on a machine of 64 bits: nine
// words, of which these are read.
enum : int64_t {
  kSplitDim = 0,
  kStart = 3,
  kEnd = 4,
  kLess = 7,
  kGreater = 8,
  kWords = 9,
};
constexpr int64_t kNodeSize = 8 * kWords;
// Trees are gone down by recursion.
constexpr int64_t kDeepest = 10'000;
// Dimensions of points that native code has room for.
constexpr int64_t kMostDimensions = 31;

std::string CheckTreeNodes(const NumpyArray& bytes, int64_t points,
                           int64_t dimensions, Values& values) {
  NumpyArray nodes = bytes;
  nodes.type = std::make_shared<ItemType>(
      ItemType{NumberType{'V', kNodeSize, false}, {}});
  nodes.items = bytes.items / kNodeSize;
  const NumberType word = {'i', 8, false};
  ItemReader reader(nodes, &values);
  std::optional<Ancestry> ancestry;  // made once there are bytes for it
  while (const uint8_t* const item = reader.Next()) {
    if (!ancestry) ancestry.emplace(nodes.items);
    const int64_t node = reader.count() - 1;
    if (!ancestry->IsReached(node))
      return absl::StrCat("node ", node, " is nobody's child");
    const auto at = [&](int64_t i) { return word.Integer(item + 8 * i); };
    if (at(kStart) < 0 || at(kEnd) < at(kStart) || at(kEnd) > points) {
      return absl::StrCat("node ", node, " goes from ", at(kStart), " to ",
                          at(kEnd), " of ", points, " points");
    }
    if (at(kSplitDim) == -1) continue;
    if (at(kSplitDim) < 0 || at(kSplitDim) >= dimensions)
      return absl::StrCat("node ", node, " splits dimension ", at(kSplitDim));
    for (const int64_t child : {at(kLess), at(kGreater)}) {
      std::string fault = ancestry->Add(node, child);
      if (!fault.empty()) return fault;
    }
  }
  if (ancestry && ancestry->deepest() > kDeepest)
    return "it is too deep to be gone down";
  return reader.fault();
}

// The nodes as the state has them: an array of bytes, in old releases bytes.
std::optional<NumpyArray> FindNodes(NodeId id, Values& values) {
  if (const NumpyArray* const array = values.FindArray(id)) {
    const bool fits =
        array->is_row() && !array->has_objects && array->type->size == 1;
    return fits ? std::optional(*array) : std::nullopt;
  }
  const std::optional<uint64_t> length =
      values.IsBytes(id) ? values.Length(id) : std::nullopt;
  if (!length) return std::nullopt;
  NumpyArray bytes;
  bytes.type =
      std::make_shared<ItemType>(ItemType{NumberType{'u', 1, false}, {}});
  bytes.items = static_cast<int64_t>(*length);
  bytes.dims = {bytes.items};
  bytes.data = id;
  return bytes;
}

// An array that may be missing, of so many numbers.
bool IsRowOrNone(NodeId id, int64_t items, Values& values) {
  if (values.IsNone(id)) return true;
  const NumpyArray* const row = FindNumbers(id, 1, values);
  return row != nullptr && row->items == items;
}

struct Triangles {
  int64_t points = 0;
  int64_t dimensions = 0;
  int64_t simplices = 0;
};

// A table of one row for each simplex that is stored row by row.
const NumpyArray* FindTable(NodeId id, int64_t rows, int64_t columns,
                            Values& values) {
  const NumpyArray* const table = FindNumbers(id, 2, values);
  const bool fits = table != nullptr && !table->fortran &&
                    table->dims[0] == rows && table->dims[1] == columns;
  return fits ? table : nullptr;
}

// For each point, which points are next to it: pointers into indices. Nothing
// before it was asked for.
std::string CheckNextPoints(NodeId id, int64_t points, Values& values) {
  if (id == kNoNode || values.IsNone(id)) return "";
  const auto pair = values.Tuple(id);
  if (!pair || pair->size() != 2)
    return "its points next to points are no pair";
  const NumpyArray* const pointers = FindIntegers((*pair)[0], 1, values);
  const NumpyArray* const indices = FindIntegers((*pair)[1], 1, values);
  if (pointers == nullptr || indices == nullptr ||
      pointers->items != points + 1) {
    return "its points next to points are not for each";
  }
  std::string fault =
      CheckRange(*pointers, 0, indices->items, "pointers", values);
  return fault.empty() ? CheckRange(*indices, 0, points - 1, "indices", values)
                       : fault;
}

std::string CheckTriangles(const Values::Pairs& state, const Triangles& size,
                           Values& values) {
  const int64_t corners = size.dimensions + 1;
  const NumpyArray* const simplices =
      FindTable(Find(state, "simplices"), size.simplices, corners, values);
  const NumpyArray* const neighbors =
      FindTable(Find(state, "neighbors"), size.simplices, corners, values);
  if (simplices == nullptr || !simplices->is_integers() ||
      neighbors == nullptr || !neighbors->is_integers() ||
      FindTable(Find(state, "equations"), size.simplices, corners + 1,
                values) == nullptr) {
    return "its simplices, neighbors and equations are not of one size";
  }
  std::string fault =
      CheckRange(*simplices, 0, size.points - 1, "simplices", values);
  if (fault.empty())
    fault = CheckRange(*neighbors, -1, size.simplices - 1, "neighbors", values);
  if (!fault.empty()) return fault;
  const NodeId transform = Find(state, "_transform");
  if (transform != kNoNode && !values.IsNone(transform)) {
    const NumpyArray* const array = FindNumbers(transform, 3, values);
    if (array == nullptr || array->fortran ||
        array->dims[0] != size.simplices || array->dims[1] != corners ||
        array->dims[2] != size.dimensions) {
      return "its transforms are not one a simplex";
    }
  }
  fault = CheckNextPoints(Find(state, "_vertex_neighbor_vertices"), size.points,
                          values);
  if (!fault.empty()) return fault;
  const NodeId vertex = Find(state, "_vertex_to_simplex");
  if (vertex == kNoNode || values.IsNone(vertex)) return "";
  const NumpyArray* const map = FindIntegers(vertex, 1, values);
  if (map == nullptr || map->items != size.points)
    return "its map of points is not one a point";
  return CheckRange(*map, -1, size.simplices - 1, "_vertex_to_simplex", values);
}

}  // namespace

// (nodes, points, n, m, leafsize, maxes, mins, indices, boxsize, its bounds)
std::string CheckScipyKdTree(const CheckEvent& event, Values& values) {
  if (event.use != kBuild) return "";
  // One in Python, of old.
  if (values.kind(event.value) == NodeKind::kDict) return "";
  const auto state = values.Tuple(event.value);
  if (!state || state->size() < 10) return "the state is no tuple of ten";
  const std::optional<NumpyArray> nodes = FindNodes((*state)[0], values);
  const NumpyArray* const points = FindNumbers((*state)[1], 2, values);
  const NumpyArray* const indices = FindIntegers((*state)[7], 1, values);
  if (!nodes || nodes->items % kNodeSize != 0 || points == nullptr ||
      points->fortran || points->type->kind != 'f' || points->type->size != 8 ||
      indices == nullptr) {
    return "the state has no nodes, points and indices";
  }
  const int64_t n = points->dims[0];
  const int64_t m = points->dims[1];
  if (values.Int((*state)[2]) != n || values.Int((*state)[3]) != m ||
      indices->items != n || (nodes->items == 0 && n > 0)) {
    return "its points and indices are not as many as it says";
  }
  if (!IsRowOrNone((*state)[5], m, values) ||
      !IsRowOrNone((*state)[6], m, values) || values.IsNone((*state)[5]) ||
      values.IsNone((*state)[6]) || !IsRowOrNone((*state)[8], m, values) ||
      !IsRowOrNone((*state)[9], 2 * m, values)) {
    return "its bounds are not one a dimension";
  }
  std::string fault = CheckRange(*indices, 0, n - 1, "indices", values);
  return fault.empty() ? CheckTreeNodes(*nodes, n, m, values) : fault;
}

std::string CheckScipyDelaunay(const CheckEvent& event, Values& values) {
  if (event.use != kBuild) return "";
  const auto state = Attributes(event.value, values);
  if (!state) return "the state is no dict of names";
  const NumpyArray* const points =
      FindNumbers(Find(*state, "_points"), 2, values);
  const auto simplices = FindInt(*state, "nsimplex", values);
  if (points == nullptr || points->fortran || !simplices || *simplices < 0 ||
      points->dims[1] > kMostDimensions) {
    return "it has no points and number of simplices";
  }
  const Triangles size = {points->dims[0], points->dims[1], *simplices};
  values.Remember(event.object, size.points);
  if (FindInt(*state, "ndim", values) != size.dimensions ||
      FindInt(*state, "npoints", values) != size.points) {
    return "its points are not as many as it says";
  }
  for (const char* bound : {"min_bound", "max_bound"}) {
    const NodeId id = Find(*state, bound);
    if (id == kNoNode || values.IsNone(id) ||
        !IsRowOrNone(id, size.dimensions, values)) {
      return "its bounds are not one a dimension";
    }
  }
  return CheckTriangles(*state, size, values);
}

// Knots t, coefficients c, degree k. In newer releases, of a class within.
std::string CheckScipySpline(const CheckEvent& event, Values& values) {
  if (event.use != kBuild) return "";
  if (values.kind(event.value) == NodeKind::kTuple) return "";
  const auto state = Attributes(event.value, values);
  if (!state) return "the state is no dict of names";
  NodeId knots_id = Find(*state, "t");
  if (knots_id == kNoNode) knots_id = Find(*state, "_t");
  NodeId coefficients_id = Find(*state, "c");
  if (coefficients_id == kNoNode) coefficients_id = Find(*state, "_c");
  const NumpyArray* const knots = FindNumbers(knots_id, 1, values);
  const NumpyArray* const coefficients =
      coefficients_id == kNoNode ? nullptr : values.FindArray(coefficients_id);
  const auto degree = FindInt(*state, "k", values);
  if (knots == nullptr || coefficients == nullptr || !degree) {
    return "it has no knots, coefficients and degree";
  }
  const int64_t pieces = knots->items - *degree - 1;
  if (*degree < 0 || pieces < 1 || pieces <= *degree ||
      coefficients->rank() < 1 || coefficients->dims[0] < pieces) {
    return absl::StrCat("it has ", knots->items, " knots and degree ", *degree,
                        ", and coefficients for fewer");
  }
  return "";
}

}  // namespace picklebox::policy
