// Finds the code objects that a pickle makes: those that dill and cloudpickle
// write, calls of types.CodeType, and marshal data; and those that its texts
// hold.
//
//   Pickled found;
//   FindCode(builder.source(), read_extent, encoded, &found);
//   for (const Function& function : found.functions)
//     Use(found.store.code(function.code));
//
// Worker only. Functions of const data; nothing recurses, and what is made is
// bounded by the size of the graph and of what it refers to.
#ifndef PICKLEBOX_CODE_PICKLED_H_
#define PICKLEBOX_CODE_PICKLED_H_

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "code/base64.h"
#include "code/store.h"
#include "graph/ledger.h"
#include "picklebox/graph.h"

namespace picklebox::code {

// How code stands in a pickle.
enum class How : uint8_t {
  kFunction,   // a function is made of it
  kLambda,     // the same, and it has no name
  kNested,     // it is a constant of other code
  kClassBody,  // the same, or by itself: what runs within a class statement
  kCode,       // a code object of which the pickle makes no function
};

struct Function {
  CodeId code = kNoCode;
  How how = How::kCode;
  uint64_t at = 0;          // of the opcode that makes it
  std::string maker;        // "dill._dill:_create_function"; empty: nested
  bool marshalled = false;  // it is in marshal data
  size_t parent =
      0;  // the place of the one that it is nested in; its own: none
};

struct Pickled {
  Store store;
  // Each code object once, by place in the file; what is nested stands behind
  // what it is nested in.
  std::vector<Function> functions;
  bool cut = false;  // there is more than is kept
  // Where marshal data are read that hold no code of a Python that is known.
  std::vector<uint64_t> unread;
};

// Reads `extent` of the stream; false: it cannot be read.
using ReadExtent = std::function<bool(const Extent& extent, std::string* to)>;

// Whether the global makes code, so that it is worth to look for it.
bool MakesCode(absl::string_view module, absl::string_view qualname);

// `encoded` is what was found in texts.
void FindCode(const graph::NodeSource& source, const ReadExtent& read,
              absl::Span<const EncodedCode> encoded, Pickled* found);

}  // namespace picklebox::code

#endif  // PICKLEBOX_CODE_PICKLED_H_
