// What the author's operands are made of, and what it asks of opcodes.
#ifndef PICKLEBOX_TESTS_CONFORMANCE_DIFFER_WORDS_H_
#define PICKLEBOX_TESTS_CONFORMANCE_DIFFER_WORDS_H_

#include <cstdint>
#include <string>

#include "vm/opcode.h"

namespace picklebox::differ {

inline std::string LittleEndian(uint64_t value, size_t width) {
  std::string bytes;
  for (size_t i = 0; i < width; ++i)
    bytes.push_back(static_cast<char>(value >> (8 * i)));
  return bytes;
}

inline bool IsPairs(vm::Opcode opcode) {
  return opcode == vm::Opcode::kSetitem || opcode == vm::Opcode::kSetitems;
}
inline bool IsExtension(vm::Opcode opcode) {
  return opcode == vm::Opcode::kExt1 || opcode == vm::Opcode::kExt2 ||
         opcode == vm::Opcode::kExt4;
}
inline bool NeedsPersistentIds(vm::Opcode opcode) {
  return opcode == vm::Opcode::kPersid || opcode == vm::Opcode::kBinpersid;
}
inline bool WritesMemo(vm::Opcode opcode) {
  return opcode == vm::Opcode::kPut || opcode == vm::Opcode::kBinput ||
         opcode == vm::Opcode::kLongBinput;
}
inline bool ReadsMemo(vm::Opcode opcode) {
  return opcode == vm::Opcode::kGet || opcode == vm::Opcode::kBinget ||
         opcode == vm::Opcode::kLongBinget;
}

}  // namespace picklebox::differ

#endif  // PICKLEBOX_TESTS_CONFORMANCE_DIFFER_WORDS_H_
