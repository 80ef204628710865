// joblib's files: a pickle with the bytes of arrays between its opcodes.
//
// In place of an array joblib pickles a NumpyArrayWrapper, whose state has
// dtype and shape. Its unpickler looks, after each BUILD, whether what lies on
// top of the stack is a wrapper, and if so reads the array from where the file
// is: a byte that says how much padding follows, the padding (both from
// version 1.2 on), the items; or, for an array of objects, a whole pickle.
//
//   JoblibReader reader(builder.source());
//   // after BUILD
//   const JoblibArray array = reader.AfterBuild(target, state, in);
//   if (array.what == JoblibArray::kItems) Push(builder.Array(...));
//
// Worker only. Not thread-safe.
#ifndef PICKLEBOX_CONTAINER_JOBLIB_H_
#define PICKLEBOX_CONTAINER_JOBLIB_H_

#include <cstdint>
#include <string>
#include <vector>

#include "base/window.h"
#include "container/dtype_reader.h"
#include "container/values.h"
#include "graph/ledger.h"
#include "picklebox/finding.h"
#include "picklebox/graph.h"

namespace picklebox::container {

struct JoblibArray {
  enum What : uint8_t {
    kNone,     // the target is no wrapper
    kItems,    // the items were passed over
    kObjects,  // a pickle of the array follows
    kFile,     // of joblib before 0.10: it is in a file beside this one
    kBad,      // a wrapper that lies, or that no joblib writes
  };
  What what = kNone;

  // kItems
  std::string dtype;
  std::vector<uint64_t> shape;
  bool fortran = false;
  Extent extent;
  // The class that the array is made an object of; kNoNode: a plain array.
  NodeId subclass = kNoNode;
  // pickle.load, which knows no wrappers, stops right behind this one: what
  // follows it is no opcode.
  bool ends_pickle = false;

  // kFile: its name. kBad: what is wrong.
  Code code = Code::kArrayBad;
  std::string text;
};

class JoblibReader {
 public:
  explicit JoblibReader(const graph::NodeSource& source)
      : values_(source), dtypes_(&values_) {}

  // A global was named.
  void OnGlobal(absl::string_view module, absl::string_view qualname);
  // State was set, by the last of `size` nodes.
  JoblibArray AfterBuild(NodeId target, NodeId state, NodeId size,
                         base::Window& in);

 private:
  struct Wrapper;

  bool IsWrapper(NodeId target, absl::string_view* cls) const;
  const char* ReadWrapper(NodeId state, NodeId size, Wrapper* wrapper);
  const char* PassPadding(uint64_t alignment, base::Window& in,
                          JoblibArray* array);
  void ReadFileName(NodeId state, NodeId size, JoblibArray* array);

  Values values_;
  DtypeReader dtypes_;
  bool armed_ = false;  // a wrapper's class was named
  NodeId last_ = 0;     // behind the last wrapper
};

}  // namespace picklebox::container

#endif  // PICKLEBOX_CONTAINER_JOBLIB_H_
