#include "picklebox/graph.h"

#include <algorithm>
#include <bit>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "cabi/handles.h"
#include "picklebox.h"
#include "picklebox/graph_view.h"

using picklebox::Graph;
using picklebox::GraphCursor;
using picklebox::NewForm;
using picklebox::Node;
using picklebox::NodeId;
using picklebox::NodeKind;
using picklebox::NodeList;
using picklebox::cabi::Guarded;
using picklebox::cabi::OrEmpty;
using picklebox::cabi::Report;

static_assert(static_cast<int>(NodeKind::kArray) == PICKLEBOX_ARRAY &&
              static_cast<int>(NodeKind::kGlobal) == PICKLEBOX_GLOBAL &&
              static_cast<int>(NodeKind::kBuild) == PICKLEBOX_BUILD &&
              picklebox::kNodeKinds == PICKLEBOX_BUILD + 1);
static_assert(static_cast<int>(NewForm::kNewObj) == PICKLEBOX_FORM_NEWOBJ &&
              static_cast<int>(NewForm::kNewObjEx) ==
                  PICKLEBOX_FORM_NEWOBJ_EX &&
              static_cast<int>(NewForm::kObj) == PICKLEBOX_FORM_OBJ &&
              static_cast<int>(NewForm::kInst) == PICKLEBOX_FORM_INST);
static_assert(picklebox::kNoNode == PICKLEBOX_NO_NODE);

struct picklebox_cursor {
  picklebox_cursor(const Graph& graph, NodeId first) : at(graph, first) {}
  GraphCursor at;
  // What is left of the items of a node with PICKLEBOX_NODE_MORE.
  NodeList::iterator items;
};

namespace {

void FillText(const Node& from, picklebox_node* to) {
  to->text = from.text.data();
  to->text_size = from.text.size();
}

void FillExtent(const Node& from, picklebox_node* to) {
  if (!from.extent) return;
  to->flags |= PICKLEBOX_NODE_EXTENT;
  to->offset = from.extent->offset;
  to->length = from.extent->length;
  to->stream = from.extent->stream;
}

// What is not a number, a text or a list of items.
void FillObject(const Node& from, picklebox_node* to) {
  to->at = from.at;
  to->subject = from.subject;
  to->args = from.args;
  switch (from.kind) {
    case NodeKind::kGlobal:
      FillText(from, to);
      to->qualname = from.qualname.data();
      to->qualname_size = from.qualname.size();
      if (from.python2_names) to->flags |= PICKLEBOX_NODE_PYTHON2;
      if (from.dotted) to->flags |= PICKLEBOX_NODE_DOTTED;
      return;
    case NodeKind::kNew:
      to->form = static_cast<uint8_t>(from.form);
      to->kwargs = from.kwargs;
      return;
    case NodeKind::kArray:
      FillText(from, to);
      FillExtent(from, to);
      to->rank = from.shape.rank();
      if (from.fortran) to->flags |= PICKLEBOX_NODE_FORTRAN;
      return;
    default:
      to->integer = from.integer;
      return;
  }
}

// All but the items; whether it has any.
bool Fill(const Node& from, picklebox_node* to) {
  to->id = from.id;
  to->kind = static_cast<uint8_t>(from.kind);
  to->flags = 0;
  switch (from.kind) {
    case NodeKind::kNone:
    case NodeKind::kList:
    case NodeKind::kDict:
    case NodeKind::kSet:
      return false;
    case NodeKind::kBool:
      to->integer = from.integer;
      return false;
    case NodeKind::kInt:
      to->integer = from.integer;
      if (!from.big) return false;
      to->flags = PICKLEBOX_NODE_BIG;
      FillText(from, to);
      return false;
    case NodeKind::kFloat:
      to->real = std::bit_cast<double>(from.float_bits);
      return false;
    case NodeKind::kStr:
    case NodeKind::kBytes:
    case NodeKind::kByteArray:
      FillText(from, to);
      FillExtent(from, to);
      return false;
    case NodeKind::kAppend:
    case NodeKind::kSetItems:
    case NodeKind::kAddItems:
      to->at = from.at;
      to->subject = from.subject;
      return true;
    case NodeKind::kTuple:
    case NodeKind::kFrozenSet:
      return true;
    default:
      FillObject(from, to);
      return false;
  }
}

}  // namespace

picklebox_graph* picklebox_scan_graph(const picklebox_scan* scan, size_t i) {
  return Guarded<picklebox_graph*>(nullptr, nullptr, [&]() -> picklebox_graph* {
    if (i >= scan->scan.graphs.size()) return nullptr;
    return new picklebox_graph{scan->scan.graphs[i]};
  });
}

void picklebox_graph_free(picklebox_graph* graph) { delete graph; }

uint32_t picklebox_graph_size(const picklebox_graph* graph) {
  return graph->graph.size();
}

uint32_t picklebox_graph_root(const picklebox_graph* graph) {
  return graph->graph.root();
}

picklebox_text* picklebox_graph_view(const picklebox_graph* graph,
                                     const char* form, uint64_t max_nodes,
                                     picklebox_error** error) {
  return Guarded<picklebox_text*>(nullptr, error, [&]() -> picklebox_text* {
    auto text = std::make_unique<picklebox_text>();
    const picklebox::Sink sink = [&text](absl::string_view piece) {
      text->text.append(piece.data(), piece.size());
    };
    picklebox::ViewOptions options;
    if (max_nodes > 0) options.max_nodes = max_nodes;
    const absl::string_view wanted = OrEmpty(form);
    absl::Status status;
    if (wanted == "tree") {
      status = picklebox::RenderTree(graph->graph, graph->graph.root(), options,
                                     sink);
    } else if (wanted == "dot") {
      status = picklebox::RenderDot(graph->graph, options, sink);
    } else if (wanted == "json") {
      status = picklebox::RenderJson(graph->graph, sink);
    } else {
      status = absl::InvalidArgumentError(absl::StrCat(
          "a graph is seen as tree, json or dot, not as \"", wanted, "\""));
    }
    if (absl::IsResourceExhausted(status)) {
      text->text += wanted == "tree" ? "...\n" : "";
    } else if (!status.ok()) {
      Report(status, error);
      return nullptr;
    }
    return text.release();
  });
}

uint32_t picklebox_graph_find(const picklebox_graph* graph, const char* path,
                              picklebox_error** error) {
  return Guarded(PICKLEBOX_NO_NODE, error, [&]() -> uint32_t {
    const absl::StatusOr<NodeId> found =
        picklebox::FindPath(graph->graph, OrEmpty(path));
    if (found.ok()) return *found;
    Report(found.status(), error);
    return PICKLEBOX_NO_NODE;
  });
}

picklebox_cursor* picklebox_cursor_new(const picklebox_graph* graph,
                                       uint32_t first) {
  return Guarded<picklebox_cursor*>(nullptr, nullptr, [&] {
    return new picklebox_cursor(graph->graph, first);
  });
}

void picklebox_cursor_free(picklebox_cursor* cursor) { delete cursor; }

size_t picklebox_cursor_read(picklebox_cursor* cursor, picklebox_node* nodes,
                             size_t node_room, uint32_t* items,
                             size_t item_room) {
  GraphCursor& at = cursor->at;
  size_t read = 0;
  size_t used = 0;
  cursor->items = NodeList::iterator();
  while (read < node_room && !at.done()) {
    const Node& from = at.node();
    picklebox_node* const to = &nodes[read];
    if (Fill(from, to)) {
      to->count = from.items.size();
      if (from.items.is_run()) {
        to->flags |= PICKLEBOX_NODE_RUN;
        to->first = from.items.front();
      } else if (from.items.size() <= item_room - used) {
        to->first = static_cast<uint32_t>(used);
        for (const NodeId item : from.items) items[used++] = item;
      } else if (read > 0 && from.items.size() <= item_room) {
        return read;
      } else {
        to->flags |= PICKLEBOX_NODE_MORE;
        cursor->items = from.items.begin();
        at.Next();
        return read + 1;
      }
    }
    ++read;
    at.Next();
  }
  return read;
}

size_t picklebox_cursor_items(picklebox_cursor* cursor, uint32_t* items,
                              size_t room) {
  NodeList::iterator& next = cursor->items;
  const NodeList::iterator end;
  size_t read = 0;
  for (; read < room && next != end; ++next) items[read++] = *next;
  return read;
}

uint32_t picklebox_graph_shape(const picklebox_graph* graph, uint32_t id,
                               uint64_t* dims, size_t room) {
  return Guarded(0u, nullptr, [&]() -> uint32_t {
    if (id >= graph->graph.size()) return 0;
    const Node node = graph->graph.node(id);
    if (node.kind != NodeKind::kArray) return 0;
    const std::vector<uint64_t> all = node.shape.dims();
    std::copy_n(all.begin(), std::min(room, all.size()), dims);
    return node.shape.rank();
  });
}
