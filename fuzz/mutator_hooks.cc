// libFuzzer's hooks, for the targets whose input is PICKLEBOX_FUZZ_HEADER bytes
// of options and a pickle.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "fuzz/opcode_mutator.h"

extern "C" size_t LLVMFuzzerMutate(uint8_t* data, size_t size, size_t max_size);

namespace {

constexpr size_t kHeader = PICKLEBOX_FUZZ_HEADER;

absl::string_view View(const uint8_t* data, size_t size) {
  return {reinterpret_cast<const char*>(data), size};
}

size_t Store(absl::string_view input, uint8_t* to, size_t max_size) {
  const size_t size = std::min(input.size(), max_size);
  std::memcpy(to, input.data(), size);
  return size;
}

}  // namespace

extern "C" size_t LLVMFuzzerCustomMutator(uint8_t* data, size_t size,
                                          size_t max_size, unsigned int seed) {
  if (size <= kHeader || seed % 2 == 0) {
    return LLVMFuzzerMutate(data, size, max_size);
  }
  picklebox::fuzz::OpcodeMutator mutator(seed);
  const absl::string_view input = View(data, size);
  const std::string mutated = absl::StrCat(
      input.substr(0, kHeader), mutator.Mutate(input.substr(kHeader)));
  return Store(mutated, data, max_size);
}

extern "C" size_t LLVMFuzzerCustomCrossOver(const uint8_t* data1, size_t size1,
                                            const uint8_t* data2, size_t size2,
                                            uint8_t* out, size_t max_out_size,
                                            unsigned int seed) {
  if (size1 <= kHeader || size2 <= kHeader) {
    return Store(View(data1, size1), out, max_out_size);
  }
  picklebox::fuzz::OpcodeMutator mutator(seed);
  const absl::string_view first = View(data1, size1);
  const std::string crossed =
      absl::StrCat(first.substr(0, kHeader),
                   mutator.CrossOver(first.substr(kHeader),
                                     View(data2, size2).substr(kHeader)));
  return Store(crossed, out, max_out_size);
}
