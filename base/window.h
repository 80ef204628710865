// The one cursor over untrusted input.
//
// A Window shows a part of a stream as contiguous bytes and moves forwards over
// it. All offset arithmetic is here. Nothing is ever read or allocated because
// a length in the input says so: a window grows only to bytes that exist.
//
//   Window in(&source, buffer, sizeof(buffer));
//   if (!in.Need(4)) return Truncated(in.offset());
//   uint32_t n = LoadLittle<uint32_t>(in.p);  in.p += 4;
//
// Not thread-safe.
#ifndef PICKLEBOX_BASE_WINDOW_H_
#define PICKLEBOX_BASE_WINDOW_H_

#include <cstddef>
#include <cstdint>

#include "absl/types/span.h"
#include "base/source.h"

namespace picklebox::base {

class Window {
 public:
  // Over bytes in memory, which outlive the window. Shows them all.
  explicit Window(absl::Span<const uint8_t> bytes)
      : p(bytes.data()),
        end(p + bytes.size()),
        begin_(p),
        size_(bytes.size()) {}
  // Over a source, through a buffer of `capacity` bytes. Both outlive it.
  Window(Source* source, uint8_t* buffer, size_t capacity)
      : p(buffer),
        end(buffer),
        begin_(buffer),
        size_(source->size()),
        source_(source),
        buffer_(buffer),
        capacity_(capacity) {}
  Window(const Window&) = delete;
  Window& operator=(const Window&) = delete;

  // The next byte, and the end of what is shown. The user moves p within
  // [p, end].
  const uint8_t* p;
  const uint8_t* end;

  uint64_t size() const { return size_; }
  uint64_t OffsetOf(const uint8_t* q) const {
    return base_ + static_cast<uint64_t>(q - begin_);
  }
  uint64_t offset() const { return OffsetOf(p); }
  uint64_t remaining() const { return size_ - offset(); }
  size_t shown() const { return static_cast<size_t>(end - p); }

  // Sees to it that at least `n` bytes are shown. False when the stream has
  // fewer left, the buffer is smaller (then too_small() is true), or reading
  // failed (then failed()).
  bool Need(size_t n) { return shown() >= n || Fill(n); }
  // Moves to `offset`, which is at most size().
  void Seek(uint64_t offset);
  // Passes over `n` bytes, at most remaining(), without reading them.
  void Skip(uint64_t n) {
    if (n <= shown()) {
      p += n;
    } else {
      Seek(offset() + n);
    }
  }
  // Shows the bytes up to and with the next `byte`, moving nothing; returns the
  // number of bytes before it, or kNone when the stream ends before.
  static constexpr size_t kNone = static_cast<size_t>(-1);
  size_t Find(uint8_t byte);
  // Reads `n` bytes at `offset`, wherever the window is.
  bool ReadAt(uint64_t offset, uint8_t* to, size_t n);

  // Changes whenever pointers into the window cease to be valid.
  uint32_t generation() const { return generation_; }

  bool failed() const { return failed_; }
  bool too_small() const { return too_small_; }

  // How much is read at once: little after a jump, for it may be a look and no
  // more; then twice as much each time, up to this.
  static constexpr size_t kChunk = 256 << 10;
  static constexpr size_t kFirstChunk = 4 << 10;

 private:
  bool Fill(size_t n);

  const uint8_t* begin_;  // the byte at base_
  uint64_t base_ = 0;
  uint64_t size_;
  Source* source_ = nullptr;  // nullptr: memory
  uint8_t* buffer_ = nullptr;
  size_t capacity_ = 0;
  size_t chunk_ = kFirstChunk;
  uint32_t generation_ = 0;
  bool failed_ = false;
  bool too_small_ = false;
};

}  // namespace picklebox::base

#endif  // PICKLEBOX_BASE_WINDOW_H_
