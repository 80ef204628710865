#include "policy/toml_reader.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "policy/identifier.h"
#include "policy/toml_text.h"

namespace picklebox::policy {

std::optional<toml::table> TomlReader::Parse(absl::string_view text) {
  if (const Stray stray = FindStray(text); !stray.fault.empty()) {
    Complain(WhereInText(text, stray.at), stray.fault);
    return std::nullopt;
  }
  toml::parse_result result =
      toml::parse(std::string_view(text.data(), text.size()));
  if (!result) {
    const toml::parse_error& error = result.error();
    Complain(Where(error.source()), View(error.description()));
    return std::nullopt;
  }
  return std::move(result).table();
}

void TomlReader::ComplainOfKey(const toml::key& key, absl::string_view where) {
  Complain(Where(key.source()),
           absl::StrCat("unknown key '", View(key.str()), "' in ", where));
}

const std::string* TomlReader::String(const toml::node& node,
                                      absl::string_view key) {
  if (const auto* value = node.as_string()) return &value->get();
  Complain(node, absl::StrCat("'", key, "' must be a string"));
  return nullptr;
}

std::optional<bool> TomlReader::Bool(const toml::node& node,
                                     absl::string_view key) {
  if (const auto* value = node.as_boolean()) return value->get();
  Complain(node, absl::StrCat("'", key, "' must be true or false"));
  return std::nullopt;
}

const toml::array* TomlReader::Array(const toml::node& node,
                                     absl::string_view key,
                                     absl::string_view of_what) {
  if (const auto* value = node.as_array()) return value;
  Complain(node, absl::StrCat("'", key, "' must be a list of ", of_what));
  return nullptr;
}

std::optional<CanonicalName> TomlReader::Global(const toml::node& node) {
  const std::string* const text = String(node, "global");
  if (text == nullptr) return std::nullopt;
  if (text->find_first_of("*?[") != std::string::npos) {
    Complain(node, absl::StrCat("'", *text,
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

}  // namespace picklebox::policy
