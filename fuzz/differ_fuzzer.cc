// libFuzzer's driver of the differential body, with an interpreter in the same
// process: tests/conformance/differ/judge.h says what must hold. Coverage is of
// picklebox, not of the interpreter. Input: a byte that chooses how the pickle
// is read, then the pickle.
#include "tests/conformance/differ/judge.h"
// Python.h comes first.
#include <cstddef>
#include <cstdint>

#include "fuzz/bodies/check.h"

// What Python keeps to its end are no leaks.
extern "C" const char* __asan_default_options() { return "detect_leaks=0"; }

namespace {

// Unpicklers ask for as much as a stream says, such as a memo of a billion
// places: above this, Python has no memory.
constexpr size_t kMostBytes = 16 << 20;

// An allocator in front of the interpreter's own of one domain.
class Bounded {
 public:
  explicit Bounded(PyMemAllocatorDomain domain) {
    PyMem_GetAllocator(domain, &own_);
    PyMemAllocatorEx bounded = own_;
    bounded.ctx = this;
    bounded.malloc = [](void* self, size_t size) -> void* {
      const PyMemAllocatorEx& own = static_cast<Bounded*>(self)->own_;
      return size > kMostBytes ? nullptr : own.malloc(own.ctx, size);
    };
    bounded.calloc = [](void* self, size_t count, size_t size) -> void* {
      const PyMemAllocatorEx& own = static_cast<Bounded*>(self)->own_;
      return size != 0 && count > kMostBytes / size
                 ? nullptr
                 : own.calloc(own.ctx, count, size);
    };
    bounded.realloc = [](void* self, void* old, size_t size) -> void* {
      const PyMemAllocatorEx& own = static_cast<Bounded*>(self)->own_;
      return size > kMostBytes ? nullptr : own.realloc(own.ctx, old, size);
    };
    bounded.free = [](void* self, void* old) {
      const PyMemAllocatorEx& own = static_cast<Bounded*>(self)->own_;
      own.free(own.ctx, old);
    };
    PyMem_SetAllocator(domain, &bounded);
  }

 private:
  PyMemAllocatorEx own_;
};

// Inputs between two collections of cycles, which are made on purpose.
constexpr int kCollected = 1024;

picklebox::differ::Judge* Start() {
  Py_InitializeEx(/*initsigs=*/0);
  static Bounded bounded[] = {Bounded(PYMEM_DOMAIN_MEM),
                              Bounded(PYMEM_DOMAIN_OBJ)};
  (void)bounded;
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
