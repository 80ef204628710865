// Limits: each has a default, a unit, and the attack that it stops
// (limits.def).
#ifndef PICKLEBOX_LIMITS_H_
#define PICKLEBOX_LIMITS_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"

namespace picklebox {

struct Limits {
#define PICKLEBOX_LIMIT(field, name, value, unit, why) uint64_t field = value;
#include "picklebox/limits.def"
#undef PICKLEBOX_LIMIT

  // Sets the limit called `name`. `value` is a whole number, for bytes with an
  // optional KiB, MiB, GiB, KB, MB or GB. InvalidArgument names what is wrong
  // and what would be right.
  absl::Status Set(absl::string_view name, absl::string_view value);
};

struct LimitInfo {
  absl::string_view name;
  uint64_t value;  // the default
  absl::string_view unit;
  absl::string_view why;
};
const std::vector<LimitInfo>& LimitTable();

}  // namespace picklebox

#endif  // PICKLEBOX_LIMITS_H_
