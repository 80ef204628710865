// The four verdicts, worst first.
#ifndef PICKLEBOX_VERDICT_H_
#define PICKLEBOX_VERDICT_H_

#include <cstdint>

#include "absl/strings/string_view.h"

namespace picklebox {

enum class Verdict : uint8_t {
  kDenied,       // read, and the policy says no to something in it
  kIncomplete,   // not read to its end; nothing in what was read was denied
  kUnsupported,  // not a format that can carry a pickle that we read
  kClean,        // read to its end, and everything in it is allowed
};

// "denied", "incomplete", "unsupported", "clean".
absl::string_view VerdictName(Verdict verdict);

// The exit status of a run.
enum ExitStatus : int {
  kExitClean = 0,
  kExitDenied = 1,  // wins over kExitIncomplete
  kExitIncomplete = 2,
  kExitNothing = 3,  // nothing was scanned
  kExitUsage = 4,    // wrong usage, or a report could not be written
};

}  // namespace picklebox

#endif  // PICKLEBOX_VERDICT_H_
