// Policies: which globals a pickle may name, and what may be done with them.
//
// A policy is an allowlist; what it does not list is denied. It is written in
// TOML (docs/policy-language.md) and may extend shipped profiles.
//
//   absl::StatusOr<Policy> policy = Policy::FromFile("acme.toml");
//   if (!policy.ok()) Show(policy.status());   // with file, line and column
//
// A Policy is an immutable value, cheap to copy, and may be shared by threads.
#ifndef PICKLEBOX_POLICY_H_
#define PICKLEBOX_POLICY_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "picklebox/limits.h"
#include "picklebox/report.h"

namespace picklebox {

// One rule, after all that a policy extends was merged. Shapes are as a policy
// would write them, as values of TOML: ["str", "'latin1'"]; empty: no such key.
struct PolicyRule {
  std::string module;  // canonical; or a pattern of names
  std::string qualname;
  bool module_pattern = false;    // `module` is an RE2 regular expression
  bool qualname_pattern = false;  // the same of `qualname`
  Uses uses = 0;
  std::string call;
  std::string new_arguments;  // the key `new`
  std::string kwargs;
  std::string state;
  std::string items;
  std::vector<std::string> checks;
  bool setstate = false;
  bool hash = false;
  bool attribute = false;
  bool type_lookup = false;
  bool makes_classes = false;
  bool argument = false;
  std::string origin;  // "core.toml:12"
  std::string reason;

  bool is_pattern() const { return module_pattern || qualname_pattern; }
  // What the rule says beside its names, uses and reason, as lines of a policy.
  std::vector<std::string> Lines() const;
};

// A check of values that a rule may name.
struct PolicyCheck {
  absl::string_view name;
  absl::string_view meaning;
};

struct PolicyOverride;

class Policy {
 public:
  // What is used when nothing else is asked for: the shipped profile default,
  // which extends others.
  static const Policy& Default();
  // From a file; `extends` may name shipped profiles or paths, which are taken
  // relative to the file. InvalidArgument: "acme.toml:3:9: ...". NotFound,
  // PermissionDenied: the file cannot be read.
  static absl::StatusOr<Policy> FromFile(const std::string& path);
  // From text; `name` stands in errors and as the origin of its rules. Paths in
  // `extends` are taken relative to `directory`; if that is empty, they are an
  // error.
  static absl::StatusOr<Policy> FromToml(absl::string_view text,
                                         absl::string_view name,
                                         absl::string_view directory = "");
  // The names of the shipped profiles.
  static std::vector<std::string> ShippedProfiles();

  absl::string_view name() const;
  // Limits that the policy sets, over the defaults.
  const Limits& limits() const;
  uint64_t rule_count() const;
  // All rules, by name; behind these, those of patterns: of several that match,
  // the last one counts.
  std::vector<PolicyRule> rules() const;
  // The rule that decides on a global, by any of its names: the one that names
  // it, else the last of those with a pattern that matches.
  std::optional<PolicyRule> Find(absl::string_view module,
                                 absl::string_view qualname) const;
  // Whether a pickle may refer to things outside of it.
  bool persistent_ids() const;
  // The name that rules are asked about: Python 3 names, aliases resolved. A
  // pickle of a protocol below 3 has Python 2 names.
  static std::pair<std::string, std::string> CanonicalGlobal(
      absl::string_view module, absl::string_view qualname,
      bool python2_names = false);
  static std::vector<PolicyCheck> Checks();
  // What counts for files with certain paths in its place, in the order in
  // which they stand there.
  const std::vector<PolicyOverride>& overrides() const;
  // The override for a file, as an index: the last one with a path that
  // matches; nullopt if none does, and the policy itself counts.
  std::optional<size_t> OverrideFor(absl::string_view path) const;
  // The compiled form, without its overrides: position-independent, read by
  // policy/table.h.
  absl::Span<const uint8_t> compiled() const;

 private:
  friend class PolicyCompiler;
  struct State;
  explicit Policy(std::shared_ptr<const State> state);
  std::shared_ptr<const State> state_;
};

// A policy for files whose path, as the report has it, matches one of `paths`.
// Such a policy has no overrides of its own, and the limits of the whole.
struct PolicyOverride {
  std::vector<std::string> paths;  // patterns, see docs/policy-language.md
  Policy policy;
};

}  // namespace picklebox

#endif  // PICKLEBOX_POLICY_H_
