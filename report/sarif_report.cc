// SARIF 2.1.0 (OASIS), such that code scanning services take it: a rule for
// each finding code, a text region beside the byte offset, and fingerprints of
// our own, since a service would make them from lines of a binary file.
#include <string>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"
#include "base/text.h"
#include "picklebox/finding_help.h"
#include "report/fingerprint.h"
#include "report/json.h"
#include "report/output.h"
#include "report/words.h"
#include "report/writers.h"

namespace picklebox::report {
namespace {

constexpr absl::string_view kSchema =
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/"
    "sarif-schema-2.1.0.json";
// What relative paths are relative to.
constexpr absl::string_view kRoot = "%SRCROOT%";

// The property of the name, "GlobalDenied" for "global-denied". A name may not
// be the identifier, so a code of one word has none.
std::string RuleName(absl::string_view code) {
  if (!absl::StrContains(code, '-')) return "";
  std::string name;
  for (const absl::string_view word : absl::StrSplit(code, '-')) {
    name.push_back(absl::ascii_toupper(static_cast<unsigned char>(word[0])));
    absl::StrAppend(&name, word.substr(1));
  }
  return absl::StrCat(", \"name\": ", Quoted(name));
}

// A message. "[words](place)" in one would be a link.
std::string Message(absl::string_view text) {
  return absl::StrCat(
      "{\"text\": ", Quoted(absl::StrReplaceAll(text, {{"](", "]\\x28"}})),
      "}");
}

// A path as a reference of RFC 3986: all but unreserved characters and slashes
// is percent-encoded, byte by byte.
std::string Uri(absl::string_view path) {
  std::string uri;
  for (const char c : path) {
    if (absl::ascii_isalnum(static_cast<unsigned char>(c)) || c == '-' ||
        c == '.' || c == '_' || c == '~' || c == '/') {
      uri.push_back(c);
    } else {
      absl::StrAppendFormat(&uri, "%%%02X", static_cast<uint8_t>(c));
    }
  }
  return uri;
}

std::string ArtifactLocation(absl::string_view path) {
  if (path.empty() || path[0] != '/') {
    while (path.size() > 2 && path.substr(0, 2) == "./") path.remove_prefix(2);
    return absl::StrCat("{\"uri\": ", Quoted(Uri(path)),
                        ", \"uriBaseId\": ", Quoted(kRoot), "}");
  }
  // Two slashes at the start would name a host.
  path.remove_prefix(std::min(path.find_first_not_of('/'), path.size()));
  return absl::StrCat("{\"uri\": ", Quoted(absl::StrCat("file:///", Uri(path))),
                      "}");
}

// The numbers by which GitHub grades a finding of security.
absl::string_view SecuritySeverity(Effect effect) {
  return effect == Effect::kDenies ? "8.8" : "5.0";
}

// A text of ours, in Markdown that says nothing but it.
std::string Plain(absl::string_view text) {
  return absl::StrReplaceAll(text, {{"_", "\\_"},
                                    {"*", "\\*"},
                                    {"`", "\\`"},
                                    {"[", "\\["},
                                    {"<", "&lt;"},
                                    {"&", "&amp;"},
                                    {"\\", "\\\\"}});
}

std::string Rule(const CodeInfo& info) {
  const std::string code(info.name);
  const absl::string_view next = HelpOn(info.code).next;
  std::string rule = absl::StrCat(
      "{\"id\": ", Quoted(code), RuleName(code),
      ", \"shortDescription\": {\"text\": ",
      Quoted(absl::StrReplaceAll(code, {{"-", " "}})),
      "}, \"fullDescription\": {\"text\": ", Quoted(info.explanation), "}");
  absl::StrAppend(
      &rule, ", \"help\": {\"text\": ",
      Quoted(absl::StrCat(info.explanation, "\n\n", next)), ", \"markdown\": ",
      Quoted(absl::StrCat(Plain(info.explanation), "\n\n**What to do:** ",
                          Plain(next))),
      "}, \"defaultConfiguration\": {\"level\": ",
      Quoted(Severity(info.effect)), "}, \"properties\": {\"tags\": ");
  if (info.effect == Effect::kNone) {
    absl::StrAppend(&rule, "[\"pickle\"]}}");
  } else {
    absl::StrAppend(&rule,
                    "[\"security\", \"pickle\"], \"precision\": \"high\", "
                    "\"security-severity\": ",
                    Quoted(SecuritySeverity(info.effect)), "}}");
  }
  return rule;
}

// Whether the finding is suppressed and, where there is a baseline, whether it
// is new. If one result says so, all have to.
std::string StandingOf(const Finding& finding, bool has_baseline) {
  std::string standing = ", \"suppressions\": [";
  if (finding.standing == Standing::kAccepted) {
    absl::StrAppend(&standing,
                    "{\"kind\": \"external\", \"status\": \"accepted\", "
                    "\"justification\": ",
                    Quoted(base::EscapeAscii(finding.answer)), "}");
  }
  standing += "]";
  if (has_baseline) {
    const bool known = finding.standing == Standing::kKnown;
    absl::StrAppend(&standing, ", \"baselineState\": ",
                    Quoted(known ? "unchanged" : "new"));
  }
  return standing;
}

std::string Location(const FileReport& file, const Finding& finding) {
  std::string location = absl::StrCat(
      "{\"physicalLocation\": {\"artifactLocation\": ",
      ArtifactLocation(file.path), ", \"region\": {\"startLine\": 1");
  if (HasPlaces(file) && finding.member.empty()) {
    absl::StrAppend(&location, ", \"byteOffset\": ", finding.offset);
  }
  absl::StrAppend(&location, "}}");
  if (!finding.member.empty()) {
    const std::string name =
        absl::StrCat(base::EscapeAscii(finding.member),
                     absl::StrFormat("@0x%x", finding.offset));
    absl::StrAppend(&location, ", \"logicalLocations\": [{",
                    "\"fullyQualifiedName\": ", Quoted(name),
                    ", \"kind\": \"member\"}]");
  }
  return location + "}";
}

// Which finding it is, across versions of the file.
std::string StablePrint(absl::string_view fingerprint) {
  return absl::StrCat(fingerprint.substr(0, 16), ":1");
}

class SarifReport final : public ReportWriter {
 public:
  SarifReport(Sink sink, const ReportStyle& style)
      : sink_(std::move(sink)),
        category_(style.category),
        has_baseline_(style.has_baseline) {}

  void File(const FileReport& file) override {
    Output out(sink_);
    PrintOpening(out);
    if (file.verdict == Verdict::kUnsupported) return;
    const std::vector<std::string> stable = Fingerprints(file, "");
    for (size_t i = 0; i < file.findings.size(); ++i) {
      PrintResult(out, file, file.findings[i], stable[i]);
    }
  }

  void End(const Summary& summary) override {
    Output out(sink_);
    PrintOpening(out);
    out.Print(any_result_ ? "\n      ]" : "]",
              ",\n      \"invocations\": [{\"executionSuccessful\": true, "
              "\"exitCode\": ",
              static_cast<int>(summary.exit_status()), "}]");
    out.Print(",\n      \"properties\": {\"summary\": ", JsonOf(summary),
              "}\n    }\n  ]\n}\n");
  }

 private:
  // What stands before the first result.
  void PrintOpening(Output& out) {
    if (opened_) return;
    opened_ = true;
    out.Print("{\n  \"$schema\": ", Quoted(kSchema),
              ",\n  \"version\": \"2.1.0\",\n  \"runs\": [\n    {\n",
              "      \"tool\": {\"driver\": {\"name\": \"picklebox\", "
              "\"semanticVersion\": \"" PICKLEBOX_VERSION "\", \"rules\": [");
    for (uint16_t number = 0; IsCode(number); ++number) {
      out.Print(number == 0 ? "\n        " : ",\n        ",
                Rule(Info(static_cast<Code>(number))));
    }
    out.Print(
        "\n      ]}},\n      \"automationDetails\": {\"id\": ",
        Quoted(category_.empty() ? "picklebox/"
                                 : absl::StrCat("picklebox/", category_, "/")),
        "},\n      \"columnKind\": \"utf16CodeUnits\"",
        ",\n      \"originalUriBaseIds\": {", Quoted(kRoot),
        ": {\"description\": {\"text\": \"The folder that the scan ran "
        "in.\"}}}");
    out.Print(",\n      \"results\": [");
  }

  void PrintResult(Output& out, const FileReport& file, const Finding& finding,
                   absl::string_view stable) {
    const CodeInfo& info = Info(finding.code);
    out.Print(any_result_ ? ",\n        " : "\n        ",
              "{\"ruleId\": ", Quoted(info.name),
              ", \"ruleIndex\": ", static_cast<int>(info.code),
              ", \"level\": ", Quoted(Severity(info.effect)),
              ", \"message\": ", Message(MessageWords(finding)));
    out.Print(", \"locations\": [", Location(file, finding),
              "], \"partialFingerprints\": {\"primaryLocationLineHash\": ",
              Quoted(StablePrint(stable)));
    if (!finding.fingerprint.empty()) {
      out.Print(", \"picklebox/v1\": ", Quoted(finding.fingerprint));
    }
    out.Print("}", StandingOf(finding, has_baseline_));
    if (!finding.detail.empty()) {
      out.Print(", \"properties\": {\"detail\": ",
                Quoted(base::EscapeAscii(finding.detail)), "}");
    }
    out.Print("}");
    any_result_ = true;
  }

  Sink sink_;
  const std::string category_;
  const bool has_baseline_;
  bool opened_ = false;
  bool any_result_ = false;
};

}  // namespace

std::unique_ptr<ReportWriter> MakeSarif(Sink sink, const ReportStyle& style) {
  return std::make_unique<SarifReport>(std::move(sink), style);
}

}  // namespace picklebox::report
