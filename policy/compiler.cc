#include "policy/compiler.h"

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "policy/document.h"
#include "policy/name_pattern.h"
#include "policy/names.h"
#include "policy/table_writer.h"

namespace picklebox::policy {
namespace {

// Files that extend one another deeper than this are a mistake.
constexpr size_t kMaxDepth = 32;

class Merger {
 public:
  explicit Merger(const Opener& opener) : opener_(opener) {}

  absl::StatusOr<Compiled> Compile(const Source& source) {
    const std::string name = Merge(source).value_or(source.file);
    const State whole = state_;
    std::vector<State> states;
    in_override_ = true;
    for (const OwnedOverride& override : overrides_) {
      state_ = whole;
      MergeInto(override.source, override.part);
      states.push_back(std::move(state_));
    }
    state_ = whole;
    CheckNumbers(source, states);
    if (!mistakes_.empty()) return mistakes_.status();
    Compiled compiled;
    compiled.block = Written(whole, name);
    for (size_t i = 0; i < states.size(); ++i) {
      const std::vector<std::string>& paths = overrides_[i].paths;
      const std::string of_these =
          absl::StrCat(name, " [", absl::StrJoin(paths, ", "), "]");
      compiled.overrides.push_back({paths, Written(states[i], of_these)});
    }
    return compiled;
  }

 private:
  struct OwnedOverride {
    Source source;
    std::vector<std::string> paths;
    DocumentPart part;
  };
  struct OwnedRule {
    Document::Allow allow;
    std::string origin;
  };

  struct OwnedCode {
    Document::Code code;
    std::string origin;
  };

  // What is merged so far.
  struct State {
    std::set<std::string> merged;  // identities
    std::map<std::string, OwnedRule> rules;
    std::vector<OwnedRule> patterns;  // later ones go before earlier ones
    std::map<uint32_t, Document::Extension> extensions;
    std::map<graph::Digest, OwnedCode> codes;
    std::vector<OwnedCode> known_codes;  // without a digest
    Limits limits;
    bool persistent_ids = false;
  };

  std::vector<uint8_t> Written(const State& state,
                               const std::string& name) const {
    TableContent content;
    content.name = name;
    content.limits = state.limits;
    content.persistent_ids = state.persistent_ids;
    for (const auto& [key, rule] : state.rules)
      content.rules.push_back(RuleOf(rule));
    for (const OwnedRule& rule : state.patterns)
      content.rules.push_back(RuleOf(rule));
    content.shapes = pool_.shapes();
    content.parts = pool_.parts();
    for (const auto& [code, extension] : state.extensions) {
      content.extensions.push_back(
          {code, extension.module, extension.qualname});
    }
    for (const auto& [digest, code] : state.codes)
      content.codes.push_back(RuleOf(code));
    for (const OwnedCode& code : state.known_codes)
      content.codes.push_back(RuleOf(code));
    return WriteTable(content);
  }

  // A worker has all of it in a memory that is bounded.
  void CheckNumbers(const Source& source, const std::vector<State>& states) {
    size_t patterns = state_.patterns.size();
    for (const State& state : states) patterns += state.patterns.size();
    if (patterns > kMaxPatternRules) {
      mistakes_.Add(source.file, {},
                    absl::StrCat("there are more than ", kMaxPatternRules,
                                 " rules with patterns, counted again in each "
                                 "override"));
    }
    if (states.size() > kMaxOverrides) {
      mistakes_.Add(
          source.file, {},
          absl::StrCat("there are more than ", kMaxOverrides, " overrides"));
    }
  }

  static Rule RuleOf(const OwnedRule& rule) {
    const Document::Allow& allow = rule.allow;
    return {allow.module, allow.qualname, allow.uses,   allow.flags,
            rule.origin,  allow.reason,   allow.shapes, allow.checks};
  }

  static CodeRule RuleOf(const OwnedCode& owned) {
    const Document::Code& code = owned.code;
    return {code.digest, code.pythons, code.name,
            code.path,   owned.origin, code.reason};
  }

  void Add(const std::string& file, const Document::Code& code) {
    OwnedCode owned{code, absl::StrCat(file, ":", code.position.line)};
    if (code.pythons != 0) {
      state_.codes[code.digest] = std::move(owned);
    } else {
      state_.known_codes.push_back(std::move(owned));
    }
  }

  void Add(const std::string& file, const Document::Allow& allow) {
    OwnedRule rule{allow, absl::StrCat(file, ":", allow.position.line)};
    if ((allow.flags & kPattern) == 0) {
      state_.rules[Spell(allow.module, allow.qualname)] = std::move(rule);
      return;
    }
    const auto is_same = [&](const OwnedRule& other) {
      return other.allow.module == allow.module &&
             other.allow.qualname == allow.qualname &&
             ((other.allow.flags ^ allow.flags) & kPattern) == 0;
    };
    state_.patterns.erase(
        std::remove_if(state_.patterns.begin(), state_.patterns.end(), is_same),
        state_.patterns.end());
    state_.patterns.push_back(std::move(rule));
  }

  // Merges the source and returns the name that it gives itself. The recursion
  // is over files that the caller wrote, and no deeper than kMaxDepth.
  // NOLINTBEGIN(misc-no-recursion)
  std::optional<std::string> Merge(const Source& source) {
    const Document document =
        ReadDocument(source.text, source.file, &pool_, &mistakes_);
    MergeInto(source, document);
    for (const Document::Override& override : document.overrides) {
      if (in_override_) {
        mistakes_.Add(source.file, override.position,
                      "an override extends this policy, which has overrides");
      } else {
        overrides_.push_back({source, override.paths, override.part});
      }
    }
    return document.name;
  }

  void MergeInto(const Source& source, const DocumentPart& document) {
    open_.push_back(&source);
    for (const Document::Extends& extends : document.extends) {
      Extend(source, extends);
    }
    open_.pop_back();
    state_.merged.insert(source.identity);
    for (const Document::Allow& allow : document.allows) {
      Add(source.file, allow);
    }
    for (const Document::Code& code : document.codes) Add(source.file, code);
    for (const Document::Limit& limit : document.limits) {
      state_.limits.Set(limit.name, limit.value)
          .IgnoreError();  // seen to be valid
    }
    for (const Document::Extension& extension : document.extensions) {
      state_.extensions[extension.code] = extension;
    }
    state_.persistent_ids =
        document.persistent_ids.value_or(state_.persistent_ids);
  }

  void Extend(const Source& source, const Document::Extends& extends) {
    const absl::StatusOr<Source> opened =
        opener_(extends.what, source.directory);
    if (!opened.ok()) {
      mistakes_.Add(source.file, extends.position, opened.status().message());
    } else if (IsOpen(opened->identity)) {
      mistakes_.Add(source.file, extends.position,
                    absl::StrCat("by way of ", opened->file,
                                 " this policy extends itself"));
    } else if (open_.size() >= kMaxDepth) {
      mistakes_.Add(source.file, extends.position,
                    "policies extend one another too deeply");
    } else if (state_.merged.count(opened->identity) == 0) {
      Merge(*opened);
    }
  }
  // NOLINTEND(misc-no-recursion)

  bool IsOpen(const std::string& identity) const {
    return std::any_of(open_.begin(), open_.end(), [&](const Source* source) {
      return source->identity == identity;
    });
  }

  const Opener& opener_;
  ShapePool pool_;
  Mistakes mistakes_;
  std::vector<const Source*> open_;  // being merged, outermost first
  State state_;
  std::vector<OwnedOverride> overrides_;
  bool in_override_ = false;
};

}  // namespace

absl::StatusOr<std::vector<uint8_t>> Compile(const Source& source,
                                             const Opener& opener) {
  absl::StatusOr<Compiled> compiled = CompileAll(source, opener);
  if (!compiled.ok()) return compiled.status();
  return std::move(compiled->block);
}

absl::StatusOr<Compiled> CompileAll(const Source& source,
                                    const Opener& opener) {
  return Merger(opener).Compile(source);
}

}  // namespace picklebox::policy
