#include "policy/document.h"

#include <algorithm>
#include <map>
#include <string_view>
#include <tuple>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "picklebox/limits.h"
#include "policy/checks/checks.h"
#include "policy/identifier.h"
#include "policy/name_pattern.h"
#include "policy/names.h"
#include "policy/path_pattern.h"
#include "policy/shape_parser.h"
#include "policy/toml_text.h"
#include "toml++/toml.h"

namespace picklebox::policy {
namespace {

constexpr absl::string_view kUses[] = {"reference", "call", "new", "build",
                                       "extend"};

// Keys that the language has a place for and this version does not read.
constexpr absl::string_view kReservedAtTop[] = {"accept", "path", "paths",
                                                "pattern"};

// Nothing takes more arguments, and no rule has more lists of them.
constexpr size_t kMaxArguments = 1000;

template <size_t kSize>
bool IsIn(const absl::string_view (&words)[kSize], absl::string_view word) {
  return std::find(std::begin(words), std::end(words), word) != std::end(words);
}

// absl::string_view is a type of its own in some builds of Abseil.
absl::string_view View(std::string_view text) {
  return {text.data(), text.size()};
}

Position Where(const toml::source_region& region) {
  return {region.begin.line, region.begin.column};
}

class Reader {
 public:
  Reader(absl::string_view file, ShapePool* pool, Mistakes* mistakes)
      : pool_(pool), mistakes_(mistakes) {
    document_.file = std::string(file);
  }

  Document Read(absl::string_view text) {
    // The parser of toml++ 3.3 is not defined on some of these.
    const size_t stray = FindStrayByte(text);
    if (stray != absl::string_view::npos) {
      Complain(WhereInText(text, stray),
               "only strings and comments hold anything but ASCII");
      return std::move(document_);
    }
    const toml::parse_result result =
        toml::parse(std::string_view(text.data(), text.size()));
    if (!result) {
      const toml::parse_error& error = result.error();
      Complain(Where(error.source()), View(error.description()));
      return std::move(document_);
    }
    ReadTop(result.table());
    return std::move(document_);
  }

 private:
  void Complain(Position position, absl::string_view message) {
    mistakes_->Add(document_.file, position, message);
  }
  void Complain(const toml::node& node, absl::string_view message) {
    Complain(Where(node.source()), message);
  }
  void ComplainOfKey(const toml::key& key, absl::string_view where,
                     bool reserved) {
    Complain(Where(key.source()),
             reserved ? absl::StrCat("'", View(key.str()),
                                     "' is not supported by this version")
                      : absl::StrCat("unknown key '", View(key.str()), "' in ",
                                     where));
  }

  const std::string* String(const toml::node& node, absl::string_view key) {
    if (const auto* value = node.as_string()) return &value->get();
    Complain(node, absl::StrCat("'", key, "' must be a string"));
    return nullptr;
  }
  std::optional<bool> Bool(const toml::node& node, absl::string_view key) {
    if (const auto* value = node.as_boolean()) return value->get();
    Complain(node, absl::StrCat("'", key, "' must be true or false"));
    return std::nullopt;
  }
  const toml::array* Array(const toml::node& node, absl::string_view key,
                           absl::string_view of_what) {
    if (const auto* value = node.as_array()) return value;
    Complain(node, absl::StrCat("'", key, "' must be a list of ", of_what));
    return nullptr;
  }

  void ReadTop(const toml::table& top) {
    for (auto&& [key, node] : top) {
      if (ReadCommon(key, node)) continue;
      if (key == "name") {
        if (const std::string* name = String(node, "name"))
          document_.name = *name;
      } else if (key == "override") {
        ReadTables(node, "override", &Reader::ReadOverride);
      } else if (key == "extension") {
        ReadTables(node, "extension", &Reader::ReadExtension);
      } else if (key == "limits") {
        ReadLimits(node);
      } else {
        ComplainOfKey(key, "a policy", IsIn(kReservedAtTop, View(key.str())));
      }
    }
  }

  // What a policy and an override both have.
  bool ReadCommon(const toml::key& key, const toml::node& node) {
    if (key == "extends") {
      ReadExtends(node);
    } else if (key == "allow") {
      ReadTables(node, "allow", &Reader::ReadAllow);
    } else if (key == "persistent_ids") {
      document_.persistent_ids = Bool(node, "persistent_ids");
    } else {
      return false;
    }
    return true;
  }

  void ReadOverride(const toml::table& table) {
    Reader part(document_.file, pool_, mistakes_);
    Document::Override override;
    override.position = Where(table.source());
    for (auto&& [key, node] : table) {
      if (part.ReadCommon(key, node)) continue;
      if (key == "path") {
        ReadPath(node, &override.paths);
      } else if (key == "paths") {
        if (const toml::array* list = Array(node, "paths", "patterns")) {
          for (const toml::node& item : *list) ReadPath(item, &override.paths);
        }
      } else {
        ComplainOfKey(key, "an override", false);
      }
    }
    if (!table.contains("path") && !table.contains("paths"))
      Complain(table, "an override needs 'path' or 'paths'");
    override.part = std::move(part.document_);
    document_.overrides.push_back(std::move(override));
  }

  void ReadPath(const toml::node& node, std::vector<std::string>* paths) {
    const std::string* const text = String(node, "path");
    if (text == nullptr) return;
    std::string mistake;
    if (PathPattern::Compile(*text, &mistake)) {
      paths->push_back(*text);
    } else {
      Complain(node, mistake);
    }
  }

  void ReadExtends(const toml::node& node) {
    const toml::array* const list = Array(node, "extends", "profiles or paths");
    if (list == nullptr) return;
    for (const toml::node& item : *list) {
      if (const std::string* what = String(item, "extends")) {
        document_.extends.push_back({*what, Where(item.source())});
      }
    }
  }

  void ReadTables(const toml::node& node, absl::string_view key,
                  void (Reader::*read)(const toml::table&)) {
    const std::string message = absl::StrCat(
        "'", key, "' must be a list of tables, each under [[", key, "]]");
    const toml::array* const list = node.as_array();
    if (list == nullptr) {
      Complain(node, message);
      return;
    }
    for (const toml::node& item : *list) {
      if (const toml::table* table = item.as_table()) {
        (this->*read)(*table);
      } else {
        Complain(item, message);
      }
    }
  }

  // Splits "module:qualname" and makes it canonical.
  std::optional<CanonicalName> ReadName(const toml::node& node) {
    const std::string* const text = String(node, "global");
    if (text == nullptr) return std::nullopt;
    if (text->find_first_of("*?[") != std::string::npos) {
      Complain(node,
               absl::StrCat("'", *text,
                            "' is a pattern; as regular expressions, write "
                            "module_pattern and qualname_pattern"));
      return std::nullopt;
    }
    const std::pair<absl::string_view, absl::string_view> parts =
        absl::StrSplit(*text, absl::MaxSplits(':', 1));
    if (!IsDottedName(parts.first) || !IsDottedName(parts.second)) {
      Complain(node,
               absl::StrCat("'", *text,
                            "' is no global: write it as module:name, such as ",
                            "collections:OrderedDict"));
      return std::nullopt;
    }
    return Canonical(parts.first, parts.second, false);
  }

  void ReadAllow(const toml::table& table) {
    Document::Allow rule;
    std::vector<std::pair<CanonicalName, Position>> names;
    PatternKeys pattern;
    bool has_global = false;
    bool has_uses = false;
    for (auto&& [key, node] : table) {
      if (key == "global") {
        has_global = pattern.has_name = true;
        AddName(node, &names);
      } else if (key == "globals") {
        has_global = pattern.has_name = true;
        if (const toml::array* list = Array(node, "globals", "names")) {
          for (const toml::node& item : *list) AddName(item, &names);
        }
      } else if (key == "uses") {
        has_uses = true;
        ReadUses(node, &rule.uses);
      } else if (key == "reason") {
        if (const std::string* reason = String(node, "reason"))
          rule.reason = *reason;
      } else if (key == "call") {
        ReadArguments(node, "call", &rule.shapes.call);
      } else if (key == "new") {
        ReadArguments(node, "new", &rule.shapes.create);
      } else if (key == "kwargs") {
        ReadShape(node, "kwargs", &rule.shapes.keywords);
      } else if (key == "state") {
        ReadShape(node, "state", &rule.shapes.state);
      } else if (key == "check") {
        ReadChecks(node, &rule.checks);
      } else if (key == "items") {
        ReadItems(node, &rule.shapes.items);
      } else if (const std::optional<Half> half = HalfOf(View(key.str()))) {
        has_global = true;
        ReadHalf(*half, node, View(key.str()), &pattern);
      } else if (const uint8_t flag = FlagOf(View(key.str())); flag != 0) {
        if (Bool(node, View(key.str())).value_or(false)) rule.flags |= flag;
      } else {
        ComplainOfKey(key, "a rule", false);
      }
    }
    CheckRule(table, rule);
    if (rule.shapes.create != kNoShape && rule.shapes.keywords == kNoShape)
      rule.shapes.keywords = NoKeywords();
    if (!has_global)
      Complain(table, "a rule needs 'global', 'globals', or patterns");
    if (!has_uses) Complain(table, "a rule needs 'uses'");
    for (auto& [name, position] : names)
      AddRule(rule, std::move(name), position);
    if (pattern.halves > 0) AddPattern(table, std::move(rule), pattern);
  }

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

  static std::optional<Half> HalfOf(absl::string_view key) {
    if (key == "module") return Half{NamePattern::kModule, false};
    if (key == "module_pattern") return Half{NamePattern::kModule, true};
    if (key == "qualname") return Half{NamePattern::kQualname, false};
    if (key == "qualname_pattern") return Half{NamePattern::kQualname, true};
    return std::nullopt;
  }

  void ReadHalf(const Half& half, const toml::node& node, absl::string_view key,
                PatternKeys* keys) {
    const std::string* const text = String(node, key);
    ++keys->halves;
    if (text == nullptr || keys->given[half.half]) {
      if (text != nullptr) {
        Complain(node, absl::StrCat("'", key,
                                    "' is given as a name and as a pattern"));
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

  void AddPattern(const toml::table& table, Document::Allow rule,
                  const PatternKeys& keys) {
    if (keys.has_name) {
      Complain(table, "a rule has 'global', or patterns, and not both");
      return;
    }
    if ((rule.flags & kAttribute) != 0)
      Complain(table, "'attribute' is for a rule that names its global");
    if (!keys.sound) return;
    if (!keys.given[0] || !keys.given[1]) {
      Complain(table,
               "a rule with a pattern needs 'module' or 'module_pattern', and "
               "'qualname' or 'qualname_pattern'");
      return;
    }
    if (!keys.is_pattern[0] && !keys.is_pattern[1]) {
      Complain(table, absl::StrCat("write the name as global = \"",
                                   keys.text[0], ":", keys.text[1], "\""));
      return;
    }
    if (keys.is_pattern[0]) rule.flags |= kModulePattern;
    if (keys.is_pattern[1]) rule.flags |= kQualnamePattern;
    rule.module_position = keys.positions[0];
    rule.qualname_position = keys.positions[1];
    rule.position = keys.is_pattern[0] ? keys.positions[0] : keys.positions[1];
    rule.module = keys.is_pattern[0]
                      ? keys.text[0]
                      : Canonical(keys.text[0], "", false).module;
    rule.qualname = keys.text[1];
    const std::string spelled = absl::StrCat(rule.module, "\n", rule.qualname);
    const auto [known, is_new] =
        lines_.try_emplace(spelled, rule.position.line);
    if (!is_new) {
      Complain(rule.position,
               absl::StrCat("these patterns have a rule already, in line ",
                            known->second));
      return;
    }
    document_.allows.push_back(std::move(rule));
  }

  // A shape for what the rule does not allow is a slip of the pen.
  void CheckRule(const toml::table& table, const Document::Allow& rule) {
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
        Complain(*node,
                 absl::StrCat("'", row.key, "' has no meaning without \"",
                              row.name, "\" in 'uses'"));
      }
    }
  }

  static uint8_t FlagOf(absl::string_view key) {
    if (key == "setstate") return kSetState;
    if (key == "hash") return kHashable;
    if (key == "attribute") return kAttribute;
    return 0;
  }

  void AddName(const toml::node& node,
               std::vector<std::pair<CanonicalName, Position>>* names) {
    if (std::optional<CanonicalName> name = ReadName(node)) {
      names->push_back({*std::move(name), Where(node.source())});
    }
  }

  void AddRule(Document::Allow rule, CanonicalName name, Position position) {
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
    document_.allows.push_back(std::move(rule));
  }

  void ReadUses(const toml::node& node, Uses* uses) {
    const toml::array* const list = Array(node, "uses", "uses");
    if (list == nullptr) return;
    for (const toml::node& item : *list) {
      const std::string* const word = String(item, "uses");
      if (word == nullptr) continue;
      const auto* const use =
          std::find(std::begin(kUses), std::end(kUses), *word);
      if (use == std::end(kUses)) {
        Complain(item,
                 absl::StrCat("no use is called '", *word,
                              "'; there are: ", absl::StrJoin(kUses, ", ")));
      } else {
        *uses |= static_cast<Uses>(1 << (use - std::begin(kUses)));
      }
    }
  }

  void ComplainOfShape(const toml::node& node, const ShapeMistake& mistake) {
    Position position = Where(node.source());
    position.column += static_cast<uint32_t>(mistake.at) + 1;  // the quote
    Complain(position, mistake.message);
  }

  std::optional<Shape> Item(const toml::node& node, absl::string_view key,
                            bool repeats) {
    const std::string* const text = String(node, key);
    if (text == nullptr) return std::nullopt;
    ShapeMistake mistake;
    std::optional<Shape> shape = ParseItem(*text, repeats, pool_, &mistake);
    if (!shape) ComplainOfShape(node, mistake);
    return shape;
  }

  void ReadShape(const toml::node& node, absl::string_view key,
                 uint32_t* number) {
    if (const std::optional<Shape> shape = Item(node, key, false))
      *number = pool_->Add({*shape});
  }

  void ReadItems(const toml::node& node, uint32_t* number) {
    const std::string* const text = String(node, "items");
    if (text == nullptr) return;
    ShapeMistake mistake;
    if (const auto part = ParseEntries(*text, pool_, &mistake)) {
      *number = AddAlternatives({*part});
    } else {
      ComplainOfShape(node, mistake);
    }
  }

  // One list of arguments, or a list of such lists.
  void ReadArguments(const toml::node& node, absl::string_view key,
                     uint32_t* number) {
    const toml::array* const list = Array(node, key, "shapes");
    if (list == nullptr) return;
    std::vector<ShapePart> lists;
    if (list->empty() || !list->front().is_array()) {
      lists.push_back(ReadList(*list, key));
    } else {
      for (const toml::node& item : *list) {
        if (const toml::array* inner = Array(item, key, "lists of shapes"))
          lists.push_back(ReadList(*inner, key));
      }
    }
    *number = AddAlternatives(lists);
  }

  ShapePart ReadList(const toml::array& list, absl::string_view key) {
    std::vector<Shape> items;
    for (const toml::node& node : list) {
      if (const std::optional<Shape> shape = Item(node, key, true))
        items.push_back(*shape);
    }
    if (items.size() > kMaxArguments) {
      Complain(list, absl::StrCat("'", key, "' has too many arguments"));
      items.clear();
    }
    const std::string wrong = WrongOrder(items);
    if (!wrong.empty()) Complain(list, wrong);
    ShapePart part;
    part.kind = PartKind::kTuple;
    part.item_count = static_cast<uint16_t>(items.size());
    part.first_item = pool_->Add(items);
    return part;
  }

  // An empty dict: whoever says what the arguments are leaves out none.
  uint32_t NoKeywords() {
    ShapePart part;
    part.kind = PartKind::kDict;
    part.low = 1;
    return AddAlternatives({part});
  }

  uint32_t AddAlternatives(const std::vector<ShapePart>& parts) {
    Shape shape;
    shape.part_count =
        static_cast<uint16_t>(std::min<size_t>(parts.size(), kMaxArguments));
    shape.first_part = pool_->AddParts(parts);
    return pool_->Add({shape});
  }

  void ReadChecks(const toml::node& node, CheckSet* checks) {
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

  void ReadLimits(const toml::node& node) {
    const toml::table* const table = node.as_table();
    if (table == nullptr) {
      Complain(node, "'limits' must be a table");
      return;
    }
    for (auto&& [key, value] : *table) {
      Document::Limit limit{std::string(key.str()), {}};
      if (const auto* number = value.as_integer()) {
        limit.value = absl::StrCat(number->get());
      } else if (const auto* text = value.as_string()) {
        limit.value = text->get();
      } else {
        Complain(value,
                 "a limit must be a number or a string, such as \"4GiB\"");
        continue;
      }
      Limits probe;
      const absl::Status status = probe.Set(limit.name, limit.value);
      if (status.ok()) {
        document_.limits.push_back(std::move(limit));
      } else {
        Complain(Where(key.source()), status.message());
      }
    }
  }

  void ReadExtension(const toml::table& table) {
    Document::Extension extension;
    bool has_code = false;
    bool has_global = false;
    for (auto&& [key, node] : table) {
      if (key == "code") {
        has_code = true;
        ReadCode(node, &extension.code);
      } else if (key == "global") {
        has_global = true;
        if (std::optional<CanonicalName> name = ReadName(node)) {
          extension.module = std::move(name->module);
          extension.qualname = std::move(name->qualname);
        }
      } else {
        ComplainOfKey(key, "an extension", false);
      }
    }
    if (!has_code || !has_global)
      Complain(table, "an extension needs 'code' and 'global'");
    document_.extensions.push_back(std::move(extension));
  }

  void ReadCode(const toml::node& node, uint32_t* code) {
    const auto* const value = node.as_integer();
    if (value == nullptr || value->get() < 1 || value->get() > INT32_MAX) {
      Complain(node, "'code' must be a number from 1 to 2147483647");
      return;
    }
    *code = static_cast<uint32_t>(value->get());
    for (const Document::Extension& other : document_.extensions) {
      if (other.code == *code)
        Complain(node, absl::StrCat("code ", *code, " is mapped already"));
    }
  }

  Document document_;
  ShapePool* pool_;
  Mistakes* mistakes_;
  std::map<std::string, uint32_t> lines_;  // of rules, by global
};

}  // namespace

Document ReadDocument(absl::string_view text, absl::string_view file,
                      ShapePool* pool, Mistakes* mistakes) {
  return Reader(file, pool, mistakes).Read(text);
}

}  // namespace picklebox::policy
