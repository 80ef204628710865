// How checks read the values of a graph, and what they remember of it.
//
// Everything is read from nodes that are there; what is not of the kind asked
// for, or too large to be looked at, is nothing (nullopt). All work is charged.
// Not thread-safe; views live as long as the encoding.
#ifndef PICKLEBOX_POLICY_CHECKS_VALUES_H_
#define PICKLEBOX_POLICY_CHECKS_VALUES_H_

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <utility>
#include <vector>

#include "absl/strings/string_view.h"
#include "picklebox/graph.h"
#include "policy/objects.h"

namespace picklebox::policy {

// What is known of a NumPy type.
struct NumpyDtype {
  char kind = '\0';       // of the type string; 'V' if made of a class
  int64_t itemsize = -1;  // -1: only its state will tell
  bool has_objects = false;
  bool is_used = false;  // by an array, a scalar or another type
};

class Values {
 public:
  explicit Values(const Objects& objects) : objects_(objects) {}

  // A graph begins.
  void Start();

  NodeKind kind(NodeId id) const { return objects_.source().kind(id); }
  bool IsNone(NodeId id) const { return kind(id) == NodeKind::kNone; }
  // A bool or an int of 64 bits.
  std::optional<int64_t> Int(NodeId id) const;
  // Whether it is bytes; also those of protocols below 3, which are a call.
  bool IsBytes(NodeId id) const {
    return kind(id) == NodeKind::kBytes || objects_.EncodedText(id).has_value();
  }
  // A str or bytes that is in the graph.
  std::optional<absl::string_view> Text(NodeId id) const;
  // How many bytes a bytes or bytearray has, or characters a str. Of a long str
  // nothing.
  std::optional<uint64_t> Length(NodeId id) const;
  // The items of a tuple of up to kMaxItems.
  std::optional<std::vector<NodeId>> Tuple(NodeId id);
  // How many items were added to a list.
  std::optional<uint64_t> ListLength(NodeId id);
  // What was put into a dict: up to kMaxItems pairs of different keys, all
  // text.
  using Pairs = std::vector<std::pair<absl::string_view, NodeId>>;
  std::optional<Pairs> Dict(NodeId id);
  // Denies every further change of a list or dict.
  void Freeze(NodeId container);
  bool IsFrozen(NodeId container) const {
    return frozen_.count(container) != 0;
  }
  bool IsNamed(NodeId id, absl::string_view module,
               absl::string_view qualname) const;

  // nullptr: it is no type that was made here.
  NumpyDtype* FindDtype(NodeId id);
  NumpyDtype* AddDtype(NodeId id) { return &dtypes_[id]; }
  // How many items an array has; of those whose state was checked.
  std::optional<uint64_t> ArraySize(NodeId id) const;
  void AddArray(NodeId id, uint64_t size) { arrays_[id] = size; }

  static constexpr uint64_t kMaxItems = 10'000;

 private:
  bool Charge(uint64_t steps);

  const Objects& objects_;
  uint64_t steps_ = 0;
  std::set<NodeId> frozen_;
  std::map<NodeId, NumpyDtype> dtypes_;
  std::map<NodeId, uint64_t> arrays_;
};

}  // namespace picklebox::policy

#endif  // PICKLEBOX_POLICY_CHECKS_VALUES_H_
