// Trees within the estimators of scikit-learn. An estimator compares data with
// the number of features that it says it has, and then its trees ask for the
// features of theirs.
#include <algorithm>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "policy/checks/ancestry.h"
#include "policy/checks/checks.h"
#include "policy/checks/reading.h"

namespace picklebox::policy {
namespace {

// What is remembered of the trees of histogram gradient boosting: how many
// features they need, and whether one is of categories.
constexpr int64_t kUnknown = -1;
constexpr int64_t kMostFeatures = int64_t{1} << 40;
constexpr absl::string_view kHistogram =
    "sklearn.ensemble._hist_gradient_boosting.";
int64_t Pack(int64_t features, bool categories) {
  return 2 * features + (categories ? 1 : 0);
}

struct NodeFields {
  const ItemField* feature = nullptr;
  const ItemField* left = nullptr;
  const ItemField* right = nullptr;
  const ItemField* is_leaf = nullptr;
  // Since 0.24.
  const ItemField* is_categorical = nullptr;
  const ItemField* bitset = nullptr;

  explicit NodeFields(const ItemType& type)
      : feature(type.Find("feature_idx")),
        left(type.Find("left")),
        right(type.Find("right")),
        is_leaf(type.Find("is_leaf")),
        is_categorical(type.Find("is_categorical")),
        bitset(type.Find("bitset_idx")) {}

  bool ok() const {
    for (const ItemField* field : {feature, left, right, is_leaf})
      if (field == nullptr || !field->type.is_integer()) return false;
    return (is_categorical == nullptr) == (bitset == nullptr);
  }
};

// What was remembered of an object that a class of `module` made, with a name
// that begins so. Native code takes some objects for what they should be.
std::optional<int64_t> RecallOf(NodeId object, absl::string_view module,
                                absl::string_view name, Values& values) {
  const JudgedGlobal* const maker =
      object == kNoNode ? nullptr : values.MakerOf(object);
  if (maker == nullptr || !absl::StartsWith(maker->module, module) ||
      !absl::StartsWith(maker->qualname, name)) {
    return std::nullopt;
  }
  return values.Recall(object);
}

int64_t Number(const uint8_t* item, const ItemField* field) {
  return field->type.Integer(item + field->offset);
}

// As the native code does: a node is a leaf if anything says so.
std::string CheckNodes(const NumpyArray& nodes, int64_t bitsets,
                       const CheckEvent& event, Values& values) {
  const NodeFields fields(*nodes.type);
  if (!fields.ok()) return "its nodes are no records of children and a feature";
  int64_t features = 0;
  bool categories = false;
  ItemReader reader(nodes, &values);
  std::optional<Ancestry> ancestry;  // made once there are bytes for it
  while (const uint8_t* const item = reader.Next()) {
    if (!ancestry) ancestry.emplace(nodes.items);
    if (Number(item, fields.is_leaf) != 0) continue;
    const int64_t node = reader.count() - 1;
    for (const ItemField* field : {fields.left, fields.right}) {
      std::string fault = ancestry->Add(node, Number(item, field));
      if (!fault.empty()) return fault;
    }
    const int64_t feature = Number(item, fields.feature);
    if (feature < 0) return absl::StrCat("node ", node, " has no feature");
    features = std::max(features, feature + 1);
    if (fields.bitset == nullptr || Number(item, fields.is_categorical) == 0)
      continue;
    categories = true;
    const int64_t bitset = Number(item, fields.bitset);
    if (bitset < 0 || bitset >= bitsets) {
      return absl::StrCat("node ", node, " has the bitset ", bitset, " of ",
                          bitsets);
    }
  }
  if (features > kMostFeatures) return "a node has no feature";
  const bool known = reader.count() == nodes.items;
  values.Remember(event.object, known ? Pack(features, categories) : kUnknown);
  return reader.fault();
}

// The array of bitsets, of eight words each; nullptr.
const NumpyArray* FindBitsets(const Values::Pairs& state, absl::string_view key,
                              Values& values) {
  const NumpyArray* const bitsets = FindIntegers(Find(state, key), 2, values);
  const bool fits =
      bitsets != nullptr && bitsets->dims[1] == 8 && bitsets->type->size == 4;
  return fits ? bitsets : nullptr;
}

// All objects in lists, tuples and arrays of objects, one within the other,
// that `id` is; false if there is something else in it, or too much.
bool Flatten(NodeId id, Values& values, std::vector<NodeId>* objects) {
  std::vector<std::pair<NodeId, int>> pending = {{id, 0}};
  while (!pending.empty()) {
    const auto [node, depth] = pending.back();
    pending.pop_back();
    if (values.MakerOf(node) != nullptr && values.FindArray(node) == nullptr) {
      objects->push_back(node);
      continue;
    }
    if (depth > 3 || !values.Charge(4)) return false;
    std::optional<std::vector<NodeId>> items = values.Tuple(node);
    const NumpyArray* const array = values.FindArray(node);
    if (!items && array != nullptr && array->has_objects)
      items = values.List(array->data);
    if (!items) items = values.List(node);
    if (!items) return false;
    if (values.kind(node) == NodeKind::kList) values.Freeze(node);
    for (size_t i = items->size(); i > 0; --i)
      pending.emplace_back((*items)[i - 1], depth + 1);
  }
  return true;
}

// How many features each tree of an isolation forest is given, if it is not all
// of them; nothing if that is not said.
std::optional<std::vector<int64_t>> GivenFeatures(const Values::Pairs& state,
                                                  int64_t features,
                                                  Values& values) {
  const NodeId id = Find(state, "estimators_features_");
  // With as many, it gives all without a look at which.
  if (id == kNoNode || FindInt(state, "_max_features", values) == features)
    return std::nullopt;
  const auto items = values.List(id);
  if (!items) return std::nullopt;
  values.Freeze(id);
  std::vector<int64_t> given;
  for (const NodeId item : *items) {
    const NumpyArray* const array = FindIntegers(item, 1, values);
    given.push_back(array == nullptr ? -1 : array->items);
  }
  return given;
}

// Estimators that ask trees of scikit-learn without asking these whether they
// take as many features.
std::string CheckTrees(const Values::Pairs& state, NodeId trees,
                       int64_t features, Values& values) {
  std::vector<NodeId> objects;
  if (!Flatten(trees, values, &objects))
    return "its trees are no list of these";
  const auto given = GivenFeatures(state, features, values);
  if (given && given->size() != objects.size())
    return "it has not as many trees as choices of features";
  for (size_t i = 0; i < objects.size(); ++i) {
    const int64_t takes = given ? (*given)[i] : features;
    const auto needs = RecallOf(objects[i], "sklearn.tree.", "", values);
    if (!needs || *needs != takes) {
      return absl::StrCat("it gives ", takes, " features to a tree that takes ",
                          needs.value_or(-1));
    }
  }
  return "";
}

// The number of features, which releases keep under other names. All that are
// there say the same; nothing if they do not.
std::optional<int64_t> FindFeatures(const Values::Pairs& state,
                                    Values& values) {
  std::optional<int64_t> features;
  for (const char* name : {"n_features_in_", "n_features_", "_n_features"}) {
    if (Find(state, name) == kNoNode) continue;
    const auto number = FindInt(state, name, values);
    if (!number || *number < 1 || number != features.value_or(*number))
      return std::nullopt;
    features = number;
  }
  return features;
}

std::string CheckPredictors(const Values::Pairs& state, NodeId predictors,
                            int64_t features, Values& values) {
  std::vector<NodeId> objects;
  if (!Flatten(predictors, values, &objects))
    return "its trees are no lists of these";
  const NodeId mapper = Find(state, "_bin_mapper");
  // One that has no flags takes no features at all.
  const int64_t bins =
      RecallOf(mapper, kHistogram, "_BinMapper", values).value_or(0);
  for (const NodeId tree : objects) {
    const auto needs = RecallOf(tree, kHistogram, "TreePredictor", values);
    if (!needs) return "one of its trees is none";
    if (*needs == kUnknown || bins == kUnknown) {
      values.Skip();
      continue;
    }
    if (*needs / 2 > features) {
      return absl::StrCat("it takes ", features, " features, and a tree of it ",
                          *needs / 2);
    }
    if (bins / 2 < *needs / 2 || (*needs % 2 == 1 && bins % 2 == 0))
      return "one of its trees asks for categories that it has not";
  }
  return "";
}

}  // namespace

std::string CheckSklearnPredictor(const CheckEvent& event, Values& values) {
  if (event.use != kBuild) return "";
  const auto state = Attributes(event.value, values);
  if (!state) return "the state is no dict of names";
  // One that is denied here is not denied again with the estimator of it.
  values.Remember(event.object, Pack(0, false));
  const NodeId id = Find(*state, "nodes");
  const NumpyArray* const nodes =
      id == kNoNode ? nullptr : values.FindArray(id);
  if (nodes == nullptr || !nodes->is_row() || nodes->has_objects ||
      nodes->items < 1) {
    return "it has no nodes";
  }
  int64_t bitsets = 0;
  if (nodes->type->Find("bitset_idx") != nullptr) {
    const NumpyArray* const raw =
        FindBitsets(*state, "raw_left_cat_bitsets", values);
    const NumpyArray* const binned =
        FindBitsets(*state, "binned_left_cat_bitsets", values);
    if (raw == nullptr || binned == nullptr) return "it has no bitsets";
    bitsets = std::min(raw->dims[0], binned->dims[0]);
  }
  return CheckNodes(*nodes, bitsets, event, values);
}

std::string CheckSklearnBins(const CheckEvent& event, Values& values) {
  if (event.use != kBuild) return "";
  const auto state = Attributes(event.value, values);
  if (!state) return "the state is no dict of names";
  const NodeId id = Find(*state, "is_categorical_");
  if (id == kNoNode) return "";  // not fitted
  // One that is denied here is not denied again with the estimator of it.
  values.Remember(event.object, Pack(kMostFeatures, true));
  const NumpyArray* const flags = FindIntegers(id, 1, values);
  if (flags == nullptr) return "its flags of categories are no array";
  Summary summary;
  std::string fault = Summarize(*flags, values, &summary);
  if (!fault.empty()) return fault;
  values.Remember(event.object, summary.known || flags->items == 0
                                    ? Pack(flags->items, summary.most != 0)
                                    : kUnknown);
  return "";
}

std::string CheckSklearnEnsemble(const CheckEvent& event, Values& values) {
  if (event.use != kBuild) return "";
  const auto state = Attributes(event.value, values);
  if (!state) return "the state is no dict of names";
  const NodeId tree = Find(*state, "tree_");
  const NodeId trees = Find(*state, "estimators_");
  const NodeId predictors = Find(*state, "_predictors");
  if (tree == kNoNode && trees == kNoNode && predictors == kNoNode) return "";
  const auto features = FindFeatures(*state, values);
  if (!features) return "it has no number of features";
  if (tree != kNoNode) {
    const auto needs = RecallOf(tree, "sklearn.tree._tree", "Tree", values);
    if (!needs || *needs != *features) {
      return absl::StrCat("it takes ", *features, " features, and its tree ",
                          needs.value_or(-1));
    }
    values.Remember(event.object, *features);
  }
  std::string fault;
  if (trees != kNoNode) fault = CheckTrees(*state, trees, *features, values);
  if (fault.empty() && predictors != kNoNode)
    fault = CheckPredictors(*state, predictors, *features, values);
  return fault;
}

}  // namespace picklebox::policy
