#include "graph/code_makers.h"

#include "absl/strings/match.h"

namespace picklebox::graph {

CodeMaker CodeMakerOfType(absl::string_view name) {
  if (name == "CodeType") return CodeMaker::kCode;
  if (name == "FunctionType" || name == "LambdaType")
    return CodeMaker::kFunction;
  if (name == "complex") return CodeMaker::kComplex;
  if (name == "frozenset") return CodeMaker::kFrozenSet;
  return CodeMaker::kNone;
}

CodeMaker CodeMakerOf(absl::string_view module, absl::string_view name) {
  if (module == "types") return CodeMakerOfType(name);
  if (module == "marshal")
    return name == "loads" ? CodeMaker::kMarshal : CodeMaker::kNone;
  if (module == "_codecs")
    return name == "encode" ? CodeMaker::kEncode : CodeMaker::kNone;
  if (module == "builtins" || module == "__builtin__") {
    if (name == "complex") return CodeMaker::kComplex;
    if (name == "frozenset") return CodeMaker::kFrozenSet;
    if (name == "bytes") return CodeMaker::kBytes;
    return CodeMaker::kNone;
  }
  if (absl::StrContains(module, "cloudpickle")) {
    if (name == "_builtin_type") return CodeMaker::kLookup;
    if (name == "_make_function" || name == "_make_skel_func")
      return CodeMaker::kFunction;
    if (name == "_gen_ellipsis") return CodeMaker::kEllipsis;
    return CodeMakerOfType(name);
  }
  if (module == "dill" || absl::StartsWith(module, "dill.")) {
    if (name == "_load_type") return CodeMaker::kLookup;
    if (name == "_create_code") return CodeMaker::kCode;
    if (name == "_create_function") return CodeMaker::kFunction;
    if (name == "_unmarshal") return CodeMaker::kMarshal;
    if (name == "_eval_repr") return CodeMaker::kRepr;
    return CodeMakerOfType(name);
  }
  return CodeMaker::kNone;
}

}  // namespace picklebox::graph
