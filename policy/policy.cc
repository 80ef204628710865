#include "picklebox/policy.h"

#include <iterator>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "base/file.h"
#include "policy/checks/checks.h"
#include "policy/compiler.h"
#include "policy/names.h"
#include "policy/path_pattern.h"
#include "policy/rule_view.h"
#include "policy/shipped.h"
#include "policy/table.h"

namespace picklebox {
namespace {

// Nobody writes a policy as long as that.
constexpr size_t kMaxFile = 16 << 20;

std::string DirectoryOf(const std::string& path) {
  const size_t slash = path.rfind('/');
  return slash == std::string::npos ? "." : path.substr(0, slash + 1);
}

absl::StatusOr<policy::Source> ReadFile(const std::string& path) {
  absl::StatusOr<std::string> text = base::ReadFile(path, kMaxFile, "a policy");
  if (!text.ok()) return text.status();
  return policy::Source{*std::move(text), path, path, DirectoryOf(path)};
}

// What `extends` names: a shipped profile by its name, anything else by a path.
absl::StatusOr<policy::Source> Open(const std::string& what,
                                    const std::string& directory) {
  for (const policy::ShippedProfile& profile : policy::ShippedProfiles()) {
    if (profile.name == what) {
      return policy::Source{
          std::string(profile.text), what + ".toml", "profile " + what, {}};
    }
  }
  if (!absl::StrContains(what, '/') && !absl::EndsWith(what, ".toml")) {
    return absl::NotFoundError(absl::StrCat(
        "no shipped profile is called '", what,
        "'; there are: ", absl::StrJoin(Policy::ShippedProfiles(), ", "),
        "; a path ends in .toml"));
  }
  if (absl::StartsWith(what, "/")) return ReadFile(what);
  if (directory.empty()) {
    return absl::InvalidArgumentError(absl::StrCat(
        "'", what, "' is a path, and this policy is in no folder"));
  }
  return ReadFile(directory == "." ? what
                  : absl::EndsWith(directory, "/")
                      ? directory + what
                      : absl::StrCat(directory, "/", what));
}

}  // namespace

struct Policy::State {
  std::vector<uint8_t> owned;
  absl::Span<const uint8_t> block;
  policy::PolicyTable table;
  Limits limits;
  std::vector<PolicyOverride> overrides;
  std::vector<std::vector<policy::PathPattern>> paths;  // of the overrides
};

class PolicyCompiler {
 public:
  static absl::StatusOr<Policy> Make(const policy::Source& source) {
    absl::StatusOr<policy::Compiled> compiled =
        policy::CompileAll(source, Open);
    if (!compiled.ok()) return compiled.status();
    auto state = NewState(std::move(compiled->block));
    for (policy::Compiled::Override& part : compiled->overrides) {
      std::vector<policy::PathPattern>& paths = state->paths.emplace_back();
      for (const std::string& path : part.paths) {
        std::string mistake;  // there is none: the policy was read
        if (auto pattern = policy::PathPattern::Compile(path, &mistake))
          paths.push_back(*std::move(pattern));
      }
      state->overrides.push_back(
          {std::move(part.paths), Finish(NewState(std::move(part.block)))});
    }
    return Finish(std::move(state));
  }

  static Policy MakeDefault() {
    auto state = std::make_shared<Policy::State>();
    state->block = policy::DefaultBlock();
    return Finish(std::move(state));
  }

 private:
  static std::shared_ptr<Policy::State> NewState(std::vector<uint8_t> block) {
    auto state = std::make_shared<Policy::State>();
    state->owned = std::move(block);
    state->block = state->owned;
    return state;
  }

  // The block is of our own writing, which opens.
  static Policy Finish(std::shared_ptr<Policy::State> state) {
    state->table =
        policy::PolicyTable::Open(state->block).value_or(policy::PolicyTable());
    state->limits = state->table.limits();
    return Policy(std::move(state));
  }
};

Policy::Policy(std::shared_ptr<const State> state) : state_(std::move(state)) {}

const Policy& Policy::Default() {
  static const auto* const policy = new Policy(PolicyCompiler::MakeDefault());
  return *policy;
}

absl::StatusOr<Policy> Policy::FromFile(const std::string& path) {
  const absl::StatusOr<policy::Source> source = ReadFile(path);
  if (!source.ok()) return source.status();
  return PolicyCompiler::Make(*source);
}

absl::StatusOr<Policy> Policy::FromToml(absl::string_view text,
                                        absl::string_view name,
                                        absl::string_view directory) {
  return PolicyCompiler::Make(
      {std::string(text), std::string(name), "", std::string(directory)});
}

std::vector<std::string> Policy::ShippedProfiles() {
  std::vector<std::string> names;
  for (const policy::ShippedProfile& profile : policy::ShippedProfiles())
    names.emplace_back(profile.name);
  return names;
}

absl::string_view Policy::name() const { return state_->table.name(); }
const Limits& Policy::limits() const { return state_->limits; }
uint64_t Policy::rule_count() const {
  return static_cast<uint64_t>(state_->table.rule_count());
}
std::vector<PolicyRule> Policy::rules() const {
  std::vector<PolicyRule> rules;
  rules.reserve(rule_count());
  for (int i = 0; i < state_->table.rule_count(); ++i)
    rules.push_back(policy::ViewOf(state_->table, state_->table.rule(i)));
  return rules;
}

std::optional<PolicyRule> Policy::Find(absl::string_view module,
                                       absl::string_view qualname) const {
  const policy::CanonicalName name = policy::Canonical(module, qualname, false);
  const int rule = state_->table.Find(name.module, name.qualname);
  if (rule == policy::kNoRule) return std::nullopt;
  return policy::ViewOf(state_->table, state_->table.rule(rule));
}

const std::vector<PolicyOverride>& Policy::overrides() const {
  return state_->overrides;
}

std::optional<size_t> Policy::OverrideFor(absl::string_view path) const {
  for (size_t i = state_->paths.size(); i > 0; --i) {
    for (const policy::PathPattern& pattern : state_->paths[i - 1]) {
      if (pattern.Matches(path)) return i - 1;
    }
  }
  return std::nullopt;
}

bool Policy::persistent_ids() const { return state_->table.persistent_ids(); }

std::pair<std::string, std::string> Policy::CanonicalGlobal(
    absl::string_view module, absl::string_view qualname, bool python2_names) {
  policy::CanonicalName name =
      policy::Canonical(module, qualname, python2_names);
  return {std::move(name.module), std::move(name.qualname)};
}

std::vector<PolicyCheck> Policy::Checks() {
  std::vector<PolicyCheck> checks;
  for (int i = 0; i < policy::kChecks; ++i) {
    const auto check = static_cast<policy::Check>(i);
    checks.push_back({policy::CheckName(check), policy::CheckMeaning(check)});
  }
  return checks;
}

absl::Span<const uint8_t> Policy::compiled() const { return state_->block; }

}  // namespace picklebox
