// Compressed bytes as a Source of what is in them.
//
// Decompressed bytes are kept in memory as long as there are chunks for them
// (Budget), which is at once for nearly all files. Of what is larger, the rest
// is decompressed again when it is read: readers go forwards, so that it costs
// one more pass, and each pass counts against the limit.
//
// The first pass happens in Expand(): a Source has a size, and no format can be
// trusted to tell it. It finds damage, bombs and what stands behind.
//
//   Expanded all = Expand({Codec::kGzip, file}, &budget, remarks);
//   if (all.source != nullptr) Use(*all.source);
#ifndef PICKLEBOX_CONTAINER_EXPANSION_H_
#define PICKLEBOX_CONTAINER_EXPANSION_H_

#include <cstdint>
#include <memory>
#include <vector>

#include "base/source.h"
#include "container/budget.h"
#include "container/decoder.h"
#include "container/reader.h"

namespace picklebox::container {

struct Packed {
  Codec codec = Codec::kDeflate;
  std::shared_ptr<base::Source> source;
  // Whether another stream of the format may follow the first, as the usual
  // tools read it; if not, what follows is left alone.
  bool several = false;
  // What the decoder is given first, as if it stood before the source: the
  // header of a format that a container has in a form of its own.
  std::vector<uint8_t> header = {};
  // No more than so many bytes are wanted.
  uint64_t most = UINT64_MAX;
};

struct Expanded {
  // What could be decompressed; nullptr if that is nothing and not complete.
  std::shared_ptr<base::Source> source;
  // It all was: the last stream came to its end.
  bool complete = false;
  uint64_t consumed = 0;  // of the packed bytes
  uint32_t crc = 0;       // CRC-32 of what was decompressed
};

// Remarks count in the packed bytes. The budget must outlive the source.
Expanded Expand(const Packed& packed, Budget* budget, const Remarks& remarks);

// A look at the first bytes of what is decompressed, without a word: whether
// the stream is sound for `enough` bytes or to its end.
bool LooksSound(const Packed& packed, uint64_t enough, Budget* budget);

}  // namespace picklebox::container

#endif  // PICKLEBOX_CONTAINER_EXPANSION_H_
