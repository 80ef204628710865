#include "picklebox/graph.h"

#include <bit>
#include <utility>

#include "graph/decoder.h"
#include "graph/program.h"

namespace picklebox {

absl::string_view NodeKindName(NodeKind kind) {
  static constexpr absl::string_view kNames[kNodeKinds] = {
      "none",      "bool",  "int",    "float",      "str",       "bytes",
      "bytearray", "tuple", "list",   "dict",       "set",       "frozenset",
      "global",    "call",  "new",    "persistent", "extension", "buffer",
      "readonly",  "array", "append", "set_items",  "add_items", "build"};
  return kNames[static_cast<int>(kind)];
}

absl::string_view NewFormName(NewForm form) {
  static constexpr absl::string_view kNames[] = {"newobj", "newobj_ex", "obj",
                                                 "inst"};
  return kNames[static_cast<int>(form)];
}

std::vector<uint64_t> Shape::dims() const {
  std::vector<uint64_t> dims(rank_);
  const uint8_t* p = p_;
  for (uint64_t& dim : dims)  // verified, as below
    p = base::GetVarint(p, p + base::kMaxVarint, &dim);
  return dims;
}

double Node::number() const { return std::bit_cast<double>(float_bits); }

NodeList::iterator NodeList::begin() const {
  iterator it;
  it.p_ = p_;
  it.owner_ = owner_;
  it.current_ = first_;
  it.left_ = count_;
  if (count_ > 0 && p_ != nullptr) it.Load();
  return it;
}

// The verifier has seen these bytes, so the bound only has to be past them.
void NodeList::iterator::Load() {
  p_ = graph::GetReference(p_, p_ + graph::kMaxReference, owner_, &current_);
}

NodeList::iterator& NodeList::iterator::operator++() {
  if (--left_ == 0) return *this;
  if (p_ == nullptr) {
    ++current_;
  } else {
    Load();
  }
  return *this;
}

Graph::Graph() : program_(std::make_shared<const graph::Program>()) {}
Graph::Graph(std::shared_ptr<const graph::Program> program)
    : program_(std::move(program)) {}

NodeId Graph::size() const { return program_->size; }
NodeId Graph::root() const { return program_->root; }
uint64_t Graph::encoded_size() const { return program_->encoding.size(); }

Node Graph::node(NodeId id) const { return GraphCursor(*this, id).node(); }

GraphCursor::GraphCursor(const Graph& graph) : GraphCursor(graph, 0) {}

GraphCursor::GraphCursor(const Graph& graph, NodeId first)
    : end_(graph.size()) {
  const graph::Program& program = *graph.program_;
  next_ = first;
  if (first < end_) {
    const graph::Waypoint& waypoint = program.waypoints[first / Graph::kStride];
    p_ = program.encoding.data() + waypoint.position;
    limit_ = program.encoding.data() + program.encoding.size();
    at_ = waypoint.at;
    next_ = first - first % Graph::kStride;
  }
  do {
    Next();
  } while (next_ <= first && next_ <= end_);
}

void GraphCursor::Next() {
  if (next_ < end_) {
    graph::SkipItems items;
    p_ = graph::Decode(p_, limit_, static_cast<NodeId>(next_), &at_, &node_,
                       items);
  }
  ++next_;
}

}  // namespace picklebox
