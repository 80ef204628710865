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

#include "absl/functional/function_ref.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "base/bytes.h"
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
// kTuple, kFrozenSet: its weight is written down; together with
// kHoldsUnhashable: its weight is over the limit of keys.
inline constexpr Fact kHeavy = 0x80;
inline constexpr Fact kOverLimit = kHoldsUnhashable | kHeavy;
// kStr: cannot be the name of an attribute.
inline constexpr Fact kNoAttribute = 0x20;
// kDict: has a key that is no attribute name.
inline constexpr Fact kOddKeys = 0x20;
// kGlobal: has been used as a value.
inline constexpr Fact kReferenced = 0x20;
// kList, kDict, kSet: the visitor is told of changes.
inline constexpr Fact kWatched = 0x40;

inline constexpr NodeKind KindOf(Fact fact) {
  return static_cast<NodeKind>(fact & kKindMask);
}
inline constexpr Fact FactOf(NodeKind kind) { return static_cast<Fact>(kind); }

static_assert(kNodeKinds <= kKindMask + 1);

inline constexpr Fact StrFact(bool attribute_name) {
  return FactOf(NodeKind::kStr) | (attribute_name ? Fact{0} : kNoAttribute);
}

// Values of which only running the program would tell what they are. They can
// stand where a callable, a class or a tuple of arguments is wanted.
inline constexpr bool IsObject(NodeKind kind) {
  switch (kind) {
    case NodeKind::kGlobal:
    case NodeKind::kCall:
    case NodeKind::kNew:
    case NodeKind::kPersistent:
    case NodeKind::kExtension:
    case NodeKind::kBuffer:
    case NodeKind::kReadonly:
    case NodeKind::kArray:
      return true;
    default:
      return false;
  }
}

// Whether `change` is how the native container `kind` is filled.
inline constexpr bool IsNative(NodeKind change, NodeKind kind) {
  return (change == NodeKind::kAppend && kind == NodeKind::kList) ||
         (change == NodeKind::kSetItems && kind == NodeKind::kDict) ||
         (change == NodeKind::kAddItems && kind == NodeKind::kSet);
}

// Where a node stands in the encoding, and the offset register before it.
struct Waypoint {
  uint64_t position;
  uint64_t at;
};

// What hashing a key would do.
enum class Hash : uint8_t { kNative, kForeign, kUnhashable, kTooHeavy };

// What a fact says of its node as an item of something.
struct ItemTraits {
  Hash hash = Hash::kForeign;
  Fact leaves = 0;     // the flags that a tuple or frozenset takes over from it
  uint8_t weight = 1;  // 0: written down
  bool plain = true;   // a value, and nobody wants to know of its use
};

// A tuple or frozenset that weighs at most this counts as this much where it is
// nested, and is not written down.
inline constexpr uint8_t kLightWeight = 16;

constexpr ItemTraits MakeItemTraits(Fact fact) {
  const NodeKind kind = KindOf(fact);
  switch (kind) {
    case NodeKind::kNone:
    case NodeKind::kBool:
    case NodeKind::kInt:
    case NodeKind::kFloat:
    case NodeKind::kStr:
    case NodeKind::kBytes:
      return {.hash = Hash::kNative};
    case NodeKind::kGlobal:
      return {.hash = Hash::kNative, .plain = (fact & kReferenced) != 0};
    case NodeKind::kByteArray:
    case NodeKind::kList:
    case NodeKind::kDict:
    case NodeKind::kSet:
      return {.hash = Hash::kUnhashable, .leaves = kHoldsUnhashable};
    case NodeKind::kTuple:
    case NodeKind::kFrozenSet:
      if ((fact & kOverLimit) == kOverLimit)
        return {.hash = Hash::kTooHeavy, .leaves = kOverLimit};
      if ((fact & kHoldsUnhashable) != 0) {
        return {.hash = Hash::kUnhashable, .leaves = kHoldsUnhashable};
      }
      return {
          .hash = (fact & kHoldsForeign) != 0 ? Hash::kForeign : Hash::kNative,
          .leaves = static_cast<Fact>(fact & kHoldsForeign),
          .weight = (fact & kHeavy) != 0 ? uint8_t{0} : kLightWeight};
    default:  // an object, or a change, which is nobody's item
      return {.hash = Hash::kForeign,
              .leaves = kHoldsForeign,
              .plain = !IsChange(kind)};
  }
}

inline constexpr std::array<ItemTraits, 256> kItemTraits = [] {
  std::array<ItemTraits, 256> table{};
  for (int fact = 0; fact < 256; ++fact)
    table[fact] = MakeItemTraits(static_cast<Fact>(fact));
  return table;
}();

// What is out of the ordinary about a node: as an item, as a key.
inline constexpr uint8_t kNoPlainItem = 1;  // no value, or its use is news
inline constexpr uint8_t kNoPlainKey = 2;   // or its hash is not native
inline constexpr uint8_t kOddKey = 4;       // no name of an attribute

inline constexpr std::array<uint8_t, 256> kOddities = [] {
  std::array<uint8_t, 256> table{};
  for (int fact = 0; fact < 256; ++fact) {
    const ItemTraits& traits = kItemTraits[fact];
    const bool plain_key = traits.plain && traits.hash == Hash::kNative;
    table[fact] = (traits.plain ? 0 : kNoPlainItem) |
                  (plain_key ? 0 : kNoPlainKey) |
                  (fact == FactOf(NodeKind::kStr) ? 0 : kOddKey);
  }
  return table;
}();
inline uint8_t OdditiesOfPair(Fact key, Fact value) {
  return (kOddities[key] & (kNoPlainKey | kOddKey)) |
         (kOddities[value] & kNoPlainItem);
}

class Ledger {
 public:
  // For up to `max_nodes` nodes, of `memory`. Keys may weigh up to `max_key`
  // (the number of values that hashing one visits), which is taken to be at
  // least kLightWeight. `visitor` may be nullptr.
  Ledger(base::Memory& memory, uint64_t max_nodes, uint64_t max_key,
         Visitor* visitor);
  Ledger(const Ledger&) = delete;
  Ledger& operator=(const Ledger&) = delete;

  NodeId size() const { return static_cast<NodeId>(facts_.size()); }
  // No room for another node.
  bool full() const { return facts_.full(); }
  // How many more nodes there is room for.
  uint64_t room() const { return facts_.capacity() - facts_.size(); }
  Fact fact(NodeId node) const { return facts_[node]; }
  NodeKind kind(NodeId node) const { return KindOf(facts_[node]); }
  bool IsValue(NodeId node) const { return !IsChange(KindOf(facts_[node])); }
  const base::Column<Waypoint>& waypoints() const { return waypoints_; }

  // Forgets all nodes.
  void Clear();

  // Tells the visitor of each change that `container`, a list, a dict or a set,
  // has from now on.
  void Watch(NodeId container) { facts_[container] |= kWatched; }

  // `node` turned out to be a global, or is to be taken for one: the visitor is
  // told of its next use as a value, as of one that is named.
  void BecomeGlobal(NodeId node) { facts_[node] = FactOf(NodeKind::kGlobal); }

  // Says where the next node begins. Before each Add.
  void Mark(uint64_t position, uint64_t at) {
    if (facts_.size() % Graph::kStride == 0) AddWaypoint(position, at);
  }

  // For loops that keep the number of the next node in a register: the facts,
  // with room for room() more; what Mark() does, for the number of a node that
  // is a multiple of Graph::kStride; and, before anything else is called, the
  // number of nodes whose facts have been written.
  Fact* facts() { return facts_.data(); }
  void AddWaypoint(uint64_t position, uint64_t at) {
    waypoints_.push_back({position, at});
  }
  void Extend(NodeId size) { facts_.resize(size); }

  // Adds a node that refers to nothing.
  void Add(NodeKind kind) { facts_.push_back(FactOf(kind)); }
  // kStr, which is or is not the name of an attribute. An extent is none.
  void AddStr(bool attribute_name) {
    facts_.push_back(StrFact(attribute_name));
  }
  // kGlobal, kCall ...: adds the node and tells the visitor.
  void AddGlobal(const GlobalName& name, uint64_t at);
  void AddCall(NodeId callable, NodeId args, uint64_t at);
  void AddNew(NewForm form, NodeId cls, NodeId args, NodeId kwargs,
              uint64_t at);
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
    if (!IsPlain(item)) [[unlikely]]
      Reference(item);
  }
  // The node is a value, and Use() of it is not news.
  bool IsPlain(NodeId node) const { return kItemTraits[facts_[node]].plain; }
  // The number of nodes from `first` on, up to `count`, that are plain. May
  // stop early, at a node that is, when fewer than eight are left.
  uint64_t CountPlain(NodeId first, uint64_t count) const {
    return CountPlain(facts_.data() + first, count);
  }
  static uint64_t CountPlain(const Fact* facts, uint64_t count);

  // Gathers the items of a tuple or frozenset.
  struct Gather {
    Fact flags = 0;
    uint64_t weight = 1;
  };
  void GatherItem(NodeId item, Gather* gather) {
    const ItemTraits& traits = kItemTraits[facts_[item]];
    gather->flags |= traits.leaves;
    gather->weight += traits.weight != 0 ? traits.weight : WeightOf(item);
    if (!traits.plain) [[unlikely]]
      Reference(item);
  }
  void GatherItems(absl::Span<const NodeId> items, Gather* gather) {
    for (const NodeId item : items) GatherItem(item, gather);
  }
  void AddTuple(const Gather& gather) { AddGathered(NodeKind::kTuple, gather); }
  // Every item must have been Hash::kNative or kForeign.
  void AddFrozenSet(const Gather& gather) {
    AddGathered(NodeKind::kFrozenSet, gather);
  }

  Hash HashOf(NodeId key) const { return kItemTraits[facts_[key]].hash; }
  // A key of the native dict `dict`, or with dict == kNoNode a member of a
  // native set or frozenset. Its HashOf is kNative or kForeign.
  void UseKey(NodeId dict, NodeId key, Hash hash) {
    if (hash == Hash::kForeign) [[unlikely]]
      TellForeign(key);
    Use(key);
    if (dict != kNoNode && (facts_[key] != FactOf(NodeKind::kStr)))
      facts_[dict] |= kOddKeys;
  }

 private:
  // Of a node whose weight is written down.
  uint64_t WeightOf(NodeId node) const;
  void AddGathered(NodeKind kind, const Gather& gather) {
    Fact fact = FactOf(kind) | gather.flags;
    if (gather.weight > kLightWeight) [[unlikely]]
      fact |= Weigh(gather);
    facts_.push_back(fact);
  }
  // The flags for the weight of the node that comes next.
  Fact Weigh(const Gather& gather);
  // Tells of the first use of a global. Anything else is ignored.
  void Reference(NodeId node);
  void TellForeign(NodeId key);

  base::Column<Fact> facts_;
  base::Column<Waypoint> waypoints_;
  struct Weight {
    NodeId node;
    uint32_t weight;
  };
  std::vector<Weight> weights_;  // of heavy nodes, in their order
  uint64_t max_key_;
  Visitor* visitor_;
};

inline uint64_t Ledger::CountPlain(const Fact* facts, uint64_t count) {
  constexpr uint64_t kOnes = 0x0101010101010101u;
  constexpr uint64_t kHighBits = kOnes * 0x80;
  constexpr uint64_t kNews = kOnes * FactOf(NodeKind::kGlobal);
  constexpr uint8_t kChange = static_cast<uint8_t>(NodeKind::kAppend);
  uint64_t i = 0;
  for (; i + 8 <= count; i += 8) {
    const uint64_t word = base::LoadLittle<uint64_t>(facts + i);
    // The high bit of each byte that is a change ...
    const uint64_t change =
        (word & kOnes * kKindMask) + kOnes * (0x80 - kChange);
    // ... and that is not a global which was never referenced.
    const uint64_t old =
        ((word & kOnes * (kKindMask | kReferenced)) ^ kNews) + kOnes * 0x7f;
    if (((change | ~old) & kHighBits) != 0) break;
  }
  return i;
}

// Reads the nodes of a graph that is still being made or verified.
//
// The visitor that has one may ask to be told of further changes of a native
// list, dict or set, by OnExtend.
class NodeSource {
 public:
  // `encoding` begins the encoding that `ledger` is kept for and reaches at
  // least to its last node.
  NodeSource(Ledger* ledger, absl::Span<const uint8_t> encoding)
      : ledger_(ledger), encoding_(encoding) {}

  NodeId size() const { return ledger_->size(); }
  void Watch(NodeId container) const { ledger_->Watch(container); }
  // From then on its kind is that of a global; node() still decodes a call.
  void BecomeGlobal(NodeId node) const { ledger_->BecomeGlobal(node); }
  NodeKind kind(NodeId node) const { return ledger_->kind(node); }
  Fact fact(NodeId node) const { return ledger_->fact(node); }
  // Decodes `node`, which was added before. The places of the nodes around it
  // are kept: to ask for many that are near one another takes a step each, and
  // one for each node that is new. Else it takes up to Graph::kStride steps.
  Node node(NodeId node) const;
  // Decodes the nodes from `first` on and before `end`, in their order, as long
  // as `visit` returns true.
  void Walk(NodeId first, NodeId end,
            absl::FunctionRef<bool(const Node&)> visit) const;

 private:
  friend class NodeWalk;
  // The nodes from a waypoint to the next: where the first of them begin.
  struct Stretch {
    static constexpr NodeId kNone = kNoNode;
    NodeId number = kNone;
    uint32_t known = 0;  // the last one whose place is known
    std::array<Waypoint, Graph::kStride> places;
  };
  // What is asked for lies at the end, and now and then elsewhere.
  static constexpr size_t kStretches = 4;

  const Waypoint& PlaceOf(NodeId node) const;

  mutable std::array<Stretch, kStretches> stretches_;
  Ledger* ledger_;
  absl::Span<const uint8_t> encoding_;
};

// Walks the nodes that a source has, in order.
//
//   for (NodeWalk walk(source, first); !walk.done(); walk.Next())
//     Use(walk.node());
class NodeWalk {
 public:
  // Starts at node `first`, which may be behind the last.
  NodeWalk(const NodeSource& source, NodeId first);
  bool done() const { return next_ > source_.size(); }
  // Valid until Next().
  const Node& node() const { return node_; }
  void Next();

 private:
  const NodeSource& source_;
  const uint8_t* p_ = nullptr;
  uint64_t at_ = 0;
  uint64_t next_ = 0;  // number behind the current node
  Node node_;
};

}  // namespace picklebox::graph

#endif  // PICKLEBOX_GRAPH_LEDGER_H_
