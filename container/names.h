// Names of members that mean harm, or different things to different readers.
#ifndef PICKLEBOX_CONTAINER_NAMES_H_
#define PICKLEBOX_CONTAINER_NAMES_H_

#include "absl/strings/string_view.h"

namespace picklebox::container {

// What is wrong with `name`, as a detail: "absolute", "parent" (a `..` on the
// way), "backslash", "control" (a NUL or another control character), "empty";
// empty if nothing is.
absl::string_view NameTrouble(absl::string_view name);

}  // namespace picklebox::container

#endif  // PICKLEBOX_CONTAINER_NAMES_H_
