// What readers of TOML files share: parsing, and complaints that say where.
//
//   class Reader : public TomlReader { ... };
//   if (std::optional<toml::table> top = Parse(text)) ReadTop(*top);
//
// Reading goes on after a mistake, so that all of them are reported at once. A
// function that wants a node of some kind complains of any other, in the name
// of the key, and returns nothing.
#ifndef PICKLEBOX_POLICY_TOML_READER_H_
#define PICKLEBOX_POLICY_TOML_READER_H_

#include <optional>
#include <string>
#include <string_view>

#include "absl/strings/string_view.h"
#include "policy/mistakes.h"
#include "policy/names.h"
#include "toml++/toml.h"

namespace picklebox::policy {

// absl::string_view is a type of its own in some builds of Abseil.
inline absl::string_view View(std::string_view text) {
  return {text.data(), text.size()};
}

inline Position Where(const toml::source_region& region) {
  return {region.begin.line, region.begin.column};
}

class TomlReader {
 protected:
  // `file` stands in the mistakes, which outlive the reader.
  TomlReader(absl::string_view file, Mistakes* mistakes)
      : file_(file), mistakes_(*mistakes) {}

  std::optional<toml::table> Parse(absl::string_view text);

  void Complain(Position position, absl::string_view message) {
    mistakes_.Add(file_, position, message);
  }
  void Complain(const toml::node& node, absl::string_view message) {
    Complain(Where(node.source()), message);
  }
  // `where`: "a rule".
  void ComplainOfKey(const toml::key& key, absl::string_view where);

  const std::string* String(const toml::node& node, absl::string_view key);
  std::optional<bool> Bool(const toml::node& node, absl::string_view key);
  const toml::array* Array(const toml::node& node, absl::string_view key,
                           absl::string_view of_what);
  // A global, "module:qualname", made canonical.
  std::optional<CanonicalName> Global(const toml::node& node);

  const std::string& file() const { return file_; }
  Mistakes& mistakes() { return mistakes_; }

 private:
  std::string file_;
  Mistakes& mistakes_;
};

}  // namespace picklebox::policy

#endif  // PICKLEBOX_POLICY_TOML_READER_H_
