// libFuzzer's driver of the differential body, with an interpreter in the same
// process: tests/conformance/differ/judge.h says what must hold. Coverage is of
// picklebox, not of the interpreter. Input: a byte that chooses how the pickle
// is read, then the pickle.
#include "tests/conformance/differ/judge.h"
// Python.h comes first.
#include <cstddef>
#include <cstdint>

#include "fuzz/bodies/check.h"

// What Python keeps to its end are no leaks, and unpicklers ask for as much as
// a stream says.
extern "C" const char* __asan_default_options() {
  return "detect_leaks=0:allocator_may_return_null=1:max_allocation_size_mb="
         "256";
}

namespace {

// Inputs between two collections of cycles, which are made on purpose.
constexpr int kCollected = 1024;

picklebox::differ::Judge* Start() {
  Py_InitializeEx(/*initsigs=*/0);
  if (!picklebox::differ::Judge::Prepare()) {
    PyErr_Print();
    picklebox::fuzz::Violated(__FILE__, __LINE__, "Prepare", "no interpreter");
  }
  PyGC_Disable();
  return new picklebox::differ::Judge;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static picklebox::differ::Judge* const judge = Start();
  static int inputs = 0;
  if (size == 0) return 0;
  const absl::string_view pickle(reinterpret_cast<const char*>(data) + 1,
                                 size - 1);
  const picklebox::differ::Judgement judgement = judge->Try(
      pickle, picklebox::differ::ReadingOf(data[0]), /*python=*/true);
  FUZZ_CHECK(judgement.outcome != picklebox::differ::Outcome::kDiffers,
             judgement.difference);
  if (++inputs % kCollected == 0) PyGC_Collect();
  return 0;
}
