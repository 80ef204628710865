// PyTorch's tensors in a graph: a call of torch._utils._rebuild_tensor,
// _rebuild_tensor_v2 or _rebuild_tensor_v3 over an array that is its storage.
//
//   Tensor tensor;
//   const char* fault = ReadTensor(graph, node, &tensor);
//   if (fault == nullptr && tensor.storage != kNoNode) Show(tensor.sizes);
//
// `Source` is a Graph or a NodeSource. No recursion.
#ifndef PICKLEBOX_GRAPH_TENSOR_H_
#define PICKLEBOX_GRAPH_TENSOR_H_

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "graph/dtype.h"
#include "picklebox/graph.h"

namespace picklebox::graph {

struct Tensor {
  NodeId storage = kNoNode;  // an array; kNoNode: it is no tensor over one
  std::string dtype;         // as graph/dtype.h has it
  uint64_t offset = 0;       // in items, from the start of the storage
  std::vector<uint64_t> sizes;
  std::vector<uint64_t> strides;
  bool requires_grad = false;
};

// Whether a global makes tensors of a storage, an offset, sizes and strides.
inline bool MakesTensor(absl::string_view module, absl::string_view qualname) {
  return module == "torch._utils" &&
         (qualname == "_rebuild_tensor" || qualname == "_rebuild_tensor_v2" ||
          qualname == "_rebuild_tensor_v3" || qualname == "_rebuild_qtensor");
}

// The dtype of "torch.uint16", the type that _rebuild_tensor_v3 is given, with
// the byte order of `storage`; empty for an unknown one.
std::string DtypeOfTorch(absl::string_view name, absl::string_view storage);

// Whether all items of a tensor lie in its storage of `items` items.
bool LiesWithin(const Tensor& tensor, uint64_t items);

// Items that a byte holds: 1, or more for the types that PyTorch packs.
uint64_t ItemsPerByte(absl::string_view dtype);

// The same for a packed tensor: PyTorch packs row by row, each to a whole byte,
// and has no other views of such a storage of `bytes` bytes.
bool PackedLiesWithin(const Tensor& tensor, uint64_t bytes);

template <typename Source>
bool ReadLengths(const Source& source, NodeId id,
                 std::vector<uint64_t>* lengths) {
  const Node tuple = source.node(id);
  if (tuple.kind != NodeKind::kTuple || tuple.items.size() > 64) return false;
  for (const NodeId item : tuple.items) {
    const Node length = source.node(item);
    if (length.kind != NodeKind::kInt || length.big || length.integer < 0)
      return false;
    lengths->push_back(static_cast<uint64_t>(length.integer));
  }
  return true;
}

// Reads what the arguments of such a call say, whose name ends in `qualname`.
// Returns nullptr, or what is wrong with it: it would read memory beyond its
// storage. What its storage is no array of this graph is left alone.
template <typename Source>
const char* ReadTensor(const Source& source, absl::string_view qualname,
                       NodeId args, Tensor* tensor) {
  const Node tuple = source.node(args);
  if (tuple.kind != NodeKind::kTuple || tuple.items.size() < 4 ||
      tuple.items.size() > 9) {
    return nullptr;
  }
  const std::vector<NodeId> items(tuple.items.begin(), tuple.items.end());
  const Node storage = source.node(items[0]);
  if (storage.kind != NodeKind::kArray) return nullptr;
  const Node offset = source.node(items[1]);
  if (offset.kind != NodeKind::kInt || offset.big || offset.integer < 0)
    return "the offset of a tensor is no number";
  tensor->offset = static_cast<uint64_t>(offset.integer);
  if (!ReadLengths(source, items[2], &tensor->sizes) ||
      !ReadLengths(source, items[3], &tensor->strides) ||
      tensor->sizes.size() != tensor->strides.size()) {
    return "the sizes and strides of a tensor are no tuples of one length";
  }
  tensor->dtype = std::string(storage.text);
  if (absl::EndsWith(qualname, "_v3") && items.size() > 6) {
    const Node type = source.node(items[6]);
    tensor->dtype =
        type.kind != NodeKind::kGlobal
            ? ""
            : DtypeOfTorch(absl::StrCat(type.module(), ".", type.qualname),
                           storage.text);
  }
  if (!absl::EndsWith(qualname, "_tensor") && items.size() > 4) {
    const Node grad = source.node(items[4]);
    tensor->requires_grad = grad.kind == NodeKind::kBool && grad.integer != 0;
  }
  const std::optional<uint64_t> itemsize = ItemSize(tensor->dtype);
  if (!itemsize) return "a tensor of an unknown type";
  const uint64_t length = storage.extent->length;
  if (ItemsPerByte(tensor->dtype) > 1
          ? !PackedLiesWithin(*tensor, length)
          : !LiesWithin(*tensor, length / *itemsize))
    return "a tensor reaches beyond its storage";
  tensor->storage = items[0];
  return nullptr;
}

}  // namespace picklebox::graph

#endif  // PICKLEBOX_GRAPH_TENSOR_H_
