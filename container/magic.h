// How compressed data begin.
#ifndef PICKLEBOX_CONTAINER_MAGIC_H_
#define PICKLEBOX_CONTAINER_MAGIC_H_

#include <cstddef>
#include <cstdint>

#include "absl/types/span.h"
#include "container/decoder.h"

namespace picklebox::container {

// So many bytes are enough to tell.
inline constexpr size_t kMagicSize = 16;

// Whether `head` is how a stream of the codec begins. Of zlib and lzma, which
// have no magic number, headers that no writer makes are taken for none.
bool BeginsWith(Codec codec, absl::Span<const uint8_t> head);

// Whether so few bytes tell, that is to say, other data begin like that by
// chance.
inline bool IsVague(Codec codec) {
  return codec == Codec::kZlib || codec == Codec::kLzma;
}

}  // namespace picklebox::container

#endif  // PICKLEBOX_CONTAINER_MAGIC_H_
