#include "policy/toml_text.h"

#include <algorithm>
#include <cstdint>
#include <string>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/strip.h"

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

// Whether a name stands in `text`, which is what follows the '[' of a header;
// or what the parser reports by itself: an end, a ']' or a second '[' too
// early.
bool MayBeHeader(absl::string_view text) {
  const bool is_array = absl::ConsumePrefix(&text, "[");
  text.remove_prefix(std::min(text.find_first_not_of(" \t"), text.size()));
  if (text.empty()) return true;
  const char c = text.front();
  return absl::ascii_isalnum(static_cast<unsigned char>(c)) ||
         absl::StrContains("_-\"']", c) || (c == '[' && !is_array);
}

}  // namespace

Stray FindStray(absl::string_view text) {
  char last = '\0';         // the last byte that is no space
  bool line_begins = true;  // no such byte stands in front of this one
  int depth = 0;            // of arrays and tables that are open
  size_t i = absl::StartsWith(text, "\xef\xbb\xbf") ? 3 : 0;
  while (i < text.size()) {
    const char c = text[i];
    if (static_cast<uint8_t>(c) >= 0x80)
      return {i, "only strings and comments hold anything but ASCII"};
    if (c == '}' && (last == '[' || last == ','))
      return {i, "a value is missing in front of '}'"};
    if (c == '[' && line_begins && depth == 0 &&
        !MayBeHeader(text.substr(i + 1)))
      return {i, "a table has no name"};
    if (c == '[' || c == '{') ++depth;
    if ((c == ']' || c == '}') && depth > 0) --depth;
    if (c == '#') {
      i = std::min(text.find('\n', i), text.size());
      continue;
    }
    if (!absl::ascii_isspace(static_cast<unsigned char>(c))) {
      last = c;
      line_begins = false;
    }
    if (c == '\n') line_begins = true;
    i = c == '"' || c == '\'' ? FindStringEnd(text, i) : i + 1;
  }
  return {};
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
