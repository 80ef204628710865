// The code objects that one graph makes, and the digest of each, from the nodes
// of the arguments that they are made with. Nothing is parsed but the table of
// lines, and that only to see that it can be one.
//
//   Codes codes(values);
//   const std::string fault = codes.Read(call, args);
//   if (fault.empty()) Judge(codes.Find(call)->digest);
//
// The digest is that of docs/embedded-code.md: the same that the worker's
// code/store.h comes to, and nothing where it cannot be told exactly. All that
// it is of must lie in the graph: what is run is what was judged, even if the
// file changes meanwhile.
//
// Not thread-safe; the values must outlive it.
#ifndef PICKLEBOX_POLICY_CODES_H_
#define PICKLEBOX_POLICY_CODES_H_

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "graph/canonical_form.h"
#include "picklebox/graph.h"
#include "policy/checks/values.h"

namespace picklebox::policy {

struct MadeCode {
  graph::Digest digest = {};
  std::string name;      // as the file has it
  std::string filename;  // likewise
  uint64_t layout = 0;   // as in graph::CodeForm
};

class Codes {
 public:
  explicit Codes(Values& values) : values_(values) {}

  // A graph begins.
  void Start() {
    codes_.clear();
    digests_.clear();
  }

  // Reads the code object that the call `node` makes of the tuple `args`.
  // Returns why it cannot be told what it is, or nothing.
  std::string Read(NodeId node, NodeId args);
  // nullptr: it is no code that was read.
  const MadeCode* Find(NodeId node) const;

 private:
  std::optional<graph::Digest> DigestOf(NodeId root);
  std::optional<graph::Digest> Step(NodeId id, std::vector<NodeId>* missing);
  std::optional<graph::Digest> OfCall(NodeId id, std::vector<NodeId>* missing);
  std::optional<graph::Digest> OfItems(graph::FormTag tag,
                                       const std::vector<NodeId>& items,
                                       std::vector<NodeId>* missing);
  std::optional<std::vector<NodeId>> ListBefore(NodeId list, NodeId end);
  std::optional<std::string> BytesOf(NodeId id);

  Values& values_;
  std::map<NodeId, MadeCode> codes_;
  std::map<NodeId, graph::Digest> digests_;  // of constants
};

// Whether CPython of these versions can read it as the table of lines of a code
// object. `layout` as in graph::CodeForm.
bool IsLineTable(absl::string_view table, uint64_t layout);

}  // namespace picklebox::policy

#endif  // PICKLEBOX_POLICY_CODES_H_
