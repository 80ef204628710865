// The verifier: the only maker of a Graph, and with the reading of the reply
// the whole of what a taken-over worker can attack in the parent.
//
// One pass over the encoding, forwards. Time is linear in the size of the
// encoding and of the input together, whatever the encoding says; memory in the
// size of the encoding (about a byte for each of its bytes while it works, up
// to four more when it is all tuples in tuples; a quarter byte in the Graph).
#ifndef PICKLEBOX_GRAPH_VERIFIER_H_
#define PICKLEBOX_GRAPH_VERIFIER_H_

#include <cstdint>
#include <memory>

#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "graph/visitor.h"
#include "picklebox/graph.h"
#include "picklebox/limits.h"

namespace picklebox::graph {

// What a worker claims to have made of one pickle.
struct Claim {
  absl::Span<const uint8_t> encoding;
  std::shared_ptr<const void> owner;  // keeps `encoding` alive and unchanged
  uint64_t nodes = 0;
  NodeId root = kNoNode;    // kNoNode: STOP was not reached
  uint64_t input_size = 0;  // from the parent's own records: bounds
                            // offsets and the number of items
  // Sizes of the other streams, from number 1 on, in which arrays may lie.
  absl::Span<const uint64_t> stream_sizes = {};
};

class Verifier {
 public:
  // A graph, or InvalidArgument that says what is wrong and at which byte of
  // the encoding. `visitor` may be nullptr; it has been told of the nodes
  // before the fault.
  static absl::StatusOr<Graph> Verify(const Claim& claim, const Limits& limits,
                                      Visitor* visitor);
};

}  // namespace picklebox::graph

#endif  // PICKLEBOX_GRAPH_VERIFIER_H_
