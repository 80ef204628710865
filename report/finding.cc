#include "picklebox/finding.h"

namespace picklebox {
namespace {

constexpr CodeInfo kCodes[] = {
#define PICKLEBOX_FINDING(enumerator, code, effect, text) \
  {Code::k##enumerator, code, Effect::k##effect, text},
#include "picklebox/finding_codes.def"
#undef PICKLEBOX_FINDING
};

}  // namespace

const CodeInfo& Info(Code code) { return kCodes[static_cast<uint16_t>(code)]; }

std::optional<CodeInfo> FindCode(absl::string_view name) {
  for (const CodeInfo& info : kCodes) {
    if (info.name == name) return info;
  }
  return std::nullopt;
}

bool IsCode(uint16_t number) { return number < std::size(kCodes); }

absl::string_view Severity(Effect effect) {
  switch (effect) {
    case Effect::kDenies:
      return "error";
    case Effect::kIncomplete:
      return "warning";
    case Effect::kNone:
      return "note";
  }
  return "note";
}

absl::string_view StandingName(Standing standing) {
  switch (standing) {
    case Standing::kOpen:
      return "open";
    case Standing::kAccepted:
      return "accepted";
    case Standing::kKnown:
      return "known";
  }
  return "open";
}

}  // namespace picklebox
