// One header block of a tar archive, decoded.
#ifndef PICKLEBOX_CONTAINER_TAR_HEADER_H_
#define PICKLEBOX_CONTAINER_TAR_HEADER_H_

#include <cstdint>
#include <optional>
#include <string>

#include "absl/types/span.h"

namespace picklebox::container {

inline constexpr uint64_t kTarBlock = 512;

struct TarHeader {
  std::string name;  // prefix and name
  std::string link;
  uint64_t size = 0;
  char type = '0';
  // Written as no usual writer does it, so that readers differ: the size or the
  // checksum with a sign, with spaces within or without an end.
  bool odd_number = false;
  bool signed_checksum = false;
  bool gnu = false;  // of the old GNU format, which has no prefix
};

// nullopt if `block`, of kTarBlock bytes, is no header: its checksum is wrong.
std::optional<TarHeader> DecodeTarHeader(absl::Span<const uint8_t> block);

bool IsZeros(absl::Span<const uint8_t> block);

}  // namespace picklebox::container

#endif  // PICKLEBOX_CONTAINER_TAR_HEADER_H_
