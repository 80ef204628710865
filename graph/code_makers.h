// Which globals make code objects and functions of them, and which make the
// constants in code where a protocol cannot say them: those of dill and
// cloudpickle, and Python's own.
//
// The worker finds code by them, the judge in both processes denies by them.
#ifndef PICKLEBOX_GRAPH_CODE_MAKERS_H_
#define PICKLEBOX_GRAPH_CODE_MAKERS_H_

#include <cstdint>

#include "absl/strings/string_view.h"

namespace picklebox::graph {

enum class CodeMaker : uint8_t {
  kNone,
  kLookup,    // gives a type by its name
  kCode,      // makes a code object
  kFunction,  // makes a function of one
  kMarshal,
  // What constants are made with where a protocol cannot say them.
  kComplex,
  kFrozenSet,
  kEncode,
  kBytes,
  kEllipsis,
  kRepr,
};

CodeMaker CodeMakerOf(absl::string_view module, absl::string_view name);
// The same of a type that a lookup gives by this name.
CodeMaker CodeMakerOfType(absl::string_view name);

}  // namespace picklebox::graph

#endif  // PICKLEBOX_GRAPH_CODE_MAKERS_H_
