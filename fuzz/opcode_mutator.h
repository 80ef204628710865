// Mutations that know where opcodes end: whole opcodes are inserted, doubled,
// moved, dropped and taken from another input, with operands that can be read
// and memo indices that were written before. Half of the time libFuzzer's own
// mutations are used, for what is not well-formed.
#ifndef PICKLEBOX_FUZZ_OPCODE_MUTATOR_H_
#define PICKLEBOX_FUZZ_OPCODE_MUTATOR_H_

#include <cstddef>
#include <cstdint>
#include <random>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"

namespace picklebox::fuzz {

class OpcodeMutator {
 public:
  explicit OpcodeMutator(uint32_t seed) : random_(seed) {}

  // A mutation of `pickle`.
  std::string Mutate(absl::string_view pickle);
  // The beginning of one pickle and the end of another.
  std::string CrossOver(absl::string_view first, absl::string_view second);

  // Where the opcodes of `pickle` begin, as far as they can be read, and where
  // the last of these ends.
  static std::vector<size_t> Boundaries(absl::string_view pickle);

 private:
  uint32_t Below(uint32_t bound) { return random_() % bound; }
  bool OneIn(uint32_t n) { return Below(n) == 0; }
  std::string Opcodes(uint64_t memo);
  std::string Phrase(uint64_t memo);
  std::string Opcode(uint64_t memo);
  std::string MemoIndex(uint64_t memo, bool written);
  std::string Counted(int length_bytes, bool text);
  std::string Line();

  std::minstd_rand random_;
};

}  // namespace picklebox::fuzz

#endif  // PICKLEBOX_FUZZ_OPCODE_MUTATOR_H_
