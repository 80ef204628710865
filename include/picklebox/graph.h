// The object graph of one pickle: a straight-line program.
//
// A Graph is a flat list of nodes in the order in which an unpickler would have
// made or changed things. A node refers to earlier nodes by their number. There
// is no stack, no memo and no mark in it, and a cycle of the data is a change
// (say, an append) that comes later than its target. docs/graph-format.md has
// the grammar and a worked example.
//
//   for (GraphCursor c(graph); !c.done(); c.Next()) {
//     if (c.node().kind == NodeKind::kGlobal) Use(c.node().module());
//   }
//
// A Graph exists only if the verifier accepted it: every reference is in range
// and points to a value, every string is UTF-8 (lone surrogates allowed), keys
// and set members are hashable. Nothing was imported and nothing was called to
// make it, and nothing in it is more than data.
//
// Lifetime: a Graph owns, shared with its copies, the sealed memory that it
// reads; views that a Node holds live as long as any of the copies. Threads: a
// const Graph may be read from any number of threads.
#ifndef PICKLEBOX_GRAPH_H_
#define PICKLEBOX_GRAPH_H_

#include <cstddef>
#include <cstdint>
#include <iterator>
#include <memory>
#include <optional>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/types/span.h"

namespace picklebox {

using NodeId = uint32_t;
inline constexpr NodeId kNoNode = 0xffffffffu;

// The kinds of nodes. Values first; from kAppend on, changes.
enum class NodeKind : uint8_t {
  kNone,
  kBool,
  kInt,  // 64 bits or big
  kFloat,
  kStr,
  kBytes,
  kByteArray,
  kTuple,
  kList,  // empty; filled by kAppend
  kDict,  // empty; filled by kSetItems
  kSet,   // empty; filled by kAddItems
  kFrozenSet,
  kGlobal,
  kCall,        // callable(*args)
  kNew,         // class.__new__(class, *args, **kwargs), see NewForm
  kPersistent,  // persistent_load(id)
  kExtension,   // the global behind a copyreg extension code
  kBuffer,      // the next out-of-band buffer
  kReadonly,    // a read-only view of a buffer
  kArray,       // numbers (or other items of a fixed size) of the input
  kAppend,      // target.append / target.extend
  kSetItems,    // target[key] = value, in order
  kAddItems,    // target.add
  kBuild,       // state is set on target
};
inline constexpr int kNodeKinds = static_cast<int>(NodeKind::kBuild) + 1;

// "none", "bool", ... the name of the node in every output.
absl::string_view NodeKindName(NodeKind kind);
inline constexpr bool IsChange(NodeKind kind) {
  return kind >= NodeKind::kAppend;
}

// Which opcode made a kNew node. They differ in what runs: NEWOBJ and NEWOBJ_EX
// call class.__new__ only; OBJ and INST call class(*args), or only __new__ when
// there are no arguments and the class has no __getinitargs__.
enum class NewForm : uint8_t { kNewObj, kNewObjEx, kObj, kInst };
absl::string_view NewFormName(NewForm form);

// Bytes of the input that are not copied into the graph. Offsets count in a
// stream: 0 is the one that the pickle was read from, k is the member k - 1 of
// the file's report.
struct Extent {
  uint64_t offset = 0;
  uint64_t length = 0;
  uint32_t stream = 0;
};

// The lengths of an array's dimensions, as they are encoded.
class Shape {
 public:
  Shape() = default;
  // `rank` varints from `p` on. Made by the decoder only.
  Shape(const uint8_t* p, uint32_t rank) : p_(p), rank_(rank) {}

  uint32_t rank() const { return rank_; }
  std::vector<uint64_t> dims() const;

 private:
  const uint8_t* p_ = nullptr;
  uint32_t rank_ = 0;
};

// A list of node numbers, decoded while it is walked.
class NodeList {
 public:
  class iterator {
   public:
    using iterator_category = std::input_iterator_tag;
    using value_type = NodeId;
    using difference_type = ptrdiff_t;
    using pointer = const NodeId*;
    using reference = NodeId;
    NodeId operator*() const { return current_; }
    iterator& operator++();
    bool operator==(const iterator& other) const {
      return left_ == other.left_;
    }
    bool operator!=(const iterator& other) const {
      return left_ != other.left_;
    }

   private:
    friend class NodeList;
    void Load();
    const uint8_t* p_ = nullptr;  // nullptr: consecutive numbers
    NodeId owner_ = 0;
    NodeId current_ = 0;
    uint64_t left_ = 0;
  };

  NodeList() = default;
  // `count` references of node `owner`, encoded from `p` on; or, when p is
  // nullptr, the numbers first, first + 1, ... Made by the decoder only.
  NodeList(const uint8_t* p, NodeId owner, NodeId first, uint64_t count)
      : p_(p), owner_(owner), first_(first), count_(count) {}

  uint64_t size() const { return count_; }
  bool empty() const { return count_ == 0; }
  // The numbers are front(), front() + 1, ...
  bool is_run() const { return p_ == nullptr && count_ > 0; }
  NodeId front() const { return *begin(); }
  iterator begin() const;
  iterator end() const { return iterator(); }

 private:
  const uint8_t* p_ = nullptr;
  NodeId owner_ = 0;
  NodeId first_ = 0;
  uint64_t count_ = 0;
};

// One node, decoded. Which fields mean something depends on the kind.
struct Node {
  NodeId id = 0;
  NodeKind kind = NodeKind::kNone;
  // kGlobal, kCall, kNew, kPersistent, kExtension, kBuffer, kBuild and changes
  // of what is no native container: offset of the opcode. Others: 0.
  uint64_t at = 0;

  int64_t integer =
      0;  // kInt that fits, kBool, code of kExtension, index of kBuffer
  bool big =
      false;  // kInt: `text` holds it, two's complement, little-endian, minimal
  uint64_t float_bits = 0;  // kFloat, IEEE 754 binary64
  // kStr: UTF-8; kBytes, kByteArray: the bytes. Empty if `extent` is set.
  // kArray: the dtype, as graph/dtype.h has it.
  absl::string_view text;
  std::optional<Extent> extent;  // kArray always has one

  // kArray. Items are in C order, or the first dimension runs fastest.
  Shape shape;
  bool fortran = false;

  // kGlobal, as the file spells it.
  absl::string_view module() const { return text; }
  absl::string_view qualname;
  bool python2_names = false;  // protocol below 3: fix_imports maps the names
  bool dotted = false;  // protocol 4 and up: the qualname is split at dots

  NewForm form = NewForm::kNewObj;
  // kCall: callable. kNew: class. kReadonly: the buffer. kPersistent: the id.
  // Changes: the target.
  NodeId subject = kNoNode;
  NodeId args = kNoNode;    // kCall, kNew; kBuild: the state
  NodeId kwargs = kNoNode;  // kNew of form kNewObjEx
  // kTuple, kFrozenSet, kAppend, kAddItems: items. kSetItems: key, value, key
  // ...
  NodeList items;

  double number() const;
};

namespace graph {
struct Program;
class Verifier;
}  // namespace graph

class Graph {
 public:
  // A graph of no nodes.
  Graph();

  NodeId size() const;
  // The value that the pickle stands for; kNoNode when STOP was not reached.
  NodeId root() const;
  // Size of its encoding in bytes.
  uint64_t encoded_size() const;
  // Decodes node `id`, which is below size(). Takes up to kStride steps.
  Node node(NodeId id) const;

  static constexpr NodeId kStride = 64;

 private:
  friend class graph::Verifier;
  friend class GraphCursor;
  explicit Graph(std::shared_ptr<const graph::Program> program);
  std::shared_ptr<const graph::Program> program_;
};

// Walks the nodes of a graph in order. The graph must outlive it.
class GraphCursor {
 public:
  explicit GraphCursor(const Graph& graph);
  // Starts at node `first`.
  GraphCursor(const Graph& graph, NodeId first);
  bool done() const { return next_ > end_; }
  const Node& node() const { return node_; }
  void Next();

 private:
  const uint8_t* p_ = nullptr;
  const uint8_t* limit_ = nullptr;
  uint64_t at_ = 0;
  uint64_t next_ = 0;  // number behind the current node
  uint64_t end_ = 0;
  Node node_;
};

}  // namespace picklebox

#endif  // PICKLEBOX_GRAPH_H_
