#include "container/budget.h"

#include <new>

#include "report/expansion.h"

namespace picklebox::container {

Budget::Budget(const Limits& limits, uint64_t file_size)
    : expanded_(limits.expanded),
      most_(MostOfOne(limits, file_size)),
      ratio_(limits.ratio),
      decoder_memory_(limits.memory / 8),
      // The rest is for the tables of the machine and the windows.
      chunks_(limits.memory / 4 / kChunk) {}

bool Budget::Spend(uint64_t n) {
  if (n > expanded_) return false;
  expanded_ -= n;
  return true;
}

bool Budget::IsBomb(uint64_t out, uint64_t in) const {
  return out > most_ || (out > kRatioFrom && out / (in + 1) > ratio_);
}

std::unique_ptr<uint8_t[]> Budget::Take() {
  if (chunks_ == 0) return nullptr;
  std::unique_ptr<uint8_t[]> chunk(new (std::nothrow) uint8_t[kChunk]);
  if (chunk != nullptr) --chunks_;
  return chunk;
}

}  // namespace picklebox::container
