// Reports in forms for people and programs.
//
//   picklebox::TextReport out(to_stdout, {.color = isatty(1) != 0});
//   for (const std::string& path : paths) {
//     const Scan scan = scanner->ScanFile(path);
//     summary.Add(scan.report);
//     out.File(scan.report);
//   }
//   out.End(summary);
//
// A writer holds nothing of a file once File() has returned. All text that came
// out of a file is escaped for the place that it is written to: what a writer
// emits is printable ASCII, newlines and, with TextStyle::color, the color
// sequences of its own.
//
// Call File() any number of times and End() once, last. Not thread-safe.
#ifndef PICKLEBOX_REPORT_WRITER_H_
#define PICKLEBOX_REPORT_WRITER_H_

#include "picklebox/report.h"
#include "picklebox/sink.h"

namespace picklebox {

// The version of the JSON that JsonReport writes (docs/report.schema.json).
inline constexpr int kReportSchemaVersion = 1;

struct TextStyle {
  bool color = false;
  // -1: the summary only. 0: a line a file, and what is wrong with those that
  // are not clean. 1: the streams and the allowed globals as well.
  int verbosity = 0;
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

}  // namespace picklebox

#endif  // PICKLEBOX_REPORT_WRITER_H_
