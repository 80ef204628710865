#include "policy/toml_text.h"

#include <algorithm>
#include <cstdint>
#include <string>

#include "absl/strings/match.h"

namespace picklebox::policy {
namespace {

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

}  // namespace

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

}  // namespace picklebox::policy
