#include "policy/document.h"

#include <algorithm>
#include <string_view>
#include <utility>

#include "absl/strings/str_cat.h"
#include "picklebox/limits.h"
#include "policy/code_reader.h"
#include "policy/path_pattern.h"
#include "policy/rule_reader.h"
#include "policy/toml_reader.h"
#include "toml++/toml.h"

namespace picklebox::policy {
namespace {

// Keys that the language has a place for and this version does not read.
constexpr absl::string_view kReservedAtTop[] = {"accept", "path", "paths",
                                                "pattern"};

class Reader : public TomlReader {
 public:
  Reader(absl::string_view file, ShapePool* pool, Mistakes* mistakes)
      : TomlReader(file, mistakes),
        pool_(pool),
        rules_(file, pool, mistakes, &document_.allows),
        codes_(file, mistakes, &document_.codes) {
    document_.file = std::string(file);
  }

  Document Read(absl::string_view text) {
    if (const std::optional<toml::table> top = Parse(text)) ReadTop(*top);
    return std::move(document_);
  }

 private:
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
        ComplainOfTopKey(key);
      }
    }
  }

  // What a policy and an override both have.
  bool ReadCommon(const toml::key& key, const toml::node& node) {
    if (key == "extends") {
      ReadExtends(node);
    } else if (key == "allow") {
      ReadTables(node, "allow", &Reader::ReadAllow);
    } else if (key == "allow_code") {
      ReadTables(node, "allow_code", &Reader::ReadCode);
    } else if (key == "persistent_ids") {
      document_.persistent_ids = Bool(node, "persistent_ids");
    } else {
      return false;
    }
    return true;
  }

  void ReadOverride(const toml::table& table) {
    Reader part(document_.file, pool_, &mistakes());
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
        ComplainOfKey(key, "an override");
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

  void ComplainOfTopKey(const toml::key& key) {
    const absl::string_view word = View(key.str());
    if (std::find(std::begin(kReservedAtTop), std::end(kReservedAtTop), word) ==
        std::end(kReservedAtTop)) {
      return ComplainOfKey(key, "a policy");
    }
    Complain(Where(key.source()),
             absl::StrCat("'", word, "' is not supported by this version"));
  }

  void ReadAllow(const toml::table& table) { rules_.Read(table); }

  void ReadCode(const toml::table& table) { codes_.Read(table); }

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
        ReadNumber(node, &extension.code);
      } else if (key == "global") {
        has_global = true;
        if (std::optional<CanonicalName> name = Global(node)) {
          extension.module = std::move(name->module);
          extension.qualname = std::move(name->qualname);
        }
      } else {
        ComplainOfKey(key, "an extension");
      }
    }
    if (!has_code || !has_global)
      Complain(table, "an extension needs 'code' and 'global'");
    document_.extensions.push_back(std::move(extension));
  }

  void ReadNumber(const toml::node& node, uint32_t* code) {
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
  RuleReader rules_;
  CodeReader codes_;
};

}  // namespace

Document ReadDocument(absl::string_view text, absl::string_view file,
                      ShapePool* pool, Mistakes* mistakes) {
  return Reader(file, pool, mistakes).Read(text);
}

}  // namespace picklebox::policy
