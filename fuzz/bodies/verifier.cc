#include "graph/verifier.h"

#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "fuzz/bodies/bodies.h"
#include "fuzz/bodies/check.h"
#include "fuzz/bodies/input.h"
#include "fuzz/bodies/parsed.h"
#include "graph/decoder.h"
#include "picklebox/graph_view.h"
#include "policy/judge.h"
#include "tests/graph/reencode.h"

namespace picklebox::fuzz {
namespace {

constexpr uint64_t kInputSize = 1 << 16;
// Of other streams, for arrays.
constexpr uint64_t kStreamSizes[] = {64, 1 << 20};

// Items of any node, taken as they come.
struct AnyItems {
  const uint8_t* List(const Node& head, const uint8_t* p,
                      const uint8_t* end) const {
    uint64_t left = head.items.size();
    while (left > 0 && p < end) {
      if (*p++ < 0x80) --left;
    }
    return left == 0 ? p : nullptr;
  }
  bool Run(const Node&, NodeId, uint64_t) const { return true; }
};

// As many nodes as can be decoded: the claim that has the best prospects.
uint64_t CountNodes(absl::Span<const uint8_t> encoding) {
  const uint8_t* p = encoding.data();
  const uint8_t* const end = p + encoding.size();
  AnyItems items;
  uint64_t at = 0;
  NodeId id = 0;
  Node node;
  while (p < end) {
    p = graph::Decode(p, end, id, &at, &node, items);
    if (p == nullptr) break;
    ++id;
  }
  return id;
}

struct Verification {
  absl::StatusOr<Graph> graph;
  uint64_t denials = 0;
};

Verification Verify(const std::shared_ptr<const std::vector<uint8_t>>& bytes,
                    uint64_t nodes, NodeId root, const Limits& limits) {
  policy::Judge judge(DefaultTable(), {});
  absl::StatusOr<Graph> graph =
      graph::Verifier::Verify({.encoding = *bytes,
                               .owner = bytes,
                               .nodes = nodes,
                               .root = root,
                               .input_size = kInputSize,
                               .stream_sizes = kStreamSizes},
                              limits, &judge);
  return {std::move(graph), judge.denials()};
}

bool IsInside(const Extent& extent) {
  const uint64_t size =
      extent.stream == 0 ? kInputSize : kStreamSizes[extent.stream - 1];
  return extent.length <= size && extent.offset <= size - extent.length;
}

void CheckNodes(const Graph& graph) {
  NodeId count = 0;
  for (GraphCursor c(graph); !c.done(); c.Next(), ++count) {
    const Node& node = c.node();
    FUZZ_CHECK(node.id == count, absl::StrCat("node ", node.id));
    if (count % 7 == 0) {
      const Node again = graph.node(count);
      FUZZ_CHECK(again.kind == node.kind && again.at == node.at,
                 absl::StrCat("node ", node.id));
    }
    for (const NodeId item : graph::ItemsOf(node)) {
      FUZZ_CHECK(item < node.id, absl::StrCat("node ", node.id));
    }
    FUZZ_CHECK(!node.extent || IsInside(*node.extent),
               absl::StrCat("node ", node.id));
  }
  FUZZ_CHECK(count == graph.size(), absl::StrCat(count, " nodes"));
}

void CheckViews(const Graph& graph) {
  uint64_t written = 0;
  const Sink sink = [&written](absl::string_view text) {
    FUZZ_CHECK(IsPrintable(text, true), std::string(text));
    written += text.size();
  };
  const ViewOptions options{.max_nodes = 500, .max_depth = 30, .max_text = 20};
  if (graph.root() != kNoNode) {
    const absl::Status tree = RenderTree(graph, graph.root(), options, sink);
    FUZZ_CHECK(tree.ok() || absl::IsResourceExhausted(tree), tree.ToString());
    (void)FindPath(graph, "$[0].a['b'][-1]");
  }
  const absl::Status dot = RenderDot(graph, options, sink);
  FUZZ_CHECK(dot.ok() || absl::IsResourceExhausted(dot), dot.ToString());
  // Two views of at most 500 lines: each is bounded by depth and text.
  FUZZ_CHECK(written < 4'000'000, absl::StrCat(written, " bytes"));
  std::string text;
  const absl::Status json = RenderJson(graph, [&](absl::string_view part) {
    sink(part);
    absl::StrAppend(&text, part);
  });
  FUZZ_CHECK(json.ok(), json.ToString());
  // Lone surrogates, which the reader does not take. A backslash before a
  // backslash begins no escape.
  for (size_t at = 0; (at = text.find('\\', at)) != std::string::npos;
       at += 2) {
    if (text.compare(at, 3, "\\ud") == 0) text.replace(at, 6, "\\ufffd");
  }
  CheckArrayText(text, graph.size());
}

}  // namespace

void FuzzVerifier(absl::Span<const uint8_t> input) {
  if (input.size() < 2) return;
  Options in(&input);
  const uint8_t root_back = in.Byte();
  const uint8_t flags = in.Byte();
  const auto bytes =
      std::make_shared<const std::vector<uint8_t>>(input.begin(), input.end());
  uint64_t nodes = CountNodes(*bytes);
  if (in.Flag(flags, 0)) nodes += 1;
  Limits limits;
  if (in.Flag(flags, 1)) limits.key = 1 + flags / 4;
  const NodeId root =
      root_back == 0 ? kNoNode : static_cast<NodeId>(nodes - root_back);
  const Verification first = Verify(bytes, nodes, root, limits);
  const Verification second = Verify(bytes, nodes, root, limits);
  FUZZ_CHECK(first.graph.status() == second.graph.status() &&
                 first.denials == second.denials,
             "the same claim twice");
  if (!first.graph.ok()) return;
  FUZZ_CHECK(nodes == first.graph->size() && !in.Flag(flags, 0),
             "a claim of more nodes than there are");
  CheckNodes(*first.graph);
  FUZZ_CHECK(graph::Reencode(*first.graph) == *bytes,
             "a graph has one spelling");
  CheckViews(*first.graph);
}

}  // namespace picklebox::fuzz
