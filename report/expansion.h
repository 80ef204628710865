// How large what is in a file can be. Worker and parent must agree on it.
#ifndef PICKLEBOX_REPORT_EXPANSION_H_
#define PICKLEBOX_REPORT_EXPANSION_H_

#include <algorithm>
#include <cstdint>

#include "picklebox/limits.h"

namespace picklebox {

// Up to so many bytes out, no ratio is too high.
inline constexpr uint64_t kRatioFrom = 64 << 20;

// The most bytes that one member may have when it is unpacked, by all limits.
inline uint64_t MostOfOne(const Limits& limits, uint64_t file_size) {
  const uint64_t ratio = std::max<uint64_t>(limits.ratio, 1);
  const uint64_t grown = file_size > (UINT64_MAX - kRatioFrom) / ratio
                             ? UINT64_MAX
                             : file_size * ratio + kRatioFrom;
  return std::max(file_size, std::min(grown, limits.expanded));
}

}  // namespace picklebox

#endif  // PICKLEBOX_REPORT_EXPANSION_H_
