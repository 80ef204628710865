// Policies as text: what the subcommands of `picklebox policy` write.
#ifndef PICKLEBOX_CLI_POLICY_TEXT_H_
#define PICKLEBOX_CLI_POLICY_TEXT_H_

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/string_view.h"
#include "picklebox/policy_rules.h"

namespace picklebox::cli {

// "os:system", printable.
std::string GlobalText(absl::string_view module, absl::string_view qualname);
// "reference, call".
std::string UsesText(Uses uses);
// A string of TOML, in quotes; UTF-8 stays as it is.
std::string TomlString(absl::string_view text);
// The keys by which a rule says what it is for, and their values: {"global",
// "os:system"}, or of patterns {"module", "acme"}, {"qualname_pattern", ".*"}.
Conditions NamesOf(const PolicyRule& rule);
// The same in words: module 'acme', qualname_pattern '.*'.
std::string PatternText(const PolicyRule& rule);
// A rule as TOML, without its origin, each line behind `indent`.
std::string RuleText(const PolicyRule& rule, absl::string_view indent = "",
                     absl::string_view table = "allow");
// ["a", "b"], of TOML and of JSON alike.
std::string ListText(const std::vector<std::string>& strings);
// The rules of `part` that `whole` does not have so.
std::vector<PolicyRule> NewRules(const Policy& part, const Policy& whole);
// The same as members of a JSON object, without the braces.
std::string RuleJson(const PolicyRule& rule);
// ["reference", "call"]
std::string UsesJson(Uses uses);
// "module:qualname" in two; false if it is none.
bool SplitGlobal(absl::string_view global,
                 std::pair<std::string, std::string>* parts);
// A string of JSON, with its quotes; UTF-8 stays as it is.
std::string JsonString(absl::string_view text);
// The limit called `name`; 0 if there is none.
uint64_t LimitValue(const Limits& limits, absl::string_view name);
// The policy that a positional argument names; the default for an empty one.
absl::StatusOr<Policy> PolicyOf(const std::string& what);

}  // namespace picklebox::cli

#endif  // PICKLEBOX_CLI_POLICY_TEXT_H_
