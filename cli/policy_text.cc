#include "cli/policy_text.h"

#include <set>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "picklebox/report_writer.h"

namespace picklebox::cli {

std::string GlobalText(absl::string_view module, absl::string_view qualname) {
  return absl::StrCat(Printable(module), ":", Printable(qualname));
}

std::string UsesText(Uses uses) {
  return uses == 0 ? "nothing" : absl::StrJoin(UseNames(uses), ", ");
}

std::string TomlString(absl::string_view text) {
  std::string quoted = "\"";
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      absl::StrAppend(&quoted, "\\", std::string(1, c));
    } else if (byte < 0x20 || byte == 0x7f) {
      absl::StrAppendFormat(&quoted, "\\u%04x", byte);
    } else {
      quoted += c;
    }
  }
  return quoted + "\"";
}

// What TOML escapes, JSON escapes alike.
std::string JsonString(absl::string_view text) { return TomlString(text); }

Conditions NamesOf(const PolicyRule& rule) {
  if (!rule.is_pattern())
    return {{"global", absl::StrCat(rule.module, ":", rule.qualname)}};
  return {
      {rule.module_pattern ? "module_pattern" : "module", rule.module},
      {rule.qualname_pattern ? "qualname_pattern" : "qualname", rule.qualname}};
}

std::string PatternText(const PolicyRule& rule) {
  std::string text;
  for (const auto& [key, value] : NamesOf(rule)) {
    const bool plain = !absl::StrContains(value, "'");
    absl::StrAppend(&text, text.empty() ? "" : ", ", key, " ",
                    plain ? absl::StrCat("'", value, "'") : TomlString(value));
  }
  return text;
}

std::string ListText(const std::vector<std::string>& strings) {
  std::vector<std::string> quoted;
  quoted.reserve(strings.size());
  for (const std::string& text : strings) quoted.push_back(TomlString(text));
  return absl::StrCat("[", absl::StrJoin(quoted, ", "), "]");
}

std::vector<PolicyRule> NewRules(const Policy& part, const Policy& whole) {
  std::set<std::string> known;
  for (const PolicyRule& rule : whole.rules())
    known.insert(absl::StrCat(rule.origin, "\n", RuleText(rule)));
  std::vector<PolicyRule> fresh;
  for (PolicyRule& rule : part.rules()) {
    if (known.count(absl::StrCat(rule.origin, "\n", RuleText(rule))) == 0)
      fresh.push_back(std::move(rule));
  }
  return fresh;
}

std::string RuleText(const PolicyRule& rule, absl::string_view indent,
                     absl::string_view table) {
  std::string uses;
  for (const absl::string_view use : UseNames(rule.uses))
    absl::StrAppend(&uses, uses.empty() ? "\"" : ", \"", use, "\"");
  std::string text = absl::StrCat(indent, "[[", table, "]]\n");
  for (const auto& [key, value] : NamesOf(rule))
    absl::StrAppend(&text, indent, key, " = ", TomlString(value), "\n");
  absl::StrAppend(&text, indent, "uses = [", uses, "]\n");
  for (const auto& [key, value] : ConditionsOf(rule))
    absl::StrAppend(&text, indent, key, " = ", value, "\n");
  if (!rule.reason.empty())
    absl::StrAppend(&text, indent, "reason = ", TomlString(rule.reason), "\n");
  return text;
}

std::string UsesJson(Uses uses) {
  std::string list = "[";
  for (const absl::string_view use : UseNames(uses))
    absl::StrAppend(&list, list.size() > 1 ? ", " : "", JsonString(use));
  return list + "]";
}

std::string RuleJson(const PolicyRule& rule) {
  std::string conditions;
  for (const auto& [key, value] : ConditionsOf(rule)) {
    absl::StrAppend(&conditions, conditions.empty() ? "" : ", ",
                    JsonString(key), ": ", JsonString(value));
  }
  std::string names;
  for (const auto& [key, value] : NamesOf(rule))
    absl::StrAppend(&names, JsonString(key), ": ", JsonString(value), ", ");
  return absl::StrCat(names, "\"uses\": ", UsesJson(rule.uses),
                      ", \"conditions\": {", conditions,
                      "}, \"reason\": ", JsonString(rule.reason),
                      ", \"origin\": ", JsonString(rule.origin));
}

bool SplitGlobal(absl::string_view global,
                 std::pair<std::string, std::string>* parts) {
  *parts = absl::StrSplit(global, absl::MaxSplits(':', 1));
  return !parts->first.empty() && !parts->second.empty();
}

uint64_t LimitValue(const Limits& limits, absl::string_view name) {
#define PICKLEBOX_LIMIT(field, id, value, unit, why) \
  if (name == (id)) return limits.field;
#include "picklebox/limits.def"
#undef PICKLEBOX_LIMIT
  return 0;
}

absl::StatusOr<Policy> PolicyOf(const std::string& what) {
  return NamedPolicy(what.empty() ? "default" : what);
}

}  // namespace picklebox::cli
