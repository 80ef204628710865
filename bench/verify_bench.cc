// What a node costs: to build it in the worker, to verify it in the parent, to
// walk it as a reader.
//
//   verify_bench [NODES]       default 2,000,000 nodes a graph
//
// The best of several passes counts. Each graph is of one shape, so that a line
// stands for one path through the verifier.
#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <string>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_format.h"
#include "base/memory.h"
#include "graph/builder.h"
#include "graph/verifier.h"

namespace {

using picklebox::Graph;
using picklebox::GraphCursor;
using picklebox::kNoNode;
using picklebox::Limits;
using picklebox::NewForm;
using picklebox::NodeId;
using picklebox::graph::Claim;
using picklebox::graph::GraphBuilder;
using picklebox::graph::Verifier;

constexpr int kPasses = 7;
constexpr size_t kBatch = 1000;  // as picklers fill lists and dicts

// Fills `builder` with at least `nodes` nodes of one shape.
using Fill = void (*)(GraphBuilder& builder, NodeId nodes);

void SmallInts(GraphBuilder& b, NodeId nodes) {
  const NodeId list = b.List();
  std::vector<NodeId> items(kBatch);
  while (b.size() < nodes) {
    for (size_t i = 0; i < kBatch; ++i) items[i] = b.Int(int64_t(i % 128));
    b.Append(list, items, 0);
  }
}

void LongInts(GraphBuilder& b, NodeId nodes) {
  const NodeId list = b.List();
  std::vector<NodeId> items(kBatch);
  while (b.size() < nodes) {
    for (size_t i = 0; i < kBatch; ++i) {
      items[i] = b.Int(int64_t(1000 + i * 977));
    }
    b.Append(list, items, 0);
  }
}

void Floats(GraphBuilder& b, NodeId nodes) {
  const NodeId list = b.List();
  std::vector<NodeId> items(kBatch);
  while (b.size() < nodes) {
    for (size_t i = 0; i < kBatch; ++i) {
      items[i] = b.Float(0x3ff0000000000000u + i);
    }
    b.Append(list, items, 0);
  }
}

void ShortStrings(GraphBuilder& b, NodeId nodes) {
  const NodeId list = b.List();
  std::vector<NodeId> items(kBatch);
  while (b.size() < nodes) {
    for (size_t i = 0; i < kBatch; ++i) {
      items[i] = b.Str(absl::StrFormat("feature_%d", i));
    }
    b.Append(list, items, 0);
  }
}

// Many dicts of five pairs; the keys are shared, as a pickler's memo does it.
void Records(GraphBuilder& b, NodeId nodes) {
  const char* const kKeys[] = {"name", "weight", "is_active", "tags", "id"};
  NodeId keys[5];
  for (int i = 0; i < 5; ++i) keys[i] = b.Str(kKeys[i]);
  for (int64_t row = 0; b.size() < nodes; ++row) {
    const NodeId dict = b.Dict();
    const NodeId pairs[] = {keys[0], b.Str(absl::StrFormat("row %d", row)),
                            keys[1], b.Float(0x3ff0000000000000u + row),
                            keys[2], b.Bool(row % 2 == 0),
                            keys[3], b.List(),
                            keys[4], b.Int(row)};
    b.SetItems(dict, pairs, 0);
  }
}

// One dict of short strings.
void Dictionary(GraphBuilder& b, NodeId nodes) {
  const NodeId dict = b.Dict();
  std::vector<NodeId> pairs(2 * kBatch);
  for (int64_t n = 0; b.size() < nodes;) {
    for (size_t i = 0; i < kBatch; ++i, ++n) {
      pairs[2 * i] = b.Str(absl::StrFormat("word%d", n));
      pairs[2 * i + 1] = b.Int(n);
    }
    b.SetItems(dict, pairs, 0);
  }
}

void Pairs(GraphBuilder& b, NodeId nodes) {
  while (b.size() < nodes) {
    const NodeId x = b.Int(7);
    const NodeId y = b.Int(8);
    b.Tuple({x, y});
  }
}

void NestedTuples(GraphBuilder& b, NodeId nodes) {
  NodeId inner = b.Tuple({});
  while (b.size() < nodes) {
    for (int depth = 0; depth < 100; ++depth) inner = b.Tuple({inner});
    inner = b.Tuple({});
  }
}

void SmallLists(GraphBuilder& b, NodeId nodes) {
  while (b.size() < nodes) {
    const NodeId list = b.List();
    const NodeId items[] = {b.Int(1), b.Int(2)};
    b.Append(list, items, 0);
  }
}

// copyreg.__newobj__ of one class with a state of two attributes.
void Objects(GraphBuilder& b, NodeId nodes) {
  uint64_t at = 2;
  const NodeId cls = b.Global({"acme.ranking", "Node", false, true}, at);
  const NodeId none = b.Tuple({});
  const NodeId left = b.Str("left");
  const NodeId right = b.Str("right");
  while (b.size() < nodes) {
    const NodeId object = b.New(NewForm::kNewObj, cls, none, kNoNode, at += 20);
    const NodeId state = b.Dict();
    const NodeId pairs[] = {left, b.Int(1), right, b.None()};
    b.SetItems(state, pairs, 0);
    b.Build(object, state, at += 12);
  }
}

struct Shape {
  const char* name;
  Fill fill;
};
constexpr Shape kShapes[] = {
    {"ints below 128 in a list", SmallInts},
    {"ints in a list", LongInts},
    {"floats in a list", Floats},
    {"short strings in a list", ShortStrings},
    {"dicts of five pairs", Records},
    {"one dict of strings", Dictionary},
    {"pairs of ints", Pairs},
    {"tuples nested 100 deep", NestedTuples},
    {"lists of two", SmallLists},
    {"objects with state", Objects},
};

template <typename Work>
double BestNanoseconds(Work&& work) {
  double best = 1e18;
  for (int pass = 0; pass < kPasses; ++pass) {
    const auto start = std::chrono::steady_clock::now();
    work();
    const std::chrono::duration<double, std::nano> took =
        std::chrono::steady_clock::now() - start;
    best = std::min(best, took.count());
  }
  return best;
}

// Returns false when the graph does not verify.
bool Measure(const Shape& shape, NodeId nodes) {
  std::vector<uint8_t> out(size_t{nodes} * 24 + (1 << 20));
  uint64_t size = 0;
  NodeId made = 0;
  const double build = BestNanoseconds([&] {
    picklebox::base::HeapMemory memory;
    GraphBuilder builder(memory, absl::MakeSpan(out), nodes + 10 * kBatch,
                         Limits().key, nullptr);
    shape.fill(builder, nodes);
    size = builder.encoded_size();
    made = builder.size();
  });
  const Claim claim{.encoding = absl::MakeConstSpan(out).first(size),
                    .owner = nullptr,
                    .nodes = made,
                    .root = 0,
                    .input_size = uint64_t{nodes} * 40};
  bool ok = true;
  Graph graph;
  const double verify = BestNanoseconds([&] {
    auto verified = Verifier::Verify(claim, Limits(), nullptr);
    ok = ok && verified.ok();
    if (verified.ok()) graph = *std::move(verified);
  });
  uint64_t sum = 0;
  const double walk = BestNanoseconds([&] {
    for (GraphCursor c(graph); !c.done(); c.Next()) {
      sum += static_cast<uint64_t>(c.node().kind);
    }
  });
  absl::PrintF("%-28s %9d %7.2f %8.2f %8.2f %8.2f%s\n", shape.name, made,
               double(size) / made, build / made, verify / made, walk / made,
               ok && sum > 0 ? "" : "  FAILED");
  return ok;
}

}  // namespace

int main(int argc, char** argv) {
  NodeId nodes = 2'000'000;
  if (argc > 2 || (argc == 2 && !absl::SimpleAtoi(argv[1], &nodes))) {
    std::fputs("usage: verify_bench [NODES]\n", stderr);
    return 4;
  }
  absl::PrintF("%-28s %9s %7s %8s %8s %8s\n", "graph", "nodes", "bytes",
               "build", "verify", "walk");
  absl::PrintF("%-28s %9s %7s %8s %8s %8s\n", "", "", "a node", "ns/node",
               "ns/node", "ns/node");
  bool ok = true;
  for (const Shape& shape : kShapes) ok = Measure(shape, nodes) && ok;
  return ok ? 0 : 1;
}
