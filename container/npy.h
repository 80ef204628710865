// NumPy's .npy files: a header of text, then the items of an array.
//
//   NpyHeader header;
//   if (const char* fault = ReadNpyHeader(in, &header); fault != nullptr) ...
//   if (header.objects) ...     // a pickle follows
//   else ...                    // header.length bytes follow, at header.data
//
// The header is a literal of Python, {'descr': ..., 'fortran_order': ...,
// 'shape': ...}, and is read by a grammar of its own: strings, numbers, True,
// False, tuples, lists. Only names of fields may have escapes. Nothing is
// evaluated.
//
// Worker only. Not thread-safe. No recursion.
#ifndef PICKLEBOX_CONTAINER_NPY_H_
#define PICKLEBOX_CONTAINER_NPY_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "base/window.h"

namespace picklebox::container {

inline constexpr absl::string_view kNpyMagic = "\x93NUMPY";

struct NpyHeader {
  std::string dtype;     // as graph/dtype.h has it; empty if `objects` or not
                         // `known`
  bool known = true;     // false: a dtype that NumPy does not write
  bool objects = false;  // items are objects, or records that hold some
  bool fortran = false;
  std::vector<uint64_t> shape;
  uint64_t data = 0;    // where the items begin
  uint64_t length = 0;  // their bytes, if not `objects`
};

// Reads a header from where `in` is, and leaves `in` where the items begin.
// Returns nullptr, or what is wrong with it; then `in` is anywhere.
const char* ReadNpyHeader(base::Window& in, NpyHeader* header);

// The same for the text of a header, in UTF-8. Sets all of `header` but `data`.
const char* ParseNpyHeader(absl::string_view text, NpyHeader* header);

}  // namespace picklebox::container

#endif  // PICKLEBOX_CONTAINER_NPY_H_
