// Reads the rules of a policy, [[allow]].
#ifndef PICKLEBOX_POLICY_RULE_READER_H_
#define PICKLEBOX_POLICY_RULE_READER_H_

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/string_view.h"
#include "policy/document.h"
#include "policy/mistakes.h"
#include "policy/name_pattern.h"
#include "policy/shape.h"
#include "policy/shape_reader.h"
#include "toml++/toml.h"

namespace picklebox::policy {

class RuleReader : public TomlReader {
 public:
  // Rules are added to `rules`, which outlives the reader.
  RuleReader(absl::string_view file, ShapePool* pool, Mistakes* mistakes,
             std::vector<Document::Allow>* rules)
      : TomlReader(file, mistakes),
        shapes_(file, pool, mistakes),
        rules_(*rules) {}

  // One table, of one rule for each global that it names, or of patterns.
  void Read(const toml::table& table);

 private:
  // The keys of a rule for what patterns match: of module and qualname each,
  // the pattern or the name.
  struct Half {
    NamePattern::Half half;
    bool is_pattern;
  };
  struct PatternKeys {
    bool has_name = false;  // global or globals, too
    int halves = 0;
    bool given[2] = {};
    bool is_pattern[2] = {};
    std::string text[2];
    Position positions[2];
    bool sound = true;
  };
  using Names = std::vector<std::pair<CanonicalName, Position>>;

  static std::optional<Half> HalfOf(absl::string_view key);
  static uint8_t FlagOf(absl::string_view key);
  // What the rule says beside the names; false: it has no such key.
  bool ReadCondition(const toml::key& key, const toml::node& node,
                     Document::Allow* rule);
  void ReadHalf(const Half& half, const toml::node& node, absl::string_view key,
                PatternKeys* keys);
  void ReadUses(const toml::node& node, Uses* uses);
  void ReadChecks(const toml::node& node, CheckSet* checks);
  void CheckRule(const toml::table& table, const Document::Allow& rule);
  void AddName(const toml::node& node, Names* names);
  void AddRule(Document::Allow rule, CanonicalName name, Position position);
  void AddPattern(const toml::table& table, Document::Allow rule,
                  const PatternKeys& keys);

  ShapeReader shapes_;
  std::vector<Document::Allow>& rules_;
  std::map<std::string, uint32_t> lines_;  // of rules, by global
};

}  // namespace picklebox::policy

#endif  // PICKLEBOX_POLICY_RULE_READER_H_
