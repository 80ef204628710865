#include "policy/pattern_review.h"

#include <algorithm>
#include <cstddef>
#include <initializer_list>
#include <optional>
#include <set>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "picklebox/policy_rules.h"
#include "picklebox/threats.h"
#include "policy/name_pattern.h"
#include "policy/names.h"

namespace picklebox::policy {
namespace {

// So many of the names that a pattern opens are shown.
constexpr size_t kShown = 5;

// Names that nothing is called, of all the kinds that there are.
constexpr absl::string_view kAnyModule[] = {"zq7", "Zq7_k", "_zq.v8.W9",
                                            "zq7.Zk"};
constexpr absl::string_view kAnyQualname[] = {"zq7", "Zq7", "_zq_k", "ZQ7"};
// What modules import: written thus, these are functions and modules of others.
constexpr absl::string_view kImported[] = {"os", "system", "subprocess",
                                           "import_module"};

// The names of all rules of the shipped profiles, sorted.
std::vector<std::string> NamesOfProfiles() {
  std::set<std::string> names;
  for (const std::string& profile : Policy::ShippedProfiles()) {
    const absl::StatusOr<Policy> policy = NamedPolicy(profile);
    if (!policy.ok()) continue;
    for (const PolicyRule& rule : policy->rules())
      names.insert(Spell(rule.module, rule.qualname));
  }
  return {names.begin(), names.end()};
}

// An exact half as a pattern that matches it alone.
class Half {
 public:
  Half(NamePattern::Half half, const std::string& text, bool is_pattern)
      : text_(text) {
    PatternMistake mistake;  // there is none: the document was read
    if (is_pattern) pattern_ = NamePattern::Compile(half, text, &mistake);
  }

  bool is_pattern() const { return pattern_.has_value(); }
  bool crosses_dots() const { return pattern_ && pattern_->crosses_dots(); }
  bool Matches(absl::string_view name) const {
    return pattern_ ? pattern_->Matches(name) : text_ == name;
  }
  template <size_t kSize>
  bool MatchesAll(const absl::string_view (&names)[kSize]) const {
    return std::all_of(
        std::begin(names), std::end(names),
        [this](absl::string_view name) { return Matches(name); });
  }

 private:
  const std::string& text_;
  std::optional<NamePattern> pattern_;
};

class Review {
 public:
  Review(const Document::Allow& allow, const Policy& merged)
      : allow_(allow),
        merged_(merged),
        module_(NamePattern::kModule, allow.module,
                (allow.flags & kModulePattern) != 0),
        qualname_(NamePattern::kQualname, allow.qualname,
                  (allow.flags & kQualnamePattern) != 0) {}

  std::vector<PatternRemark> Run() {
    ReviewSpelling(module_, allow_.module, allow_.module_position);
    ReviewSpelling(qualname_, allow_.qualname, allow_.qualname_position);
    if (allow_.uses == 0) return std::move(remarks_);
    ReviewReach();
    ReviewDangers();
    ReviewKnown();
    return std::move(remarks_);
  }

 private:
  void Warn(Position position, absl::string_view code, std::string message) {
    remarks_.push_back({position, std::string(code), std::move(message)});
  }

  // What is written as if the pattern were searched for.
  void ReviewSpelling(const Half& half, const std::string& text,
                      Position position) {
    if (!half.is_pattern()) return;
    if (absl::StartsWith(text, "^") || absl::EndsWith(text, "$")) {
      Warn(position, "pattern-spelling",
           "a pattern has to match all of a name as it is: '^' and '$' add "
           "nothing");
    }
    if (text.size() > 4 && absl::StartsWith(text, ".*") &&
        absl::EndsWith(text, ".*")) {
      Warn(position, "pattern-spelling",
           "this matches whatever contains it; say what stands before it, for "
           "anyone can call a module so");
    }
    if (&half != &module_) return;
    for (size_t i = 1; i + 1 < text.size(); ++i) {
      const bool is_dot =
          text[i] == '.' && IsWordByte(text[i - 1]) && IsWordByte(text[i + 1]);
      if (!is_dot) continue;
      Warn({position.line, position.column + static_cast<uint32_t>(i) + 1},
           "pattern-spelling",
           "'.' stands for any character; a dot is written [.]");
      break;
    }
  }

  static bool IsWordByte(char c) {
    return absl::ascii_isalnum(static_cast<unsigned char>(c)) || c == '_';
  }

  void ReviewReach() {
    const bool any_module = module_.MatchesAll(kAnyModule);
    const bool any_qualname = qualname_.MatchesAll(kAnyQualname);
    if (any_module) {
      Warn(allow_.module_position, "pattern-everything",
           any_qualname ? "this matches every global that there is"
                        : "this matches every module that there is");
    }
    if (qualname_.crosses_dots()) {
      Warn(allow_.qualname_position, "pattern-dots",
           "this matches names with dots, which lead through attributes: "
           "from a module to whatever it has imported");
    }
    for (const absl::string_view name : kImported) {
      if (!qualname_.is_pattern() || any_module || !qualname_.Matches(name))
        continue;
      Warn(allow_.qualname_position, "pattern-imports",
           absl::StrCat(
               "this matches '", name,
               "', and so what such a module imports from others "
               "under its own names; '[A-Z][A-Za-z0-9]*' matches most classes "
               "and few functions"));
      break;
    }
  }

  // Whether this rule is the one that decides on the global.
  bool Decides(absl::string_view module, absl::string_view qualname) const {
    if (!module_.Matches(module) || !qualname_.Matches(qualname)) return false;
    const std::optional<PolicyRule> rule = merged_.Find(module, qualname);
    return rule && rule->is_pattern() && rule->module == allow_.module &&
           rule->qualname == allow_.qualname;
  }

  static std::string Shown(const std::vector<std::string>& names) {
    const size_t shown = std::min(names.size(), kShown);
    return absl::StrCat(
        absl::StrJoin(names.begin(), names.begin() + shown, ", "),
        shown < names.size() ? " ..." : "");
  }

  void ReviewDangers() {
    const std::vector<absl::string_view> dangers = KnownDangers();
    std::vector<std::pair<const DangerClass*, std::string>> opened;
    for (const absl::string_view danger : dangers) {
      const std::pair<std::string, std::string> parts =
          absl::StrSplit(danger, absl::MaxSplits(':', 1));
      if (!Decides(parts.first, parts.second)) continue;
      const DangerClass* const kind =
          FindDanger(parts.first, parts.second, allow_.uses);
      if (kind != nullptr) {
        opened.emplace_back(kind, absl::StrCat(danger, " (", kind->name, ")"));
      }
    }
    if (opened.empty()) return;
    std::sort(opened.begin(), opened.end());  // the worst class stands first
    std::vector<std::string> names;
    names.reserve(opened.size());
    for (auto& entry : opened) names.push_back(std::move(entry.second));
    Warn(allow_.position, "pattern-danger",
         absl::StrCat(
             "this rule allows ", opened.size(), " of ", dangers.size(),
             " globals that are known to be dangerous: ", Shown(names)));
  }

  void ReviewKnown() {
    std::vector<std::string> opened;
    const std::vector<std::string> known = NamesOfProfiles();
    for (const std::string& name : known) {
      const std::pair<std::string, std::string> parts =
          absl::StrSplit(name, absl::MaxSplits(':', 1));
      if (Decides(parts.first, parts.second)) opened.push_back(name);
    }
    if (opened.empty()) return;
    Warn(allow_.position, "pattern-known",
         absl::StrCat("this rule allows ", opened.size(),
                      " globals for which shipped profiles have rules, without "
                      "what those say: ",
                      Shown(opened)));
  }

  const Document::Allow& allow_;
  const Policy& merged_;
  const Half module_;
  const Half qualname_;
  std::vector<PatternRemark> remarks_;
};

}  // namespace

std::vector<PatternRemark> ReviewPattern(const Document::Allow& allow,
                                         const Policy& merged) {
  return Review(allow, merged).Run();
}

}  // namespace picklebox::policy
