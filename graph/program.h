// What a Graph holds.
#ifndef PICKLEBOX_GRAPH_PROGRAM_H_
#define PICKLEBOX_GRAPH_PROGRAM_H_

#include <cstdint>
#include <memory>
#include <vector>

#include "absl/types/span.h"
#include "graph/ledger.h"
#include "picklebox/graph.h"

namespace picklebox::graph {

struct Program {
  absl::Span<const uint8_t> encoding;
  std::shared_ptr<const void> owner;  // keeps `encoding` alive
  std::vector<Waypoint> waypoints;    // of every Graph::kStride'th node
  NodeId size = 0;
  NodeId root = kNoNode;
};

}  // namespace picklebox::graph

#endif  // PICKLEBOX_GRAPH_PROGRAM_H_
