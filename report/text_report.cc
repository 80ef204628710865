#include <algorithm>
#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "base/text.h"
#include "picklebox/threats.h"
#include "report/output.h"
#include "report/words.h"
#include "report/writers.h"

namespace picklebox::report {
namespace {

using base::EscapeAscii;

constexpr absl::string_view kRed = "\033[1;31m";
constexpr absl::string_view kYellow = "\033[33m";
constexpr absl::string_view kGreen = "\033[32m";
constexpr absl::string_view kDim = "\033[2m";
constexpr absl::string_view kReset = "\033[0m";

std::string UseList(Uses uses) { return absl::StrJoin(UseNames(uses), ", "); }

// "os:system".
std::string GlobalName(absl::string_view module, absl::string_view qualname) {
  return absl::StrCat(EscapeAscii(module), ":", EscapeAscii(qualname));
}

// Names that a policy can spell without an escape.
bool IsPlainName(absl::string_view name) {
  return !name.empty() && std::all_of(name.begin(), name.end(), [](char c) {
    return c > ' ' && c < 0x7f && c != '"' && c != '\\' && c != ':';
  });
}

// The report of one file.
class FileText {
 public:
  FileText(const FileReport& file, const ReportStyle& style, const Sink& sink)
      : file_(file), style_(style), out_(sink) {}

  void Write() {
    Head();
    const bool details = file_.verdict != Verdict::kClean;
    const bool everything = style_.verbosity > 0;
    if (everything) Members();
    if (everything) Streams();
    if (details || everything || style_.show_accepted) Findings();
    if (everything) Allowed();
    Denied();
    if (file_.verdict == Verdict::kDenied) Advice();
  }

 private:
  std::string Paint(absl::string_view color, absl::string_view text) const {
    if (!style_.color) return std::string(text);
    return absl::StrCat(color, text, kReset);
  }
  std::string PaintVerdict(Verdict verdict, absl::string_view words) const {
    const absl::string_view color = verdict == Verdict::kDenied       ? kRed
                                    : verdict == Verdict::kIncomplete ? kYellow
                                    : verdict == Verdict::kClean      ? kGreen
                                                                      : kDim;
    return Paint(color, words);
  }
  std::string PaintSeverity(Effect effect) const {
    const absl::string_view color = effect == Effect::kDenies       ? kRed
                                    : effect == Effect::kIncomplete ? kYellow
                                                                    : kDim;
    return Paint(color, Severity(effect));
  }

  // "model.pt!archive/data.pkl@0x1c (28)".
  std::string At(absl::string_view member, uint64_t offset) const {
    return absl::StrCat(Place(file_, member), "@", Offset(offset));
  }

  void Head() {
    out_.Print(EscapeAscii(file_.path), ": ",
               PaintVerdict(file_.verdict, VerdictWords(file_)));
    std::string facts = EscapeAscii(file_.format);
    if (!file_.members.empty()) {
      absl::StrAppend(&facts, facts.empty() ? "" : ", ",
                      Counted(file_.members.size(), "member"));
    }
    if (file_.streams.size() > 1) {
      absl::StrAppend(&facts, facts.empty() ? "" : ", ",
                      Counted(file_.streams.size(), "stream"));
    }
    absl::StrAppend(&facts, facts.empty() ? "" : ", ", Size(file_.size));
    out_.Print("  ", Paint(kDim, absl::StrCat("(", facts, ")")), "\n");
  }

  void Members() {
    for (const MemberReport& member : file_.members) {
      out_.Print("  ", EscapeAscii(file_.path), "!", EscapeAscii(member.path),
                 "  member  ",
                 PaintVerdict(member.verdict, VerdictName(member.verdict)),
                 "  ", EscapeAscii(member.format),
                 member.format.empty() ? "" : ", ", Size(member.size), ", ",
                 EscapeAscii(member.packing));
      if (member.offset) out_.Print(" at ", Offset(*member.offset));
      out_.Print("\n");
    }
  }

  void Streams() {
    for (const StreamReport& stream : file_.streams) {
      out_.Print("  ", At(stream.member, stream.begin), "  stream  ",
                 PaintVerdict(stream.verdict, VerdictName(stream.verdict)),
                 "  protocol ", stream.protocol, ", ",
                 Size(stream.end - stream.begin), ", ");
      out_.Print(Counted(stream.opcodes, "opcode"), ", ",
                 Counted(stream.nodes, "node"), ", graph of ",
                 Size(stream.graph_bytes),
                 stream.complete ? "\n" : ", no STOP reached\n");
    }
  }

  void Findings() {
    for (const Finding& finding : file_.findings) {
      if (!IsShown(finding, style_.show_accepted)) continue;
      std::string line = "  ";
      if (HasPlaces(file_)) {
        absl::StrAppend(&line, At(finding.member, finding.offset), "  ");
      }
      absl::StrAppend(&line, PaintSeverity(Info(finding.code).effect), "  ",
                      CodeWords(finding), "  ");
      out_.Print(line, Wrapped(MessageWords(finding), VisibleSize(line)), "\n");
      if (finding.standing != Standing::kOpen) {
        out_.Print("      ", StandingName(finding.standing),
                   finding.answer.empty() ? "" : ": ",
                   EscapeAscii(finding.answer), "\n");
      }
      if (style_.verbosity > 0 && !finding.fingerprint.empty()) {
        out_.Print(
            "      ",
            Paint(kDim, absl::StrCat("fingerprint ", finding.fingerprint)),
            "\n");
      }
    }
  }

  // The columns that `line` takes, which holds colors of our own.
  static size_t VisibleSize(absl::string_view line) {
    size_t size = 0;
    bool within = false;
    for (const char c : line) {
      if (c == '\033') within = true;
      if (!within) ++size;
      if (c == 'm') within = false;
    }
    return size;
  }

  // `text`, which begins at `column`, with line breaks where the style asks for
  // them.
  std::string Wrapped(const std::string& text, size_t column) const {
    constexpr size_t kIndent = 6;
    const size_t width = static_cast<size_t>(std::max(style_.width, 0));
    if (width < 40 || column + text.size() <= width) return text;
    std::string wrapped;
    for (const absl::string_view word : absl::StrSplit(text, ' ')) {
      if (!wrapped.empty() && column + 1 + word.size() > width) {
        absl::StrAppend(&wrapped, "\n", std::string(kIndent, ' '), word);
        column = kIndent + word.size();
      } else {
        absl::StrAppend(&wrapped, wrapped.empty() ? "" : " ", word);
        column += 1 + word.size();
      }
    }
    return wrapped;
  }

  void Allowed() {
    for (const GlobalReport& global : file_.globals) {
      if (global.allowed())
        Global(global, Paint(kGreen, "allowed"), global.uses);
    }
  }

  // What was denied, in groups: a class of danger each, the worst first, and
  // the unknown last.
  void Denied() {
    std::map<const DangerClass*, std::vector<const GlobalReport*>> groups;
    for (const GlobalReport& global : file_.globals) {
      if (!global.allowed()) groups[DangerOf(global)].push_back(&global);
    }
    for (const DangerClass& danger : DangerClasses())
      DeniedOf(&danger, groups[&danger]);
    DeniedOf(nullptr, groups[nullptr]);
  }

  void Heading(absl::string_view grade, absl::string_view sentence) {
    const std::string line = absl::StrCat("  ", grade, ": ");
    out_.Print(line, Wrapped(std::string(sentence), VisibleSize(line)), "\n");
  }

  // The denied globals of one class; those of no class for nullptr.
  void DeniedOf(const DangerClass* danger,
                const std::vector<const GlobalReport*>& globals) {
    if (globals.empty()) return;
    if (danger == nullptr) {
      Heading(Paint(kYellow, "unknown"),
              "Not known to be harmful, nor to be safe. Look at what it does "
              "before you allow it.");
    } else {
      Heading(absl::StrCat(Paint(kRed, "dangerous"), ", ", danger->name),
              danger->text);
    }
    for (const GlobalReport* global : globals) {
      if (style_.verbosity > 0) {
        Global(*global, Paint(kRed, "denied"), global->denied);
      } else {
        out_.Print("    ", GlobalName(global->module, global->qualname), " (",
                   UseList(global->denied), ")\n");
      }
    }
  }

  // One global, with the uses that were decided on.
  void Global(const GlobalReport& global, absl::string_view decision,
              Uses uses) {
    out_.Print("    ", decision, "  ",
               GlobalName(global.module, global.qualname), " (", UseList(uses),
               ")  ");
    if (global.module != global.raw_module ||
        global.qualname != global.raw_qualname) {
      out_.Print("written ", GlobalName(global.raw_module, global.raw_qualname),
                 "  ");
    }
    out_.Print("first at ", At(global.member, global.offset));
    if (global.count > 1) out_.Print(", ", Counted(global.count, "use"));
    if (!global.policy_origin.empty()) {
      out_.Print("  ", EscapeAscii(global.policy_origin));
    }
    if (!global.reason.empty()) out_.Print("  ", EscapeAscii(global.reason));
    out_.Print("\n");
  }

  // What to put into a policy.
  void Advice() {
    bool any = false;
    uint64_t left_out = 0;
    for (const GlobalReport& global : file_.globals) {
      if (global.allowed()) continue;
      if (!IsPlainName(global.module) || !IsPlainName(global.qualname)) {
        ++left_out;
        continue;
      }
      if (!any) {
        out_.Print("  Only if you trust what these do, add to your policy:\n");
        any = true;
      }
      out_.Print("\n");
      if (const DangerClass* danger = DangerOf(global)) {
        out_.Print("    # Dangerous: ", danger->name, "\n");
      }
      out_.Print(
          "    [[allow]]\n    global = \"",
          GlobalName(global.module, global.qualname), "\"\n    uses = [\"",
          absl::StrJoin(UseNames(global.uses | global.granted), "\", \""),
          "\"]\n");
      for (const std::string& line : global.rule_lines)
        out_.Print("    ", EscapeAscii(line), "\n");
    }
    if (left_out > 0) {
      out_.Print("  No rule is shown for ", Counted(left_out, "global"),
                 ": no honest name looks like that.\n");
    }
    if (any) out_.Print("\n");
  }

  const FileReport& file_;
  const ReportStyle& style_;
  Output out_;
};

class TextReport final : public ReportWriter {
 public:
  TextReport(Sink sink, const ReportStyle& style)
      : sink_(std::move(sink)), style_(style) {}

  void File(const FileReport& file) override {
    if (style_.verbosity >= 0) FileText(file, style_, sink_).Write();
  }

  void End(const Summary& summary) override {
    const struct {
      uint64_t count;
      Verdict verdict;
      absl::string_view color;
    } kParts[] = {{summary.denied, Verdict::kDenied, kRed},
                  {summary.incomplete, Verdict::kIncomplete, kYellow},
                  {summary.unsupported, Verdict::kUnsupported, kDim},
                  {summary.clean, Verdict::kClean, kGreen}};
    std::string verdicts;
    for (const auto& part : kParts) {
      if (part.count == 0) continue;
      absl::StrAppend(&verdicts, verdicts.empty() ? ": " : ", ",
                      style_.color ? part.color : "", part.count, " ",
                      VerdictName(part.verdict), style_.color ? kReset : "");
      if (part.verdict == Verdict::kIncomplete && summary.excused > 0) {
        absl::StrAppend(&verdicts, " (", summary.excused, " excused)");
      }
    }
    const std::string left_out = LeftOutWords(summary);
    Output out(sink_);
    out.Print(Counted(summary.files, "file"), ", ", Size(summary.bytes), " in ",
              absl::StrFormat("%.2f s", summary.seconds), verdicts,
              left_out.empty() ? "" : "; ", left_out, "\n");
  }

 private:
  Sink sink_;
  const ReportStyle style_;
};

}  // namespace

std::unique_ptr<ReportWriter> MakeText(Sink sink, const ReportStyle& style) {
  return std::make_unique<TextReport>(std::move(sink), style);
}

}  // namespace picklebox::report
