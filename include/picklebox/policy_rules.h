// What a policy says, rule by rule, for people and tools.
//
//   for (const PolicyRule& rule : policy.rules()) Show(rule.module,
//   rule.uses);
//
// Any thread.
#ifndef PICKLEBOX_POLICY_RULES_H_
#define PICKLEBOX_POLICY_RULES_H_

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "picklebox/policy.h"
#include "picklebox/report.h"

namespace picklebox {

// What a rule says beside its names, uses and reason, as keys and values of
// TOML: {"setstate", "true"}.
using Conditions = std::vector<std::pair<std::string, std::string>>;
Conditions ConditionsOf(const PolicyRule& rule);

// copyreg extension codes, and the globals ("copy:copy") that they stand for.
std::map<uint32_t, std::string> ExtensionsOf(const Policy& policy);

// What a user calls a policy: "default", a shipped profile, or a path.
absl::StatusOr<Policy> NamedPolicy(const std::string& what);

}  // namespace picklebox

#endif  // PICKLEBOX_POLICY_RULES_H_
