#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "graph/change_index.h"
#include "graph/dtype.h"
#include "graph/tensor.h"
#include "graph/view_text.h"
#include "picklebox/graph_view.h"
#include "report/output.h"

namespace picklebox {
namespace {

using graph::AtomText;
using graph::ChangeIndex;
using graph::IsAtom;

// How often each node is used as a value; counts to two.
std::vector<uint8_t> CountUses(const Graph& graph) {
  std::vector<uint8_t> uses(graph.size());
  const auto use = [&uses](NodeId id) {
    if (id != kNoNode && uses[id] < 2) ++uses[id];
  };
  for (GraphCursor c(graph); !c.done(); c.Next()) {
    const Node& node = c.node();
    switch (node.kind) {
      case NodeKind::kTuple:
      case NodeKind::kFrozenSet:
      case NodeKind::kAppend:
      case NodeKind::kSetItems:
      case NodeKind::kAddItems:
        for (const NodeId item : node.items) use(item);
        break;
      case NodeKind::kCall:
        use(node.subject);
        use(node.args);
        break;
      case NodeKind::kNew:
        use(node.subject);
        use(node.args);
        use(node.kwargs);
        break;
      case NodeKind::kPersistent:
      case NodeKind::kReadonly:
        use(node.subject);
        break;
      case NodeKind::kBuild:
        use(node.args);
        break;
      default:
        break;
    }
  }
  return uses;
}

// One line below another: what it is to that one, and its value.
struct Item {
  enum Role {
    kRoot,
    kIndex,   // number
    kMember,  // of a set
    kPair,    // key, if that is an atom ...
    kKey,     // ... or else two lines
    kValue,
    kAttribute,  // key
    kCallable,
    kArgument,  // number
    kArgs,
    kKwargs,
    kId,
    kBuffer,
    kState,
    kAppended,  // to what is no list
    kAssigned,  // to what is no dict, key
    kAdded,     // to what is no set
  };
  Role role;
  NodeId value;
  NodeId key = kNoNode;
  uint64_t number = 0;
};

class TreeView {
 public:
  TreeView(const Graph& graph, NodeId root, const ViewOptions& options,
           const Sink& sink)
      : graph_(graph),
        options_(options),
        out_(sink),
        changes_(graph),
        uses_(CountUses(graph)),
        shown_(graph.size()) {
    uses_[root] = std::min(uses_[root] + 1, 2);
    open_.push_back({{{Item::kRoot, root}}});
  }

  absl::Status Write() {
    while (!open_.empty()) {
      Frame& frame = open_.back();
      if (frame.next == frame.items.size()) {
        open_.pop_back();
      } else if (lines_ == options_.max_nodes) {
        return absl::ResourceExhaustedError(absl::StrCat(
            "the view was cut off after ", options_.max_nodes, " lines"));
      } else {
        ++lines_;
        Line(frame.items[frame.next++]);
      }
    }
    return absl::OkStatus();
  }

 private:
  struct Frame {
    std::vector<Item> items;
    size_t next = 0;
  };

  // Prints one line and opens what lies below it.
  void Line(Item item) {
    const size_t depth = open_.size() - 1;
    out_.Print(std::string(2 * depth, ' '), Label(item));
    const Node node = graph_.node(item.value);
    const bool whole = IsLeaf(node);
    if (!whole && shown_[node.id]) {
      out_.Print("*", node.id, "\n");
      return;
    }
    if (!whole && depth >= options_.max_depth) {
      out_.Print("...\n");
      return;
    }
    shown_[node.id] = true;
    out_.Print(Head(node));
    if (!whole && uses_[node.id] > 1) out_.Print(" &", node.id);
    out_.Print("\n");
    Frame below{Below(node)};
    if (!below.items.empty()) open_.push_back(std::move(below));
  }

  std::string Label(const Item& item) const {
    switch (item.role) {
      case Item::kRoot:
        return "";
      case Item::kIndex:
        return absl::StrCat("[", item.number, "] ");
      case Item::kMember:
        return "- ";
      case Item::kPair:
        return absl::StrCat(KeyText(item.key), ": ");
      case Item::kKey:
        return "key: ";
      case Item::kValue:
        return "value: ";
      case Item::kAttribute:
        return absl::StrCat(".", AttributeText(item.key), " = ");
      case Item::kCallable:
        return "callable: ";
      case Item::kArgument:
        return absl::StrCat("(", item.number, ") ");
      case Item::kArgs:
        return "*args: ";
      case Item::kKwargs:
        return "**kwargs: ";
      case Item::kId:
        return "id: ";
      case Item::kBuffer:
        return "buffer: ";
      case Item::kState:
        return "state: ";
      case Item::kAppended:
        return "append: ";
      case Item::kAssigned:
        return absl::StrCat("[", KeyText(item.key), "] = ");
      case Item::kAdded:
        return "add: ";
    }
    return "";
  }

  std::string KeyText(NodeId key) const { return Text(graph_.node(key)); }

  // A string key without its quotes.
  std::string AttributeText(NodeId key) const {
    const std::string text = KeyText(key);
    return text.size() > 2 && text.back() == '\''
               ? text.substr(1, text.size() - 2)
               : text;
  }

  // Nothing lies below it, so that it can be shown as often as it is met.
  bool IsLeaf(const Node& node) const {
    const bool empty = node.kind == NodeKind::kTuple && node.items.empty();
    return (IsAtom(node.kind) || empty) && changes_.of(node.id).empty();
  }
  bool IsPlainAtom(NodeId id) const {
    const Node node = graph_.node(id);
    return IsAtom(node.kind) && IsLeaf(node);
  }

  std::string Head(const Node& node) const {
    switch (node.kind) {
      case NodeKind::kTuple:
      case NodeKind::kFrozenSet:
        return Sized(node.kind, node.items.size(), 1);
      case NodeKind::kList:
        return Sized(node.kind, Changed(node.id, NodeKind::kAppend), 1);
      case NodeKind::kDict:
        return Sized(node.kind, Changed(node.id, NodeKind::kSetItems), 2);
      case NodeKind::kSet:
        return Sized(node.kind, Changed(node.id, NodeKind::kAddItems), 1);
      case NodeKind::kCall:
        if (const auto tensor = TensorOf(node)) return TensorText(*tensor);
        return absl::StrCat(CallableText(node), Arguments(node));
      case NodeKind::kNew:
        return absl::StrCat(NewFormName(node.form), " ", CallableText(node),
                            Arguments(node));
      case NodeKind::kPersistent:
      case NodeKind::kReadonly:
        return absl::StrCat(
            NodeKindName(node.kind), "(",
            IsPlainAtom(node.subject) ? KeyText(node.subject) : "...", ")");
      default:
        return Text(node);
    }
  }

  // An atom.
  std::string Text(const Node& node) const {
    return node.kind == NodeKind::kArray
               ? graph::ArrayText(node, options_.max_text, options_.members)
               : AtomText(node, options_.max_text);
  }

  // A call that makes a tensor over an array, and to which nothing is done.
  std::optional<graph::Tensor> TensorOf(const Node& call) const {
    const Node callable = graph_.node(call.subject);
    graph::Tensor tensor;
    if (callable.kind != NodeKind::kGlobal ||
        !graph::MakesTensor(callable.module(), callable.qualname) ||
        graph::ReadTensor(graph_, callable.qualname, call.args, &tensor) !=
            nullptr ||
        tensor.storage == kNoNode) {
      return std::nullopt;
    }
    return tensor;
  }

  // "tensor float32 (3, 4) stride (4, 1) offset 0 of archive/data/0".
  std::string TensorText(const graph::Tensor& tensor) const {
    const Node storage = graph_.node(tensor.storage);
    return absl::StrCat("tensor ", graph::DtypeName(tensor.dtype), " ",
                        graph::LengthsText(tensor.sizes), " stride ",
                        graph::LengthsText(tensor.strides), " offset ",
                        tensor.offset, " of ",
                        graph::PlaceText(*storage.extent, options_.members),
                        tensor.requires_grad ? ", requires grad" : "");
  }

  static std::string Sized(NodeKind kind, uint64_t items, uint64_t per_item) {
    if (kind == NodeKind::kTuple && items == 0) return "()";
    return absl::StrCat(NodeKindName(kind), " of ", items / per_item);
  }

  // References in all changes of `kind` of the node.
  uint64_t Changed(NodeId target, NodeKind kind) const {
    uint64_t items = 0;
    for (const ChangeIndex::Entry& entry : changes_.of(target)) {
      const Node change = graph_.node(entry.change);
      if (change.kind == kind) items += change.items.size();
    }
    return items;
  }

  std::string CallableText(const Node& node) const {
    return IsPlainAtom(node.subject) ? KeyText(node.subject) : "(callable)";
  }

  std::string Arguments(const Node& node) const {
    const Node args = graph_.node(node.args);
    std::string text;
    if (const auto inlined = InlineArguments(args)) {
      text = *inlined;
    } else if (Dissolves(args)) {
      const uint64_t count = args.items.size();
      text = absl::StrCat(count, count == 1 ? " argument" : " arguments");
    } else {
      text = "*args";
    }
    if (node.kind == NodeKind::kNew && node.kwargs != kNoNode) {
      absl::StrAppend(&text, text.empty() ? "" : ", ", "**kwargs");
    }
    return absl::StrCat("(", text, ")");
  }

  // The arguments on the line of their call, if they are few and short.
  std::optional<std::string> InlineArguments(const Node& args) const {
    constexpr uint64_t kMost = 6;
    constexpr size_t kWidth = 72;
    if (args.kind != NodeKind::kTuple || args.items.size() > kMost ||
        !changes_.of(args.id).empty()) {
      return std::nullopt;
    }
    std::string text;
    for (const NodeId item : args.items) {
      if (!IsPlainAtom(item)) return std::nullopt;
      absl::StrAppend(&text, text.empty() ? "" : ", ", KeyText(item));
    }
    if (text.size() > kWidth) return std::nullopt;
    return text;
  }

  // A value that only this one place uses and that need not be seen itself.
  bool Dissolves(const Node& node) const {
    return uses_[node.id] <= 1 &&
           (node.kind == NodeKind::kDict ||
            (node.kind == NodeKind::kTuple && changes_.of(node.id).empty()));
  }

  // The lines below a node, no more than there is room for.
  std::vector<Item> Below(const Node& node) {
    std::vector<Item> items;
    Parts(node, &items);
    uint64_t appended = 0;
    for (const ChangeIndex::Entry& entry : changes_.of(node.id)) {
      if (IsFull(items)) break;
      Change(node, graph_.node(entry.change), &appended, &items);
    }
    return items;
  }

  bool IsFull(const std::vector<Item>& items) const {
    return items.size() > options_.max_nodes - lines_;
  }

  void Parts(const Node& node, std::vector<Item>* items) {
    switch (node.kind) {
      case NodeKind::kTuple:
        return Each(node, Item::kIndex, items);
      case NodeKind::kFrozenSet:
        return Each(node, Item::kMember, items);
      case NodeKind::kCall:
      case NodeKind::kNew: {
        if (node.kind == NodeKind::kCall && TensorOf(node)) break;
        if (!IsPlainAtom(node.subject)) {
          items->push_back({Item::kCallable, node.subject});
        }
        const Node args = graph_.node(node.args);
        if (!InlineArguments(args)) {
          if (args.kind == NodeKind::kTuple && Dissolves(args)) {
            Each(args, Item::kArgument, items);
          } else {
            items->push_back({Item::kArgs, node.args});
          }
        }
        if (node.kind == NodeKind::kNew && node.kwargs != kNoNode) {
          items->push_back({Item::kKwargs, node.kwargs});
        }
        break;
      }
      case NodeKind::kPersistent:
      case NodeKind::kReadonly:
        if (!IsPlainAtom(node.subject)) {
          const bool id = node.kind == NodeKind::kPersistent;
          items->push_back({id ? Item::kId : Item::kBuffer, node.subject});
        }
        break;
      default:
        break;
    }
  }

  void Each(const Node& node, Item::Role role, std::vector<Item>* items) const {
    uint64_t i = 0;
    for (const NodeId item : node.items) {
      if (IsFull(*items)) return;
      items->push_back({role, item, kNoNode, i++});
    }
  }

  void Change(const Node& target, const Node& change, uint64_t* appended,
              std::vector<Item>* items) {
    switch (change.kind) {
      case NodeKind::kAppend:
        for (const NodeId item : change.items) {
          if (IsFull(*items)) return;
          const bool native = target.kind == NodeKind::kList;
          items->push_back({native ? Item::kIndex : Item::kAppended, item,
                            kNoNode, (*appended)++});
        }
        break;
      case NodeKind::kAddItems:
        return Each(
            change,
            target.kind == NodeKind::kSet ? Item::kMember : Item::kAdded,
            items);
      case NodeKind::kSetItems:
        return Pairs(
            change,
            target.kind == NodeKind::kDict ? Item::kPair : Item::kAssigned,
            items);
      default:
        return State(change.args, items);
    }
  }

  void Pairs(const Node& change, Item::Role role,
             std::vector<Item>* items) const {
    for (auto it = change.items.begin(); it != change.items.end(); ++it) {
      if (IsFull(*items)) return;
      const NodeId key = *it;
      const NodeId value = *++it;
      if (IsPlainAtom(key)) {
        items->push_back({role, value, key});
      } else {
        items->push_back({Item::kKey, key});
        items->push_back({Item::kValue, value});
      }
    }
  }

  // Shows a state dict, or a pair of those, as attributes; else as a value.
  void State(NodeId id, std::vector<Item>* items) const {
    const Node state = graph_.node(id);
    std::vector<NodeId> dicts = {id};
    if (state.kind == NodeKind::kTuple && state.items.size() == 2 &&
        Dissolves(state)) {
      dicts.assign({*state.items.begin(), *++state.items.begin()});
    }
    if (!std::all_of(dicts.begin(), dicts.end(),
                     [this](NodeId dict) { return IsAttributes(dict); })) {
      items->push_back({Item::kState, id});
      return;
    }
    for (const NodeId dict : dicts) {
      for (const ChangeIndex::Entry& entry : changes_.of(dict)) {
        Pairs(graph_.node(entry.change), Item::kAttribute, items);
      }
    }
  }

  // None in a pair, or a dict of string keys that nothing else refers to.
  bool IsAttributes(NodeId id) const {
    const Node dict = graph_.node(id);
    if (dict.kind == NodeKind::kNone) return changes_.of(id).empty();
    if (dict.kind != NodeKind::kDict || !Dissolves(dict)) return false;
    for (const ChangeIndex::Entry& entry : changes_.of(id)) {
      const Node change = graph_.node(entry.change);
      if (change.kind != NodeKind::kSetItems) return false;
      uint64_t i = 0;
      for (const NodeId item : change.items) {
        if (i++ % 2 != 0) continue;
        if (graph_.node(item).kind != NodeKind::kStr || !IsPlainAtom(item)) {
          return false;
        }
      }
    }
    return true;
  }

  const Graph& graph_;
  const ViewOptions& options_;
  report::Output out_;
  const ChangeIndex changes_;
  std::vector<uint8_t> uses_;
  std::vector<bool> shown_;
  std::vector<Frame> open_;
  uint64_t lines_ = 0;
};

}  // namespace

absl::Status RenderTree(const Graph& graph, NodeId root,
                        const ViewOptions& options, const Sink& sink) {
  if (root >= graph.size() || IsChange(graph.node(root).kind)) {
    return absl::InvalidArgumentError("the root is no value of this graph");
  }
  return TreeView(graph, root, options, sink).Write();
}

}  // namespace picklebox
