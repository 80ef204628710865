// The profiles that are shipped, and the default policy that is made of some of
// them. Compiled in; parent only; any thread.
#ifndef PICKLEBOX_POLICY_SHIPPED_H_
#define PICKLEBOX_POLICY_SHIPPED_H_

#include <cstdint>

#include "absl/strings/string_view.h"
#include "absl/types/span.h"

namespace picklebox::policy {

struct ShippedProfile {
  absl::string_view name;
  absl::string_view text;  // TOML
};

// By name, ascending.
absl::Span<const ShippedProfile> ShippedProfiles();

// The default policy, compiled.
absl::Span<const uint8_t> DefaultBlock();

// The profile of the package that `module` is of, if it has a rule for the
// global; else "".
absl::string_view ProfileWith(absl::string_view module,
                              absl::string_view qualname);

}  // namespace picklebox::policy

#endif  // PICKLEBOX_POLICY_SHIPPED_H_
