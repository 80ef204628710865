// A listing of a pickle, opcode by opcode, with the stack behind each.
//
//     0: 80 PROTO 4
//    11: 5d EMPTY_LIST                           | list
//    12: 94 MEMOIZE                              | list              memo 0
//    13: 28 MARK                                 | list (
//
// The stack is shown as the kinds of its values, top on the right, marks as
// "("; of a deep one only the top. Lines are printable ASCII.
#ifndef PICKLEBOX_VM_DISASSEMBLER_H_
#define PICKLEBOX_VM_DISASSEMBLER_H_

#include <cstdint>
#include <string>

#include "absl/functional/function_ref.h"
#include "absl/strings/string_view.h"
#include "vm/machine.h"

namespace picklebox::vm {

// The operand of the opcode at the start of `bytes`, in printable ASCII, cut to
// about 60 characters. `bytes` may end anywhere.
std::string FormatOperand(absl::string_view bytes);

class Disassembler final : public Tracer {
 public:
  // `line` gets each line, with its newline.
  explicit Disassembler(absl::FunctionRef<void(absl::string_view)> line)
      : line_(line) {}

  void Before(const Machine& machine, uint64_t offset) override;
  void After(const Machine& machine, uint64_t next) override;
  // For the opcode that failed, if one did: After was not called for it.
  void Finish();

 private:
  void Put(absl::string_view stack, absl::string_view memo);

  absl::FunctionRef<void(absl::string_view)> line_;
  std::string opcode_;  // offset, byte, name and operand of the current one
  bool pending_ = false;
  uint64_t memo_before_ = 0;
};

}  // namespace picklebox::vm

#endif  // PICKLEBOX_VM_DISASSEMBLER_H_
