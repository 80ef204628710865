#include "container/magic.h"

#include <string_view>

#include "base/bytes.h"

namespace picklebox::container {
namespace {

using std::string_view_literals::operator""sv;  // literals may hold NULs

bool Starts(absl::Span<const uint8_t> head, std::string_view magic) {
  return std::string_view(reinterpret_cast<const char*>(head.data()),
                          head.size())
             .substr(0, magic.size()) == magic;
}

// Method 8 and the check bits; no preset dictionary.
bool IsZlib(absl::Span<const uint8_t> head) {
  return head.size() >= 2 && (head[0] & 0x0f) == 8 && head[0] <= 0x78 &&
         (head[0] << 8 | head[1]) % 31 == 0 && (head[1] & 0x20) == 0;
}

// Properties, a dictionary of 2^n or 2^n + 2^(n-1) bytes, and a length that is
// unknown or below 256 GiB: what liblzma itself goes by.
bool IsLzma(absl::Span<const uint8_t> head) {
  if (head.size() < 13 || head[0] >= 225) return false;
  const uint32_t dictionary = base::LoadLittle<uint32_t>(head.data() + 1);
  uint32_t rounded = dictionary - 1;
  for (const int shift : {2, 3, 4, 8, 16}) rounded |= rounded >> shift;
  ++rounded;
  const uint64_t length = base::LoadLittle<uint64_t>(head.data() + 5);
  return dictionary != 0 &&
         (dictionary == UINT32_MAX || rounded == dictionary) &&
         (length == UINT64_MAX || length < uint64_t{1} << 38);
}

bool IsBzip2(absl::Span<const uint8_t> head) {
  if (head.size() < 10 || !Starts(head, "BZh"sv)) return false;
  const absl::Span<const uint8_t> block = head.subspan(4);
  return head[3] >= '1' && head[3] <= '9' &&
         (Starts(block, "\x31\x41\x59\x26\x53\x59"sv) ||
          Starts(block, "\x17\x72\x45\x38\x50\x90"sv));
}

// A frame of data, or one that is skipped.
bool IsFrame(absl::Span<const uint8_t> head, uint32_t magic) {
  if (head.size() < 4) return false;
  const uint32_t word = base::LoadLittle<uint32_t>(head.data());
  return word == magic || (word & 0xfffffff0) == 0x184d2a50;
}

}  // namespace

bool BeginsWith(Codec codec, absl::Span<const uint8_t> head) {
  switch (codec) {
    case Codec::kDeflate:
      return false;
    case Codec::kZlib:
      return IsZlib(head);
    case Codec::kGzip:
      return Starts(head, "\x1f\x8b\x08"sv);
    case Codec::kBzip2:
      return IsBzip2(head);
    case Codec::kXz:
      return Starts(head, "\xfd\x37\x7a\x58\x5a\x00"sv);
    case Codec::kLzma:
      return IsLzma(head);
    case Codec::kZstd:
      return IsFrame(head, 0xfd2fb528);
    case Codec::kLz4:
      return IsFrame(head, 0x184d2204);
  }
  return false;
}

}  // namespace picklebox::container
