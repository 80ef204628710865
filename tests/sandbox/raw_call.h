#ifndef PICKLEBOX_TESTS_SANDBOX_RAW_CALL_H_
#define PICKLEBOX_TESTS_SANDBOX_RAW_CALL_H_

#include <cstdint>

// One system call that the hostile worker is to make: the input of its deed
// "call". Both sides are this build, on this machine.

namespace picklebox::sandbox {

enum class Entry : int64_t {
  kNative,
  kX32,    // the same instruction, the number with x32's bit
  kInt80,  // the gate of 32-bit programs
};

struct RawCall {
  Entry entry = Entry::kNative;
  int64_t number = 0;
  int64_t arguments[6] = {};
};

// Arguments that stand for addresses, which only the worker knows.
inline constexpr int64_t kAPath = 0x7a00000000000001;    // "/etc/passwd"
inline constexpr int64_t kZeros = 0x7a00000000000002;    // a page, writable
inline constexpr int64_t kItsCode = 0x7a00000000000003;  // a page of its text
inline constexpr int64_t kItsResult = 0x7a00000000000004;

}  // namespace picklebox::sandbox

#endif  // PICKLEBOX_TESTS_SANDBOX_RAW_CALL_H_
