// What tests of graphs share: a place to build one and have it verified, and a
// visitor that writes down what it is told.
#ifndef PICKLEBOX_TESTS_GRAPH_WORKSHOP_H_
#define PICKLEBOX_TESTS_GRAPH_WORKSHOP_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "base/memory.h"
#include "graph/builder.h"
#include "graph/verifier.h"
#include "picklebox/graph.h"

namespace picklebox::graph {

inline constexpr uint64_t kTestInputSize = 1 << 20;

class VisitorLog final : public Visitor {
 public:
  void OnStart(const NodeSource&) override { log_.clear(); }
  void OnGlobal(NodeId node, const GlobalName& name, uint64_t at) override {
    Note("global ", node, " ", name.module, ":", name.qualname,
         name.python2_names ? " py2" : "", name.dotted ? " dotted" : "", " @",
         at);
  }
  void OnReference(NodeId global) override { Note("reference ", global); }
  void OnCall(NodeId node, NodeId callable, NodeId args, uint64_t at) override {
    Note("call ", node, " ", callable, " ", args, " @", at);
  }
  void OnNew(NodeId node, NewForm form, NodeId cls, NodeId args, NodeId kwargs,
             uint64_t at) override {
    Note("new ", node, " ", NewFormName(form), " ", cls, " ", args, " ", kwargs,
         " @", at);
  }
  void OnBuild(NodeId target, NodeId state, uint64_t at) override {
    Note("build ", target, " ", state, " @", at);
  }
  void OnExtend(NodeId /*change*/, NodeId target, NodeKind kind,
                uint64_t at) override {
    Note("extend ", target, " ", NodeKindName(kind), " @", at);
  }
  void OnForeignKey(NodeId key) override { Note("foreign key ", key); }
  void OnPersistent(NodeId node, NodeId id, uint64_t at) override {
    Note("persistent ", node, " ", id, " @", at);
  }
  void OnExtension(NodeId node, uint32_t code, uint64_t at) override {
    Note("extension ", node, " ", code, " @", at);
  }

  const std::vector<std::string>& log() const { return log_; }

 private:
  template <typename... Parts>
  void Note(const Parts&... parts) {
    log_.push_back(absl::StrCat(parts...));
  }
  std::vector<std::string> log_;
};

// Verifies an encoding that somebody made.
inline absl::StatusOr<Graph> VerifyBytes(
    absl::Span<const uint8_t> encoding, uint64_t nodes, NodeId root,
    Visitor* visitor = nullptr, const Limits& limits = Limits(),
    absl::Span<const uint64_t> streams = {}) {
  const auto owner = std::make_shared<const std::vector<uint8_t>>(
      encoding.begin(), encoding.end());
  return Verifier::Verify({.encoding = *owner,
                           .owner = owner,
                           .nodes = nodes,
                           .root = root,
                           .input_size = kTestInputSize,
                           .stream_sizes = streams},
                          limits, visitor);
}

// A builder with its memory.
class Workshop {
 public:
  explicit Workshop(size_t bytes = 1 << 16)
      : out_(bytes),
        builder_(memory_, absl::MakeSpan(out_), bytes, Limits().key, &told_) {}

  GraphBuilder& builder() { return builder_; }
  // What the builder told its visitor.
  const std::vector<std::string>& told() const { return told_.log(); }
  std::vector<uint8_t> encoding() const {
    return {out_.begin(), out_.begin() + builder_.encoded_size()};
  }
  absl::StatusOr<Graph> Verify(NodeId root, Visitor* visitor = nullptr) const {
    return VerifyBytes(encoding(), builder_.size(), root, visitor);
  }

 private:
  base::HeapMemory memory_;
  std::vector<uint8_t> out_;
  VisitorLog told_;
  GraphBuilder builder_;
};

}  // namespace picklebox::graph

#endif  // PICKLEBOX_TESTS_GRAPH_WORKSHOP_H_
