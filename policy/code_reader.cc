#include "policy/code_reader.h"

#include <string>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "policy/path_pattern.h"

namespace picklebox::policy {
namespace {

// Minor versions that a set of 32 has room for.
constexpr int kMaxMinor = 31;

std::optional<int> ParsePython(absl::string_view text) {
  int minor = 0;
  if (!absl::ConsumePrefix(&text, "3.") || text.empty() || text.size() > 2 ||
      text.find_first_not_of("0123456789") != absl::string_view::npos ||
      text[0] == '0' || !absl::SimpleAtoi(text, &minor) || minor > kMaxMinor) {
    return std::nullopt;
  }
  return minor;
}

}  // namespace

std::optional<graph::Digest> ParseDigest(absl::string_view text) {
  constexpr absl::string_view kDigits = "0123456789abcdef";
  graph::Digest digest;
  if (text.size() != 2 * digest.size()) return std::nullopt;
  for (size_t i = 0; i < text.size(); ++i) {
    const size_t value = kDigits.find(text[i]);
    if (value == absl::string_view::npos) return std::nullopt;
    digest[i / 2] = static_cast<uint8_t>(digest[i / 2] << 4 | value);
  }
  return digest;
}

void CodeReader::Read(const toml::table& table) {
  Document::Code code;
  code.position = Where(table.source());
  std::vector<const toml::node*> digests;
  const toml::node* pythons = nullptr;
  for (auto&& [key, node] : table) {
    if (key == "digest") {
      digests.push_back(&node);
    } else if (key == "digests") {
      if (const toml::array* list = Array(node, "digests", "digests")) {
        for (const toml::node& item : *list) digests.push_back(&item);
      }
    } else if (key == "python") {
      pythons = &node;
    } else if (key == "name") {
      if (const std::string* name = String(node, "name")) code.name = *name;
    } else if (key == "file") {
      const std::string* const file = String(node, "file");
      std::string mistake;
      if (file == nullptr) continue;
      if (!PathPattern::Compile(*file, &mistake)) Complain(node, mistake);
      code.path = *file;
    } else if (key == "reason") {
      if (const std::string* text = String(node, "reason")) code.reason = *text;
    } else {
      ComplainOfKey(key, "allowed code");
    }
  }
  if (digests.empty()) {
    if (code.name.empty() && code.path.empty())
      Complain(table, "allowed code needs 'digest' or 'digests'");
    if (pythons != nullptr)
      Complain(*pythons, "'python' has no meaning without 'digest'");
    codes_.push_back(std::move(code));
    return;
  }
  if (pythons == nullptr) {
    Complain(table,
             "allowed code needs 'python', the versions whose bytecode it is, "
             "such as [\"3.12\"]");
    return;
  }
  code.pythons = ReadPythons(*pythons);
  for (const toml::node* digest : digests) ReadDigest(*digest, code);
}

void CodeReader::ReadDigest(const toml::node& node, Document::Code code) {
  const std::string* const text = String(node, "digest");
  if (text == nullptr) return;
  const std::optional<graph::Digest> digest = ParseDigest(*text);
  if (!digest) {
    Complain(node,
             "a digest has 64 digits of 0-9 and a-f, as `picklebox code` "
             "prints it");
    return;
  }
  code.digest = *digest;
  code.position = Where(node.source());
  codes_.push_back(std::move(code));
}

uint32_t CodeReader::ReadPythons(const toml::node& node) {
  uint32_t pythons = 0;
  const toml::array* const list =
      Array(node, "python", "versions such as \"3.12\"");
  if (list == nullptr) return 0;
  if (list->empty()) Complain(node, "'python' names no version");
  for (const toml::node& item : *list) {
    const std::string* const text = String(item, "python");
    if (text == nullptr) continue;
    if (const std::optional<int> minor = ParsePython(*text)) {
      pythons |= uint32_t{1} << *minor;
    } else {
      Complain(item,
               absl::StrCat("'", *text, "' is no version such as \"3.12\""));
    }
  }
  return pythons;
}

}  // namespace picklebox::policy
