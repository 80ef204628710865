#include <algorithm>
#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "picklebox/policy_rules.h"
#include "policy/names.h"
#include "policy/shape_text.h"
#include "policy/table.h"

namespace picklebox {
namespace {

// The block is of our own writing, which opens.
policy::PolicyTable TableOf(const Policy& policy) {
  return policy::PolicyTable::Open(policy.compiled())
      .value_or(policy::PolicyTable());
}

}  // namespace

Conditions ConditionsOf(const PolicyRule& rule) {
  Conditions conditions;
  for (const std::string& line : rule.Lines()) {
    std::pair<std::string, std::string> condition =
        absl::StrSplit(line, absl::MaxSplits(" = ", 1));
    conditions.push_back(std::move(condition));
  }
  return conditions;
}

std::map<uint32_t, std::string> ExtensionsOf(const Policy& policy) {
  const policy::PolicyTable table = TableOf(policy);
  std::map<uint32_t, std::string> extensions;
  for (uint32_t i = 0; i < table.extension_count(); ++i) {
    const policy::ExtensionRule rule = table.extension(i);
    extensions[rule.code] = policy::Spell(rule.module, rule.qualname);
  }
  return extensions;
}

std::vector<std::string> PolicyCode::Lines() const {
  std::vector<std::string> lines;
  const auto add = [&lines](absl::string_view key, const std::string& value) {
    if (!value.empty())
      lines.push_back(absl::StrCat(key, " = ", policy::TomlString(value)));
  };
  add("name", name);
  add("file", file);
  add("digest", digest);
  if (!pythons.empty()) {
    lines.push_back(absl::StrCat("python = [",
                                 absl::StrJoin(pythons, ", ",
                                               [](std::string* out, int minor) {
                                                 absl::StrAppend(out, "\"3.",
                                                                 minor, "\"");
                                               }),
                                 "]"));
  }
  add("reason", reason);
  return lines;
}

std::vector<PolicyCode> CodesOf(const Policy& policy) {
  const policy::PolicyTable table = TableOf(policy);
  std::vector<PolicyCode> codes;
  for (uint32_t i = 0; i < table.code_count(); ++i) {
    const policy::CodeRule rule = table.code(i);
    PolicyCode code;
    if (rule.pythons != 0) {
      code.digest = absl::BytesToHexString(
          absl::string_view(reinterpret_cast<const char*>(rule.digest.data()),
                            rule.digest.size()));
    }
    for (int minor = 0; minor < 32; ++minor) {
      if ((rule.pythons >> minor & 1) != 0) code.pythons.push_back(minor);
    }
    code.name = std::string(rule.name);
    code.file = std::string(rule.file);
    code.origin = std::string(rule.origin);
    code.reason = std::string(rule.reason);
    codes.push_back(std::move(code));
  }
  return codes;
}

absl::StatusOr<Policy> NamedPolicy(const std::string& what) {
  if (what == "default") return Policy::Default();
  const std::vector<std::string> shipped = Policy::ShippedProfiles();
  if (std::find(shipped.begin(), shipped.end(), what) != shipped.end()) {
    return Policy::FromToml(
        absl::StrCat("name = \"", what, "\"\nextends = [\"", what, "\"]\n"),
        what);
  }
  absl::StatusOr<Policy> policy = Policy::FromFile(what);
  if (absl::IsNotFound(policy.status())) {
    return absl::NotFoundError(absl::StrCat(
        policy.status().message(), "; a policy is a file, or one of: default, ",
        absl::StrJoin(shipped, ", ")));
  }
  return policy;
}

}  // namespace picklebox
