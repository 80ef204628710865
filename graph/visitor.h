// What a judge is told while a graph is made or verified, in the order of the
// nodes. Only what can matter to a policy is told: plain values are not.
#ifndef PICKLEBOX_GRAPH_VISITOR_H_
#define PICKLEBOX_GRAPH_VISITOR_H_

#include <cstdint>

#include "absl/strings/string_view.h"
#include "picklebox/graph.h"

namespace picklebox::graph {

class NodeSource;

struct GlobalName {
  absl::string_view module;  // as the file spells it
  absl::string_view qualname;
  bool python2_names = false;  // fix_imports applies
  bool dotted = false;         // attribute traversal at the dots
};

// `at` is the offset of the opcode in the stream. Callbacks must not keep the
// views that they are given.
class Visitor {
 public:
  virtual ~Visitor() = default;

  // A graph begins. `source` reads the nodes made so far, at any later callback
  // until the next OnStart.
  virtual void OnStart(const NodeSource& source) = 0;
  virtual void OnGlobal(NodeId node, const GlobalName& name, uint64_t at) = 0;
  // A global is used as a value: an item, an argument, a key, a state, the
  // root. Told once a node, at its first such use.
  virtual void OnReference(NodeId global) = 0;
  // `callable` may be any value; `args` is a tuple or an object.
  virtual void OnCall(NodeId node, NodeId callable, NodeId args,
                      uint64_t at) = 0;
  // `kwargs` is kNoNode but for NEWOBJ_EX.
  virtual void OnNew(NodeId node, NewForm form, NodeId cls, NodeId args,
                     NodeId kwargs, uint64_t at) = 0;
  virtual void OnBuild(NodeId target, NodeId state, uint64_t at) = 0;
  // Node `change`, of kind `kind`: items go to something that is not the native
  // container of that change, or that the visitor watches.
  virtual void OnExtend(NodeId change, NodeId target, NodeKind kind,
                        uint64_t at) = 0;
  // A key or member of a native dict, set or frozenset that is, or holds, an
  // object (a call, a new object, a persistent id ...).
  virtual void OnForeignKey(NodeId key) = 0;
  virtual void OnPersistent(NodeId node, NodeId id, uint64_t at) = 0;
  virtual void OnExtension(NodeId node, uint32_t code, uint64_t at) = 0;
};

}  // namespace picklebox::graph

#endif  // PICKLEBOX_GRAPH_VISITOR_H_
