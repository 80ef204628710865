// Reads plain values out of a graph that is still being made: the state of a
// wrapper, the parts of a persistent id, a list of keys.
//
//   Values values(builder.source(), builder.size());
//   const std::optional<std::string> name = values.Text(node);
//
// Every function answers nothing for what is of another kind. Looking for what
// was done with a value costs a step a node and is charged against a budget, so
// that no file can keep a worker busy with it; when that is used up, nothing is
// found any more.
//
// Worker only. Not thread-safe.
#ifndef PICKLEBOX_CONTAINER_VALUES_H_
#define PICKLEBOX_CONTAINER_VALUES_H_

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/string_view.h"
#include "graph/ledger.h"
#include "picklebox/graph.h"

namespace picklebox::container {

class Values {
 public:
  // Steps in all, and in one search.
  static constexpr uint64_t kSteps = 1 << 24;
  static constexpr uint64_t kStepsAtOnce = 1 << 16;

  explicit Values(const graph::NodeSource& source) : source_(source) {}

  const graph::NodeSource& source() const { return source_; }
  NodeKind kind(NodeId node) const { return source_.kind(node); }

  // A str or bytes that the graph holds.
  std::optional<std::string> Text(NodeId node) const;
  std::optional<int64_t> Int(NodeId node) const;
  std::optional<bool> Bool(NodeId node) const;
  // The items of a tuple, at most `most`.
  std::optional<std::vector<NodeId>> Tuple(NodeId node, size_t most) const;
  // A tuple of ints that are not negative, at most `most`.
  std::optional<std::vector<uint64_t>> Lengths(NodeId node, size_t most) const;
  // "module.qualname" of a global.
  std::optional<std::string> Global(NodeId node) const;

  // What was done with `target` before node `end`: the state that was set
  // first, keys and values, items. At most `most` of these.
  NodeId State(NodeId target, NodeId end);  // kNoNode: none
  std::optional<std::vector<std::pair<NodeId, NodeId>>> Pairs(NodeId dict,
                                                              NodeId end,
                                                              size_t most);
  std::optional<std::vector<NodeId>> Items(NodeId list, NodeId end,
                                           size_t most);

 private:
  // Whether so many nodes may be looked at.
  bool Charge(NodeId first, NodeId end);

  const graph::NodeSource& source_;
  uint64_t steps_ = kSteps;
};

}  // namespace picklebox::container

#endif  // PICKLEBOX_CONTAINER_VALUES_H_
