#include "container/checksum.h"

#include <zlib.h>

#include <algorithm>
#include <memory>

namespace picklebox::container {

std::optional<uint32_t> Crc32(base::Source& source) {
  if (const auto bytes = source.Memory()) {
    return static_cast<uint32_t>(crc32_z(0, bytes->data(), bytes->size()));
  }
  constexpr size_t kChunk = 64 << 10;
  const std::unique_ptr<uint8_t[]> chunk(new uint8_t[kChunk]);
  uint32_t crc = 0;
  for (uint64_t at = 0; at < source.size();) {
    const size_t n =
        static_cast<size_t>(std::min<uint64_t>(kChunk, source.size() - at));
    if (!source.ReadAt(at, chunk.get(), n)) return std::nullopt;
    crc = static_cast<uint32_t>(crc32_z(crc, chunk.get(), n));
    at += n;
  }
  return crc;
}

}  // namespace picklebox::container
