#include "graph/change_index.h"

#include <algorithm>

namespace picklebox::graph {

ChangeIndex::ChangeIndex(const Graph& graph) {
  for (GraphCursor c(graph); !c.done(); c.Next()) {
    const Node& node = c.node();
    if (IsChange(node.kind)) entries_.push_back({node.subject, node.id});
  }
  std::stable_sort(
      entries_.begin(), entries_.end(),
      [](const Entry& a, const Entry& b) { return a.target < b.target; });
}

absl::Span<const ChangeIndex::Entry> ChangeIndex::of(NodeId target) const {
  const auto first = std::lower_bound(
      entries_.begin(), entries_.end(), target,
      [](const Entry& entry, NodeId node) { return entry.target < node; });
  const auto last = std::upper_bound(
      first, entries_.end(), target,
      [](NodeId node, const Entry& entry) { return node < entry.target; });
  return absl::MakeConstSpan(entries_).subspan(first - entries_.begin(),
                                               last - first);
}

}  // namespace picklebox::graph
