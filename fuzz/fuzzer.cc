// The driver for libFuzzer. Each target is this file and a body, named by
// PICKLEBOX_FUZZ_TARGET.
#include <cstddef>
#include <cstdint>

#include "fuzz/bodies/bodies.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static const picklebox::fuzz::Target* const target =
      picklebox::fuzz::FindTarget(PICKLEBOX_FUZZ_TARGET);
  picklebox::fuzz::RunBody(*target, {data, size});
  return 0;
}
