#ifndef PICKLEBOX_SANDBOX_CAPABILITY_H_
#define PICKLEBOX_SANDBOX_CAPABILITY_H_

#include <string>
#include <string_view>
#include <vector>

#include "sandbox/protocol.h"

namespace picklebox::sandbox {

// One protection, for `picklebox doctor` and for Options::require.
struct Capability {
  std::string name;  // stable, as in "landlock"
  bool required = false;
  bool on = false;
  std::string explanation;  // what it does, or why it is off
};
using Capabilities = std::vector<Capability>;

// True for a name that Describe would list.
bool IsCapability(std::string_view name);

// The list, required ones first, from what a zygote reported and the
// namespaces (CLONE_NEW*) that it was created in.
Capabilities Describe(const Ready& ready, int namespaces);

}  // namespace picklebox::sandbox

#endif  // PICKLEBOX_SANDBOX_CAPABILITY_H_
