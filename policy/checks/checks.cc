#include "policy/checks/checks.h"

namespace picklebox::policy {
namespace {

struct Row {
  absl::string_view name;
  absl::string_view meaning;
  CheckFunction function;
};

constexpr Row kRows[] = {
#define PICKLEBOX_CHECK(function, name, meaning) {name, meaning, function},
#include "policy/checks/checks.def"
#undef PICKLEBOX_CHECK
};

}  // namespace

absl::string_view CheckName(Check check) { return kRows[check].name; }
absl::string_view CheckMeaning(Check check) { return kRows[check].meaning; }
CheckFunction FunctionOf(Check check) { return kRows[check].function; }

std::optional<Check> FindCheck(absl::string_view name) {
  for (int i = 0; i < kChecks; ++i) {
    if (kRows[i].name == name) return static_cast<Check>(i);
  }
  return std::nullopt;
}

}  // namespace picklebox::policy
