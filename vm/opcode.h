// The instruction set as a table. opcodes.def is the one place where it is
// written down; all else here is an expansion of it.
#ifndef PICKLEBOX_VM_OPCODE_H_
#define PICKLEBOX_VM_OPCODE_H_

#include <cstdint>

#include "absl/strings/string_view.h"
#include "absl/types/span.h"

namespace picklebox::vm {

enum class Opcode : uint8_t {
#define PICKLEBOX_OPCODE(enumerator, name, byte, protocol, operand, before, \
                         after, doc)                                        \
  k##enumerator = byte,
#include "vm/opcodes.def"
#undef PICKLEBOX_OPCODE
};

// What stands behind the opcode byte. Integers are little-endian.
enum class Operand : uint8_t {
  kNone,
  kU8,
  kU16,
  kI32,
  kU32,
  kU64,
  kFloat64,  // big-endian
  kDecimal,  // the rest: text up to a newline
  kDecimalLong,
  kFloatText,
  kQuotedLine,
  kEscapedLine,
  kLine,
  kTwoLines,
  kLong1,  // the rest: a length, then that many bytes
  kLong4,
  kString1,
  kString4,
  kBytes1,
  kBytes4,
  kBytes8,
  kUtf8x1,
  kUtf8x4,
  kUtf8x8,
};

struct OpcodeInfo {
  Opcode opcode;
  absl::string_view name;
  uint8_t protocol;  // that brought it
  Operand operand;
  absl::string_view before;  // the stack, top on the right
  absl::string_view after;
  absl::string_view doc;
};

// All 68, in the order of opcodes.def.
absl::Span<const OpcodeInfo> Opcodes();

// The row of a byte, or nullptr for the 188 bytes that are no opcode.
const OpcodeInfo* FindOpcode(uint8_t byte);

// Bytes of the operand that are always there: the number, or the length of what
// follows. 0 for lines.
uint8_t FixedOperandSize(Operand operand);

// How many values the opcode takes from above the topmost mark, not counting
// the slice that a mark delimits; for opcodes that only look at the top, 1.
uint8_t ValuesNeeded(const OpcodeInfo& info);

// True for opcodes that take a mark and all above it.
bool TakesMark(const OpcodeInfo& info);

}  // namespace picklebox::vm

#endif  // PICKLEBOX_VM_OPCODE_H_
