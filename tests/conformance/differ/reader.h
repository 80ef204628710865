// What picklebox makes of a pickle, in this process and without a sandbox.
#ifndef PICKLEBOX_TESTS_CONFORMANCE_DIFFER_READER_H_
#define PICKLEBOX_TESTS_CONFORMANCE_DIFFER_READER_H_

#include "tests/conformance/differ/world.h"
// Python.h comes first.
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/string_view.h"
#include "picklebox/finding.h"
#include "picklebox/graph.h"
#include "tests/conformance/differ/oracle.h"
#include "vm/machine.h"

namespace picklebox::differ {

enum class Mode : uint8_t {
  kStrict,  // from memory
  kCompat,  // through a small window, as from a file
};

struct Read {
  vm::Outcome outcome;
  std::vector<Finding> findings;
  std::shared_ptr<const std::vector<uint8_t>> encoding;
  uint64_t nodes = 0;
};

Read ReadPickle(Mode mode, absl::string_view bytes, const Reading& reading);

// What the parent makes of it.
struct Verified {
  Graph graph;
  // As the report names them, by their names in the file.
  std::vector<std::pair<std::string, std::string>> globals;
};
// nullopt, which must not happen: the verifier refuses it. The graph's root is
// `root`, any value that was made, or kNoNode.
std::optional<Verified> Verify(const Read& read, absl::string_view bytes,
                               const Reading& reading, NodeId root);

// Makes the objects of a graph with stand-ins, as picklebox.load does it. What
// happens is in `world`.
Loaded Replayed(const Graph& graph, absl::string_view bytes,
                const Reading& reading, World* world);
bool PrepareReplay();

// What a graph says that happens to stand-ins, without a replay.
struct Doing {
  Deed deed;
  std::string module;  // kGlobal
  std::string qualname;
};
std::vector<Doing> DoingsOf(const Graph& graph, const Reading& reading);

}  // namespace picklebox::differ

#endif  // PICKLEBOX_TESTS_CONFORMANCE_DIFFER_READER_H_
