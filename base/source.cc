#include "base/source.h"

#include <algorithm>
#include <cstring>
#include <utility>

namespace picklebox::base {
namespace {

bool Copy(absl::Span<const uint8_t> bytes, uint64_t offset, uint8_t* to,
          size_t n) {
  if (offset > bytes.size() || n > bytes.size() - offset) return false;
  if (n > 0) std::memcpy(to, bytes.data() + offset, n);
  return true;
}

class PartSource final : public Source {
 public:
  PartSource(std::shared_ptr<Source> whole, uint64_t offset, uint64_t length)
      : whole_(std::move(whole)), offset_(offset), length_(length) {}
  uint64_t size() const override { return length_; }
  bool ReadAt(uint64_t offset, uint8_t* to, size_t n) override {
    if (offset > length_ || n > length_ - offset) return false;
    return whole_->ReadAt(offset_ + offset, to, n);
  }
  std::optional<absl::Span<const uint8_t>> Memory() const override {
    const std::optional<absl::Span<const uint8_t>> bytes = whole_->Memory();
    if (!bytes) return std::nullopt;
    return bytes->subspan(offset_, length_);
  }

 private:
  std::shared_ptr<Source> whole_;
  uint64_t offset_;
  uint64_t length_;
};

}  // namespace

bool SpanSource::ReadAt(uint64_t offset, uint8_t* to, size_t n) {
  return Copy(bytes_, offset, to, n);
}

bool OwnedSource::ReadAt(uint64_t offset, uint8_t* to, size_t n) {
  return Copy(bytes_, offset, to, n);
}

std::shared_ptr<Source> Part(std::shared_ptr<Source> whole, uint64_t offset,
                             uint64_t length) {
  const uint64_t size = whole->size();
  offset = std::min(offset, size);
  length = std::min(length, size - offset);
  return std::make_shared<PartSource>(std::move(whole), offset, length);
}

std::optional<std::vector<uint8_t>> ReadSome(Source& source, uint64_t offset,
                                             size_t most) {
  const uint64_t size = source.size();
  if (offset > size) return std::nullopt;
  std::vector<uint8_t> bytes(
      static_cast<size_t>(std::min<uint64_t>(most, size - offset)));
  if (!source.ReadAt(offset, bytes.data(), bytes.size())) return std::nullopt;
  return bytes;
}

}  // namespace picklebox::base
