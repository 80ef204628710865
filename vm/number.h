// Numbers written as text, in protocol 0.
//
// CPython's C unpickler, its Python unpickler and pickletools do not accept the
// same texts, and for some that they accept they read different numbers. Each
// function here reads as the C unpickler does and says whether the others
// agree.
#ifndef PICKLEBOX_VM_NUMBER_H_
#define PICKLEBOX_VM_NUMBER_H_

#include <cstdint>
#include <vector>

#include "absl/strings/string_view.h"

namespace picklebox::vm {

enum class NumberFault : uint8_t { kNone, kNotANumber, kTooLong };

struct IntegerText {
  NumberFault fault = NumberFault::kNone;
  bool agreed = true;  // all three readers do the same
  bool is_bool = false;
  bool fits = false;  // in 64 bits: `value`; otherwise `bytes`
  int64_t value = 0;
  std::vector<uint8_t> bytes;  // two's complement, little-endian
};

// The line of INT, without its newline. At most `max_bytes` of value.
IntegerText ParseInt(absl::string_view line, uint64_t max_bytes);
// The line of LONG.
IntegerText ParseLong(absl::string_view line, uint64_t max_bytes);
// The line of GET or PUT.
IntegerText ParseMemoIndex(absl::string_view line);

struct FloatText {
  NumberFault fault = NumberFault::kNone;
  bool agreed = true;
  double value = 0;
};
// The line of FLOAT.
FloatText ParseFloat(absl::string_view line);

}  // namespace picklebox::vm

#endif  // PICKLEBOX_VM_NUMBER_H_
