// Reports and graphs in forms for people and programs.
//
// Every renderer writes to a Sink in pieces, so that nothing large is held. All
// text that came out of a file is escaped for the place that it is written to.
#ifndef PICKLEBOX_RENDER_H_
#define PICKLEBOX_RENDER_H_

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "picklebox/graph.h"
#include "picklebox/report.h"

namespace picklebox {

using Sink = std::function<void(absl::string_view)>;

// The version of the JSON that JsonReport writes (docs/report.schema.json).
inline constexpr int kReportSchemaVersion = 1;

struct TextStyle {
  bool color = false;
  int verbosity = 0;  // -1: only the summary, 0: what is not clean, 1: everything
};

// Writes the report of a run as text, file by file.
class TextReport {
 public:
  TextReport(Sink sink, TextStyle style);
  void File(const FileReport& file);
  void End(const Summary& summary);

 private:
  Sink sink_;
  TextStyle style_;
};

// Writes the report of a run as one JSON object, streamed file by file.
class JsonReport {
 public:
  explicit JsonReport(Sink sink);
  void File(const FileReport& file);
  void End(const Summary& summary);

 private:
  Sink sink_;
  bool first_ = true;
};

// Views of a graph. Those that expand (tree) show a shared node once and refer
// to it after that, and stop with ResourceExhausted when they have written
// `max_nodes` lines.
struct ViewOptions {
  uint64_t max_nodes = 100'000;
  uint64_t max_depth = 1'000;   // deeper nodes are shown as "..."
  uint64_t max_text = 80;       // bytes of a string that are shown
};

// The value as an indented tree, items and state in their place.
absl::Status RenderTree(const Graph& graph, NodeId root, const ViewOptions& options,
                        const Sink& sink);
// The nodes as a JSON array, in order (docs/graph-format.md). Never expands.
absl::Status RenderJson(const Graph& graph, const Sink& sink);
// The nodes as a Graphviz digraph.
absl::Status RenderDot(const Graph& graph, const ViewOptions& options, const Sink& sink);

// Follows a path such as $.steps[1][1].estimators_[0] from the root: .name is
// an attribute of the state or a string key, [n] an item, ['text'] a string
// key. InvalidArgument: the path is malformed (with its column). NotFound: says
// how far it went and what is there.
absl::StatusOr<NodeId> FindPath(const Graph& graph, absl::string_view path);

}  // namespace picklebox

#endif  // PICKLEBOX_RENDER_H_
