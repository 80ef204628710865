#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "cli/policy_commands.h"
#include "cli/policy_text.h"
#include "cli/standard_output.h"
#include "picklebox/report_writer.h"
#include "picklebox/threats.h"

namespace picklebox::cli {
namespace {

// One thing that is not the same.
struct Change {
  std::string kind;  // "allowed", "denied", "uses", "conditions", "limit" ...
  std::string what;  // the global, the limit
  std::string before;
  std::string after;
  const DangerClass* danger = nullptr;  // of a global that is allowed more

  bool operator==(const Change& other) const = default;
};

// Rules by what they are for.
using Rules = std::map<std::string, PolicyRule>;

std::string KeyOf(const PolicyRule& rule) {
  return rule.is_pattern() ? PatternText(rule)
                           : absl::StrCat(rule.module, ":", rule.qualname);
}

Rules IndexOf(const Policy& policy) {
  Rules rules;
  for (PolicyRule& rule : policy.rules()) {
    std::string key = KeyOf(rule);
    rules.emplace(std::move(key), std::move(rule));
  }
  return rules;
}

std::string ConditionsText(const PolicyRule& rule) {
  const Conditions conditions = ConditionsOf(rule);
  return conditions.empty()
             ? "none"
             : absl::StrJoin(conditions, ", ", absl::PairFormatter(" = "));
}

// The worst that a global is known for. Of patterns, `policy check` says more.
const DangerClass* DangerOf(const std::string& what, Uses uses) {
  std::pair<std::string, std::string> parts;
  return SplitGlobal(what, &parts) ? FindDanger(parts.first, parts.second, uses)
                                   : nullptr;
}

void CompareRule(const std::string& what, const PolicyRule* before,
                 const PolicyRule* after, std::vector<Change>* changes) {
  const Uses was = before == nullptr ? Uses{0} : before->uses;
  const Uses is = after == nullptr ? Uses{0} : after->uses;
  Change change;
  change.what = what;
  change.before = UsesText(was);
  change.after = UsesText(is);
  if ((is & ~was) != 0) change.danger = DangerOf(what, is);
  if (was != is) {
    change.kind = was == 0 ? "allowed" : is == 0 ? "denied" : "uses";
    changes->push_back(change);
  }
  if (before == nullptr || after == nullptr ||
      ConditionsOf(*before) == ConditionsOf(*after)) {
    return;
  }
  changes->push_back({"conditions", change.what, ConditionsText(*before),
                      ConditionsText(*after), nullptr});
}

// The rule of `policy` for what `rule`, of another one, is for.
std::optional<PolicyRule> Counterpart(const Policy& policy, const Rules& rules,
                                      const PolicyRule& rule) {
  if (!rule.is_pattern()) return policy.Find(rule.module, rule.qualname);
  const auto known = rules.find(KeyOf(rule));
  if (known == rules.end()) return std::nullopt;
  return known->second;
}

void CompareRules(const Policy& before, const Policy& after,
                  std::vector<Change>* changes) {
  const Rules old_rules = IndexOf(before);
  const Rules new_rules = IndexOf(after);
  for (const auto& [key, rule] : new_rules) {
    const auto known = Counterpart(before, old_rules, rule);
    CompareRule(key, known ? &*known : nullptr, &rule, changes);
  }
  for (const auto& [key, rule] : old_rules) {
    if (new_rules.count(key) != 0) continue;
    const auto left = Counterpart(after, new_rules, rule);
    CompareRule(key, &rule, left ? &*left : nullptr, changes);
  }
}

// Patterns that both have, in the order in which they are asked.
std::string OrderOf(const Policy& policy, const Rules& others) {
  std::string order;
  for (const PolicyRule& rule : policy.rules()) {
    if (rule.is_pattern() && others.count(KeyOf(rule)) != 0)
      absl::StrAppend(&order, order.empty() ? "" : "; ", KeyOf(rule));
  }
  return order;
}

// The policy for files with these paths.
const Policy& PartOf(const Policy& policy,
                     const std::vector<std::string>& paths) {
  for (const PolicyOverride& part : policy.overrides()) {
    if (part.paths == paths) return part.policy;
  }
  return policy;
}

// What changes for some files and not for the rest.
void CompareOverrides(const Policy& before, const Policy& after,
                      std::vector<Change>* changes) {
  std::set<std::vector<std::string>> all;
  for (const Policy* policy : {&before, &after}) {
    for (const PolicyOverride& part : policy->overrides())
      all.insert(part.paths);
  }
  const std::vector<Change> whole = *changes;
  for (const std::vector<std::string>& paths : all) {
    std::vector<Change> here;
    const Policy& was = PartOf(before, paths);
    const Policy& is = PartOf(after, paths);
    CompareRules(was, is, &here);
    if (was.persistent_ids() != is.persistent_ids()) {
      here.push_back({"persistent_ids", "persistent_ids",
                      was.persistent_ids() ? "true" : "false",
                      is.persistent_ids() ? "true" : "false", nullptr});
    }
    for (Change& change : here) {
      if (std::find(whole.begin(), whole.end(), change) != whole.end())
        continue;
      change.what =
          absl::StrCat("[", absl::StrJoin(paths, ", "), "] ", change.what);
      changes->push_back(std::move(change));
    }
  }
}

void CompareTheRest(const Policy& before, const Policy& after,
                    std::vector<Change>* changes) {
  const std::string order = OrderOf(before, IndexOf(after));
  const std::string new_order = OrderOf(after, IndexOf(before));
  if (order != new_order)
    changes->push_back({"order", "patterns", order, new_order, nullptr});
  for (const LimitInfo& limit : LimitTable()) {
    const uint64_t was = LimitValue(before.limits(), limit.name);
    const uint64_t is = LimitValue(after.limits(), limit.name);
    if (was != is) {
      changes->push_back({"limit", std::string(limit.name), absl::StrCat(was),
                          absl::StrCat(is), nullptr});
    }
  }
  if (before.persistent_ids() != after.persistent_ids()) {
    changes->push_back({"persistent_ids", "persistent_ids",
                        before.persistent_ids() ? "true" : "false",
                        after.persistent_ids() ? "true" : "false", nullptr});
  }
  std::map<std::string, std::pair<std::string, std::string>> digests;
  const auto tell = [](const PolicyCode& code) {
    return absl::StrCat("Python 3.", absl::StrJoin(code.pythons, ", 3."));
  };
  for (const PolicyCode& code : CodesOf(before))
    if (!code.digest.empty()) digests[code.digest].first = tell(code);
  for (const PolicyCode& code : CodesOf(after))
    if (!code.digest.empty()) digests[code.digest].second = tell(code);
  for (const auto& [digest, pythons] : digests) {
    if (pythons.first == pythons.second) continue;
    changes->push_back(
        {"code", digest, pythons.first.empty() ? "none" : pythons.first,
         pythons.second.empty() ? "none" : pythons.second, nullptr});
  }
  std::map<uint32_t, std::pair<std::string, std::string>> codes;
  for (const auto& [code, global] : ExtensionsOf(before))
    codes[code].first = global;
  for (const auto& [code, global] : ExtensionsOf(after))
    codes[code].second = global;
  for (const auto& [code, globals] : codes) {
    if (globals.first == globals.second) continue;
    changes->push_back({"extension", absl::StrCat(code),
                        globals.first.empty() ? "none" : globals.first,
                        globals.second.empty() ? "none" : globals.second,
                        nullptr});
  }
}

std::string Json(const Change& change) {
  return absl::StrCat(
      "{\"kind\": ", JsonString(change.kind),
      ", \"what\": ", JsonString(change.what),
      ", \"before\": ", JsonString(change.before),
      ", \"after\": ", JsonString(change.after), ", \"danger\": ",
      change.danger == nullptr ? "null" : JsonString(change.danger->name), "}");
}

// "+" for more, "-" for less, "~" for something else.
std::string Text(const Change& change) {
  const std::string sign = change.kind == "allowed"  ? "+ "
                           : change.kind == "denied" ? "- "
                                                     : "~ ";
  std::string text = sign + Printable(change.what);
  if (change.kind == "allowed") {
    absl::StrAppend(&text, " is allowed for ", change.after);
  } else if (change.kind == "denied") {
    absl::StrAppend(&text, " is denied; it was allowed for ", change.before);
  } else {
    absl::StrAppend(&text, "  ", change.kind, ": ", Printable(change.before),
                    " -> ", Printable(change.after));
  }
  if (change.danger != nullptr)
    absl::StrAppend(&text, "  dangerous, ", change.danger->name);
  return text + "\n";
}

}  // namespace

int RunPolicyDiff(const PolicyDiffOptions& options) {
  const absl::StatusOr<Policy> before = PolicyOf(options.before);
  if (!before.ok()) return Complain(before.status());
  const absl::StatusOr<Policy> after = PolicyOf(options.after);
  if (!after.ok()) return Complain(after.status());
  std::vector<Change> changes;
  CompareRules(*before, *after, &changes);
  CompareOverrides(*before, *after, &changes);
  CompareTheRest(*before, *after, &changes);
  const Sink out = ToStandardOutput();
  const bool json = options.format == "json";
  if (json) out("{\n  \"schema_version\": 1,\n  \"changes\": [");
  bool first = true;
  for (const Change& change : changes) {
    out(json ? absl::StrCat(first ? "\n    " : ",\n    ", Json(change))
             : Text(change));
    first = false;
  }
  if (json) {
    out(first ? "]\n}\n" : "\n  ]\n}\n");
  } else if (changes.empty()) {
    out("The policies allow the same.\n");
  }
  return EndStandardOutput(changes.empty() ? kExitClean : kExitDenied);
}

}  // namespace picklebox::cli
