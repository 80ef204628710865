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

// Code that a policy allows, or has something to say of: [[allow_code]].
struct PolicyCode {
  std::string digest;        // hexadecimal; empty: nothing is allowed
  std::vector<int> pythons;  // minor versions of Python 3
  std::string name;          // of functions; empty: any
  std::string file;          // a pattern; empty: any
  std::string origin;        // "acme.toml:12"
  std::string reason;

  // As keys and values of TOML, one a line.
  std::vector<std::string> Lines() const;
};
std::vector<PolicyCode> CodesOf(const Policy& policy);

// What a user calls a policy: "default", a shipped profile, or a path.
absl::StatusOr<Policy> NamedPolicy(const std::string& what);

}  // namespace picklebox

#endif  // PICKLEBOX_POLICY_RULES_H_
