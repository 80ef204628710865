// Which checks a rule asks for.
#ifndef PICKLEBOX_POLICY_CHECKS_CHECK_SET_H_
#define PICKLEBOX_POLICY_CHECKS_CHECK_SET_H_

#include <cstdint>

namespace picklebox::policy {

enum Check : uint8_t {
#define PICKLEBOX_CHECK(function, ...) k##function,
#include "policy/checks/checks.def"
#undef PICKLEBOX_CHECK
  kChecks,
};

// A set of checks, one a bit.
using CheckSet = uint32_t;
static_assert(kChecks <= 32);

}  // namespace picklebox::policy

#endif  // PICKLEBOX_POLICY_CHECKS_CHECK_SET_H_
