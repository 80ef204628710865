// Reads marshal data: constants and code objects of CPython 3.6 to 3.15.
//
//   const ValueId value = ReadMarshal(bytes, at, &store);
//   if (value == kNoValue) ...   // it is none, or holds what no code has
//
// Marshal data do not say which Python wrote them. The layouts of code objects
// are tried from the newest on; the first by which all of it can be read, with
// each part of the kind that it must be, is taken. Nothing recurses, and no
// count is believed before as many bytes are there.
#ifndef PICKLEBOX_CODE_MARSHAL_H_
#define PICKLEBOX_CODE_MARSHAL_H_

#include <cstdint>

#include "absl/strings/string_view.h"
#include "code/store.h"

namespace picklebox::code {

// How deep values may lie in one another; CPython's limit.
inline constexpr size_t kMarshalDepth = 2000;

// The value that `bytes` begin with. `at` becomes the place of code objects.
ValueId ReadMarshal(absl::string_view bytes, uint64_t at, Store* store);

}  // namespace picklebox::code

#endif  // PICKLEBOX_CODE_MARSHAL_H_
