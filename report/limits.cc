#include "picklebox/limits.h"

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"

namespace picklebox {
namespace {

struct Unit {
  absl::string_view suffix;
  uint64_t factor;
};
constexpr Unit kUnits[] = {{"KiB", 1ull << 10}, {"MiB", 1ull << 20},
                           {"GiB", 1ull << 30}, {"KB", 1'000},
                           {"MB", 1'000'000},   {"GB", 1'000'000'000}};

absl::Status Parse(const LimitInfo& limit, absl::string_view text,
                   uint64_t* value) {
  uint64_t factor = 1;
  absl::string_view digits = text;
  if (limit.unit == "bytes") {
    for (const Unit& unit : kUnits) {
      if (absl::EndsWith(digits, unit.suffix)) {
        factor = unit.factor;
        digits.remove_suffix(unit.suffix.size());
        break;
      }
    }
  }
  uint64_t number = 0;
  if (!absl::SimpleAtoi(digits, &number) || number == 0 ||
      number > UINT64_MAX / factor) {
    return absl::InvalidArgumentError(absl::StrCat(
        "limit ", limit.name, " wants a whole number of ", limit.unit,
        " above 0", limit.unit == "bytes" ? ", such as 4GiB" : "", "; got '",
        text, "'"));
  }
  *value = number * factor;
  return absl::OkStatus();
}

}  // namespace

const std::vector<LimitInfo>& LimitTable() {
  static const auto* const table = new std::vector<LimitInfo>{
#define PICKLEBOX_LIMIT(field, name, value, unit, why) {name, value, unit, why},
#include "picklebox/limits.def"
#undef PICKLEBOX_LIMIT
  };
  return *table;
}

absl::Status Limits::Set(absl::string_view wanted, absl::string_view value) {
  uint64_t* const fields[] = {
#define PICKLEBOX_LIMIT(field, name, value, unit, why) &field,
#include "picklebox/limits.def"
#undef PICKLEBOX_LIMIT
  };
  std::string known;
  for (size_t i = 0; i < LimitTable().size(); ++i) {
    const LimitInfo& limit = LimitTable()[i];
    if (limit.name == wanted) return Parse(limit, value, fields[i]);
    absl::StrAppend(&known, known.empty() ? "" : ", ", limit.name);
  }
  return absl::InvalidArgumentError(
      absl::StrCat("no limit is called '", wanted, "'; there are: ", known));
}

}  // namespace picklebox
