// What decompressing may cost in one file, all members together.
//
// Memory: up to a quarter of limits.memory of decompressed bytes is kept in
// chunks of one size, so that the chunks of one member serve the next. Bytes:
// each byte that a decoder gives counts against limits.expanded, also when it
// is decoded a second time.
//
//   Budget budget(limits, file_size);
//   if (!budget.Spend(n)) return Report(Code::kLimitExpanded);
//   if (Chunk chunk = budget.Take()) ...
//
// Not thread-safe.
#ifndef PICKLEBOX_CONTAINER_BUDGET_H_
#define PICKLEBOX_CONTAINER_BUDGET_H_

#include <cstddef>
#include <cstdint>
#include <memory>

#include "picklebox/limits.h"

namespace picklebox::container {

class Budget {
 public:
  static constexpr size_t kChunk = 64 << 10;

  Budget(const Limits& limits, uint64_t file_size);

  // What one decoder may take for itself.
  uint64_t decoder_memory() const { return decoder_memory_; }

  // `n` more bytes are to be decoded; false when that is too many.
  bool Spend(uint64_t n);
  // Whether so many bytes out of so many are too many.
  bool IsBomb(uint64_t out, uint64_t in) const;

  // A chunk to keep decoded bytes in; nullptr when there are no more.
  std::unique_ptr<uint8_t[]> Take();
  void GiveBack() { ++chunks_; }

 private:
  uint64_t expanded_;
  const uint64_t most_;
  const uint64_t ratio_;
  const uint64_t decoder_memory_;
  uint64_t chunks_;
};

}  // namespace picklebox::container

#endif  // PICKLEBOX_CONTAINER_BUDGET_H_
