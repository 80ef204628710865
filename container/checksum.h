#ifndef PICKLEBOX_CONTAINER_CHECKSUM_H_
#define PICKLEBOX_CONTAINER_CHECKSUM_H_

#include <cstdint>
#include <optional>

#include "base/source.h"

namespace picklebox::container {

// The CRC-32 of all of `source`; nullopt if it cannot be read.
std::optional<uint32_t> Crc32(base::Source& source);

}  // namespace picklebox::container

#endif  // PICKLEBOX_CONTAINER_CHECKSUM_H_
