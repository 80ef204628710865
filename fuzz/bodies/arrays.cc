// Files of arrays: the header of an .npy file, and the task of the worker
// behind a beginning that random bytes do not hit upon.
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "container/npy.h"
#include "container/torch.h"
#include "fuzz/bodies/bodies.h"
#include "fuzz/bodies/check.h"
#include "graph/dtype.h"

namespace picklebox::fuzz {
namespace {

using std::string_literals::operator""s;

// What joblib writes in place of an array, up to the dtype's state; the state
// of the wrapper is the fuzzer's.
const std::string& JoblibBeginning() {
  static const std::string* const kBeginning = new std::string(
      "\x80\x04"
      "cjoblib.numpy_pickle\nNumpyArrayWrapper\n)\x81}("
      "\x8c\x08subclasscnumpy\nndarray\n"
      "\x8c\x05"
      "dtypecnumpy\ndtype\n\x8c\x02"
      "f8\x89\x88\x87R(K\x03\x8c\x01<NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\0tb"
      "\x8c\x0a"
      "allow_mmap\x88"s);
  return *kBeginning;
}

const std::string& TorchBeginning() {
  static const std::string* const kBeginning = new std::string(absl::StrCat(
      container::kTorchMagic,
      "\x80\x02M\xe9\x03.\x80\x02}X\x0d\0\0\0little_endian\x88s."s));
  return *kBeginning;
}

void VetBehind(const std::string& beginning, absl::Span<const uint8_t> input) {
  std::vector<uint8_t> file(kHeader);
  file.insert(file.end(), beginning.begin(), beginning.end());
  file.insert(file.end(), input.begin(), input.end());
  FuzzVetting(file);
}

}  // namespace

void FuzzNpy(absl::Span<const uint8_t> input) {
  const absl::string_view text(reinterpret_cast<const char*>(input.data()),
                               input.size());
  container::NpyHeader header;
  if (container::ParseNpyHeader(text, &header) != nullptr) return;
  if (header.objects || !header.known) return;
  // What is known has a spelling of its own, and is read back as it is.
  const std::optional<uint64_t> size = graph::ItemSize(header.dtype);
  FUZZ_CHECK(size.has_value(), header.dtype);
  FUZZ_CHECK(graph::ArrayLength(*size, header.shape) == header.length,
             absl::StrCat(header.length));
  FUZZ_CHECK(!header.fortran || header.shape.size() > 1, "order");
  const bool record = header.dtype[0] == '[';
  const absl::string_view quote = record ? "" : "'";
  const std::string again =
      absl::StrCat("{'descr': ", quote, header.dtype, quote,
                   ", 'fortran_order': ", header.fortran ? "True" : "False",
                   ", 'shape': (", absl::StrJoin(header.shape, ", "),
                   header.shape.size() == 1 ? ",)" : ")", ", }");
  container::NpyHeader second;
  FUZZ_CHECK(container::ParseNpyHeader(again, &second) == nullptr, again);
  FUZZ_CHECK(second.dtype == header.dtype && second.shape == header.shape &&
                 second.fortran == header.fortran &&
                 second.length == header.length && second.known,
             again);
}

void FuzzJoblib(absl::Span<const uint8_t> input) {
  VetBehind(JoblibBeginning(), input);
}

void FuzzTorch(absl::Span<const uint8_t> input) {
  VetBehind(TorchBeginning(), input);
}

}  // namespace picklebox::fuzz
