// The code in a TorchScript archive: what of it reaches out of the tensors.
//
// PyTorch compiles the sources below code/ and runs them in an interpreter of
// its own, which has its operators and no Python. A few of these open files or
// connections. They are looked for by name:
//
//   SearchScript(text, [](const ScriptAccess& access) { Tell(access.name); });
//
// The search tells what code says it does. It is no proof that other code does
// nothing: whoever wrote it may have gone another way.
//
// Worker only. Not thread-safe. No recursion.
#ifndef PICKLEBOX_CONTAINER_TORCHSCRIPT_H_
#define PICKLEBOX_CONTAINER_TORCHSCRIPT_H_

#include <cstdint>
#include <functional>
#include <string>

#include "absl/strings/string_view.h"

namespace picklebox::container {

struct ScriptAccess {
  std::string name;       // as it stands there, without spaces
  absl::string_view why;  // a literal: "writes a file"
  uint64_t offset = 0;    // in the text
};
using ScriptAccesses = std::function<void(const ScriptAccess& access)>;

// `text`: a source of TorchScript, or the pickle with the bytecode that mobile
// builds of PyTorch run, in which operators stand by their full names. Tells
// each place once, in order.
void SearchScript(absl::string_view text, const ScriptAccesses& tell);

}  // namespace picklebox::container

#endif  // PICKLEBOX_CONTAINER_TORCHSCRIPT_H_
