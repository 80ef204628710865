#include "report/json.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "base/text.h"
#include "picklebox/threats.h"

namespace picklebox::report {
namespace {

std::string QuotedUses(Uses uses) {
  std::string list = "[";
  for (const absl::string_view name : UseNames(uses)) {
    absl::StrAppend(&list, list.size() > 1 ? ", " : "", Quoted(name));
  }
  return list + "]";
}

}  // namespace

std::string Quoted(absl::string_view text) {
  return absl::StrCat("\"", base::EscapeJson(text, base::Surrogates::kSpell),
                      "\"");
}

std::string QuotedList(const std::vector<std::string>& texts) {
  std::string list = "[";
  for (const std::string& text : texts) {
    absl::StrAppend(&list, list.size() > 1 ? ", " : "", Quoted(text));
  }
  return list + "]";
}

absl::string_view Boolean(bool value) { return value ? "true" : "false"; }

std::string JsonOf(const Finding& finding) {
  const CodeInfo& info = Info(finding.code);
  return absl::StrCat(
      "{\"code\": ", Quoted(info.name),
      ", \"severity\": ", Quoted(Severity(info.effect)),
      ", \"detail\": ", Quoted(finding.detail),
      ", \"member\": ", Quoted(finding.member),
      ", \"offset\": ", finding.offset,
      ", \"message\": ", Quoted(finding.message),
      ", \"fingerprint\": ", Quoted(finding.fingerprint),
      ", \"standing\": ", Quoted(StandingName(finding.standing)),
      ", \"answer\": ", Quoted(finding.answer), "}");
}

std::string JsonOf(const MemberReport& member) {
  return absl::StrCat(
      "{\"path\": ", Quoted(member.path), ", \"size\": ", member.size,
      ", \"offset\": ", member.offset ? absl::StrCat(*member.offset) : "null",
      ", \"packing\": ", Quoted(member.packing),
      ", \"format\": ", Quoted(member.format),
      ", \"verdict\": ", Quoted(VerdictName(member.verdict)), "}");
}

std::string JsonOf(const StreamReport& stream) {
  return absl::StrCat(
      "{\"member\": ", Quoted(stream.member), ", \"offset\": ", stream.begin,
      ", \"end\": ", stream.end, ", \"complete\": ", Boolean(stream.complete),
      ", \"protocol\": ", stream.protocol, ", \"opcodes\": ", stream.opcodes,
      ", \"nodes\": ", stream.nodes, ", \"graph_bytes\": ", stream.graph_bytes,
      ", \"verdict\": ", Quoted(VerdictName(stream.verdict)), "}");
}

std::string JsonOf(const GlobalReport& global) {
  const DangerClass* const danger = DangerOf(global);
  return absl::StrCat(
      "{\"module\": ", Quoted(global.module),
      ", \"qualname\": ", Quoted(global.qualname),
      ", \"raw_module\": ", Quoted(global.raw_module),
      ", \"raw_qualname\": ", Quoted(global.raw_qualname),
      ", \"uses\": ", QuotedUses(global.uses),
      ", \"decision\": ", Quoted(global.allowed() ? "allowed" : "denied"),
      ", \"denied_uses\": ", QuotedUses(global.denied),
      ", \"granted_uses\": ", QuotedUses(global.granted),
      ", \"rule_lines\": ", QuotedList(global.rule_lines),
      ", \"reason\": ", Quoted(global.reason),
      ", \"policy_origin\": ", Quoted(global.policy_origin),
      ", \"grade\": ", Quoted(GradeName(GradeOf(global))),
      ", \"danger\": ", danger == nullptr ? "null" : Quoted(danger->name),
      ", \"danger_text\": ", danger == nullptr ? "null" : Quoted(danger->text),
      ", \"member\": ", Quoted(global.member), ", \"offset\": ", global.offset,
      ", \"count\": ", global.count, "}");
}

std::string JsonOf(const Summary& summary) {
  return absl::StrCat(
      "{\"files\": ", summary.files, ", \"clean\": ", summary.clean,
      ", \"denied\": ", summary.denied,
      ", \"incomplete\": ", summary.incomplete,
      ", \"unsupported\": ", summary.unsupported,
      ", \"accepted\": ", summary.accepted, ", \"known\": ", summary.known,
      ", \"excused\": ", summary.excused, ", \"excluded\": ", summary.excluded,
      ", \"bytes\": ", summary.bytes,
      ", \"seconds\": ", absl::StrFormat("%.6f", summary.seconds),
      ", \"exit_status\": ", static_cast<int>(summary.exit_status()), "}");
}

std::string JsonHeadOf(const FileReport& file, absl::string_view separator) {
  return absl::StrCat("\"path\": ", Quoted(file.path), separator,
                      "\"verdict\": ", Quoted(VerdictName(file.verdict)),
                      separator, "\"size\": ", file.size, separator,
                      "\"format\": ", Quoted(file.format), separator,
                      "\"sha256\": ", Quoted(file.sha256));
}

}  // namespace picklebox::report
