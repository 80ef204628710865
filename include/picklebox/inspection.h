// The graphs of files, written for people and programs.
//
//   TextInspection out(to_stdout, {.view = InspectionView::kTree});
//   out.File(scanner->ScanFile("model.pkl"));
//
// All text that came out of a file is escaped. Not thread-safe.
#ifndef PICKLEBOX_INSPECTION_H_
#define PICKLEBOX_INSPECTION_H_

#include <cstddef>
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "picklebox/graph_view.h"
#include "picklebox/scanner.h"
#include "picklebox/sink.h"

namespace picklebox {

struct InspectionOptions {
  enum class View { kTree, kDot };
  View view = View::kTree;
  ViewOptions limits;
  // A path as FindPath takes it; what it leads to is shown. Empty: the root.
  std::string path;
  // The path of a member, as reports have it: only its pickles count. Empty:
  // those of the file and of all that is in it.
  std::string member;
  // Which of these pickles, from 0; nullopt: all of them. kLoaded: the one that
  // a loader makes its object of, which is the first unless the library that
  // wrote the file puts others before it.
  static constexpr size_t kLoaded = ~size_t{0};
  std::optional<size_t> stream = kLoaded;
};

// Writes graphs as trees or as Graphviz digraphs.
class TextInspection {
 public:
  TextInspection(Sink sink, InspectionOptions options);
  // NotFound: no such pickle, or the path leads nowhere. InvalidArgument: the
  // path is malformed. ResourceExhausted: a limit of the view was reached.
  absl::Status File(const Scan& scan);

 private:
  Sink sink_;
  InspectionOptions options_;
};

// Writes {"schema_version", "files": [{"path", "verdict", "findings",
// "streams":
// [{"member", "offset", "end", "complete", "protocol", "root", "nodes"}]}]},
// where the nodes are as RenderJson writes them and findings as in a report.
// Streamed. Call File() any number of times and End() once.
class JsonInspection {
 public:
  explicit JsonInspection(Sink sink);
  absl::Status File(const Scan& scan);
  void End();

 private:
  Sink sink_;
  bool first_ = true;
};

}  // namespace picklebox

#endif  // PICKLEBOX_INSPECTION_H_
