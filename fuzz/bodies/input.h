// How fuzz bodies take options from the first bytes of their input, and the
// source through which they stream the rest.
#ifndef PICKLEBOX_FUZZ_BODIES_INPUT_H_
#define PICKLEBOX_FUZZ_BODIES_INPUT_H_

#include <cstdint>
#include <cstring>
#include <memory>
#include <vector>

#include "absl/types/span.h"
#include "base/window.h"
#include "picklebox/policy.h"
#include "policy/table.h"

namespace picklebox::fuzz {

// Bytes taken one by one from the front; zeros when there are none left.
class Options {
 public:
  explicit Options(absl::Span<const uint8_t>* bytes) : bytes_(*bytes) {}
  uint8_t Byte() {
    if (bytes_.empty()) return 0;
    const uint8_t byte = bytes_.front();
    bytes_.remove_prefix(1);
    return byte;
  }
  uint16_t Short() {
    const uint16_t low = Byte();
    return static_cast<uint16_t>(low | Byte() << 8);
  }
  bool Flag(uint8_t byte, int bit) const { return (byte >> bit & 1) != 0; }

 private:
  absl::Span<const uint8_t>& bytes_;
};

// Bytes that are read piece by piece, like those of a large file.
class ReadSource final : public base::Source {
 public:
  explicit ReadSource(absl::Span<const uint8_t> bytes) : bytes_(bytes) {}
  uint64_t size() const override { return bytes_.size(); }
  bool ReadAt(uint64_t offset, uint8_t* to, size_t n) override {
    if (offset > bytes_.size() || n > bytes_.size() - offset) return false;
    if (n > 0) std::memcpy(to, bytes_.data() + offset, n);
    return true;
  }

 private:
  absl::Span<const uint8_t> bytes_;
};

// The smallest buffer that a machine can work through.
inline constexpr size_t kSmallBuffer = 4096;

// A window that shows little at a time.
class SmallWindow {
 public:
  explicit SmallWindow(absl::Span<const uint8_t> bytes)
      : source_(bytes),
        buffer_(new uint8_t[kSmallBuffer]),
        window_(&source_, buffer_.get(), kSmallBuffer) {}
  base::Window& window() { return window_; }

 private:
  ReadSource source_;
  std::unique_ptr<uint8_t[]> buffer_;
  base::Window window_;
};

// The table of the default policy.
inline const policy::PolicyTable& DefaultTable() {
  static const policy::PolicyTable* const table = new policy::PolicyTable(
      *policy::PolicyTable::Open(Policy::Default().compiled()));
  return *table;
}

}  // namespace picklebox::fuzz

#endif  // PICKLEBOX_FUZZ_BODIES_INPUT_H_
