// The text of a TOML file, before and after it is parsed.
#ifndef PICKLEBOX_POLICY_TOML_TEXT_H_
#define PICKLEBOX_POLICY_TOML_TEXT_H_

#include <cstddef>

#include "absl/strings/string_view.h"
#include "policy/mistakes.h"

namespace picklebox::policy {

struct Stray {
  size_t at = absl::string_view::npos;
  absl::string_view fault;  // empty if there is none
};

// The first byte outside of strings and comments that TOML has no place for and
// that the parser of toml++ 3.3 is not defined on: one that is not ASCII, a '}'
// where a value of an array begins, and what is no name in the header of a
// table. What comes behind another mistake does not matter.
Stray FindStray(absl::string_view text);

Position WhereInText(absl::string_view text, size_t offset);

}  // namespace picklebox::policy

#endif  // PICKLEBOX_POLICY_TOML_TEXT_H_
