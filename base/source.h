// Bytes that are read by offset, in layers: a file, a part of it, bytes in
// memory. What is decompressed is a Source as well (container/expansion.h).
//
//   auto file = std::make_shared<SpanSource>(bytes);
//   auto member = Part(file, 30, 1000);   // shares the file
//   member->ReadAt(0, buffer, 4);         // bytes 30 to 33 of the file
//
// Not thread-safe.
#ifndef PICKLEBOX_BASE_SOURCE_H_
#define PICKLEBOX_BASE_SOURCE_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "absl/types/span.h"

namespace picklebox::base {

class Source {
 public:
  virtual ~Source() = default;
  virtual uint64_t size() const = 0;
  // Reads exactly `n` bytes at `offset`; false when that fails for whatever
  // reason, such as a file that has become shorter.
  virtual bool ReadAt(uint64_t offset, uint8_t* to, size_t n) = 0;
  // All of its bytes, if they lie in memory; else nullopt.
  virtual std::optional<absl::Span<const uint8_t>> Memory() const {
    return std::nullopt;
  }
};

// Bytes in memory, which outlive it.
class SpanSource final : public Source {
 public:
  explicit SpanSource(absl::Span<const uint8_t> bytes) : bytes_(bytes) {}
  uint64_t size() const override { return bytes_.size(); }
  bool ReadAt(uint64_t offset, uint8_t* to, size_t n) override;
  std::optional<absl::Span<const uint8_t>> Memory() const override {
    return bytes_;
  }

 private:
  absl::Span<const uint8_t> bytes_;
};

// Bytes in memory of its own.
class OwnedSource final : public Source {
 public:
  explicit OwnedSource(std::vector<uint8_t> bytes) : bytes_(std::move(bytes)) {}
  uint64_t size() const override { return bytes_.size(); }
  bool ReadAt(uint64_t offset, uint8_t* to, size_t n) override;
  std::optional<absl::Span<const uint8_t>> Memory() const override {
    return bytes_;
  }

 private:
  std::vector<uint8_t> bytes_;
};

// `length` bytes of `whole` from `offset` on, cut to what there is.
std::shared_ptr<Source> Part(std::shared_ptr<Source> whole, uint64_t offset,
                             uint64_t length);

// Up to `most` bytes of `source` from `offset` on; nullopt when they cannot be
// read.
std::optional<std::vector<uint8_t>> ReadSome(Source& source, uint64_t offset,
                                             size_t most);

}  // namespace picklebox::base

#endif  // PICKLEBOX_BASE_SOURCE_H_
