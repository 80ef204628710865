// What the judge knows of the nodes of one graph that are objects: which are
// globals, and which were made by one.
//
// Nodes are added in ascending order; finding one is quick near the end. Not
// thread-safe.
#ifndef PICKLEBOX_POLICY_OBJECTS_H_
#define PICKLEBOX_POLICY_OBJECTS_H_

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "graph/ledger.h"
#include "picklebox/graph.h"
#include "policy/global_register.h"

namespace picklebox::policy {

// A node that is a global; `global` is an index into the register.
struct Named {
  NodeId node;
  uint32_t global;
};

// A node that a global made.
struct Made {
  NodeId node;
  uint32_t global : 29;
  uint32_t is_instance : 1;  // of a class that the global made
  uint32_t has_state : 1;    // state was set on it
  uint32_t watched : 1;      // a shape is held to what is added to it
};

class Objects {
 public:
  explicit Objects(const GlobalRegister& globals) : globals_(globals) {}

  // A graph begins.
  void Start(const graph::NodeSource& source) {
    source_ = &source;
    named_.clear();
    made_.clear();
  }

  void AddNamed(NodeId node, uint32_t global) {
    named_.push_back({node, global});
  }
  void AddMade(NodeId node, uint32_t global) {
    made_.push_back({node, global, 0, 0, 0});
  }
  void AddInstance(NodeId node, uint32_t global) {
    made_.push_back({node, global, 1, 0, 0});
  }

  // nullptr: it is none.
  const Named* FindNamed(NodeId node) const;
  const Made* FindMade(NodeId node) const;
  Made* FindMade(NodeId node) {
    return const_cast<Made*>(std::as_const(*this).FindMade(node));
  }

  // Protocols below 3 write bytes as _codecs.encode(text, "latin1"), and none
  // as bytes(): the text of such a call, or kNoNode; nothing if it is another.
  std::optional<NodeId> EncodedText(NodeId node) const;

  const graph::NodeSource& source() const { return *source_; }
  const JudgedGlobal& global(uint32_t index) const { return globals_[index]; }

  // "a list", "the result of a call": a value, in words.
  std::string Describe(NodeId node) const;
  // A value as the narrowest shape that takes it, but for what is long.
  std::string ShapeOf(NodeId node) const;
  // The same for a tuple of arguments: ["str", "int"].
  std::string ArgumentsOf(NodeId tuple) const;

 private:
  std::string ShapeOf(NodeId node, int depth) const;

  const GlobalRegister& globals_;
  const graph::NodeSource* source_ = nullptr;
  std::vector<Named> named_;
  std::vector<Made> made_;
};

}  // namespace picklebox::policy

#endif  // PICKLEBOX_POLICY_OBJECTS_H_
