#include "vm/opcode.h"

#include <array>

#include "absl/strings/match.h"
#include "absl/strings/str_split.h"

namespace picklebox::vm {
namespace {

constexpr OpcodeInfo kOpcodes[] = {
#define PICKLEBOX_OPCODE(enumerator, name, byte, protocol, operand, before, \
                         after, doc)                                        \
  {Opcode::k##enumerator,                                                   \
   name,                                                                    \
   protocol,                                                                \
   Operand::k##operand,                                                     \
   before,                                                                  \
   after,                                                                   \
   doc},
#include "vm/opcodes.def"
#undef PICKLEBOX_OPCODE
};

constexpr std::array<const OpcodeInfo*, 256> MakeIndex() {
  std::array<const OpcodeInfo*, 256> index{};
  for (const OpcodeInfo& info : kOpcodes)
    index[static_cast<uint8_t>(info.opcode)] = &info;
  return index;
}
constexpr std::array<const OpcodeInfo*, 256> kIndex = MakeIndex();

}  // namespace

absl::Span<const OpcodeInfo> Opcodes() { return kOpcodes; }

const OpcodeInfo* FindOpcode(uint8_t byte) { return kIndex[byte]; }

uint8_t FixedOperandSize(Operand operand) {
  switch (operand) {
    case Operand::kU8:
    case Operand::kLong1:
    case Operand::kString1:
    case Operand::kBytes1:
    case Operand::kUtf8x1:
      return 1;
    case Operand::kU16:
      return 2;
    case Operand::kI32:
    case Operand::kU32:
    case Operand::kLong4:
    case Operand::kString4:
    case Operand::kBytes4:
    case Operand::kUtf8x4:
      return 4;
    case Operand::kU64:
    case Operand::kFloat64:
    case Operand::kBytes8:
    case Operand::kUtf8x8:
      return 8;
    case Operand::kNone:
    case Operand::kDecimal:
    case Operand::kDecimalLong:
    case Operand::kFloatText:
    case Operand::kQuotedLine:
    case Operand::kEscapedLine:
    case Operand::kLine:
    case Operand::kTwoLines:
      return 0;
  }
  return 0;
}

bool TakesMark(const OpcodeInfo& info) {
  return absl::StrContains(info.before, "mark");
}

uint8_t ValuesNeeded(const OpcodeInfo& info) {
  switch (info.opcode) {
    case Opcode::kPut:
    case Opcode::kBinput:
    case Opcode::kLongBinput:
      return 1;  // the table has them take nothing, as pickletools does
    case Opcode::kPop:
      return 0;  // it takes a mark as well
    default:
      break;
  }
  if (info.before.empty() || TakesMark(info)) return 0;
  uint8_t count = 0;
  for (absl::string_view value : absl::StrSplit(info.before, ' '))
    count += !value.empty();
  return count;
}

}  // namespace picklebox::vm
