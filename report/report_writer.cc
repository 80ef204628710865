#include "picklebox/report_writer.h"

#include <utility>

#include "base/text.h"
#include "report/writers.h"

namespace picklebox {
namespace {

struct Format {
  absl::string_view name;
  std::unique_ptr<ReportWriter> (*make)(Sink, const ReportStyle&);
};
constexpr Format kFormats[] = {
    {"text", report::MakeText},   {"concise", report::MakeConcise},
    {"json", report::MakeJson},   {"jsonl", report::MakeJsonl},
    {"sarif", report::MakeSarif}, {"markdown", report::MakeMarkdown},
    {"junit", report::MakeJunit},
};

}  // namespace

std::vector<absl::string_view> ReportFormats() {
  std::vector<absl::string_view> names;
  for (const Format& format : kFormats) names.push_back(format.name);
  return names;
}

std::unique_ptr<ReportWriter> MakeReportWriter(absl::string_view format,
                                               Sink sink,
                                               const ReportStyle& style) {
  for (const Format& known : kFormats) {
    if (known.name == format) return known.make(std::move(sink), style);
  }
  return nullptr;
}

std::string Printable(absl::string_view text) {
  return base::EscapeAscii(text);
}

}  // namespace picklebox
