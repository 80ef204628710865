// Reports in forms for people and programs.
//
//   auto out = picklebox::MakeReportWriter("sarif", to_file, {});
//   for (const std::string& path : paths) {
//     const Scan scan = scanner->ScanFile(path);
//     summary.Add(scan.report);
//     out->File(scan.report);
//   }
//   out->End(summary);
//
// All text that came out of a file is escaped for the place that it is written
// to: what a writer emits is printable ASCII, newlines and, with
// ReportStyle::color, the color sequences of its own. It is no command to a
// terminal or to the log of a build service, no markup and no link.
//
// Call File() any number of times and End() once, last. Not thread-safe.
#ifndef PICKLEBOX_REPORT_WRITER_H_
#define PICKLEBOX_REPORT_WRITER_H_

#include <memory>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "picklebox/report.h"
#include "picklebox/sink.h"

namespace picklebox {

// The version of the JSON that is written (docs/report.schema.json).
inline constexpr int kReportSchemaVersion = 1;

// What is for people is written by it; what is for programs (json, jsonl,
// sarif) always holds everything.
struct ReportStyle {
  bool color = false;
  // -1: the summary only. 0: a line a file, and what is wrong with those that
  // are not clean. 1: the streams, the allowed globals and fingerprints as
  // well.
  int verbosity = 0;
  // Columns to wrap long messages at; 0: they stay on one line.
  int width = 0;
  // Findings that are accepted or known are shown and not only counted.
  bool show_accepted = false;
  // For SARIF: what tells this run from others of the same commit, and whether
  // findings that are not Standing::kKnown are new.
  std::string category = "";
  bool has_baseline = false;
};

class ReportWriter {
 public:
  virtual ~ReportWriter() = default;
  virtual void File(const FileReport& file) = 0;
  virtual void End(const Summary& summary) = 0;
};

// The names of the formats: text, concise, json, jsonl, sarif, markdown, junit.
std::vector<absl::string_view> ReportFormats();

// A writer of one of them, or null if there is no such format. json, jsonl,
// text, concise and sarif are streamed file by file; markdown and junit are
// written when the run ends.
std::unique_ptr<ReportWriter> MakeReportWriter(absl::string_view format,
                                               Sink sink,
                                               const ReportStyle& style);

// `text`, which may hold anything, as printable ASCII for a terminal or a log:
// what a writer does to each name and message.
std::string Printable(absl::string_view text);

}  // namespace picklebox

#endif  // PICKLEBOX_REPORT_WRITER_H_
