// The oracle: what the unpicklers of this interpreter make of a pickle, with
// stand-ins for all that comes from outside of it.
//
// oracle.py says where CPython behaves differently on stand-ins.
#ifndef PICKLEBOX_TESTS_CONFORMANCE_DIFFER_ORACLE_H_
#define PICKLEBOX_TESTS_CONFORMANCE_DIFFER_ORACLE_H_

#include "tests/conformance/differ/world.h"
// Python.h comes first.
#include <cstdint>
#include <string>

#include "absl/strings/string_view.h"
#include "tests/conformance/differ/readings.h"

namespace picklebox::differ {

enum class Unpickler : uint8_t {
  kC,         // from a file that can show what comes, as from memory
  kCByBytes,  // the same one, from a file that cannot
  kPython,
};
absl::string_view UnpicklerName(Unpickler unpickler);

struct Loaded {
  Ref value;          // none: an error
  std::string error;  // "UnpicklingError: pickle data was truncated"
  uint64_t stop = 0;  // where the file stands
};

class Oracle {
 public:
  // Once, before all else; false with an exception set.
  static bool Prepare();
  // Loads the first pickle of `bytes`; what happens is in `world`.
  static Loaded Load(Unpickler unpickler, absl::string_view bytes,
                     const Reading& reading, World* world);
  // The out-of-band buffers of one load: a tuple.
  static Ref Buffers();
};

// Takes the exception that is set: "TypeError: ...".
std::string TakeError();

}  // namespace picklebox::differ

#endif  // PICKLEBOX_TESTS_CONFORMANCE_DIFFER_ORACLE_H_
