// Names as Python has them.
#ifndef PICKLEBOX_POLICY_IDENTIFIER_H_
#define PICKLEBOX_POLICY_IDENTIFIER_H_

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/string_view.h"

namespace picklebox::policy {

// A part of a name: an identifier, in which any non-ASCII letter may stand.
inline bool IsIdentifier(absl::string_view text) {
  if (text.empty() || absl::ascii_isdigit(static_cast<unsigned char>(text[0])))
    return false;
  return std::all_of(text.begin(), text.end(), [](unsigned char c) {
    return absl::ascii_isalnum(c) || c == '_' || c >= 0x80;
  });
}

// Identifiers with dots between them.
inline bool IsDottedName(absl::string_view text) {
  for (;;) {
    const size_t dot = text.find('.');
    if (!IsIdentifier(text.substr(0, dot))) return false;
    if (dot == absl::string_view::npos) return true;
    text.remove_prefix(dot + 1);
  }
}

}  // namespace picklebox::policy

#endif  // PICKLEBOX_POLICY_IDENTIFIER_H_
