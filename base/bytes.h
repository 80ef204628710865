// Little-endian loads and stores, and variable-length integers.
//
// A varint is LEB128: seven bits a byte, least significant group first, the top
// bit set on all bytes but the last, at most ten bytes. The shortest spelling
// is the only one accepted.
#ifndef PICKLEBOX_BASE_BYTES_H_
#define PICKLEBOX_BASE_BYTES_H_

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>

namespace picklebox::base {

static_assert(std::endian::native == std::endian::little,
              "a big-endian host needs byte swaps here");

template <typename T>
inline T LoadLittle(const uint8_t* p) {
  T value;
  std::memcpy(&value, p, sizeof(T));
  return value;
}

template <typename T>
inline void StoreLittle(uint8_t* p, T value) {
  std::memcpy(p, &value, sizeof(T));
}

inline uint64_t LoadBig64(const uint8_t* p) {
  return __builtin_bswap64(LoadLittle<uint64_t>(p));
}

inline constexpr size_t kMaxVarint = 10;

// Writes `value` and returns the position behind it. There must be room for
// kMaxVarint bytes.
inline uint8_t* PutVarint(uint8_t* p, uint64_t value) {
  while (value >= 0x80) {
    *p++ = static_cast<uint8_t>(value) | 0x80;
    value >>= 7;
  }
  *p++ = static_cast<uint8_t>(value);
  return p;
}

// The number of bytes that PutVarint writes.
inline size_t VarintSize(uint64_t value) {
  return (static_cast<size_t>(std::bit_width(value | 1)) + 6) / 7;
}

// Reads a varint from [p, end). Returns the position behind it, or nullptr when
// it is cut off, longer than 64 bits or not the shortest spelling.
inline const uint8_t* GetVarint(const uint8_t* p, const uint8_t* end,
                                uint64_t* value) {
  if (p < end && *p < 0x80) [[likely]] {
    *value = *p;
    return p + 1;
  }
  uint64_t result = 0;
  for (int shift = 0; shift < 64 && p < end; shift += 7) {
    const uint8_t byte = *p++;
    if (shift == 63 && byte > 1) return nullptr;
    result |= static_cast<uint64_t>(byte & 0x7f) << shift;
    if (byte < 0x80) {
      if (byte == 0 && shift > 0) return nullptr;
      *value = result;
      return p;
    }
  }
  return nullptr;
}

inline uint64_t ZigZag(int64_t value) {
  return (static_cast<uint64_t>(value) << 1) ^
         static_cast<uint64_t>(value >> 63);
}
inline int64_t UnZigZag(uint64_t value) {
  return static_cast<int64_t>(value >> 1) ^ -static_cast<int64_t>(value & 1);
}

}  // namespace picklebox::base

#endif  // PICKLEBOX_BASE_BYTES_H_
