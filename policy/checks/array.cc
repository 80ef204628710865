#include "policy/checks/array.h"

#include <algorithm>

#include "policy/checks/values.h"

namespace picklebox::policy {
namespace {

constexpr size_t kPiece = 64 << 10;
constexpr int64_t kLargestItem = 64 << 10;

}  // namespace

ItemReader::ItemReader(const NumpyArray& array, Values* values)
    : values_(*values),
      size_(array.type == nullptr ? 0 : array.type->size),
      items_(array.items) {
  if (array.has_objects || size_ <= 0) {
    fault_ = "an array among these holds no numbers";
    return;
  }
  const Values::Stored stored = values_.StoredAt(array.data);
  is_text_ = stored.is_text;
  is_extent_ = stored.extent.has_value();
  if (is_extent_) {
    extent_ = *stored.extent;
  } else if (stored.text) {
    left_ = *stored.text;
  } else if (items_ > 0) {
    fault_ = "an array among these has its bytes elsewhere";
    return;
  }
  const uint64_t bytes = is_extent_ ? extent_.length : left_.size();
  if (size_ > kLargestItem ||
      bytes / static_cast<uint64_t>(size_) < static_cast<uint64_t>(items_)) {
    fault_ = "an array among these ends before its last item";
  }
}

const uint8_t* ItemReader::Next() {
  const auto size = static_cast<size_t>(size_);
  if (count_ == items_ || !fault_.empty()) return nullptr;
  if (piece_.size() - at_ < size && !Refill()) return nullptr;
  const uint8_t* const item = piece_.data() + at_;
  at_ += size;
  ++count_;
  return item;
}

// More of the bytes, at least so many that there is an item.
bool ItemReader::Refill() {
  piece_.erase(piece_.begin(), piece_.begin() + static_cast<ptrdiff_t>(at_));
  at_ = 0;
  while (piece_.size() < static_cast<size_t>(size_)) {
    absl::Span<const uint8_t> raw;
    if (!Fetch(&raw) || !Decode(raw)) return false;
  }
  return true;
}

// The next bytes as they are stored.
bool ItemReader::Fetch(absl::Span<const uint8_t>* raw) {
  const uint64_t left = is_extent_ ? extent_.length : left_.size();
  const size_t size = static_cast<size_t>(std::min<uint64_t>(left, kPiece));
  if (size == 0) {
    at_end_ = piece_.empty();
    fault_ = "an array among these ends before its last item";
    return false;
  }
  if (!is_extent_) {
    if (!values_.ChargeBytes(size, &fault_)) return false;
    *raw = {reinterpret_cast<const uint8_t*>(left_.data()), size};
    left_.remove_prefix(size);
    return true;
  }
  raw_.resize(size);
  Extent piece = extent_;
  piece.length = size;
  if (!values_.Read(piece, absl::MakeSpan(raw_), &fault_)) return false;
  *raw = raw_;
  extent_.offset += size;
  extent_.length -= size;
  return true;
}

// Appends what `raw` stands for. Text is UTF-8 of characters below 256.
bool ItemReader::Decode(absl::Span<const uint8_t> raw) {
  if (!is_text_) {
    piece_.insert(piece_.end(), raw.begin(), raw.end());
    return true;
  }
  for (size_t i = 0; i < raw.size(); ++i) {
    if (raw[i] < 0x80) {
      piece_.push_back(raw[i]);
      continue;
    }
    if ((raw[i] & 0xfe) != 0xc2) {
      fault_ = "an array among these has characters that are no bytes";
      return false;
    }
    if (i + 1 == raw.size()) {  // the rest of it comes with the next piece
      if (is_extent_) {
        --extent_.offset;
        ++extent_.length;
      } else {
        left_ = {left_.data() - 1, left_.size() + 1};
      }
      if (i > 0) return true;
      fault_ = "an array among these ends in the middle of a character";
      return false;
    }
    const uint8_t low = raw[++i] & 0x3f;
    piece_.push_back(static_cast<uint8_t>((raw[i - 1] << 6) | low));
  }
  return true;
}

}  // namespace picklebox::policy
