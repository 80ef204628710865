#include <algorithm>
#include <cstdint>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "base/text.h"
#include "picklebox/report_writer.h"
#include "report/output.h"

namespace picklebox {
namespace {

using base::EscapeAscii;

constexpr absl::string_view kRed = "\033[1;31m";
constexpr absl::string_view kYellow = "\033[33m";
constexpr absl::string_view kGreen = "\033[32m";
constexpr absl::string_view kDim = "\033[2m";
constexpr absl::string_view kReset = "\033[0m";

// "1 file", "2 files".
std::string Counted(uint64_t count, absl::string_view noun) {
  return absl::StrCat(count, " ", noun, count == 1 ? "" : "s");
}

std::string Size(uint64_t bytes) {
  if (bytes < 1000) return Counted(bytes, "byte");
  static constexpr absl::string_view kUnits[] = {"kB", "MB", "GB", "TB"};
  double size = static_cast<double>(bytes) / 1000;
  size_t unit = 0;
  while (size >= 999.95 && unit + 1 < std::size(kUnits)) {
    size /= 1000;
    ++unit;
  }
  return absl::StrFormat("%.1f %s", size, kUnits[unit]);
}

// "0x1c (28)".
std::string Offset(uint64_t offset) {
  return absl::StrFormat("0x%x (%d)", offset, offset);
}

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
  FileText(const FileReport& file, const TextStyle& style, const Sink& sink)
      : file_(file), style_(style), out_(sink) {}

  void Write() {
    Head();
    const bool details = file_.verdict != Verdict::kClean;
    const bool everything = style_.verbosity > 0;
    if (everything) Members();
    if (everything) Streams();
    if (details || everything) Findings();
    if (everything) Allowed();
    if (everything) Denied();
    Advice();
  }

 private:
  std::string Paint(absl::string_view color, absl::string_view text) const {
    if (!style_.color) return std::string(text);
    return absl::StrCat(color, text, kReset);
  }
  std::string PaintVerdict(Verdict verdict) const {
    const absl::string_view color = verdict == Verdict::kDenied       ? kRed
                                    : verdict == Verdict::kIncomplete ? kYellow
                                    : verdict == Verdict::kClean      ? kGreen
                                                                      : kDim;
    return Paint(color, VerdictName(verdict));
  }
  std::string PaintSeverity(Effect effect) const {
    const absl::string_view color = effect == Effect::kDenies       ? kRed
                                    : effect == Effect::kIncomplete ? kYellow
                                                                    : kDim;
    return Paint(color, Severity(effect));
  }

  // "model.pt!archive/data.pkl@0x1c (28)".
  std::string Place(absl::string_view member, uint64_t offset) const {
    return absl::StrCat(EscapeAscii(file_.path), member.empty() ? "" : "!",
                        EscapeAscii(member), "@", Offset(offset));
  }

  void Head() {
    out_.Print(EscapeAscii(file_.path), ": ", PaintVerdict(file_.verdict));
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
                 "  member  ", PaintVerdict(member.verdict), "  ",
                 EscapeAscii(member.format), member.format.empty() ? "" : ", ",
                 Size(member.size), ", ", EscapeAscii(member.packing));
      if (member.offset) out_.Print(" at ", Offset(*member.offset));
      out_.Print("\n");
    }
  }

  void Streams() {
    for (const StreamReport& stream : file_.streams) {
      out_.Print("  ", Place(stream.member, stream.begin), "  stream  ",
                 PaintVerdict(stream.verdict), "  protocol ", stream.protocol,
                 ", ", Size(stream.end - stream.begin), ", ");
      out_.Print(Counted(stream.opcodes, "opcode"), ", ",
                 Counted(stream.nodes, "node"), ", graph of ",
                 Size(stream.graph_bytes),
                 stream.complete ? "\n" : ", no STOP reached\n");
    }
  }

  void Findings() {
    for (const Finding& finding : file_.findings) {
      const CodeInfo& info = Info(finding.code);
      // Of a file that was not read there is no place to name.
      const bool read = !file_.streams.empty() || !file_.members.empty();
      out_.Print("  ", read ? Place(finding.member, finding.offset) : "",
                 read ? "  " : "", PaintSeverity(info.effect), "  ", info.name,
                 finding.detail.empty() ? "" : "/", EscapeAscii(finding.detail),
                 "  ");
      out_.Print(finding.message.empty() ? std::string(info.explanation)
                                         : EscapeAscii(finding.message),
                 "\n");
    }
  }

  void Allowed() {
    for (const GlobalReport& global : file_.globals) {
      if (global.allowed())
        Global(global, Paint(kGreen, "allowed"), global.uses);
    }
  }

  void Denied() {
    const uint64_t count = static_cast<uint64_t>(
        std::count_if(file_.globals.begin(), file_.globals.end(),
                      [](const GlobalReport& g) { return !g.allowed(); }));
    if (count == 0) return;
    out_.Print("  ", Counted(count, "global"), " denied:\n");
    for (const GlobalReport& global : file_.globals) {
      if (!global.allowed())
        Global(global, Paint(kRed, "denied"), global.denied);
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
    out_.Print("first at ", Place(global.member, global.offset));
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
      out_.Print(
          "\n    [[allow]]\n    global = \"",
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
  const TextStyle& style_;
  report::Output out_;
};

}  // namespace

TextReport::TextReport(Sink sink, TextStyle style)
    : sink_(std::move(sink)), style_(style) {}

void TextReport::File(const FileReport& file) {
  if (style_.verbosity >= 0) FileText(file, style_, sink_).Write();
}

void TextReport::End(const Summary& summary) {
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
  }
  report::Output out(sink_);
  out.Print(Counted(summary.files, "file"), ", ", Size(summary.bytes), " in ",
            absl::StrFormat("%.2f s", summary.seconds), verdicts, "\n");
}

}  // namespace picklebox
