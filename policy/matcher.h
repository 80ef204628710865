// Holds arguments, states and items to the shapes of a policy.
//
//   Matcher matcher(table, objects);
//   const Matcher::Outcome outcome = matcher.Hold(args, rule.shapes.call,
//   place); if (!outcome.fits) Deny(outcome.why); for (const auto& use :
//   outcome.uses) Use(use.global, use.use);
//
// What a tuple or a frozenset holds is known when it is made. What a list, a
// dict or a set holds is not: all that was added to it so far is looked for in
// the nodes behind it, and it is watched from then on, so that a shape holds
// for everything that is ever added (HoldChange).
//
// Of several alternatives, the first counts that fits without a look into
// lists, dicts and sets.
//
// All work is charged: to a multiple of the nodes that there are. What would
// take more does not fit. Not thread-safe; the table and the objects must
// outlive it.
#ifndef PICKLEBOX_POLICY_MATCHER_H_
#define PICKLEBOX_POLICY_MATCHER_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "picklebox/finding.h"
#include "picklebox/graph.h"
#include "picklebox/report.h"
#include "policy/objects.h"
#include "policy/shape.h"
#include "policy/table.h"

namespace picklebox::policy {

// What is held to a shape: where it stands and what asks for it.
struct Place {
  enum What : uint8_t { kCall, kNew, kKeywords, kState, kItems };
  What what = kCall;
  uint32_t global = 0;  // whose rule
  uint32_t shape = kNoShape;
  NodeId value = kNoNode;
  uint64_t at = 0;
};

class Matcher {
 public:
  struct Used {
    uint32_t global;
    Uses use;
  };
  struct Outcome {
    bool fits = true;
    // What the shape says is done with globals among the values.
    std::vector<Used> uses;
    // The first class among them, whose rule counts for what is made.
    bool has_maker = false;
    uint32_t maker = 0;
    // Globals that the shape names.
    std::vector<NodeId> named;
    // Where it does not fit although the kinds do; empty if they do not.
    std::string why;
  };

  Matcher(const PolicyTable& table, Objects& objects)
      : table_(table), objects_(objects) {}

  // A graph begins.
  void Start();

  // Holds place.value to place.shape.
  const Outcome& Hold(const Place& place);
  // Holds the items of the change `change` to place.shape, which is of items.
  const Outcome& HoldItems(NodeId change, const Place& place);
  // The same with all shapes that `container` is watched for. `*place` is the
  // place that does not fit, if one does not.
  const Outcome& HoldChange(NodeId change, NodeId container, Place* place);

  // `dict` holds the globals of a function that is made: code puts into it what
  // it likes, so that nothing that a shape says of it counts. False: something
  // was held to such a shape before.
  bool AddGlobals(NodeId dict);
  bool IsGlobals(NodeId dict) const { return globals_.count(dict) != 0; }

 private:
  // A container whose items are held to a part.
  struct Demand {
    NodeId container;
    uint32_t part;
  };

  bool Charge(uint64_t steps);
  bool MakesFunctions(const Place& place) const;
  bool FitsShape(NodeId value, uint32_t number, int depth);
  bool FitsPart(NodeId value, const Node& node, uint32_t number, int depth);
  bool FitsEncoded(NodeId value, const ShapePart& part) const;
  bool FitsName(const JudgedGlobal& global, const ShapePart& part) const;
  bool FitsMade(NodeId value, const ShapePart& part, uint32_t number);
  bool FitsTuple(const Node& tuple, const ShapePart& part, int depth);
  bool FitsMembers(const Node& members, const ShapePart& part, int depth);
  bool FitsChange(const Node& change, const ShapePart& part);
  bool Demanded(NodeId container, uint32_t part);
  void AddUse(NodeId value, Uses use);
  void Meet(const Place& place);
  bool AddWatch(const Demand& demand, const Place& place);
  bool MeetDemand(const Demand& demand);
  void Fail(std::string why);
  void Begin();

  const PolicyTable& table_;
  Objects& objects_;
  Outcome outcome_;
  std::vector<Demand> demands_;
  // What the items of a container are held to, and what else it is watched for.
  struct Watch {
    uint32_t part;
    uint32_t next;  // index into watches_, or kNoWatch
    Place place;
  };
  static constexpr uint32_t kNoWatch = 0xffffffff;
  std::vector<Watch> watches_;
  absl::flat_hash_map<NodeId, uint32_t> watched_;  // the last one of each
  absl::flat_hash_set<NodeId> globals_;            // of functions
  uint64_t steps_ = 0;                             // in this graph
  NodeId culprit_ = kNoNode;
};

}  // namespace picklebox::policy

#endif  // PICKLEBOX_POLICY_MATCHER_H_
