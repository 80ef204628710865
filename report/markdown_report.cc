#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "base/text.h"
#include "report/output.h"
#include "report/words.h"
#include "report/writers.h"

namespace picklebox::report {
namespace {

// A comment on a pull request may have 65,536 characters.
constexpr size_t kMostDetails = 60'000;

// `text`, which is printable ASCII already, in a form in which nothing is
// markup: every character that means something to Markdown or HTML is a
// numeric reference, and inside of <code> nobody is mentioned.
std::string Code(absl::string_view text) {
  std::string out = "<code>";
  for (const char c : text) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                       (c >= '0' && c <= '9') || c == ' ' || c == ',' ||
                       c == '/' || c == ';';
    if (plain) {
      out.push_back(c);
    } else {
      absl::StrAppend(&out, "&#", static_cast<int>(c), ";");
    }
  }
  return out + "</code>";
}

class MarkdownReport final : public ReportWriter {
 public:
  MarkdownReport(Sink sink, const ReportStyle& style)
      : sink_(std::move(sink)), style_(style) {}

  void File(const FileReport& file) override {
    std::string text;
    for (const Finding& finding : file.findings) {
      if (IsShown(finding, style_.show_accepted)) AddRow(file, finding, &text);
    }
    if (text.empty() || file.verdict == Verdict::kUnsupported) return;
    const std::string head = absl::StrCat(
        "### ", Code(base::EscapeAscii(file.path)), ": ", VerdictWords(file),
        "\n\n| severity | finding | place | what |\n| --- | --- | --- | --- "
        "|\n");
    if (details_.size() + head.size() + text.size() > kMostDetails) {
      ++left_out_;
    } else {
      absl::StrAppend(&details_, "\n", head, text);
    }
  }

  void End(const Summary& summary) override {
    Output out(sink_);
    out.Print(
        "## picklebox\n\n| files | denied | incomplete | unsupported | "
        "clean |\n| ---: | ---: | ---: | ---: | ---: |\n| ",
        summary.files, " | ", summary.denied, " | ", summary.incomplete, " | ",
        summary.unsupported);
    out.Print(" | ", summary.clean, " |\n");
    const std::string aside = LeftOutWords(summary);
    if (!aside.empty()) out.Print("\n", aside, ".\n");
    out.Print(details_);
    if (left_out_ > 0) {
      out.Print("\n", Counted(left_out_, "more file"),
                " with findings: there is no room for the details here.\n");
    }
  }

 private:
  static void AddRow(const FileReport& file, const Finding& finding,
                     std::string* text) {
    std::string place(
        finding.member.empty() ? "" : base::EscapeAscii(finding.member));
    if (HasPlaces(file)) absl::StrAppendFormat(&place, "@0x%x", finding.offset);
    absl::StrAppend(text, "| ", Severity(Info(finding.code).effect), " | ",
                    Code(CodeWords(finding)), " | ",
                    place.empty() ? "" : Code(place), " | ");
    absl::StrAppend(text, Code(MessageWords(finding)));
    if (finding.standing != Standing::kOpen) {
      absl::StrAppend(text, " (", StandingName(finding.standing), ")");
    }
    absl::StrAppend(text, " |\n");
  }

  Sink sink_;
  const ReportStyle style_;
  std::string details_;
  uint64_t left_out_ = 0;
};

}  // namespace

std::unique_ptr<ReportWriter> MakeMarkdown(Sink sink,
                                           const ReportStyle& style) {
  return std::make_unique<MarkdownReport>(std::move(sink), style);
}

}  // namespace picklebox::report
