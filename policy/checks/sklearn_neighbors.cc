// The trees of scikit-learn that find neighbours, and the measures of distance
// in them. Node n has the children 2n + 1 and 2n + 2, and nobody looks whether
// they are there.
#include <string>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "policy/checks/checks.h"
#include "policy/checks/reading.h"

namespace picklebox::policy {
namespace {

// What a tree was set to, by position.
enum : size_t {
  kData,
  kIndices,
  kNodes,
  kBounds,
  kNodeCount = 6,
  kMetric = 11,
  kWeights,
  kStateSize,
};

// Measures that have a number, or a row of them, for each feature.
bool FitsMetric(NodeId metric, int64_t features, Values& values) {
  const JudgedGlobal* const maker = values.MakerOf(metric);
  const auto length = values.Recall(metric);
  if (maker == nullptr || !length) return false;
  const absl::string_view name = maker->qualname;
  if (absl::StartsWith(name, "SEuclidean") ||
      absl::StartsWith(name, "WMinkowski") ||
      absl::StartsWith(name, "Mahalanobis")) {
    return *length == features;
  }
  if (absl::StartsWith(name, "Haversine")) return features == 2;
  // Before 1.1, one that has no weights has one.
  return !absl::StartsWith(name, "Minkowski") || *length <= 1 ||
         *length == features;
}

std::string CheckNodes(const NumpyArray& nodes, int64_t samples,
                       Values& values) {
  const ItemField* const start = nodes.type->Find("idx_start");
  const ItemField* const end = nodes.type->Find("idx_end");
  const ItemField* const leaf = nodes.type->Find("is_leaf");
  for (const ItemField* field : {start, end, leaf}) {
    if (field == nullptr || !field->type.is_integer())
      return "its nodes are no records of a start, an end and a leaf";
  }
  ItemReader reader(nodes, &values);
  while (const uint8_t* const item = reader.Next()) {
    const int64_t node = reader.count() - 1;
    const int64_t from = start->type.Integer(item + start->offset);
    const int64_t to = end->type.Integer(item + end->offset);
    if (from < 0 || to < from || to > samples) {
      return absl::StrCat("node ", node, " goes from ", from, " to ", to,
                          " of ", samples);
    }
    const bool is_leaf = leaf->type.Integer(item + leaf->offset) != 0;
    if (!is_leaf && 2 * node + 2 >= nodes.items)
      return absl::StrCat("node ", node, " has children behind the last");
  }
  return reader.fault();
}

}  // namespace

// (p, vector, matrix), and what newer ones have behind it.
std::string CheckSklearnDistance(const CheckEvent& event, Values& values) {
  if (event.use != kBuild) return "";
  const auto state = values.Tuple(event.value);
  if (!state || state->size() < 3) return "the state is no tuple of three";
  const NumpyArray* const vector = FindNumbers((*state)[1], 1, values);
  const NumpyArray* const matrix = FindNumbers((*state)[2], 2, values);
  if (vector == nullptr || matrix == nullptr ||
      matrix->dims[0] != matrix->dims[1]) {
    return "it has no vector and square matrix";
  }
  const JudgedGlobal* const maker = values.MakerOf(event.object);
  const bool uses_matrix =
      maker != nullptr && absl::StartsWith(maker->qualname, "Mahalanobis");
  // A vector of one is room for what is computed.
  if (uses_matrix && vector->items > 1 && vector->items != matrix->dims[0])
    return "its vector is not as long as its matrix";
  values.Remember(event.object, uses_matrix ? matrix->dims[0] : vector->items);
  return "";
}

std::string CheckSklearnNeighbors(const CheckEvent& event, Values& values) {
  if (event.use != kBuild) return "";
  const auto state = values.Tuple(event.value);
  if (!state || state->size() != kStateSize)
    return absl::StrCat("the state is no tuple of ", kStateSize + 0);
  const NumpyArray* const data = FindNumbers((*state)[kData], 2, values);
  const NumpyArray* const indices = FindIntegers((*state)[kIndices], 1, values);
  const NumpyArray* const bounds = FindNumbers((*state)[kBounds], 3, values);
  const NumpyArray* const nodes = values.FindArray((*state)[kNodes]);
  if (data == nullptr || indices == nullptr || bounds == nullptr ||
      nodes == nullptr || !nodes->is_row() || nodes->has_objects) {
    return "the state has no points, indices, nodes and bounds";
  }
  const int64_t samples = data->dims[0];
  const int64_t features = data->dims[1];
  if (indices->items != samples || nodes->items < 1 ||
      values.Int((*state)[kNodeCount]) != nodes->items ||
      bounds->dims[1] != nodes->items || bounds->dims[2] != features) {
    return "its points, indices, nodes and bounds are not of one size";
  }
  const JudgedGlobal* const maker = values.MakerOf(event.object);
  const bool is_ball =
      maker != nullptr && absl::StartsWith(maker->qualname, "Ball");
  if (bounds->dims[0] != (is_ball ? 1 : 2)) return "its bounds are none";
  if (!values.IsNone((*state)[kWeights])) {
    const NumpyArray* const weights =
        FindNumbers((*state)[kWeights], 1, values);
    if (weights == nullptr || weights->items != samples)
      return "it has not as many weights as points";
  }
  if (!FitsMetric((*state)[kMetric], features, values))
    return "its measure of distance is not for points of so many numbers";
  std::string fault = CheckRange(*indices, 0, samples - 1, "indices", values);
  return fault.empty() ? CheckNodes(*nodes, samples, values) : fault;
}

}  // namespace picklebox::policy
