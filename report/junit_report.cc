#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_replace.h"
#include "base/text.h"
#include "report/output.h"
#include "report/words.h"
#include "report/writers.h"

namespace picklebox::report {
namespace {

// `text`, which is printable ASCII already, as XML.
std::string Xml(absl::string_view text) {
  return absl::StrReplaceAll(text, {{"&", "&amp;"},
                                    {"<", "&lt;"},
                                    {">", "&gt;"},
                                    {"\"", "&quot;"},
                                    {"'", "&#39;"}});
}

class JunitReport final : public ReportWriter {
 public:
  JunitReport(Sink sink, const ReportStyle& style)
      : sink_(std::move(sink)), style_(style) {}

  void File(const FileReport& file) override {
    absl::StrAppend(&cases_, "    <testcase classname=\"picklebox\" name=\"",
                    Xml(base::EscapeAscii(file.path)), "\"");
    switch (file.verdict) {
      case Verdict::kDenied:
        Outcome("failure", file);
        break;
      case Verdict::kIncomplete:
        Outcome(IsExcused(file) ? "skipped" : "error", file);
        break;
      case Verdict::kUnsupported:
        cases_ += "><skipped message=\"unsupported\"/></testcase>\n";
        break;
      case Verdict::kClean:
        cases_ += "/>\n";
        break;
    }
  }

  void End(const Summary& summary) override {
    const std::string counts = absl::StrFormat(
        "tests=\"%d\" failures=\"%d\" errors=\"%d\" skipped=\"%d\" "
        "time=\"%.3f\"",
        summary.files, summary.denied, summary.incomplete - summary.excused,
        summary.unsupported + summary.excused, summary.seconds);
    Output out(sink_);
    out.Print("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n",
              "<testsuites name=\"picklebox\" ", counts, ">\n",
              "  <testsuite name=\"picklebox\" ", counts, ">\n");
    out.Print(cases_, "  </testsuite>\n</testsuites>\n");
  }

 private:
  void Outcome(absl::string_view element, const FileReport& file) {
    absl::StrAppend(&cases_, ">\n      <", element, " message=\"",
                    Xml(VerdictWords(file)), "\"");
    // A test that is skipped has no type and no text.
    if (element == "skipped") {
      cases_ += "/>\n    </testcase>\n";
      return;
    }
    absl::StrAppend(&cases_, " type=\"", VerdictName(file.verdict), "\">");
    for (const Finding& finding : file.findings) {
      if (!IsShown(finding, style_.show_accepted)) continue;
      std::string line = Place(file, finding.member);
      if (HasPlaces(file))
        absl::StrAppendFormat(&line, "@0x%x", finding.offset);
      absl::StrAppend(&line, ": ", Severity(Info(finding.code).effect), ": ",
                      CodeWords(finding), ": ", MessageWords(finding), "\n");
      cases_ += Xml(line);
    }
    absl::StrAppend(&cases_, "</", element, ">\n    </testcase>\n");
  }

  Sink sink_;
  const ReportStyle style_;
  std::string cases_;
};

}  // namespace

std::unique_ptr<ReportWriter> MakeJunit(Sink sink, const ReportStyle& style) {
  return std::make_unique<JunitReport>(std::move(sink), style);
}

}  // namespace picklebox::report
