// Replays a graph through a builder. The form is canonical: whatever the
// verifier accepts comes out byte for byte as it was.
#ifndef PICKLEBOX_TESTS_GRAPH_REENCODE_H_
#define PICKLEBOX_TESTS_GRAPH_REENCODE_H_

#include <algorithm>
#include <cstdint>
#include <vector>

#include "absl/types/span.h"
#include "base/memory.h"
#include "graph/builder.h"
#include "picklebox/graph.h"
#include "picklebox/limits.h"

namespace picklebox::graph {

// The items of a node of a kind that has some.
inline std::vector<NodeId> ItemsOf(const Node& node) {
  switch (node.kind) {
    case NodeKind::kTuple:
    case NodeKind::kFrozenSet:
    case NodeKind::kAppend:
    case NodeKind::kSetItems:
    case NodeKind::kAddItems:
      return {node.items.begin(), node.items.end()};
    default:
      return {};
  }
}

inline void Replay(const Node& node, GraphBuilder& out) {
  const std::vector<NodeId> items = ItemsOf(node);
  switch (node.kind) {
    case NodeKind::kNone:
      out.None();
      break;
    case NodeKind::kBool:
      out.Bool(node.integer != 0);
      break;
    case NodeKind::kInt:
      if (node.big) {
        out.Int(absl::MakeConstSpan(
            reinterpret_cast<const uint8_t*>(node.text.data()),
            node.text.size()));
      } else {
        out.Int(node.integer);
      }
      break;
    case NodeKind::kFloat:
      out.Float(node.float_bits);
      break;
    case NodeKind::kStr:
      node.extent ? out.StrExtent(*node.extent) : out.Str(node.text);
      break;
    case NodeKind::kBytes:
      node.extent ? out.BytesExtent(*node.extent) : out.Bytes(node.text);
      break;
    case NodeKind::kByteArray:
      node.extent ? out.ByteArrayExtent(*node.extent)
                  : out.ByteArray(node.text);
      break;
    case NodeKind::kTuple:
      out.Tuple(items);
      break;
    case NodeKind::kList:
      out.List();
      break;
    case NodeKind::kDict:
      out.Dict();
      break;
    case NodeKind::kSet:
      out.Set();
      break;
    case NodeKind::kFrozenSet:
      out.FrozenSet(items);
      break;
    case NodeKind::kGlobal:
      out.Global(
          {node.module(), node.qualname, node.python2_names, node.dotted},
          node.at);
      break;
    case NodeKind::kCall:
      out.Call(node.subject, node.args, node.at);
      break;
    case NodeKind::kNew:
      out.New(node.form, node.subject, node.args, node.kwargs, node.at);
      break;
    case NodeKind::kPersistent:
      out.Persistent(node.subject, node.at);
      break;
    case NodeKind::kExtension:
      out.Extension(static_cast<uint32_t>(node.integer), node.at);
      break;
    case NodeKind::kBuffer:
      out.Buffer(static_cast<uint64_t>(node.integer), node.at);
      break;
    case NodeKind::kReadonly:
      out.Readonly(node.subject);
      break;
    case NodeKind::kArray:
      out.Array(node.text, node.shape.dims(), node.fortran, *node.extent);
      break;
    case NodeKind::kAppend:
      out.Append(node.subject, items, node.at);
      break;
    case NodeKind::kSetItems:
      out.SetItems(node.subject, items, node.at);
      break;
    case NodeKind::kAddItems:
      out.AddItems(node.subject, items, node.at);
      break;
    case NodeKind::kBuild:
      out.Build(node.subject, node.args, node.at);
      break;
  }
}

// The encoding of `graph`, made anew.
inline std::vector<uint8_t> Reencode(const Graph& graph) {
  uint64_t most = 0;  // items of a node, of which the builder wants room
  for (GraphCursor c(graph); !c.done(); c.Next()) {
    most = std::max<uint64_t>(most, ItemsOf(c.node()).size());
  }
  std::vector<uint8_t> bytes(graph.encoded_size() + kMaxNodeHead +
                             kMaxRank * base::kMaxVarint +
                             most * kMaxReference);
  base::HeapMemory memory;
  GraphBuilder builder(memory, absl::MakeSpan(bytes),
                       uint64_t{graph.size()} + 1, Limits().key, nullptr);
  for (GraphCursor c(graph); !c.done(); c.Next()) Replay(c.node(), builder);
  bytes.resize(builder.encoded_size());
  return bytes;
}

}  // namespace picklebox::graph

#endif  // PICKLEBOX_TESTS_GRAPH_REENCODE_H_
