#include "policy/compiler.h"

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <utility>

#include "absl/strings/str_cat.h"
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

  absl::StatusOr<std::vector<uint8_t>> Compile(const Source& source) {
    const std::optional<std::string> name = Merge(source);
    if (!mistakes_.empty()) return mistakes_.status();
    TableContent content;
    content.name = name.value_or(source.file);
    content.limits = limits_;
    content.persistent_ids = persistent_ids_;
    for (const auto& [key, rule] : rules_) {
      content.rules.push_back(RuleOf(rule));
    }
    for (const OwnedRule& rule : patterns_) {
      content.rules.push_back(RuleOf(rule));
    }
    content.shapes = pool_.shapes();
    content.parts = pool_.parts();
    for (const auto& [code, extension] : extensions_) {
      content.extensions.push_back(
          {code, extension.module, extension.qualname});
    }
    return WriteTable(content);
  }

 private:
  struct OwnedRule {
    Document::Allow allow;
    std::string origin;
  };

  static Rule RuleOf(const OwnedRule& rule) {
    const Document::Allow& allow = rule.allow;
    return {allow.module, allow.qualname, allow.uses,   allow.flags,
            rule.origin,  allow.reason,   allow.shapes, allow.checks};
  }

  void Add(const std::string& file, const Document::Allow& allow) {
    OwnedRule rule{allow, absl::StrCat(file, ":", allow.position.line)};
    if ((allow.flags & kPattern) == 0) {
      rules_[Spell(allow.module, allow.qualname)] = std::move(rule);
      return;
    }
    const auto is_same = [&](const OwnedRule& other) {
      return other.allow.module == allow.module &&
             other.allow.qualname == allow.qualname &&
             ((other.allow.flags ^ allow.flags) & kPattern) == 0;
    };
    patterns_.erase(std::remove_if(patterns_.begin(), patterns_.end(), is_same),
                    patterns_.end());
    if (patterns_.size() == kMaxPatternRules) {
      mistakes_.Add(file, allow.position,
                    absl::StrCat("there are more than ", kMaxPatternRules,
                                 " rules with patterns"));
    }
    patterns_.push_back(std::move(rule));
  }

  // Merges the source and returns the name that it gives itself. The recursion
  // is over files that the caller wrote, and no deeper than kMaxDepth.
  // NOLINTBEGIN(misc-no-recursion)
  std::optional<std::string> Merge(const Source& source) {
    const Document document =
        ReadDocument(source.text, source.file, &pool_, &mistakes_);
    open_.push_back(&source);
    for (const Document::Extends& extends : document.extends) {
      Extend(source, extends);
    }
    open_.pop_back();
    merged_.insert(source.identity);
    for (const Document::Allow& allow : document.allows) {
      Add(source.file, allow);
    }
    for (const Document::Limit& limit : document.limits) {
      limits_.Set(limit.name, limit.value).IgnoreError();  // seen to be valid
    }
    for (const Document::Extension& extension : document.extensions) {
      extensions_[extension.code] = extension;
    }
    persistent_ids_ = document.persistent_ids.value_or(persistent_ids_);
    return document.name;
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
    } else if (merged_.count(opened->identity) == 0) {
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
  std::set<std::string> merged_;     // identities
  std::map<std::string, OwnedRule> rules_;
  std::vector<OwnedRule> patterns_;  // later ones go before earlier ones
  std::map<uint32_t, Document::Extension> extensions_;
  Limits limits_;
  bool persistent_ids_ = false;
};

}  // namespace

absl::StatusOr<std::vector<uint8_t>> Compile(const Source& source,
                                             const Opener& opener) {
  return Merger(opener).Compile(source);
}

}  // namespace picklebox::policy
