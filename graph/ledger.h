// The ledger: what must be remembered of earlier nodes to add the next one.
//
// The builder (in the worker) and the verifier (in the parent) keep the same
// ledger and so hold the same rules, from one text. For each node it has one
// byte, the Fact: its kind and up to three flags; and every 64 nodes the place
// of the encoding, from which a node is found again.
//
// Not thread-safe. All node numbers passed in are below size().
#ifndef PICKLEBOX_GRAPH_LEDGER_H_
#define PICKLEBOX_GRAPH_LEDGER_H_

#include <array>
#include <cstdint>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "base/memory.h"
#include "graph/visitor.h"
#include "picklebox/graph.h"

namespace picklebox::graph {

// A kind in the low five bits and flags above.
using Fact = uint8_t;
inline constexpr Fact kKindMask = 0x1f;
// kTuple, kFrozenSet: holds something unhashable.
inline constexpr Fact kHoldsUnhashable = 0x20;
// kTuple, kFrozenSet: holds an object.
inline constexpr Fact kHoldsForeign = 0x40;
// kTuple, kFrozenSet: its weight is written down.
inline constexpr Fact kHeavy = 0x80;
// kStr: cannot be the name of an attribute.
inline constexpr Fact kNoAttribute = 0x20;
// kDict: has a key that is no attribute name.
inline constexpr Fact kOddKeys = 0x20;
// kGlobal: has been used as a value.
inline constexpr Fact kReferenced = 0x20;

inline constexpr NodeKind KindOf(Fact fact) { return static_cast<NodeKind>(fact & kKindMask); }
inline constexpr Fact FactOf(NodeKind kind) { return static_cast<Fact>(kind); }

static_assert(kNodeKinds <= kKindMask + 1);

// Where a node stands in the encoding, and the offset register before it.
struct Waypoint {
  uint64_t position;
  uint64_t at;
};

// What hashing `fact` as a key would do.
enum class Hash : uint8_t { kNative, kForeign, kUnhashable, kTooHeavy };

class Ledger {
 public:
  // For up to `max_nodes` nodes, of `memory`. Keys may weigh up to `max_key`
  // (the number of values that hashing one visits). `visitor` may be nullptr.
  Ledger(base::Memory& memory, uint64_t max_nodes, uint64_t max_key, Visitor* visitor);
  Ledger(const Ledger&) = delete;
  Ledger& operator=(const Ledger&) = delete;

  NodeId size() const { return static_cast<NodeId>(facts_.size()); }
  // No room for another node.
  bool full() const { return facts_.full(); }
  Fact fact(NodeId node) const { return facts_[node]; }
  NodeKind kind(NodeId node) const { return KindOf(facts_[node]); }
  bool IsValue(NodeId node) const { return !IsChange(KindOf(facts_[node])); }
  const base::Column<Waypoint>& waypoints() const { return waypoints_; }

  // Forgets all nodes.
  void Clear();

  // Says where the next node begins. Before each Add.
  void Mark(uint64_t position, uint64_t at) {
    if (facts_.size() % Graph::kStride == 0) waypoints_.push_back({position, at});
  }

  // Adds a node that refers to nothing.
  void Add(NodeKind kind) { facts_.push_back(FactOf(kind)); }
  // kStr. `text` is the text, or empty when it is an extent.
  void AddStr(absl::string_view text, bool is_extent);
  // kGlobal, kCall ...: adds the node and tells the visitor.
  void AddGlobal(const GlobalName& name, uint64_t at);
  void AddCall(NodeId callable, NodeId args, uint64_t at);
  void AddNew(NewForm form, NodeId cls, NodeId args, NodeId kwargs, uint64_t at);
  void AddPersistent(NodeId id, uint64_t at);
  void AddExtension(uint32_t code, uint64_t at);
  void AddReadonly(NodeId buffer);
  void AddBuild(NodeId target, NodeId state, uint64_t at);
  // kAppend, kSetItems, kAddItems: the change node itself; its items are passed
  // to Use, UseKeys before.
  void AddChange(NodeKind change, NodeId target, uint64_t at);

  // Items of a list or object, values of a dict.
  void Use(absl::Span<const NodeId> items) {
    for (const NodeId item : items) Use(item);
  }
  void Use(NodeId item) {
    if (KindOf(facts_[item]) == NodeKind::kGlobal) [[unlikely]] Reference(item);
  }

  // Gathers the items of a tuple or frozenset.
  struct Gather {
    Fact flags = 0;
    uint64_t weight = 1;
  };
  void GatherItems(absl::Span<const NodeId> items, Gather* gather) {
    for (const NodeId item : items) GatherItem(item, gather);
  }
  void AddTuple(const Gather& gather) { AddGathered(NodeKind::kTuple, gather); }
  // Every item must have been Hash::kNative or kForeign.
  void AddFrozenSet(const Gather& gather) { AddGathered(NodeKind::kFrozenSet, gather); }

  // What hashing `key` would do.
  Hash HashOf(NodeId key) const {
    const Hash plain = kHashOfKind[facts_[key] & kKindMask];
    return plain == Hash::kNative ? HashOfNested(key) : plain;
  }
  // A key of the native dict `dict`, or with dict == kNoNode a member of a
  // native set or frozenset. Its HashOf is kNative or kForeign.
  void UseKey(NodeId dict, NodeId key, Hash hash) {
    if (hash == Hash::kForeign) [[unlikely]] TellForeign(key);
    Use(key);
    if (dict != kNoNode && (facts_[key] != FactOf(NodeKind::kStr))) facts_[dict] |= kOddKeys;
  }

 private:
  static const std::array<Hash, 32> kHashOfKind;

  Hash HashOfNested(NodeId key) const;
  uint64_t WeightOf(NodeId node) const;
  void GatherItem(NodeId item, Gather* gather);
  void AddGathered(NodeKind kind, const Gather& gather);
  void Reference(NodeId global);
  void TellForeign(NodeId key);

  base::Column<Fact> facts_;
  base::Column<Waypoint> waypoints_;
  struct Weight {
    NodeId node;
    uint32_t weight;  // saturates
  };
  std::vector<Weight> weights_;  // of heavy nodes, in their order
  uint64_t max_key_;
  Visitor* visitor_;
};

// Reads the nodes of a graph that is still being made or verified.
class NodeSource {
 public:
  // `encoding` begins the encoding that `ledger` is kept for and reaches at
  // least to its last node.
  NodeSource(const Ledger* ledger, absl::Span<const uint8_t> encoding)
      : ledger_(ledger), encoding_(encoding) {}

  NodeKind kind(NodeId node) const { return ledger_->kind(node); }
  Fact fact(NodeId node) const { return ledger_->fact(node); }
  // Decodes `node`, which was added before. Up to Graph::kStride steps.
  Node node(NodeId node) const;

 private:
  const Ledger* ledger_;
  absl::Span<const uint8_t> encoding_;
};

}  // namespace picklebox::graph

#endif  // PICKLEBOX_GRAPH_LEDGER_H_
