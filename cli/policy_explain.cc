#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "cli/policy_commands.h"
#include "cli/policy_text.h"
#include "cli/standard_output.h"
#include "cli/targets.h"
#include "picklebox/report_writer.h"
#include "picklebox/threats.h"

namespace picklebox::cli {
namespace {

// All that is known of one global.
struct Answer {
  std::string asked;
  PolicyRule canonical;  // its name; and the rule, if there is one
  std::string pattern;   // the one that the rule is by; JSON, and in words
  std::string pattern_text;
  bool has_rule = false;
  bool python2 = false;  // the name is Python 2's
  const DangerClass* danger = nullptr;

  bool allowed() const { return has_rule && canonical.uses != 0; }
};

Answer Ask(const Policy& policy, const std::string& asked,
           const std::pair<std::string, std::string>& parts) {
  Answer answer;
  answer.asked = asked;
  auto name = Policy::CanonicalGlobal(parts.first, parts.second, false);
  std::optional<PolicyRule> rule = policy.Find(name.first, name.second);
  const auto mapped = Policy::CanonicalGlobal(parts.first, parts.second, true);
  if (!rule && (mapped.first != name.first || mapped.second != name.second)) {
    answer.python2 = true;
    name = mapped;
    rule = policy.Find(name.first, name.second);
  }
  answer.has_rule = rule.has_value();
  if (rule) answer.canonical = *std::move(rule);
  if (answer.canonical.is_pattern()) {
    for (const auto& [key, value] : NamesOf(answer.canonical)) {
      absl::StrAppend(&answer.pattern, answer.pattern.empty() ? "" : ", ",
                      JsonString(key), ": ", JsonString(value));
    }
    answer.pattern_text = PatternText(answer.canonical);
    answer.canonical.module_pattern = answer.canonical.qualname_pattern = false;
  }
  answer.canonical.module = name.first;
  answer.canonical.qualname = name.second;
  answer.danger = FindDanger(name.first, name.second);
  if (answer.danger == nullptr)
    answer.danger = FindDanger(parts.first, parts.second);
  return answer;
}

// The same of an override that answers otherwise.
struct Exception {
  const PolicyOverride* part;
  Answer answer;
};

std::vector<Exception> Exceptions(
    const Policy& policy, const Answer& whole,
    const std::pair<std::string, std::string>& parts) {
  std::vector<Exception> exceptions;
  for (const PolicyOverride& part : policy.overrides()) {
    Answer answer = Ask(part.policy, whole.asked, parts);
    if (answer.canonical.origin != whole.canonical.origin)
      exceptions.push_back({&part, std::move(answer)});
  }
  return exceptions;
}

std::string Json(const std::vector<Exception>& exceptions) {
  std::string text;
  for (const Exception& exception : exceptions) {
    absl::StrAppend(&text, text.empty() ? "{\"paths\": " : ", {\"paths\": ",
                    ListText(exception.part->paths), ", \"decision\": \"",
                    exception.answer.allowed() ? "allowed" : "denied", "\", ",
                    RuleJson(exception.answer.canonical), "}");
  }
  return text;
}

std::string Json(const Answer& answer,
                 const std::vector<Exception>& exceptions) {
  const PolicyRule& rule = answer.canonical;
  return absl::StrCat(
      "{\"asked\": ", JsonString(answer.asked), ", ", RuleJson(rule),
      ", \"pattern\": ",
      answer.pattern.empty() ? "null" : absl::StrCat("{", answer.pattern, "}"),
      ", \"decision\": \"", answer.allowed() ? "allowed" : "denied",
      "\", \"grade\": \"",
      answer.allowed()           ? "allowed"
      : answer.danger == nullptr ? "unknown"
                                 : "dangerous",
      "\", \"danger\": ",
      answer.danger == nullptr ? "null" : JsonString(answer.danger->name),
      ", \"danger_text\": ",
      answer.danger == nullptr ? "null" : JsonString(answer.danger->text),
      ", \"overrides\": [", Json(exceptions), "]}");
}

std::string Text(const std::vector<Exception>& exceptions) {
  std::string text;
  for (const Exception& exception : exceptions) {
    const PolicyRule& rule = exception.answer.canonical;
    absl::StrAppend(&text, "  for files ",
                    Printable(absl::StrJoin(exception.part->paths, ", ")),
                    exception.answer.allowed() ? ": allowed for " : ": denied",
                    exception.answer.allowed() ? UsesText(rule.uses) : "", ", ",
                    Printable(rule.origin), "\n");
    for (const auto& [key, value] : ConditionsOf(rule))
      absl::StrAppend(&text, "    ", key, " = ", Printable(value), "\n");
  }
  return text;
}

std::string Text(const Answer& answer, const Policy& policy,
                 const std::vector<Exception>& exceptions) {
  const PolicyRule& rule = answer.canonical;
  const std::string name = GlobalText(rule.module, rule.qualname);
  const std::string by = absl::StrCat("the policy ", Printable(policy.name()));
  std::string text = absl::StrCat(Printable(answer.asked), "\n");
  if (name != Printable(answer.asked)) {
    absl::StrAppend(&text, "  is ", answer.python2 ? "Python 2's name of " : "",
                    name, "\n");
  }
  if (answer.allowed()) {
    absl::StrAppend(&text, "  allowed by ", by, " for ", UsesText(rule.uses),
                    ", ", Printable(rule.origin), "\n");
  } else if (answer.has_rule) {
    absl::StrAppend(&text, "  denied by ", by, ": ", Printable(rule.origin),
                    " allows no use of it by itself\n");
  } else {
    absl::StrAppend(&text, "  denied by ", by, ": no rule lists it\n");
  }
  if (!answer.pattern_text.empty()) {
    absl::StrAppend(&text, "  by a pattern, since no rule names it: ",
                    Printable(answer.pattern_text), "\n");
  }
  for (const auto& [key, value] : ConditionsOf(rule))
    absl::StrAppend(&text, "    ", key, " = ", Printable(value), "\n");
  if (!rule.reason.empty())
    absl::StrAppend(&text, "  because: ", Printable(rule.reason), "\n");
  text += Text(exceptions);
  if (answer.danger != nullptr) {
    absl::StrAppend(&text, "  dangerous, ", answer.danger->name, ": ",
                    answer.danger->text, "\n");
  } else if (!answer.allowed()) {
    absl::StrAppend(&text,
                    "  unknown: Not known to be harmful, nor to be safe. Look "
                    "at what it does before you allow it.\n");
  }
  if (answer.has_rule || answer.danger != nullptr) return text;
  PolicyRule proposed = rule;
  proposed.uses = kReference | kNew | kBuild;
  proposed.reason = "say here why that is safe";
  return absl::StrCat(
      text, "  To allow objects of such a class, add to your policy:\n\n",
      RuleText(proposed, "    "), "\n");
}

}  // namespace

namespace {

// What the policy says of code of a digest; nullopt: `text` is no digest.
std::optional<std::string> ExplainCode(const Policy& policy,
                                       const std::string& text) {
  if (text.size() != 64 ||
      text.find_first_not_of("0123456789abcdef") != std::string::npos) {
    return std::nullopt;
  }
  for (const PolicyCode& code : CodesOf(policy)) {
    if (code.digest != text) continue;
    std::string told = absl::StrCat("code of digest ", text, ": allowed by ",
                                    code.origin, "\n");
    for (const std::string& line : code.Lines())
      absl::StrAppend(&told, "  ", Printable(line), "\n");
    return told;
  }
  return absl::StrCat("code of digest ", text, ": denied by the policy ",
                      Printable(policy.name()), ", which does not list it\n");
}

}  // namespace

int RunPolicyExplain(const PolicyExplainOptions& options) {
  const absl::StatusOr<Policy> policy = PolicyOf(options.policy);
  if (!policy.ok()) return Complain(policy.status());
  std::vector<std::string> globals = {options.global};
  if (options.global == kStandardInput) {
    absl::StatusOr<std::vector<std::string>> listed = ReadList("-");
    if (!listed.ok()) return Complain(listed.status());
    globals = *std::move(listed);
  }
  const Sink out = ToStandardOutput();
  const bool json = options.format == "json";
  if (json) out("{\n  \"schema_version\": 1,\n  \"globals\": [");
  bool first = true;
  for (const std::string& global : globals) {
    if (const auto told = ExplainCode(*policy, global); told && !json) {
      out(*told);
      continue;
    }
    std::pair<std::string, std::string> parts;
    if (!SplitGlobal(global, &parts)) {
      return Complain(absl::InvalidArgumentError(
          absl::StrCat("'", global,
                       "' is no global: write it as module:name, such as "
                       "collections:OrderedDict")));
    }
    const Answer answer = Ask(*policy, global, parts);
    const std::vector<Exception> exceptions =
        Exceptions(*policy, answer, parts);
    out(json ? absl::StrCat(first ? "\n    " : ",\n    ",
                            Json(answer, exceptions))
             : Text(answer, *policy, exceptions));
    first = false;
  }
  if (json) out(first ? "]\n}\n" : "\n  ]\n}\n");
  return EndStandardOutput(kExitClean);
}

}  // namespace picklebox::cli
