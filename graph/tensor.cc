#include "graph/tensor.h"

#include "absl/strings/strip.h"

namespace picklebox::graph {
namespace {

struct TorchType {
  absl::string_view name;
  absl::string_view code;
};

// Types whose names are not their codes, and not NumPy's either.
constexpr TorchType kTypes[] = {
    {"bool", "b1"},      {"uint8", "u1"},     {"uint16", "u2"},
    {"uint32", "u4"},    {"uint64", "u8"},    {"int8", "i1"},
    {"int16", "i2"},     {"int32", "i4"},     {"int64", "i8"},
    {"float16", "f2"},   {"float32", "f4"},   {"float64", "f8"},
    {"complex32", "c4"}, {"complex64", "c8"}, {"complex128", "c16"},
};

}  // namespace

std::string DtypeOfTorch(absl::string_view name, absl::string_view storage) {
  name = absl::StripPrefix(name, "torch.");
  absl::string_view code = name;
  for (const TorchType& type : kTypes) {
    if (type.name == name) code = type.code;
  }
  const bool big = absl::StartsWith(storage, ">");
  for (const absl::string_view order : {"|", big ? ">" : "<"}) {
    std::string dtype = absl::StrCat(order, code);
    if (ScalarSize(dtype)) return dtype;
  }
  return "";
}

bool LiesWithin(const Tensor& tensor, uint64_t items) {
  uint64_t last = tensor.offset;
  for (size_t i = 0; i < tensor.sizes.size(); ++i) {
    if (tensor.sizes[i] == 0) return tensor.offset <= items;
    uint64_t step;
    if (__builtin_mul_overflow(tensor.sizes[i] - 1, tensor.strides[i], &step) ||
        __builtin_add_overflow(last, step, &last)) {
      return false;
    }
  }
  return last < items;
}

uint64_t ItemsPerByte(absl::string_view dtype) {
  if (dtype == "|quint4x2") return 2;
  return dtype == "|quint2x4" ? 4 : 1;
}

bool PackedLiesWithin(const Tensor& tensor, uint64_t bytes) {
  if (tensor.offset != 0) return false;
  const uint64_t per = ItemsPerByte(tensor.dtype);
  uint64_t items = 1;   // behind the dimension
  uint64_t packed = 1;  // bytes of them
  for (size_t i = tensor.sizes.size(); i-- > 0;) {
    const uint64_t size = tensor.sizes[i];
    if (size == 0) return true;
    if (size > 1 && tensor.strides[i] != items) return false;
    const bool row = i + 1 == tensor.sizes.size();
    if (__builtin_mul_overflow(items, size, &items) ||
        __builtin_mul_overflow(packed, row ? (size - 1) / per + 1 : size,
                               &packed)) {
      return false;
    }
  }
  return packed <= bytes;
}

}  // namespace picklebox::graph
