#include "policy/shipped.h"

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"

namespace picklebox::policy {
namespace {

#include "policy/shipped.inc"

}  // namespace

absl::Span<const ShippedProfile> ShippedProfiles() { return kShippedProfiles; }

absl::Span<const uint8_t> DefaultBlock() {
  return {reinterpret_cast<const uint8_t*>(kDefaultWords), kDefaultSize};
}

absl::string_view ProfileWith(absl::string_view module,
                              absl::string_view qualname) {
  const absl::string_view package = module.substr(0, module.find('.'));
  for (const ShippedProfile& profile : kShippedProfiles) {
    if (profile.name != package) continue;
    // As its rules spell it.
    const std::string global = absl::StrCat("\"", module, ":", qualname, "\"");
    return absl::StrContains(profile.text, global) ? profile.name : "";
  }
  return "";
}

}  // namespace picklebox::policy
