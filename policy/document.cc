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
#include "policy/names.h"
#include "toml++/toml.h"

namespace picklebox::policy {
namespace {

constexpr absl::string_view kUses[] = {"reference", "call", "new", "build",
                                       "extend"};

// Keys that the language has a place for and this version does not read.
constexpr absl::string_view kReservedInRule[] = {"call",   "new",    "build",
                                                 "extend", "state",  "items",
                                                 "check",  "module", "pattern"};
constexpr absl::string_view kReservedAtTop[] = {"accept", "path", "paths",
                                                "pattern"};

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

// The end of the TOML string that begins at text[i], a quote: the position
// behind it, or where its line or the text ends.
size_t FindStringEnd(absl::string_view text, size_t i) {
  const char quote = text[i];
  const std::string triple(3, quote);
  const bool multi_line = absl::StartsWith(text.substr(i), triple);
  for (i += multi_line ? 3 : 1; i < text.size(); ++i) {
    if (text[i] == '\\' && quote == '"') {
      ++i;
    } else if (!multi_line && (text[i] == quote || text[i] == '\n')) {
      return i + 1;
    } else if (multi_line && absl::StartsWith(text.substr(i), triple)) {
      i += 3;
      while (i < text.size() && text[i] == quote) ++i;
      return i;
    }
  }
  return text.size();
}

// The first byte that is not ASCII outside of strings and comments, where TOML
// has no place for one; npos if there is none. What comes behind another
// mistake does not matter.
size_t FindStrayByte(absl::string_view text) {
  size_t i = absl::StartsWith(text, "\xef\xbb\xbf") ? 3 : 0;
  while (i < text.size()) {
    if (static_cast<uint8_t>(text[i]) >= 0x80) return i;
    if (text[i] == '#') {
      i = std::min(text.find('\n', i), text.size());
    } else if (text[i] == '"' || text[i] == '\'') {
      i = FindStringEnd(text, i);
    } else {
      ++i;
    }
  }
  return absl::string_view::npos;
}

Position WhereInText(absl::string_view text, size_t offset) {
  const absl::string_view before = text.substr(0, offset);
  const size_t newline = before.rfind('\n');
  const size_t line_start =
      newline == absl::string_view::npos ? 0 : newline + 1;
  return {
      static_cast<uint32_t>(std::count(before.begin(), before.end(), '\n') + 1),
      static_cast<uint32_t>(offset - line_start + 1)};
}

// A part of a name: an identifier, in which any non-ASCII letter may stand.
bool IsIdentifier(absl::string_view text) {
  if (text.empty() || absl::ascii_isdigit(static_cast<unsigned char>(text[0])))
    return false;
  return std::all_of(text.begin(), text.end(), [](unsigned char c) {
    return absl::ascii_isalnum(c) || c == '_' || c >= 0x80;
  });
}

bool IsDottedName(absl::string_view text) {
  if (text.empty()) return false;
  const std::vector<absl::string_view> parts = absl::StrSplit(text, '.');
  return std::all_of(parts.begin(), parts.end(), IsIdentifier);
}

class Reader {
 public:
  Reader(absl::string_view file, Mistakes* mistakes) : mistakes_(mistakes) {
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
      if (key == "name") {
        if (const std::string* name = String(node, "name"))
          document_.name = *name;
      } else if (key == "extends") {
        ReadExtends(node);
      } else if (key == "allow") {
        ReadTables(node, "allow", &Reader::ReadAllow);
      } else if (key == "extension") {
        ReadTables(node, "extension", &Reader::ReadExtension);
      } else if (key == "limits") {
        ReadLimits(node);
      } else if (key == "persistent_ids") {
        document_.persistent_ids = Bool(node, "persistent_ids");
      } else {
        ComplainOfKey(key, "a policy", IsIn(kReservedAtTop, View(key.str())));
      }
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
      Complain(node, absl::StrCat(
                         "'", *text,
                         "' is a pattern, and a rule names one exact global"));
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
    bool has_global = false;
    bool has_uses = false;
    for (auto&& [key, node] : table) {
      if (key == "global") {
        has_global = true;
        AddName(node, &names);
      } else if (key == "globals") {
        has_global = true;
        if (const toml::array* list = Array(node, "globals", "names")) {
          for (const toml::node& item : *list) AddName(item, &names);
        }
      } else if (key == "uses") {
        has_uses = true;
        ReadUses(node, &rule.uses);
      } else if (key == "reason") {
        if (const std::string* reason = String(node, "reason"))
          rule.reason = *reason;
      } else if (key == "callables") {
        ReadPlaces(node, "callables", &rule.callables);
      } else if (key == "classes") {
        ReadPlaces(node, "classes", &rule.classes);
      } else if (const uint8_t flag = FlagOf(View(key.str())); flag != 0) {
        if (Bool(node, View(key.str())).value_or(false)) rule.flags |= flag;
      } else {
        ComplainOfKey(key, "a rule", IsIn(kReservedInRule, View(key.str())));
      }
    }
    if (!has_global) Complain(table, "a rule needs 'global' or 'globals'");
    if (!has_uses) Complain(table, "a rule needs 'uses'");
    for (auto& [name, position] : names)
      AddRule(rule, std::move(name), position);
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

  void ReadPlaces(const toml::node& node, absl::string_view key,
                  Places* places) {
    const toml::array* const list = Array(node, key, "argument numbers");
    if (list == nullptr) return;
    for (const toml::node& item : *list) {
      const auto* const value = item.as_integer();
      const int64_t place = value != nullptr ? value->get() : -1;
      if (place < 0 || place >= kMaxPlaces) {
        Complain(item, absl::StrCat("'", key, "' counts arguments from 0 to ",
                                    kMaxPlaces - 1));
      } else {
        *places |= static_cast<Places>(1 << place);
      }
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
  Mistakes* mistakes_;
  std::map<std::string, uint32_t> lines_;  // of rules, by global
};

}  // namespace

void Mistakes::Add(absl::string_view file, Position position,
                   absl::string_view message) {
  const auto known = std::find(files_.begin(), files_.end(), file);
  const size_t index = static_cast<size_t>(known - files_.begin());
  if (known == files_.end()) files_.emplace_back(file);
  mistakes_.push_back({index, position, std::string(message)});
}

absl::Status Mistakes::status() const {
  if (mistakes_.empty()) return absl::OkStatus();
  std::vector<Mistake> sorted = mistakes_;
  std::stable_sort(
      sorted.begin(), sorted.end(), [](const Mistake& a, const Mistake& b) {
        return std::tie(a.file, a.position.line, a.position.column) <
               std::tie(b.file, b.position.line, b.position.column);
      });
  const auto spell = [this](std::string* out, const Mistake& mistake) {
    absl::StrAppend(out, files_[mistake.file], ":", mistake.position.line, ":",
                    mistake.position.column, ": ", mistake.message);
  };
  return absl::InvalidArgumentError(absl::StrJoin(sorted, "\n", spell));
}

Document ReadDocument(absl::string_view text, absl::string_view file,
                      Mistakes* mistakes) {
  return Reader(file, mistakes).Read(text);
}

}  // namespace picklebox::policy
