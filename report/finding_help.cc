#include "picklebox/finding_help.h"

namespace picklebox {
namespace {

struct Row {
  absl::string_view code;
  FindingHelp help;
};
constexpr Row kRows[] = {
#define PICKLEBOX_HELP(code, example, next) {code, {example, next}},
#include "picklebox/finding_help.def"
#undef PICKLEBOX_HELP
};

}  // namespace

const FindingHelp& HelpOn(Code code) {
  for (const Row& row : kRows) {
    if (row.code == Info(code).name) return row.help;
  }
  static constexpr FindingHelp kNone;
  return kNone;
}

}  // namespace picklebox
