// Decoders of compressed streams, all of one shape.
//
//   std::unique_ptr<Decoder> decoder = MakeDecoder(Codec::kGzip, memory);
//   Decoder::Step step = decoder->Run(in, out);
//   in.remove_prefix(step.read); ...
//
// They are the reference libraries of the formats. In the worker they allocate
// from its arena and make no system call. Not thread-safe.
#ifndef PICKLEBOX_CONTAINER_DECODER_H_
#define PICKLEBOX_CONTAINER_DECODER_H_

#include <cstddef>
#include <cstdint>
#include <memory>

#include "absl/strings/string_view.h"
#include "absl/types/span.h"

namespace picklebox::container {

enum class Codec : uint8_t {
  kDeflate,  // raw, as in zip archives
  kZlib,
  kGzip,
  kBzip2,
  kXz,
  kLzma,  // "lzma alone": 13 bytes of header, then the data
  kZstd,
  kLz4,  // the frame format
};
// "deflate", "zlib", ...
absl::string_view CodecName(Codec codec);

class Decoder {
 public:
  enum class State : uint8_t {
    kMore,    // wants more input or more room
    kEnd,     // the stream, member or frame is complete
    kBroken,  // the input is no such stream, or its checksum is wrong
    kMemory,  // it wants more memory than it may have
  };
  struct Step {
    size_t read = 0;
    size_t written = 0;
    State state = State::kMore;
  };

  virtual ~Decoder() = default;
  virtual Step Run(absl::Span<const uint8_t> in, absl::Span<uint8_t> out) = 0;
};

// `memory`: how much it may take, in bytes; those that take no more than a few
// MiB ignore it.
std::unique_ptr<Decoder> MakeDecoder(Codec codec, uint64_t memory);

}  // namespace picklebox::container

#endif  // PICKLEBOX_CONTAINER_DECODER_H_
