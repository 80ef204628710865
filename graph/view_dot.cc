#include <cstdint>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "graph/view_text.h"
#include "picklebox/graph_view.h"
#include "report/output.h"

namespace picklebox {
namespace {

// The text, which is printable ASCII, as the inside of a DOT string.
std::string DotText(absl::string_view text) {
  return absl::StrReplaceAll(text, {{"\\", "\\\\"}, {"\"", "\\\""}});
}

class DotView {
 public:
  DotView(const ViewOptions& options, const Sink& sink)
      : options_(options), out_(sink) {}

  absl::Status Write(const Graph& graph) {
    out_.Print("digraph pickle {\n  rankdir=LR;\n  node [shape=box];\n");
    bool room = true;
    for (GraphCursor c(graph); room && !c.done(); c.Next()) {
      room = Vertex(c.node()) && Edges(c.node());
    }
    if (room && graph.root() != kNoNode) {
      out_.Print("  root [shape=plaintext];\n  root -> n", graph.root(), ";\n");
    }
    out_.Print("}\n");
    if (room) return absl::OkStatus();
    return absl::ResourceExhaustedError(absl::StrCat(
        "the view was cut off after ", options_.max_nodes, " nodes and edges"));
  }

 private:
  bool Spend() { return written_++ < options_.max_nodes; }

  bool Vertex(const Node& node) {
    if (!Spend()) return false;
    std::string label(NodeKindName(node.kind));
    if (graph::IsAtom(node.kind)) {
      label = graph::AtomText(node, options_.max_text);
    } else if (node.kind == NodeKind::kNew) {
      label = std::string(NewFormName(node.form));
    }
    out_.Print("  n", node.id, " [label=\"", node.id, ": ", DotText(label),
               "\"", IsChange(node.kind) ? " shape=ellipse" : "", "];\n");
    return true;
  }

  bool Edge(NodeId from, NodeId to, absl::string_view label) {
    if (to == kNoNode) return true;
    if (!Spend()) return false;
    out_.Print("  n", from, " -> n", to, " [label=\"", label, "\"];\n");
    return true;
  }

  bool Edges(const Node& node) {
    switch (node.kind) {
      case NodeKind::kCall:
        return Edge(node.id, node.subject, "callable") &&
               Edge(node.id, node.args, "args");
      case NodeKind::kNew:
        return Edge(node.id, node.subject, "class") &&
               Edge(node.id, node.args, "args") &&
               Edge(node.id, node.kwargs, "kwargs");
      case NodeKind::kPersistent:
        return Edge(node.id, node.subject, "id");
      case NodeKind::kReadonly:
        return Edge(node.id, node.subject, "buffer");
      case NodeKind::kBuild:
        return Edge(node.id, node.subject, "target") &&
               Edge(node.id, node.args, "state");
      case NodeKind::kAppend:
      case NodeKind::kSetItems:
      case NodeKind::kAddItems:
        return Edge(node.id, node.subject, "target") && Items(node);
      case NodeKind::kTuple:
      case NodeKind::kFrozenSet:
        return Items(node);
      default:
        return true;
    }
  }

  bool Items(const Node& node) {
    const bool pairs = node.kind == NodeKind::kSetItems;
    uint64_t i = 0;
    for (const NodeId item : node.items) {
      const std::string label =
          pairs ? absl::StrCat(i % 2 == 0 ? "key " : "value ", i / 2)
                : absl::StrCat(i);
      if (!Edge(node.id, item, label)) return false;
      ++i;
    }
    return true;
  }

  const ViewOptions& options_;
  report::Output out_;
  uint64_t written_ = 0;
};

}  // namespace

absl::Status RenderDot(const Graph& graph, const ViewOptions& options,
                       const Sink& sink) {
  return DotView(options, sink).Write(graph);
}

}  // namespace picklebox
