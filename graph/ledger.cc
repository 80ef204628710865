#include "graph/ledger.h"

#include <algorithm>

#include "graph/decoder.h"

namespace picklebox::graph {
Ledger::Ledger(base::Memory& memory, uint64_t max_nodes, uint64_t max_key,
               Visitor* visitor)
    : facts_(memory, std::min<uint64_t>(max_nodes, kNoNode)),
      waypoints_(memory, facts_.capacity() / Graph::kStride + 1),
      max_key_(std::min<uint64_t>(max_key, UINT32_MAX)),
      visitor_(visitor) {
  Clear();
}

void Ledger::Clear() {
  facts_.resize(0);
  // A builder that is full from the start gives out this number for nodes that
  // are not there, and whoever has it may ask for their kind.
  if (facts_.capacity() > 0) facts_[0] = FactOf(NodeKind::kNone);
  waypoints_.resize(0);
  weights_.clear();
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

void Ledger::AddNew(NewForm form, NodeId cls, NodeId args, NodeId kwargs,
                    uint64_t at) {
  Use(args);
  if (kwargs != kNoNode) Use(kwargs);
  Add(NodeKind::kNew);
  if (visitor_ != nullptr)
    visitor_->OnNew(size() - 1, form, cls, args, kwargs, at);
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
  Add(change);
  const bool told =
      !IsNative(change, kind(target)) || (facts_[target] & kWatched) != 0;
  if (told && visitor_ != nullptr)
    visitor_->OnExtend(size() - 1, target, change, at);
}

uint64_t Ledger::WeightOf(NodeId node) const {
  // What is asked for is nearly always near the end: gallop backwards.
  size_t step = 1;
  size_t high = weights_.size();
  size_t low = high - 1;
  while (weights_[low].node > node) {
    high = low;
    low = low > step ? low - step : 0;
    step *= 2;
  }
  if (weights_[low].node == node) return weights_[low].weight;
  const auto it =
      std::lower_bound(weights_.begin() + low, weights_.begin() + high, node,
                       [](const Weight& w, NodeId n) { return w.node < n; });
  return it->weight;
}

// Nothing that holds something unhashable, or something over the limit, is ever
// a key: its weight need not be known.
Fact Ledger::Weigh(const Gather& gather) {
  if ((gather.flags & kHoldsUnhashable) != 0) return 0;
  if (gather.weight > max_key_) return kOverLimit;
  weights_.push_back({size(), static_cast<uint32_t>(gather.weight)});
  return kHeavy;
}

void Ledger::Reference(NodeId node) {
  if (facts_[node] != FactOf(NodeKind::kGlobal)) return;
  facts_[node] |= kReferenced;
  if (visitor_ != nullptr) visitor_->OnReference(node);
}

void Ledger::TellForeign(NodeId key) {
  if (visitor_ != nullptr) visitor_->OnForeignKey(key);
}

const Waypoint& NodeSource::PlaceOf(NodeId wanted) const {
  const NodeId number = wanted / Graph::kStride;
  const uint32_t index = wanted % Graph::kStride;
  Stretch& stretch = stretches_[number % kStretches];
  if (stretch.number != number) {
    stretch.number = number;
    stretch.known = 0;
    stretch.places[0] = ledger_->waypoints()[number];
  }
  if (stretch.known < index) {
    const uint8_t* const end = encoding_.data() + encoding_.size();
    Waypoint place = stretch.places[stretch.known];
    const uint8_t* p = encoding_.data() + place.position;
    Node node;
    SkipItems items;
    while (stretch.known < index) {
      const NodeId id = number * Graph::kStride + stretch.known;
      p = Decode(p, end, id, &place.at, &node, items);
      place.position = static_cast<uint64_t>(p - encoding_.data());
      stretch.places[++stretch.known] = place;
    }
  }
  return stretch.places[index];
}

Node NodeSource::node(NodeId wanted) const {
  Waypoint place = PlaceOf(wanted);
  Node node;
  SkipItems items;
  Decode(encoding_.data() + place.position, encoding_.data() + encoding_.size(),
         wanted, &place.at, &node, items);
  return node;
}

void NodeSource::Walk(NodeId first, NodeId last,
                      absl::FunctionRef<bool(const Node&)> visit) const {
  if (first >= last) return;
  const Waypoint& place = PlaceOf(first);
  const uint8_t* const end = encoding_.data() + encoding_.size();
  const uint8_t* p = encoding_.data() + place.position;
  uint64_t at = place.at;
  Node node;
  SkipItems items;
  for (NodeId id = first; id < last; ++id) {
    p = Decode(p, end, id, &at, &node, items);
    if (!visit(node)) break;
  }
}

NodeWalk::NodeWalk(const NodeSource& source, NodeId first) : source_(source) {
  next_ = first;
  if (first >= source.size()) {
    next_ = uint64_t{source.size()} + 1;
    return;
  }
  const Waypoint& place = source.PlaceOf(first);
  p_ = source.encoding_.data() + place.position;
  at_ = place.at;
  Next();
}

void NodeWalk::Next() {
  if (next_ < source_.size()) {
    const uint8_t* const end =
        source_.encoding_.data() + source_.encoding_.size();
    SkipItems items;
    p_ = Decode(p_, end, static_cast<NodeId>(next_), &at_, &node_, items);
  }
  ++next_;
}

}  // namespace picklebox::graph
