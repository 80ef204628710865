#include "policy/matcher.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"

namespace picklebox::policy {
namespace {

// Steps to begin with, and so many more for each node that there is.
constexpr uint64_t kSteps = 4'000'000;
constexpr uint64_t kStepsPerNode = 32;
// Finding a node again takes as long as so many steps.
constexpr uint64_t kStepsOfNode = 8;

bool IsContainerOf(PartKind part, NodeKind kind) {
  return (part == PartKind::kList && kind == NodeKind::kList) ||
         (part == PartKind::kSet && kind == NodeKind::kSet) ||
         (part == PartKind::kDict && kind == NodeKind::kDict);
}

bool IsText(const Node& node, NodeKind kind, absl::string_view text) {
  return node.kind == kind && !node.extent && node.text == text;
}

}  // namespace

void Matcher::Start() {
  watches_.clear();
  watched_.clear();
  globals_.clear();
  steps_ = 0;
}

void Matcher::Begin() {
  outcome_.fits = true;
  outcome_.uses.clear();
  outcome_.has_maker = false;
  outcome_.named.clear();
  outcome_.why.clear();
  demands_.clear();
  culprit_ = kNoNode;
}

bool Matcher::Charge(uint64_t steps) {
  steps_ += steps;
  return steps_ <= kSteps + kStepsPerNode * objects_.source().size();
}

void Matcher::Fail(std::string why) {
  outcome_.fits = false;
  if (outcome_.why.empty()) outcome_.why = std::move(why);
}

const Matcher::Outcome& Matcher::Hold(const Place& place) {
  Begin();
  if (!FitsShape(place.value, place.shape, 0)) {
    Fail(Charge(0) ? "" : "it is too much to look at");
    return outcome_;
  }
  Meet(place);
  return outcome_;
}

const Matcher::Outcome& Matcher::HoldItems(NodeId change, const Place& place) {
  Begin();
  const ShapePart part = table_.part(table_.shape(place.shape).first_part);
  if (!FitsChange(objects_.source().node(change), part)) {
    Fail(culprit_ == kNoNode ? "" : objects_.ShapeOf(culprit_));
    return outcome_;
  }
  Meet(place);
  return outcome_;
}

const Matcher::Outcome& Matcher::HoldChange(NodeId change, NodeId container,
                                            Place* place) {
  Begin();
  const Node node = objects_.source().node(change);
  const auto known = watched_.find(container);
  for (uint32_t i = known == watched_.end() ? kNoWatch : known->second;
       i != kNoWatch; i = watches_[i].next) {
    *place = watches_[i].place;
    if (!FitsChange(node, table_.part(watches_[i].part))) {
      Fail("something else is added to a container among these later");
      return outcome_;
    }
    Meet(*place);
    if (!outcome_.fits) return outcome_;
  }
  return outcome_;
}

// The recursion is over the shapes of the policy, whose depth is counted.
// NOLINTBEGIN(misc-no-recursion)
bool Matcher::FitsShape(NodeId value, uint32_t number, int depth) {
  if (depth > kMaxShapeDepth + 1 || !Charge(1)) return false;
  const Shape shape = table_.shape(number);
  if ((shape.kinds & kAnyKind) == kAnyKind) return true;
  NodeKind kind = objects_.source().kind(value);
  const bool is_named =
      (kind == NodeKind::kCall || kind == NodeKind::kExtension) &&
      objects_.FindNamed(value) != nullptr;
  if (is_named) kind = NodeKind::kGlobal;
  if ((shape.kinds & KindBit(kind)) != 0) return true;
  const bool takes_bytes = (shape.kinds & KindBit(NodeKind::kBytes)) != 0;
  if (takes_bytes && objects_.EncodedText(value).has_value()) return true;
  if (shape.part_count == 0 || !Charge(kStepsOfNode)) return false;
  const Node node = objects_.source().node(value);
  for (uint32_t i = 0; i < shape.part_count; ++i) {
    if (!Charge(1)) return false;
    const size_t demands = demands_.size();
    const size_t uses = outcome_.uses.size();
    const size_t named = outcome_.named.size();
    const bool had_maker = outcome_.has_maker;
    if (FitsPart(value, node, shape.first_part + i, depth)) return true;
    demands_.resize(demands);
    outcome_.uses.resize(uses);
    outcome_.named.resize(named);
    outcome_.has_maker = had_maker;
  }
  return false;
}

bool Matcher::FitsPart(NodeId value, const Node& node, uint32_t number,
                       int depth) {
  const ShapePart part = table_.part(number);
  switch (part.kind) {
    case PartKind::kText:
      return IsText(node, NodeKind::kStr, part.text);
    case PartKind::kBytes:
      return IsText(node, NodeKind::kBytes, part.text) ||
             FitsEncoded(value, part);
    case PartKind::kInteger:
      return node.kind == NodeKind::kInt && !node.big &&
             node.integer >= part.low && node.integer <= part.high;
    case PartKind::kBool:
      return node.kind == NodeKind::kBool && node.integer == part.low;
    case PartKind::kGlobal: {
      const Named* const named = objects_.FindNamed(value);
      if (named == nullptr || !FitsName(objects_.global(named->global), part))
        return false;
      if (depth <= 1) outcome_.named.push_back(value);
      return true;
    }
    case PartKind::kCallable:
    case PartKind::kClass:
      if (objects_.FindNamed(value) == nullptr) return false;
      AddUse(value, part.kind == PartKind::kCallable ? kCall : kNew);
      return true;
    case PartKind::kMade:
    case PartKind::kContents:
      return FitsMade(value, part, number);
    case PartKind::kArray: {
      const Made* const made = objects_.FindMade(value);
      return node.kind == NodeKind::kArray ||
             (made != nullptr && objects_.global(made->global).makes_arrays);
    }
    case PartKind::kTuple:
      return node.kind == NodeKind::kTuple && FitsTuple(node, part, depth + 1);
    case PartKind::kFrozenSet:
      return node.kind == NodeKind::kFrozenSet &&
             FitsMembers(node, part, depth + 1);
    case PartKind::kList:
    case PartKind::kSet:
    case PartKind::kDict:
      return IsContainerOf(part.kind, node.kind) && Demanded(value, number);
  }
  return false;
}

bool Matcher::FitsTuple(const Node& tuple, const ShapePart& part, int depth) {
  uint32_t next = 0;
  for (const NodeId item : tuple.items) {
    if (next >= part.item_count) return false;
    const uint32_t number = part.first_item + next;
    if (!FitsShape(item, number, depth)) return false;
    if (table_.shape(number).repeat != Repeat::kAny) ++next;
  }
  return next >= part.item_count ||
         table_.shape(part.first_item + next).repeat != Repeat::kOnce;
}

bool Matcher::FitsMembers(const Node& members, const ShapePart& part,
                          int depth) {
  for (const NodeId member : members.items) {
    if (part.item_count == 0 || !FitsShape(member, part.first_item, depth))
      return false;
  }
  return true;
}
// NOLINTEND(misc-no-recursion)

// A text of ASCII that is encoded is these bytes.
bool Matcher::FitsEncoded(NodeId value, const ShapePart& part) const {
  const std::optional<NodeId> text = objects_.EncodedText(value);
  if (!text) return false;
  if (*text == kNoNode) return part.text.empty();
  return IsText(objects_.source().node(*text), NodeKind::kStr, part.text) &&
         std::all_of(part.text.begin(), part.text.end(), [](char c) {
           return static_cast<unsigned char>(c) < 0x80;
         });
}

bool Matcher::FitsName(const JudgedGlobal& global,
                       const ShapePart& part) const {
  return global.qualname == part.qualname && global.module == part.text;
}

bool Matcher::FitsMade(NodeId value, const ShapePart& part, uint32_t number) {
  const Made* const made = objects_.FindMade(value);
  if (made == nullptr || made->is_instance != 0 ||
      !FitsName(objects_.global(made->global), part)) {
    return false;
  }
  if (part.kind == PartKind::kMade) return true;
  // What it was made of must not have filled it already.
  const NodeId args = objects_.source().node(value).args;
  return objects_.source().kind(args) == NodeKind::kTuple &&
         objects_.source().node(args).items.empty() && Demanded(value, number);
}

bool Matcher::Demanded(NodeId container, uint32_t part) {
  demands_.push_back({container, part});
  return true;
}

void Matcher::AddUse(NodeId value, Uses use) {
  const uint32_t global = objects_.FindNamed(value)->global;
  outcome_.uses.push_back({global, use});
  if (use == kNew && !outcome_.has_maker) {
    outcome_.has_maker = true;
    outcome_.maker = global;
  }
}

// Whether what `change` adds is what `part`, of a container, asks for.
bool Matcher::FitsChange(const Node& change, const ShapePart& part) {
  culprit_ = kNoNode;
  const bool pairs = change.kind == NodeKind::kSetItems;
  if (pairs != (part.low != 0) && part.item_count > 0) return false;
  const uint32_t stride = pairs ? 2 : 1;
  bool key_fits = false;
  uint32_t entry = 0;
  uint64_t i = 0;
  for (const NodeId item : change.items) {
    const bool is_value = pairs && i++ % 2 == 1;
    culprit_ = item;
    if (is_value) {
      if (!key_fits || !FitsShape(item, part.first_item + entry + 1, 1))
        return false;
      continue;
    }
    key_fits = false;
    for (entry = 0; entry + stride <= part.item_count; entry += stride) {
      key_fits = FitsShape(item, part.first_item + entry, 1);
      if (key_fits) break;
    }
    if (!key_fits) return false;
  }
  return true;
}

// Holds all containers that the shape looks into to it, and watches them.
void Matcher::Meet(const Place& place) {
  for (size_t i = 0; i < demands_.size(); ++i) {
    const Demand demand = demands_[i];
    if (AddWatch(demand, place) && !MeetDemand(demand)) return;
  }
}

bool Matcher::MakesFunctions(const Place& place) const {
  return place.what == Place::kCall &&
         objects_.global(place.global).maker == graph::CodeMaker::kFunction;
}

bool Matcher::AddGlobals(NodeId dict) {
  globals_.insert(dict);
  const auto known = watched_.find(dict);
  for (uint32_t i = known == watched_.end() ? kNoWatch : known->second;
       i != kNoWatch; i = watches_[i].next) {
    if (!MakesFunctions(watches_[i].place)) return false;
  }
  return true;
}

// False if there is such a watch.
bool Matcher::AddWatch(const Demand& demand, const Place& place) {
  if (IsGlobals(demand.container) && !MakesFunctions(place)) {
    Fail("it holds the globals of a function, which are filled by code");
    return false;
  }
  const auto number = static_cast<uint32_t>(watches_.size());
  const auto [last, is_first] = watched_.try_emplace(demand.container, number);
  const uint32_t next = is_first ? kNoWatch : last->second;
  for (uint32_t i = next; i != kNoWatch; i = watches_[i].next) {
    if (watches_[i].part == demand.part) return false;
  }
  watches_.push_back({demand.part, next, place});
  last->second = number;
  return true;
}

bool Matcher::MeetDemand(const Demand& demand) {
  if (Made* made = objects_.FindMade(demand.container)) {
    made->watched = 1;
  } else {
    objects_.source().Watch(demand.container);
  }
  const ShapePart part = table_.part(demand.part);
  for (graph::NodeWalk walk(objects_.source(), demand.container + 1);
       !walk.done(); walk.Next()) {
    if (!Charge(1)) {
      Fail("it is too much to look at");
      return false;
    }
    const Node& node = walk.node();
    if (!IsChange(node.kind) || node.kind == NodeKind::kBuild ||
        node.subject != demand.container) {
      continue;
    }
    if (!FitsChange(node, part)) {
      Fail(culprit_ == kNoNode
               ? std::string("items of another kind are among these")
               : absl::StrCat("a ", objects_.ShapeOf(demand.container),
                              " among these holds ",
                              objects_.ShapeOf(culprit_)));
      return false;
    }
  }
  return true;
}

}  // namespace picklebox::policy
