// PyTorch's sparse and quantised tensors. What holds for indices and pointers
// it checks only if somebody asks for it
// (torch.sparse.check_sparse_tensor_invariants). That a tensor stays within its
// storage is asked of each elsewhere (graph/tensor.h).
#include <algorithm>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "graph/tensor.h"
#include "policy/checks/checks.h"
#include "policy/checks/reading.h"

namespace picklebox::policy {
namespace {

// Sizes and strides beyond this are none of a file.
constexpr uint64_t kMostItems = uint64_t{1} << 40;
constexpr size_t kMostDimensions = 64;

// A tensor over an array of the input.
struct Tensor {
  const NumpyArray* storage = nullptr;
  int64_t offset = 0;  // in items, as the strides are
  std::vector<int64_t> sizes;
  std::vector<int64_t> strides;

  size_t rank() const { return sizes.size(); }
  int64_t items() const {
    int64_t items = 1;
    for (const int64_t size : sizes) items *= size;
    return items;
  }
  // One item behind the other, the last dimension first.
  bool is_contiguous() const {
    int64_t step = 1;
    for (size_t i = rank(); i > 0; --i) {
      if (sizes[i - 1] != 1 && strides[i - 1] != step) return false;
      step *= sizes[i - 1];
    }
    return true;
  }
};

// The tensor that a call made; nullopt: it is none, or one whose bytes are not
// known here, or not within its storage, which is denied elsewhere.
std::optional<Tensor> FindTensor(NodeId object, Values& values) {
  const JudgedGlobal* const maker =
      object == kNoNode ? nullptr : values.MakerOf(object);
  if (maker == nullptr || !graph::MakesTensor(maker->module, maker->qualname) ||
      maker->qualname == "_rebuild_qtensor" || !values.Charge(32)) {
    return std::nullopt;
  }
  graph::Tensor read;
  const char* const fault = graph::ReadTensor(
      values.source(), maker->qualname, values.ArgumentsOf(object), &read);
  if (fault != nullptr || read.storage == kNoNode) return std::nullopt;
  Tensor tensor;
  tensor.storage = values.FindArray(read.storage);
  if (tensor.storage == nullptr || read.offset > kMostItems)
    return std::nullopt;
  tensor.offset = static_cast<int64_t>(read.offset);
  uint64_t items = 1;
  for (size_t i = 0; i < read.sizes.size(); ++i) {
    if (read.sizes[i] > kMostItems || read.strides[i] > kMostItems)
      return std::nullopt;
    items *= read.sizes[i];
    if (items > kMostItems) return std::nullopt;
    tensor.sizes.push_back(static_cast<int64_t>(read.sizes[i]));
    tensor.strides.push_back(static_cast<int64_t>(read.strides[i]));
  }
  return tensor;
}

// The numbers of a tuple, or of a torch.Size of one; none of them negative.
std::optional<std::vector<int64_t>> ReadSizes(NodeId id, Values& values) {
  const JudgedGlobal* const maker = values.MakerOf(id);
  if (maker != nullptr && maker->module == "torch" &&
      maker->qualname == "Size") {
    const auto arguments = values.Tuple(values.ArgumentsOf(id));
    if (!arguments || arguments->size() != 1) return std::nullopt;
    id = arguments->front();
  }
  const auto items = values.Tuple(id);
  if (!items || items->size() > kMostDimensions) return std::nullopt;
  std::vector<int64_t> sizes;
  for (const NodeId item : *items) {
    const auto size = values.Int(item);
    if (!size || *size < 0) return std::nullopt;
    sizes.push_back(*size);
  }
  return sizes;
}

// A row of numbers, as a tensor or in a list, of so many.
bool IsRow(NodeId id, int64_t items, Values& values) {
  if (values.kind(id) == NodeKind::kList) {
    values.Freeze(id);
    return values.ListLength(id) == static_cast<uint64_t>(items);
  }
  const auto tensor = FindTensor(id, values);
  return tensor && tensor->rank() == 1 && tensor->sizes[0] == items;
}

// "sparse_csr", whether it is named or looked up by its name.
std::string LayoutOf(NodeId id, Values& values) {
  const Named* const named = values.objects().FindNamed(id);
  if (named != nullptr) {
    const JudgedGlobal& global = values.objects().global(named->global);
    return global.module == "torch" ? std::string(global.qualname) : "";
  }
  const JudgedGlobal* const maker = values.MakerOf(id);
  if (maker == nullptr || maker->qualname != "_get_layout") return "";
  const auto args = values.Tuple(values.ArgumentsOf(id));
  const auto text =
      args && args->size() == 1 ? values.Text(args->front()) : std::nullopt;
  if (!text || !absl::StartsWith(*text, "torch.")) return "";
  return std::string(text->substr(6));
}

// Whether a tensor of integers can be read here.
bool IsReadable(const std::optional<Tensor>& tensor) {
  return tensor && tensor->storage != nullptr &&
         tensor->storage->is_integers() && tensor->storage->is_row();
}

// The items of a tensor in the order of its storage, each with its place behind
// the first.
class TensorReader {
 public:
  TensorReader(const Tensor& tensor, Values* values)
      : tensor_(tensor), reader_(*tensor.storage, values) {}

  bool Next(int64_t* place, int64_t* item) {
    while (const uint8_t* const bytes = reader_.Next()) {
      *place = reader_.count() - 1 - tensor_.offset;
      if (*place < 0) continue;
      *item = tensor_.storage->type->Integer(bytes);
      return true;
    }
    return false;
  }
  const std::string& fault() const { return reader_.fault(); }

 private:
  const Tensor& tensor_;
  ItemReader reader_;
};

// The row of a matrix of indices that lies at a place; nullopt: it is in none
// of its items.
std::optional<int64_t> RowAt(const Tensor& indices, int64_t place) {
  const int64_t rows = indices.sizes[0];
  const int64_t columns = indices.sizes[1];
  const int64_t down = rows > 1 ? indices.strides[0] : 0;
  const int64_t right = columns > 1 ? indices.strides[1] : 0;
  const int64_t wide = std::max(down, right);
  const int64_t narrow = std::min(down, right);
  const int64_t outer = wide > 0 ? place / wide : 0;
  const int64_t rest = wide > 0 ? place % wide : place;
  const int64_t inner = narrow > 0 ? rest / narrow : 0;
  if ((narrow > 0 ? rest % narrow : rest) != 0) return std::nullopt;
  const int64_t row = down >= right ? outer : inner;
  const int64_t column = down >= right ? inner : outer;
  return row < rows && column < columns ? std::optional(row) : std::nullopt;
}

// Whether no two items lie at one place, as far as RowAt can tell them apart.
bool IsSpread(const Tensor& indices) {
  const int64_t rows = indices.sizes[0];
  const int64_t columns = indices.sizes[1];
  const int64_t down = indices.strides[0];
  const int64_t right = indices.strides[1];
  if (rows > 1 && down == 0) return false;
  if (columns > 1 && right == 0) return false;
  if (rows <= 1 || columns <= 1) return true;
  return down >= right ? (columns - 1) * right < down
                       : (rows - 1) * down < right;
}

// A row of indices for each dimension: (indices, values, sizes, ...).
std::string CheckCells(const std::vector<NodeId>& parts, Values& values) {
  const auto indices = FindTensor(parts[0], values);
  const auto stored = FindTensor(parts[1], values);
  const auto sizes = ReadSizes(parts[2], values);
  if (!IsReadable(indices) || indices->rank() != 2 || !stored || !sizes)
    return "its indices, values and sizes are no tensors and a tuple";
  if (stored->rank() < 1 || indices->sizes[1] != stored->sizes[0] ||
      static_cast<size_t>(indices->sizes[0]) > sizes->size()) {
    return "it has not as many indices as values";
  }
  if (indices->items() == 0) return "";
  // An item that is of two rows has to be good for any.
  const bool is_spread = IsSpread(*indices);
  const int64_t least =
      *std::min_element(sizes->begin(), sizes->begin() + indices->sizes[0]);
  TensorReader reader(*indices, &values);
  int64_t place;
  int64_t index;
  while (reader.Next(&place, &index)) {
    const auto row = is_spread ? RowAt(*indices, place) : 0;
    if (!row) continue;
    const int64_t size =
        is_spread ? (*sizes)[static_cast<size_t>(*row)] : least;
    if (index < 0 || index >= size)
      return absl::StrCat("it has the index ", index, " in dimension ", *row,
                          " of ", size);
  }
  return reader.fault();
}

// Rows, or columns, one behind the other, in a batch of such matrices.
struct Compressed {
  int64_t rows = 0;
  int64_t columns = 0;
  int64_t stored = 0;  // in each matrix of the batch
};

// Sets `*size` from the sizes of all parts; false if they do not agree.
bool ReadCompressed(const Tensor& pointers, const Tensor& indices,
                    const Tensor& stored, const std::vector<int64_t>& sizes,
                    bool by_column, bool of_blocks, Compressed* size) {
  const size_t batch = pointers.rank() - 1;
  if (indices.rank() != batch + 1 || sizes.size() < batch + 2 ||
      stored.rank() < batch + (of_blocks ? 3 : 1)) {
    return false;
  }
  for (size_t i = 0; i < batch; ++i) {
    if (pointers.sizes[i] != sizes[i] || indices.sizes[i] != sizes[i] ||
        stored.sizes[i] != sizes[i]) {
      return false;
    }
  }
  int64_t block[2] = {1, 1};
  for (size_t i = 0; of_blocks && i < 2; ++i)
    block[i] = stored.sizes[batch + 1 + i];
  if (block[0] < 1 || block[1] < 1) return false;
  size->rows = sizes[batch] / block[0];
  size->columns = sizes[batch + 1] / block[1];
  if (by_column) std::swap(size->rows, size->columns);
  size->stored = indices.sizes[batch];
  return stored.sizes[batch] == size->stored &&
         pointers.sizes[batch] - 1 == size->rows;
}

// From 0 up to the number of what is stored, in each matrix.
std::string CheckPointers(const Tensor& pointers, const Compressed& size,
                          Values& values) {
  TensorReader reader(pointers, &values);
  const int64_t length = size.rows + 1;
  const int64_t step = pointers.rank() == 1 && length > 1
                           ? std::max<int64_t>(pointers.strides[0], 1)
                           : 1;
  int64_t before = 0;
  int64_t place;
  int64_t pointer;
  while (reader.Next(&place, &pointer)) {
    if (place % step != 0 || place / step >= pointers.items()) continue;
    const int64_t row = place / step % length;
    const bool fits = row == 0                ? pointer == 0
                      : row == length - 1     ? pointer == size.stored
                      : pointer > size.stored ? false
                                              : pointer >= before;
    if (!fits)
      return absl::StrCat("pointer ", row, " is ", pointer, ", after ", before,
                          ", and there are ", size.stored, " items");
    before = pointer;
  }
  return reader.fault();
}

std::string CheckCompressed(const std::vector<NodeId>& parts, bool by_column,
                            bool of_blocks, Values& values) {
  const auto pointers = FindTensor(parts[0], values);
  const auto indices = FindTensor(parts[1], values);
  const auto stored = FindTensor(parts[2], values);
  const auto sizes = ReadSizes(parts[3], values);
  if (!IsReadable(pointers) || !IsReadable(indices) || pointers->rank() < 1 ||
      !stored || !sizes) {
    return "its pointers, indices, values and sizes are no such tensors";
  }
  for (const Tensor& tensor : {*pointers, *indices}) {
    const bool is_row =
        tensor.rank() == 1 && (tensor.sizes[0] <= 1 || tensor.strides[0] > 0);
    if (!is_row && !tensor.is_contiguous())
      return "its indices do not lie one behind the other";
  }
  Compressed size;
  if (!ReadCompressed(*pointers, *indices, *stored, *sizes, by_column,
                      of_blocks, &size)) {
    return "its pointers, indices, values and sizes do not agree";
  }
  std::string fault =
      pointers->items() == 0 ? "" : CheckPointers(*pointers, size, values);
  if (!fault.empty() || indices->items() == 0) return fault;
  TensorReader reader(*indices, &values);
  const int64_t step =
      indices->rank() == 1 && size.stored > 1 ? indices->strides[0] : 1;
  int64_t place;
  int64_t index;
  while (reader.Next(&place, &index)) {
    if (place % step != 0 || place / step >= indices->items()) continue;
    if (index < 0 || index >= size.columns)
      return absl::StrCat("it has the index ", index, " of ", size.columns);
  }
  return reader.fault();
}

}  // namespace

// (storage, offset, sizes, strides, quantiser, ...). A quantiser is (scheme,
// scale, zero point), or of each channel (scheme, scales, zero points, axis).
std::string CheckTorchQuantized(const CheckEvent& event, Values& values) {
  if (event.use != kCall) return "";
  const auto args = values.Tuple(event.value);
  const auto sizes =
      args && args->size() >= 5 ? ReadSizes((*args)[2], values) : std::nullopt;
  const auto parts = sizes ? values.Tuple((*args)[4]) : std::nullopt;
  if (!parts || (parts->size() != 3 && parts->size() != 4))
    return "it does not say how it was quantised";
  if (parts->size() == 3) return "";
  const auto axis = values.Int((*parts)[3]);
  if (!axis || *axis < 0 || *axis >= static_cast<int64_t>(sizes->size())) {
    return absl::StrCat("it has the axis ", axis.value_or(-1), " of ",
                        sizes->size());
  }
  const int64_t channels = (*sizes)[static_cast<size_t>(*axis)];
  const bool fits = IsRow((*parts)[1], channels, values) &&
                    IsRow((*parts)[2], channels, values);
  return fits ? ""
              : absl::StrCat("it has not one scale and zero point for each of ",
                             channels, " channels");
}

std::string CheckTorchSparse(const CheckEvent& event, Values& values) {
  if (event.use != kCall) return "";
  const auto args = values.Tuple(event.value);
  const auto parts =
      args && args->size() == 2 ? values.Tuple(args->back()) : std::nullopt;
  if (!parts) return "it is made of something else than a layout and a tuple";
  const std::string layout = LayoutOf(args->front(), values);
  if (layout == "sparse_coo") {
    return parts->size() >= 3 ? CheckCells(*parts, values)
                              : "it has no indices, values and sizes";
  }
  const bool by_column = absl::EndsWith(layout, "sc");
  const bool of_blocks = absl::StartsWith(layout, "sparse_bs");
  if (parts->size() < 4) return "it has no pointers, indices, values and sizes";
  for (const char* known :
       {"sparse_csr", "sparse_csc", "sparse_bsr", "sparse_bsc"}) {
    if (layout == known)
      return CheckCompressed(*parts, by_column, of_blocks, values);
  }
  return "its layout is of no known kind";
}

}  // namespace picklebox::policy
