#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "report/output.h"
#include "report/words.h"
#include "report/writers.h"

namespace picklebox::report {
namespace {

class ConciseReport final : public ReportWriter {
 public:
  ConciseReport(Sink sink, const ReportStyle& style)
      : sink_(std::move(sink)), style_(style) {}

  void File(const FileReport& file) override {
    if (style_.verbosity < 0 || file.verdict == Verdict::kUnsupported) return;
    Output out(sink_);
    for (const Finding& finding : file.findings) {
      if (!IsShown(finding, style_.show_accepted)) continue;
      out.Print(Place(file, finding.member));
      if (HasPlaces(file)) {
        out.Print("@", absl::StrFormat("0x%x", finding.offset));
      }
      out.Print(": ", Severity(Info(finding.code).effect), ": ",
                CodeWords(finding), ": ", MessageWords(finding));
      if (finding.standing != Standing::kOpen) {
        out.Print(" (", StandingName(finding.standing), ")");
      }
      if (style_.verbosity > 0 && !finding.fingerprint.empty()) {
        out.Print(" [", finding.fingerprint, "]");
      }
      out.Print("\n");
    }
  }

  void End(const Summary& summary) override {
    const std::string left_out = LeftOutWords(summary);
    Output(sink_).Print(Counted(summary.files, "file"), ": ", summary.denied,
                        " denied, ", summary.incomplete, " incomplete, ",
                        summary.unsupported, " unsupported, ", summary.clean,
                        " clean", left_out.empty() ? "" : "; ", left_out, "\n");
  }

 private:
  Sink sink_;
  const ReportStyle style_;
};

}  // namespace

std::unique_ptr<ReportWriter> MakeConcise(Sink sink, const ReportStyle& style) {
  return std::make_unique<ConciseReport>(std::move(sink), style);
}

}  // namespace picklebox::report
