// What there is to say about a finding beyond its row: for `picklebox explain`.
#ifndef PICKLEBOX_FINDING_HELP_H_
#define PICKLEBOX_FINDING_HELP_H_

#include "absl/strings/string_view.h"
#include "picklebox/finding.h"

namespace picklebox {

struct FindingHelp {
  absl::string_view example;  // how a file comes to it
  absl::string_view next;     // what to do
};

// Total: every Code has one (finding_help.def).
const FindingHelp& HelpOn(Code code);

}  // namespace picklebox

#endif  // PICKLEBOX_FINDING_HELP_H_
