// A second verifier, written plainly from docs/graph-format.md: it reads any
// spelling, spells what it read once more, and compares; then it asks what the
// rules of meaning ask, node by node. It has no ledger, no short ways and none
// of the reader's code. Limits are the default ones.
#ifndef PICKLEBOX_TESTS_GRAPH_NAIVE_VERIFIER_H_
#define PICKLEBOX_TESTS_GRAPH_NAIVE_VERIFIER_H_

#include <cstdint>
#include <string>

#include "absl/types/span.h"

namespace picklebox::graph {

struct NaiveClaim {
  absl::Span<const uint8_t> encoding;
  uint64_t nodes = 0;
  uint64_t root = 0xffffffff;  // none
  uint64_t input_size = 0;
};

// Empty if the encoding is a graph; else what is wrong with it, and where.
std::string NaiveFault(const NaiveClaim& claim);

}  // namespace picklebox::graph

#endif  // PICKLEBOX_TESTS_GRAPH_NAIVE_VERIFIER_H_
