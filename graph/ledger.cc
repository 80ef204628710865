#include "graph/ledger.h"

#include <algorithm>

#include "base/text.h"
#include "graph/decoder.h"

namespace picklebox::graph {
namespace {

// A tuple or frozenset that weighs at most this is not written down.
constexpr uint64_t kLightWeight = 16;

constexpr std::array<Hash, 32> MakeHashOfKind() {
  std::array<Hash, 32> table{};
  for (Hash& hash : table) hash = Hash::kForeign;
  for (const NodeKind kind : {NodeKind::kNone, NodeKind::kBool, NodeKind::kInt, NodeKind::kFloat,
                              NodeKind::kStr, NodeKind::kBytes, NodeKind::kTuple,
                              NodeKind::kFrozenSet, NodeKind::kGlobal}) {
    table[static_cast<int>(kind)] = Hash::kNative;
  }
  for (const NodeKind kind :
       {NodeKind::kByteArray, NodeKind::kList, NodeKind::kDict, NodeKind::kSet}) {
    table[static_cast<int>(kind)] = Hash::kUnhashable;
  }
  return table;
}

// The flag that an item leaves on the tuple or frozenset that holds it.
constexpr std::array<Fact, 256> MakeFlagsOfFact() {
  std::array<Fact, 256> table{};
  const std::array<Hash, 32> hashes = MakeHashOfKind();
  for (int fact = 0; fact < 256; ++fact) {
    const NodeKind kind = KindOf(static_cast<Fact>(fact));
    if (kind == NodeKind::kTuple || kind == NodeKind::kFrozenSet) {
      table[fact] = fact & (kHoldsUnhashable | kHoldsForeign);
    } else if (hashes[fact & kKindMask] == Hash::kUnhashable) {
      table[fact] = kHoldsUnhashable;
    } else if (hashes[fact & kKindMask] == Hash::kForeign) {
      table[fact] = kHoldsForeign;
    }
  }
  return table;
}
constexpr std::array<Fact, 256> kFlagsOfFact = MakeFlagsOfFact();

bool IsNested(NodeKind kind) { return kind == NodeKind::kTuple || kind == NodeKind::kFrozenSet; }

}  // namespace

const std::array<Hash, 32> Ledger::kHashOfKind = MakeHashOfKind();

Ledger::Ledger(base::Memory& memory, uint64_t max_nodes, uint64_t max_key, Visitor* visitor)
    : facts_(memory, std::min<uint64_t>(max_nodes, kNoNode)),
      waypoints_(memory, facts_.capacity() / Graph::kStride + 1),
      max_key_(max_key),
      visitor_(visitor) {}

void Ledger::Clear() {
  facts_.resize(0);
  waypoints_.resize(0);
  weights_.clear();
}

void Ledger::AddStr(absl::string_view text, bool is_extent) {
  const bool name = !is_extent && base::IsAttributeName(text);
  facts_.push_back(name ? FactOf(NodeKind::kStr) : FactOf(NodeKind::kStr) | kNoAttribute);
}

void Ledger::AddGlobal(const GlobalName& name, uint64_t at) {
  Add(NodeKind::kGlobal);
  if (visitor_ != nullptr) visitor_->OnGlobal(size() - 1, name, at);
}

void Ledger::AddCall(NodeId callable, NodeId args, uint64_t at) {
  Use(args);
  Add(NodeKind::kCall);
  if (visitor_ != nullptr) visitor_->OnCall(size() - 1, callable, args, at);
}

void Ledger::AddNew(NewForm form, NodeId cls, NodeId args, NodeId kwargs, uint64_t at) {
  Use(args);
  if (kwargs != kNoNode) Use(kwargs);
  Add(NodeKind::kNew);
  if (visitor_ != nullptr) visitor_->OnNew(size() - 1, form, cls, args, kwargs, at);
}

void Ledger::AddPersistent(NodeId id, uint64_t at) {
  Use(id);
  Add(NodeKind::kPersistent);
  if (visitor_ != nullptr) visitor_->OnPersistent(size() - 1, id, at);
}

void Ledger::AddExtension(uint32_t code, uint64_t at) {
  Add(NodeKind::kExtension);
  if (visitor_ != nullptr) visitor_->OnExtension(size() - 1, code, at);
}

void Ledger::AddReadonly(NodeId buffer) {
  Use(buffer);
  Add(NodeKind::kReadonly);
}

void Ledger::AddBuild(NodeId target, NodeId state, uint64_t at) {
  Use(state);
  if (visitor_ != nullptr) visitor_->OnBuild(target, state, at);
  Add(NodeKind::kBuild);
}

void Ledger::AddChange(NodeKind change, NodeId target, uint64_t at) {
  const NodeKind native = change == NodeKind::kAppend     ? NodeKind::kList
                          : change == NodeKind::kSetItems ? NodeKind::kDict
                                                          : NodeKind::kSet;
  if (kind(target) != native && visitor_ != nullptr) visitor_->OnExtend(target, change, at);
  Add(change);
}

uint64_t Ledger::WeightOf(NodeId node) const {
  const Fact fact = facts_[node];
  if (!IsNested(KindOf(fact))) return 1;
  if ((fact & kHeavy) == 0) return kLightWeight;
  // What is asked for is nearly always near the end: gallop backwards.
  size_t step = 1;
  size_t high = weights_.size();
  size_t low = high - 1;
  while (weights_[low].node > node) {
    high = low;
    low = low > step ? low - step : 0;
    step *= 2;
  }
  const auto it = std::lower_bound(weights_.begin() + low, weights_.begin() + high, node,
                                   [](const Weight& w, NodeId n) { return w.node < n; });
  return it->weight;
}

void Ledger::GatherItem(NodeId item, Gather* gather) {
  const Fact fact = facts_[item];
  gather->flags |= kFlagsOfFact[fact];
  gather->weight += IsNested(KindOf(fact)) ? WeightOf(item) : 1;
  Use(item);
}

void Ledger::AddGathered(NodeKind kind, const Gather& gather) {
  Fact fact = FactOf(kind) | gather.flags;
  if (gather.weight > kLightWeight) {
    fact |= kHeavy;
    const uint64_t weight = std::min<uint64_t>(gather.weight, UINT32_MAX);
    weights_.push_back({size(), static_cast<uint32_t>(weight)});
  }
  facts_.push_back(fact);
}

Hash Ledger::HashOfNested(NodeId key) const {
  const Fact fact = facts_[key];
  if (!IsNested(KindOf(fact))) return Hash::kNative;
  if ((fact & kHoldsUnhashable) != 0) return Hash::kUnhashable;
  if (WeightOf(key) > max_key_) return Hash::kTooHeavy;
  return (fact & kHoldsForeign) != 0 ? Hash::kForeign : Hash::kNative;
}

void Ledger::Reference(NodeId global) {
  if ((facts_[global] & kReferenced) != 0) return;
  facts_[global] |= kReferenced;
  if (visitor_ != nullptr) visitor_->OnReference(global);
}

void Ledger::TellForeign(NodeId key) {
  if (visitor_ != nullptr) visitor_->OnForeignKey(key);
}

Node NodeSource::node(NodeId wanted) const {
  const Waypoint& waypoint = ledger_->waypoints()[wanted / Graph::kStride];
  const uint8_t* const end = encoding_.data() + encoding_.size();
  const uint8_t* p = encoding_.data() + waypoint.position;
  uint64_t at = waypoint.at;
  Node node;
  for (NodeId id = wanted - wanted % Graph::kStride; id <= wanted; ++id) {
    p = Decode(p, end, id, &at, &node, kSkipItems);
  }
  return node;
}

}  // namespace picklebox::graph
