// Which changes were made to a node.
//
// Of the nodes of a graph only the changes are kept, eight bytes each, sorted
// by target; within a target they stand in their order.
#ifndef PICKLEBOX_GRAPH_CHANGE_INDEX_H_
#define PICKLEBOX_GRAPH_CHANGE_INDEX_H_

#include <cstdint>
#include <vector>

#include "absl/types/span.h"
#include "picklebox/graph.h"

namespace picklebox::graph {

class ChangeIndex {
 public:
  // Walks the graph once.
  explicit ChangeIndex(const Graph& graph);

  struct Entry {
    NodeId target;
    NodeId change;
  };
  // The changes of `target`.
  absl::Span<const Entry> of(NodeId target) const;

 private:
  std::vector<Entry> entries_;
};

}  // namespace picklebox::graph

#endif  // PICKLEBOX_GRAPH_CHANGE_INDEX_H_
