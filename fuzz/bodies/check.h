// What must hold. A fuzz body aborts when it does not: that is how libFuzzer
// and the replay driver learn of it.
#ifndef PICKLEBOX_FUZZ_BODIES_CHECK_H_
#define PICKLEBOX_FUZZ_BODIES_CHECK_H_

#include <cstdio>
#include <cstdlib>
#include <string>

#include "absl/strings/string_view.h"

namespace picklebox::fuzz {

[[noreturn]] inline void Violated(const char* file, int line,
                                  const char* condition,
                                  const std::string& what) {
  std::fprintf(stderr, "%s:%d: violated: %s: %s\n", file, line, condition,
               what.c_str());
  std::abort();
}

// Printable ASCII, and newlines if `lines`.
inline bool IsPrintable(absl::string_view text, bool lines) {
  for (const char c : text) {
    if ((c < 0x20 || c > 0x7e) && !(lines && c == '\n')) return false;
  }
  return true;
}

}  // namespace picklebox::fuzz

// Aborts with `what`, a std::string, unless `condition` holds.
#define FUZZ_CHECK(condition, what)                                        \
  do {                                                                     \
    if (!(condition)) {                                                    \
      ::picklebox::fuzz::Violated(__FILE__, __LINE__, #condition, (what)); \
    }                                                                      \
  } while (false)

#endif  // PICKLEBOX_FUZZ_BODIES_CHECK_H_
