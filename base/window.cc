#include "base/window.h"

#include <algorithm>
#include <cstring>

namespace picklebox::base {

bool Window::Fill(size_t n) {
  if (source_ == nullptr || n > remaining()) return false;
  if (n > capacity_) {
    too_small_ = true;
    return false;
  }
  ++generation_;
  const size_t kept = shown();
  base_ = offset();
  std::memmove(buffer_, p, kept);
  const uint64_t left = size_ - base_ - kept;
  const size_t wanted = std::min<uint64_t>(std::max(n - kept, chunk_), left);
  const size_t more = std::min(wanted, capacity_ - kept);
  p = begin_ = buffer_;
  end = buffer_ + kept;
  if (!source_->ReadAt(base_ + kept, buffer_ + kept, more)) {
    failed_ = true;
    return false;
  }
  end += more;
  chunk_ = std::min(chunk_ * 2, kChunk);
  return true;
}

void Window::Seek(uint64_t to) {
  const uint64_t shown_end = OffsetOf(end);
  if (to >= base_ && to <= shown_end) {
    p = begin_ + (to - base_);
    return;
  }
  ++generation_;
  chunk_ = kFirstChunk;
  base_ = to;
  p = begin_ = end = buffer_;
}

size_t Window::Find(uint8_t byte) {
  size_t looked = 0;
  for (;;) {
    const void* hit = shown() > looked
                          ? std::memchr(p + looked, byte, shown() - looked)
                          : nullptr;
    if (hit != nullptr)
      return static_cast<size_t>(static_cast<const uint8_t*>(hit) - p);
    looked = shown();
    if (!Need(looked + 1)) return kNone;
  }
}

bool Window::ReadAt(uint64_t from, uint8_t* to, size_t n) {
  if (from > size_ || n > size_ - from) return false;
  if (source_ == nullptr) {
    std::memcpy(to, begin_ + from, n);
    return true;
  }
  if (source_->ReadAt(from, to, n)) return true;
  failed_ = true;
  return false;
}

}  // namespace picklebox::base
