// The trees of scikit-learn. Its compiled code goes from node to node without
// looking whether they are there.
#include <optional>
#include <string>

#include "absl/strings/str_cat.h"
#include "policy/checks/ancestry.h"
#include "policy/checks/checks.h"
#include "policy/checks/reading.h"

namespace picklebox::policy {
namespace {

constexpr int64_t kMostNodes = int64_t{1} << 32;

// What a tree was made with: (n_features, n_classes, n_outputs).
struct TreeSize {
  int64_t features = 0;
  int64_t outputs = 0;
  int64_t classes = -1;  // the most of any output; -1: not known here
};

std::string ReadMade(NodeId arguments, Values& values, TreeSize* made) {
  const auto args =
      arguments == kNoNode ? std::nullopt : values.Tuple(arguments);
  if (!args || args->size() != 3) return "a tree is made of three arguments";
  const auto features = values.Int((*args)[0]);
  const auto outputs = values.Int((*args)[2]);
  const NumpyArray* const classes = FindIntegers((*args)[1], 1, values);
  if (!features || *features < 0 || !outputs || *outputs < 1 ||
      classes == nullptr || classes->items != *outputs) {
    return "the numbers of its features, classes and outputs do not agree";
  }
  Summary summary;
  std::string fault = Summarize(*classes, values, &summary);
  if (!fault.empty()) return fault;
  if (summary.known && (summary.least < 1 || summary.most >= kMostNodes))
    return "an output has no classes";
  *made = {*features, *outputs, summary.known ? summary.most : -1};
  return "";
}

// How nodes are laid out. The names differ between kinds of trees.
struct Layout {
  const ItemField* left = nullptr;
  const ItemField* right = nullptr;
  const ItemField* feature = nullptr;
};

bool FindLayout(const ItemType& type, absl::string_view left,
                absl::string_view right, absl::string_view feature,
                Layout* layout) {
  layout->left = type.Find(left);
  layout->right = type.Find(right);
  layout->feature = type.Find(feature);
  for (const ItemField* field :
       {layout->left, layout->right, layout->feature}) {
    if (field == nullptr || !field->type.is_integer()) return false;
  }
  return true;
}

int64_t Number(const uint8_t* item, const ItemField& field) {
  return field.type.Integer(item + field.offset);
}

std::string CheckNodes(const NumpyArray& nodes, const TreeSize& made,
                       int64_t max_depth, Values& values) {
  Layout layout;
  if (!FindLayout(*nodes.type, "left_child", "right_child", "feature",
                  &layout)) {
    return "its nodes are no records of children and a feature";
  }
  ItemReader reader(nodes, &values);
  std::optional<Ancestry> ancestry;  // made once there are bytes for it
  while (const uint8_t* const item = reader.Next()) {
    if (!ancestry) ancestry.emplace(nodes.items);
    const int64_t node = reader.count() - 1;
    if (!ancestry->IsReached(node))
      return absl::StrCat("node ", node, " is nobody's child");
    const int64_t left = Number(item, *layout.left);
    const int64_t right = Number(item, *layout.right);
    if (left == -1 && right == -1) continue;
    for (const int64_t child : {left, right}) {
      std::string fault = ancestry->Add(node, child);
      if (!fault.empty()) return fault;
    }
    const int64_t feature = Number(item, *layout.feature);
    if (feature < 0 || feature >= made.features) {
      return absl::StrCat("node ", node, " asks for feature ", feature, " of ",
                          made.features);
    }
  }
  if (!reader.fault().empty()) return reader.fault();
  if (ancestry && ancestry->deepest() > max_depth) {
    return absl::StrCat("it is ", ancestry->deepest(), " deep, and says ",
                        max_depth);
  }
  return "";
}

}  // namespace

std::string CheckSklearnTree(const CheckEvent& event, Values& values) {
  TreeSize made;
  if (event.use != kBuild) return ReadMade(event.value, values, &made);
  std::string fault = ReadMade(values.ArgumentsOf(event.object), values, &made);
  if (!fault.empty()) return fault;
  const auto state = values.Dict(event.value);
  if (!state) return "the state is no dict of names";
  values.Freeze(event.value);
  const auto count = FindInt(*state, "node_count", values);
  const auto depth = FindInt(*state, "max_depth", values);
  const NodeId nodes_id = Find(*state, "nodes");
  const NumpyArray* const nodes =
      nodes_id == kNoNode ? nullptr : values.FindArray(nodes_id);
  const NumpyArray* const leaves =
      FindNumbers(Find(*state, "values"), 3, values);
  if (!count || !depth || *depth < 0 || nodes == nullptr || !nodes->is_row() ||
      nodes->has_objects || leaves == nullptr) {
    return "the state has no depth, count, nodes and values";
  }
  if (*count != nodes->items)
    return absl::StrCat("it has ", nodes->items, " nodes, and says ", *count);
  if (leaves->dims[0] != nodes->items || leaves->dims[1] != made.outputs ||
      (made.classes >= 0 && leaves->dims[2] != made.classes)) {
    return "its values are not as many as nodes, outputs and classes say";
  }
  values.Remember(event.object, made.features);
  return CheckNodes(*nodes, made, *depth, values);
}

}  // namespace picklebox::policy
