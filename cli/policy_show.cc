#include <algorithm>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "cli/policy_commands.h"
#include "cli/policy_text.h"
#include "cli/standard_output.h"
#include "picklebox/report_writer.h"

namespace picklebox::cli {
namespace {

std::string CodeJson(const PolicyCode& code) {
  std::vector<std::string> pythons;
  for (const int minor : code.pythons)
    pythons.push_back(absl::StrCat("3.", minor));
  return absl::StrCat("\"digest\": ", JsonString(code.digest),
                      ", \"python\": ", ListText(pythons),
                      ", \"name\": ", JsonString(code.name),
                      ", \"file\": ", JsonString(code.file),
                      ", \"origin\": ", JsonString(code.origin),
                      ", \"reason\": ", JsonString(code.reason));
}

// Those of an override that are none of the whole.
std::vector<PolicyCode> NewCodes(const Policy& part, const Policy& whole) {
  std::set<std::vector<std::string>> known;
  for (const PolicyCode& code : CodesOf(whole)) known.insert(code.Lines());
  std::vector<PolicyCode> codes;
  for (PolicyCode& code : CodesOf(part)) {
    if (known.count(code.Lines()) == 0) codes.push_back(std::move(code));
  }
  return codes;
}

void ShowCode(const PolicyCode& code, absl::string_view table,
              const Sink& out) {
  out(absl::StrFormat("\n%-40s# %s\n", absl::StrCat("[[", table, "]]"),
                      Printable(code.origin)));
  for (const std::string& line : code.Lines()) out(absl::StrCat(line, "\n"));
}

void ShowOverridesAsJson(const Policy& policy, const Sink& out) {
  bool first = true;
  for (const PolicyOverride& part : policy.overrides()) {
    out(absl::StrCat(
        first ? "\n    " : ",\n    ", "{\"paths\": ", ListText(part.paths),
        ", \"persistent_ids\": ",
        part.policy.persistent_ids() ? "true" : "false", ", \"rules\": ["));
    bool first_rule = true;
    for (const PolicyRule& rule : NewRules(part.policy, policy)) {
      out(absl::StrCat(first_rule ? "{" : ", {", RuleJson(rule), "}"));
      first_rule = false;
    }
    out("]}");
    first = false;
  }
}

void ShowJson(const Policy& policy, const Sink& out) {
  out(absl::StrCat("{\n  \"schema_version\": 1,\n  \"name\": ",
                   JsonString(policy.name()), ",\n  \"rules\": ["));
  bool first = true;
  for (const PolicyRule& rule : policy.rules()) {
    out(absl::StrCat(first ? "\n    {" : ",\n    {", RuleJson(rule), "}"));
    first = false;
  }
  out(first ? "],\n  \"overrides\": [" : "\n  ],\n  \"overrides\": [");
  ShowOverridesAsJson(policy, out);
  out("],\n  \"allow_code\": [");
  first = true;
  for (const PolicyCode& code : CodesOf(policy)) {
    out(absl::StrCat(first ? "\n    {" : ",\n    {", CodeJson(code), "}"));
    first = false;
  }
  out(first ? "],\n  \"extensions\": {" : "\n  ],\n  \"extensions\": {");
  first = true;
  for (const auto& [code, global] : ExtensionsOf(policy)) {
    out(absl::StrCat(first ? "" : ", ", "\"", code,
                     "\": ", JsonString(global)));
    first = false;
  }
  out("},\n  \"limits\": {");
  first = true;
  for (const LimitInfo& limit : LimitTable()) {
    out(absl::StrCat(first ? "" : ", ", JsonString(limit.name), ": ",
                     LimitValue(policy.limits(), limit.name)));
    first = false;
  }
  out(absl::StrCat("},\n  \"persistent_ids\": ",
                   policy.persistent_ids() ? "true" : "false", "\n}\n"));
}

void ShowRule(const PolicyRule& rule, absl::string_view table,
              const Sink& out) {
  const std::string text = RuleText(rule, "", table);
  const size_t head = text.find('\n');
  out(absl::StrFormat("\n%-40s# %s%s", text.substr(0, head),
                      Printable(rule.origin), text.substr(head)));
}

// A policy again: what this writes reads back as the same.
void ShowText(const Policy& policy, const Sink& out) {
  const std::vector<PolicyRule> rules = policy.rules();
  out(absl::StrFormat("# The policy %s with all that it extends: %d rules.\n",
                      Printable(policy.name()), rules.size()));
  out("# Behind each rule stands where it is from.\n");
  out(absl::StrCat("name = ", TomlString(policy.name()), "\n"));
  if (policy.persistent_ids()) out("persistent_ids = true\n");
  for (const PolicyRule& rule : rules) ShowRule(rule, "allow", out);
  for (const PolicyCode& code : CodesOf(policy))
    ShowCode(code, "allow_code", out);
  for (const auto& [code, global] : ExtensionsOf(policy)) {
    out(absl::StrCat("\n[[extension]]\ncode = ", code,
                     "\nglobal = ", TomlString(global), "\n"));
  }
  for (const PolicyOverride& part : policy.overrides()) {
    out(absl::StrCat("\n[[override]]\npaths = ", ListText(part.paths), "\n"));
    if (part.policy.persistent_ids() != policy.persistent_ids()) {
      out(absl::StrCat("persistent_ids = ",
                       part.policy.persistent_ids() ? "true\n" : "false\n"));
    }
    for (const PolicyRule& rule : NewRules(part.policy, policy))
      ShowRule(rule, "override.allow", out);
    for (const PolicyCode& code : NewCodes(part.policy, policy))
      ShowCode(code, "override.allow_code", out);
  }
  out("\n[limits]\n");
  for (const LimitInfo& limit : LimitTable()) {
    const uint64_t value = LimitValue(policy.limits(), limit.name);
    out(absl::StrFormat("%-40s# %s\n", absl::StrCat(limit.name, " = ", value),
                        value == limit.value ? "default" : "set by a policy"));
  }
}

}  // namespace

int RunPolicyShow(const PolicyShowOptions& options) {
  const absl::StatusOr<Policy> policy = PolicyOf(options.policy);
  if (!policy.ok()) return Complain(policy.status());
  if (options.format == "json") {
    ShowJson(*policy, ToStandardOutput());
  } else {
    ShowText(*policy, ToStandardOutput());
  }
  return EndStandardOutput(kExitClean);
}

}  // namespace picklebox::cli
