// The instructions of CPython 3.6 to 3.15, as data: opcodes.def.
#ifndef PICKLEBOX_CODE_OPCODE_H_
#define PICKLEBOX_CODE_OPCODE_H_

#include <cstdint>

#include "absl/strings/string_view.h"

namespace picklebox::code {

// What the argument of an instruction means.
enum class Argument : uint8_t {
  kPlain,     // there is none
  kNumber,    // a number
  kConst,     // an index into the constants
  kName,      // into the names; some versions and instructions add flags below
  kLocal,     // into the local variables
  kFree,      // into the cells
  kCompare,   // a comparison
  kForward,   // a distance, from behind the instruction
  kBackward,  // the same, to the front
  kAbsolute,  // a place
};

struct Opcode {
  absl::string_view name;  // empty: there is no such instruction
  uint8_t caches = 0;      // units behind it that are no instructions
  Argument argument = Argument::kPlain;
};

// The instruction of Python 3.`minor`, which is one that there are tables for.
const Opcode& FindOpcode(int minor, uint8_t number);

}  // namespace picklebox::code

#endif  // PICKLEBOX_CODE_OPCODE_H_
