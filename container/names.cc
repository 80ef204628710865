#include "container/names.h"

#include "absl/strings/ascii.h"
#include "absl/strings/str_split.h"

namespace picklebox::container {

absl::string_view NameTrouble(absl::string_view name) {
  if (name.empty()) return "empty";
  for (const char c : name) {
    if (absl::ascii_iscntrl(static_cast<unsigned char>(c))) return "control";
    if (c == '\\') return "backslash";
  }
  if (name[0] == '/') return "absolute";
  if (name.size() > 1 && name[1] == ':' &&
      absl::ascii_isalpha(static_cast<unsigned char>(name[0]))) {
    return "absolute";
  }
  for (const absl::string_view part : absl::StrSplit(name, '/')) {
    if (part == "..") return "parent";
  }
  return "";
}

}  // namespace picklebox::container
