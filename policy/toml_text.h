// The text of a TOML file, before and after it is parsed.
#ifndef PICKLEBOX_POLICY_TOML_TEXT_H_
#define PICKLEBOX_POLICY_TOML_TEXT_H_

#include <cstddef>

#include "absl/strings/string_view.h"
#include "policy/mistakes.h"

namespace picklebox::policy {

// The first byte that is not ASCII outside of strings and comments, where TOML
// has no place for one; npos if there is none. What comes behind another
// mistake does not matter.
size_t FindStrayByte(absl::string_view text);

Position WhereInText(absl::string_view text, size_t offset);

}  // namespace picklebox::policy

#endif  // PICKLEBOX_POLICY_TOML_TEXT_H_
