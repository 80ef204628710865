#include "container/kept_source.h"

#include <algorithm>
#include <cstring>
#include <utility>

namespace picklebox::container {

bool KeptSource::Append(absl::Span<const uint8_t> bytes) {
  while (!bytes.empty()) {
    const size_t within = static_cast<size_t>(size_ % Budget::kChunk);
    if (size_ == chunks_.size() * Budget::kChunk) {
      std::unique_ptr<uint8_t[]> chunk = budget_->Take();
      if (chunk == nullptr) return false;
      chunks_.push_back(std::move(chunk));
    }
    const size_t part = std::min(bytes.size(), Budget::kChunk - within);
    std::memcpy(chunks_.back().get() + within, bytes.data(), part);
    bytes.remove_prefix(part);
    size_ += part;
  }
  return true;
}

bool KeptSource::ReadAt(uint64_t offset, uint8_t* to, size_t n) {
  if (offset > size_ || n > size_ - offset) return false;
  while (n > 0) {
    const size_t within = static_cast<size_t>(offset % Budget::kChunk);
    const size_t part = std::min(n, Budget::kChunk - within);
    std::memcpy(to, chunks_[offset / Budget::kChunk].get() + within, part);
    offset += part;
    to += part;
    n -= part;
  }
  return true;
}

}  // namespace picklebox::container
