#include "policy/rule_reader.h"

#include <algorithm>
#include <string_view>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "policy/checks/checks.h"
#include "policy/identifier.h"

namespace picklebox::policy {
namespace {

constexpr absl::string_view kUses[] = {"reference", "call", "new", "build",
                                       "extend"};

}  // namespace

void RuleReader::Read(const toml::table& table) {
  Document::Allow rule;
  Names names;
  PatternKeys pattern;
  for (auto&& [key, node] : table) {
    if (key == "global") {
      pattern.has_name = true;
      AddName(node, &names);
    } else if (key == "globals") {
      pattern.has_name = true;
      if (const toml::array* list = Array(node, "globals", "names")) {
        for (const toml::node& item : *list) AddName(item, &names);
      }
    } else if (const std::optional<Half> half = HalfOf(View(key.str()))) {
      ReadHalf(*half, node, View(key.str()), &pattern);
    } else if (!ReadCondition(key, node, &rule)) {
      ComplainOfKey(key, "a rule");
    }
  }
  CheckRule(table, rule);
  if (rule.shapes.create != kNoShape && rule.shapes.keywords == kNoShape)
    rule.shapes.keywords = shapes_.NoKeywords();
  if (!pattern.has_name && pattern.halves == 0)
    Complain(table, "a rule needs 'global', 'globals', or patterns");
  if (!table.contains("uses")) Complain(table, "a rule needs 'uses'");
  for (auto& [name, position] : names) AddRule(rule, std::move(name), position);
  if (pattern.halves > 0) AddPattern(table, std::move(rule), pattern);
}

bool RuleReader::ReadCondition(const toml::key& key, const toml::node& node,
                               Document::Allow* rule) {
  if (key == "uses") {
    ReadUses(node, &rule->uses);
  } else if (key == "reason") {
    if (const std::string* reason = String(node, "reason"))
      rule->reason = *reason;
  } else if (key == "call") {
    shapes_.ReadArguments(node, "call", &rule->shapes.call);
  } else if (key == "new") {
    shapes_.ReadArguments(node, "new", &rule->shapes.create);
  } else if (key == "kwargs") {
    shapes_.ReadShape(node, "kwargs", &rule->shapes.keywords);
  } else if (key == "state") {
    shapes_.ReadShape(node, "state", &rule->shapes.state);
  } else if (key == "items") {
    shapes_.ReadEntries(node, &rule->shapes.items);
  } else if (key == "check") {
    ReadChecks(node, &rule->checks);
  } else if (const uint8_t flag = FlagOf(View(key.str())); flag != 0) {
    if (Bool(node, View(key.str())).value_or(false)) rule->flags |= flag;
  } else {
    return false;
  }
  return true;
}

std::optional<RuleReader::Half> RuleReader::HalfOf(absl::string_view key) {
  if (key == "module") return Half{NamePattern::kModule, false};
  if (key == "module_pattern") return Half{NamePattern::kModule, true};
  if (key == "qualname") return Half{NamePattern::kQualname, false};
  if (key == "qualname_pattern") return Half{NamePattern::kQualname, true};
  return std::nullopt;
}

void RuleReader::ReadHalf(const Half& half, const toml::node& node,
                          absl::string_view key, PatternKeys* keys) {
  const std::string* const text = String(node, key);
  ++keys->halves;
  if (text == nullptr || keys->given[half.half]) {
    if (text != nullptr) {
      Complain(node,
               absl::StrCat("'", key, "' is given as a name and as a pattern"));
    }
    keys->sound = false;
    return;
  }
  keys->given[half.half] = true;
  keys->is_pattern[half.half] = half.is_pattern;
  keys->text[half.half] = *text;
  keys->positions[half.half] = Where(node.source());
  PatternMistake mistake;
  if (half.is_pattern) {
    if (NamePattern::Compile(half.half, *text, &mistake)) return;
    Position position = Where(node.source());
    position.column += static_cast<uint32_t>(mistake.at) + 1;  // the quote
    Complain(position, mistake.message);
  } else if (IsDottedName(*text)) {
    return;
  } else {
    Complain(node, absl::StrCat("'", *text, "' is no name; is it a pattern, ",
                                key, "_pattern?"));
  }
  keys->sound = false;
}

void RuleReader::AddPattern(const toml::table& table, Document::Allow rule,
                            const PatternKeys& keys) {
  if (keys.has_name) {
    Complain(table, "a rule has 'global', or patterns, and not both");
    return;
  }
  if ((rule.flags & (kAttribute | kTypeLookup | kMakesClasses | kArgument)) !=
      0) {
    Complain(table,
             "'attribute', 'type_lookup', 'makes_classes' and 'argument' are "
             "for a rule that names its global");
  }
  if (!keys.sound) return;
  if (!keys.given[0] || !keys.given[1]) {
    Complain(table,
             "a rule with a pattern needs 'module' or 'module_pattern', and "
             "'qualname' or 'qualname_pattern'");
    return;
  }
  if (!keys.is_pattern[0] && !keys.is_pattern[1]) {
    Complain(table, absl::StrCat("write the name as global = \"", keys.text[0],
                                 ":", keys.text[1], "\""));
    return;
  }
  if (keys.is_pattern[0]) rule.flags |= kModulePattern;
  if (keys.is_pattern[1]) rule.flags |= kQualnamePattern;
  rule.module_position = keys.positions[0];
  rule.qualname_position = keys.positions[1];
  rule.position = keys.is_pattern[0] ? keys.positions[0] : keys.positions[1];
  rule.module = keys.is_pattern[0] ? keys.text[0]
                                   : Canonical(keys.text[0], "", false).module;
  rule.qualname = keys.text[1];
  const std::string spelled = absl::StrCat(rule.module, "\n", rule.qualname);
  const auto [known, is_new] = lines_.try_emplace(spelled, rule.position.line);
  if (!is_new) {
    Complain(rule.position,
             absl::StrCat("these patterns have a rule already, in line ",
                          known->second));
    return;
  }
  rules_.push_back(std::move(rule));
}

// A shape for what the rule does not allow is a slip of the pen.
void RuleReader::CheckRule(const toml::table& table,
                           const Document::Allow& rule) {
  const struct {
    absl::string_view key;
    uint32_t shape;
    Uses use;
    absl::string_view name;
  } kKeys[] = {{"call", rule.shapes.call, kCall, "call"},
               {"new", rule.shapes.create, kNew, "new"},
               {"kwargs", rule.shapes.keywords, kNew, "new"},
               {"state", rule.shapes.state, kBuild, "build"},
               {"items", rule.shapes.items, kExtend, "extend"}};
  for (const auto& row : kKeys) {
    const toml::node* const node =
        table.get(std::string_view(row.key.data(), row.key.size()));
    if (row.shape == kNoShape || (rule.uses & row.use) != 0) continue;
    if (node != nullptr) {
      Complain(*node, absl::StrCat("'", row.key, "' has no meaning without \"",
                                   row.name, "\" in 'uses'"));
    }
  }
}

uint8_t RuleReader::FlagOf(absl::string_view key) {
  if (key == "setstate") return kSetState;
  if (key == "hash") return kHashable;
  if (key == "attribute") return kAttribute;
  if (key == "type_lookup") return kTypeLookup;
  if (key == "makes_classes") return kMakesClasses;
  if (key == "argument") return kArgument;
  return 0;
}

void RuleReader::AddName(const toml::node& node, Names* names) {
  if (std::optional<CanonicalName> name = Global(node)) {
    names->push_back({*std::move(name), Where(node.source())});
  }
}

void RuleReader::AddRule(Document::Allow rule, CanonicalName name,
                         Position position) {
  const std::string spelled = Spell(name.module, name.qualname);
  const auto [known, is_new] = lines_.try_emplace(spelled, position.line);
  if (!is_new) {
    Complain(position, absl::StrCat(spelled, " has a rule already, in line ",
                                    known->second));
    return;
  }
  rule.module = std::move(name.module);
  rule.qualname = std::move(name.qualname);
  rule.position = position;
  rules_.push_back(std::move(rule));
}

void RuleReader::ReadUses(const toml::node& node, Uses* uses) {
  const toml::array* const list = Array(node, "uses", "uses");
  if (list == nullptr) return;
  for (const toml::node& item : *list) {
    const std::string* const word = String(item, "uses");
    if (word == nullptr) continue;
    const auto* const use =
        std::find(std::begin(kUses), std::end(kUses), *word);
    if (use == std::end(kUses)) {
      Complain(item, absl::StrCat("no use is called '", *word, "'; there are: ",
                                  absl::StrJoin(kUses, ", ")));
    } else {
      *uses |= static_cast<Uses>(1 << (use - std::begin(kUses)));
    }
  }
}

void RuleReader::ReadChecks(const toml::node& node, CheckSet* checks) {
  const toml::array* const list = Array(node, "check", "names of checks");
  if (list == nullptr) return;
  for (const toml::node& item : *list) {
    const std::string* const name = String(item, "check");
    if (name == nullptr) continue;
    if (const std::optional<Check> check = FindCheck(*name)) {
      *checks |= CheckSet{1} << *check;
      continue;
    }
    std::string known;
    for (int i = 0; i < kChecks; ++i) {
      absl::StrAppend(&known, i > 0 ? ", " : "",
                      CheckName(static_cast<Check>(i)));
    }
    Complain(item, absl::StrCat("no check is called '", *name,
                                "'; there are: ", known));
  }
}

}  // namespace picklebox::policy
