#include "container/tar_header.h"

#include <algorithm>
#include <cstring>

namespace picklebox::container {
namespace {

constexpr size_t kNameSize = 100;
constexpr size_t kSizeAt = 124;
constexpr size_t kSizeSize = 12;
constexpr size_t kChecksumAt = 148;
constexpr size_t kChecksumSize = 8;
constexpr size_t kTypeAt = 156;
constexpr size_t kLinkAt = 157;
constexpr size_t kMagicAt = 257;
constexpr size_t kPrefixAt = 345;
constexpr size_t kPrefixSize = 155;

std::string Text(absl::Span<const uint8_t> field) {
  const auto end = std::find(field.begin(), field.end(), 0);
  return std::string(field.begin(), end);
}

// Octal digits between spaces, ended by a space or a NUL; or, in base 256, a
// first byte of 0x80 and the number, most significant byte first.
std::optional<uint64_t> Number(absl::Span<const uint8_t> field, bool* odd) {
  uint64_t value = 0;
  if ((field[0] & 0x80) != 0) {
    if (field[0] != 0x80) *odd = true;  // negative, or beyond 2^88
    for (const uint8_t byte : field.subspan(1)) {
      if (value >> 55 != 0) return std::nullopt;
      value = value << 8 | byte;
    }
    return value;
  }
  size_t i = 0;
  while (i < field.size() && field[i] == ' ') ++i;
  const size_t first = i;
  for (; i < field.size() && field[i] >= '0' && field[i] <= '7'; ++i)
    value = value << 3 | static_cast<uint64_t>(field[i] - '0');
  if (i == first) *odd = true;  // nothing, or no digit
  // Some readers stop at the first NUL or space, others want nothing behind.
  for (; i < field.size(); ++i) {
    if (field[i] != ' ' && field[i] != 0) *odd = true;
  }
  return value;
}

}  // namespace

bool IsZeros(absl::Span<const uint8_t> block) {
  return std::all_of(block.begin(), block.end(),
                     [](uint8_t byte) { return byte == 0; });
}

std::optional<TarHeader> DecodeTarHeader(absl::Span<const uint8_t> block) {
  if (block.size() < kTarBlock) return std::nullopt;
  uint64_t sum = 0;
  int64_t signed_sum = 0;
  for (size_t i = 0; i < kTarBlock; ++i) {
    const bool blank = i >= kChecksumAt && i < kChecksumAt + kChecksumSize;
    const uint8_t byte = blank ? uint8_t{' '} : block[i];
    sum += byte;
    signed_sum += static_cast<int8_t>(byte);
  }
  TarHeader header;
  bool odd_checksum = false;
  const std::optional<uint64_t> said =
      Number(block.subspan(kChecksumAt, kChecksumSize), &odd_checksum);
  if (!said || odd_checksum) return std::nullopt;
  header.signed_checksum = *said != sum;
  if (*said != sum && static_cast<int64_t>(*said) != signed_sum)
    return std::nullopt;
  const std::optional<uint64_t> size =
      Number(block.subspan(kSizeAt, kSizeSize), &header.odd_number);
  header.size = size.value_or(UINT64_MAX);
  header.type = static_cast<char>(block[kTypeAt]);
  header.name = Text(block.subspan(0, kNameSize));
  header.link = Text(block.subspan(kLinkAt, kNameSize));
  header.gnu = std::memcmp(block.data() + kMagicAt, "ustar  ", 8) == 0;
  const bool ustar = std::memcmp(block.data() + kMagicAt, "ustar\0", 6) == 0;
  const std::string prefix = Text(block.subspan(kPrefixAt, kPrefixSize));
  if (ustar && !prefix.empty()) header.name = prefix + "/" + header.name;
  return header;
}

}  // namespace picklebox::container
