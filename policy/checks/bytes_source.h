// Where checks get bytes from that are not in the graph: from their place in
// the input, which worker and parent read each on its own.
//
//   if (bytes->reach(extent.stream) == BytesSource::Reach::kBoth)
//     bytes->Read(extent.stream, extent.offset, to);
//
// What is compressed only the worker can read, since the parent has no code for
// it: of such values the worker's word is all there is.
#ifndef PICKLEBOX_POLICY_CHECKS_BYTES_SOURCE_H_
#define PICKLEBOX_POLICY_CHECKS_BYTES_SOURCE_H_

#include <cstdint>

#include "absl/types/span.h"

namespace picklebox::policy {

class BytesSource {
 public:
  enum class Reach : uint8_t {
    kBoth,    // they lie in the file as they are
    kWorker,  // they are unpacked there, and nowhere else
    kNobody,
  };

  virtual ~BytesSource() = default;
  // Of a stream of the graph that is judged: 0, or the number of a member. The
  // same in worker and parent.
  virtual Reach reach(uint32_t stream) const = 0;
  // Whether this is the worker's, which reads what only it can.
  virtual bool is_worker() const = 0;
  // Fills `to`; false if that fails, for instance because the file has changed.
  // The place is within the stream, which is one that can be read here.
  virtual bool Read(uint32_t stream, uint64_t offset,
                    absl::Span<uint8_t> to) = 0;
};

}  // namespace picklebox::policy

#endif  // PICKLEBOX_POLICY_CHECKS_BYTES_SOURCE_H_
