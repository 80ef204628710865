// What a library's unpickler does beyond those of the interpreter.
//
// joblib reads arrays from between the opcodes, PyTorch gives out storages for
// persistent ids. The machine asks at the two places where they step in, and
// knows nothing else of them.
//
//   class Quiet : public Loader { ... };     // overrides what it needs
//   machine.set_loader(&loader);             // nullptr: pickle.load
#ifndef PICKLEBOX_VM_LOADER_H_
#define PICKLEBOX_VM_LOADER_H_

#include <cstdint>

#include "absl/strings/string_view.h"
#include "picklebox/graph.h"

namespace picklebox::vm {

class Loader {
 public:
  virtual ~Loader() = default;

  // A global was named.
  virtual void OnGlobal(absl::string_view module, absl::string_view qualname) {
    (void)module;
    (void)qualname;
  }

  struct Built {
    NodeId state = kNoNode;
    uint64_t at = 0;        // of BUILD
    bool in_frame = false;  // BUILD is not the last opcode of its frame
  };
  // State was set on `*top`, which lies on top of the stack. The loader may put
  // another value there, and may move the window on, over bytes that are no
  // opcodes. False: it cannot go on, and has said why.
  virtual bool AfterBuild(const Built& built, NodeId* top) {
    (void)built;
    (void)top;
    return true;
  }

  // The value that persistent_load(id) gives, of the nodes made; kNoNode: only
  // its caller knows.
  virtual NodeId PersistentLoad(NodeId id, uint64_t at) {
    (void)id;
    (void)at;
    return kNoNode;
  }
};

}  // namespace picklebox::vm

#endif  // PICKLEBOX_VM_LOADER_H_
