// Views of a graph, for people and programs.
//
//   ViewOptions options;
//   absl::Status status = RenderTree(graph, graph.root(), options, to_stdout);
//
// Text that came out of the file is escaped: a view is printable ASCII and
// newlines. Nothing here recurses, and what a view does is bounded by its
// options or by the size of the graph, never by the expansion of what is
// shared. Functions of a const Graph; any thread.
#ifndef PICKLEBOX_GRAPH_VIEW_H_
#define PICKLEBOX_GRAPH_VIEW_H_

#include <cstdint>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "picklebox/graph.h"
#include "picklebox/sink.h"

namespace picklebox {

struct ViewOptions {
  // Lines (tree) or nodes and edges (DOT) that are written at most. The view
  // then ends, whole lines only, and the status is ResourceExhausted.
  uint64_t max_nodes = 100'000;
  uint64_t max_depth = 1'000;  // deeper values are shown as "..."
  uint64_t max_text = 80;      // bytes of a string that are shown
  // Paths of the members of the file, by which trees name them where arrays lie
  // in them. What they are outlives the view.
  absl::Span<const std::string> members = {};
};

// The value `root` as an indented tree, items and state in their place. A value
// that is met again is written "*7", and "&7" where it stands in full.
// InvalidArgument: `root` is no value of this graph.
absl::Status RenderTree(const Graph& graph, NodeId root,
                        const ViewOptions& options, const Sink& sink);

// The nodes as a JSON array, in order, one a line (docs/graph-format.md). Never
// expands, has no bound but the size of the graph.
absl::Status RenderJson(const Graph& graph, const Sink& sink);

// The nodes as a Graphviz digraph: values are boxes, changes are ellipses.
absl::Status RenderDot(const Graph& graph, const ViewOptions& options,
                       const Sink& sink);

// Follows a path such as $.steps[1][1].estimators_[0] from the root: .name is
// an attribute of the state or a string key, [n] an item (negative: from the
// end) or an integer key, ['text'] a string key, with the escapes \\, \' and
// \uXXXX. InvalidArgument: the path is malformed (with its column). NotFound:
// says how far it went and what is there.
absl::StatusOr<NodeId> FindPath(const Graph& graph, absl::string_view path);

}  // namespace picklebox

#endif  // PICKLEBOX_GRAPH_VIEW_H_
