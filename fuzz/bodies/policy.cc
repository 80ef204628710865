#include "picklebox/policy.h"

#include <string>

#include "absl/strings/str_cat.h"
#include "fuzz/bodies/bodies.h"
#include "fuzz/bodies/check.h"
#include "fuzz/bodies/input.h"
#include "policy/table.h"

namespace picklebox::fuzz {
namespace {

// Reads all that a table has.
void WalkTable(const policy::PolicyTable& table) {
  size_t size = table.name().size();
  for (int i = 0; i < table.rule_count(); ++i) {
    const policy::Rule rule = table.rule(i);
    size += rule.origin.size() + rule.reason.size();
    const int found = table.Find(rule.module, rule.qualname);
    FUZZ_CHECK(found >= policy::kNoRule && found < table.rule_count(),
               absl::StrCat("rule ", found));
  }
  for (uint32_t i = 0; i < table.extension_count(); ++i) {
    const policy::ExtensionRule extension = table.extension(i);
    size += extension.module.size() + extension.qualname.size();
  }
  (void)table.limits();
  (void)table.Find("os", std::string(size % 16, 'x'));
}

void CheckText(absl::string_view text) {
  const absl::StatusOr<Policy> policy = Policy::FromToml(text, "fuzz.toml");
  if (!policy.ok()) {
    FUZZ_CHECK(absl::IsInvalidArgument(policy.status()),
               policy.status().ToString());
    FUZZ_CHECK(!policy.status().message().empty(), "an error says what it is");
    return;
  }
  const absl::StatusOr<policy::PolicyTable> table =
      policy::PolicyTable::Open(policy->compiled());
  FUZZ_CHECK(table.ok(), table.status().ToString());
  FUZZ_CHECK(table->rule_count() == policy->rule_count(), "rules");
  FUZZ_CHECK(table->name() == policy->name(), "name");
  for (int i = 0; i < table->rule_count(); ++i) {
    const policy::Rule rule = table->rule(i);
    FUZZ_CHECK(table->Find(rule.module, rule.qualname) == i,
               absl::StrCat(rule.module, ":", rule.qualname));
  }
  WalkTable(*table);
  const absl::StatusOr<Policy> again = Policy::FromToml(text, "fuzz.toml");
  FUZZ_CHECK(again.ok() && again->compiled() == policy->compiled(),
             "the same text twice");
}

}  // namespace

void FuzzPolicy(absl::Span<const uint8_t> input) {
  if (input.empty()) return;
  const bool compiled = (input.front() & 1) != 0;
  input.remove_prefix(1);
  if (!compiled) {
    CheckText({reinterpret_cast<const char*>(input.data()), input.size()});
    return;
  }
  const absl::StatusOr<policy::PolicyTable> table =
      policy::PolicyTable::Open(input);
  if (table.ok()) WalkTable(*table);
}

}  // namespace picklebox::fuzz
