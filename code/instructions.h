// The instructions of a code object, by the table of one Python.
//
//   Instructions walk(store, code, 11);
//   for (Instruction in; walk.Next(&in);) ...
//   if (walk.fault() != nullptr) ...     // it cannot be of that version
#ifndef PICKLEBOX_CODE_INSTRUCTIONS_H_
#define PICKLEBOX_CODE_INSTRUCTIONS_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "code/opcode.h"
#include "code/store.h"

namespace picklebox::code {

struct Instruction {
  uint64_t offset = 0;
  const Opcode* opcode = nullptr;
  bool has_argument = false;
  uint32_t argument = 0;          // with those of EXTENDED_ARG before it
  std::optional<int64_t> target;  // of a jump, in bytes
};

class Instructions {
 public:
  Instructions(const Store& store, const CodeObject& code, int minor)
      : bytes_(store.TextOf(code.bytecode)), minor_(minor) {}

  // False at the end, or where no instruction can stand.
  bool Next(Instruction* out);
  // Why it ended early: a literal, or nullptr.
  const char* fault() const { return fault_; }

 private:
  absl::string_view bytes_;
  int minor_;
  uint64_t at_ = 0;
  uint64_t extended_ = 0;
  const char* fault_ = nullptr;
};

// The constant, name or variable that the argument stands for: an index, and
// the tuple that it counts in. Flags that some versions keep in the low bits
// are taken off. nullopt: it stands for none.
struct Meaning {
  enum class Of : uint8_t { kConsts, kNames, kVariables } of = Of::kConsts;
  uint64_t index = 0;
};
std::optional<Meaning> MeaningOf(const Instruction& in, int minor);

// Variables as instructions number them: locals, cells and free variables in
// one list from 3.11 on; before that, two.
class Variables {
 public:
  Variables(const Store& store, const CodeObject& code, int minor);
  // The name of the variable of a kLocal or kFree argument.
  absl::string_view Local(uint64_t index) const;
  absl::string_view Free(uint64_t index) const;
  bool HasLocal(uint64_t index) const { return index < locals_.size(); }
  bool HasFree(uint64_t index) const {
    return index < (unified_ ? locals_.size() : frees_.size());
  }

 private:
  bool unified_;
  std::vector<absl::string_view> locals_;
  std::vector<absl::string_view> frees_;
};

// Those of `code.versions` whose instructions these can be, every argument
// within what it counts in and every jump to an instruction. `work` is taken
// from, an instruction a step; at 0, nothing is narrowed any more.
Versions NarrowVersions(const Store& store, const CodeObject& code,
                        uint64_t* work);

}  // namespace picklebox::code

#endif  // PICKLEBOX_CODE_INSTRUCTIONS_H_
