// How checks read the values of a graph, and what they remember of it.
//
// Everything is read from nodes that are there; what is not of the kind asked
// for, or too large to be looked at, is nothing (nullopt). All work is charged.
//
// Bytes that are not in the graph are read from the input (ItemReader). Where
// they are compressed, the parent cannot: there a check goes on without them.
// The worker runs such a check first as the parent does, then once more with
// the bytes (set_alone). So both come to the same result of the first run.
//
// Not thread-safe; views live as long as the encoding.
#ifndef PICKLEBOX_POLICY_CHECKS_VALUES_H_
#define PICKLEBOX_POLICY_CHECKS_VALUES_H_

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "picklebox/graph.h"
#include "policy/checks/array.h"
#include "policy/checks/bytes_source.h"
#include "policy/checks/item_type.h"
#include "policy/objects.h"

namespace picklebox::policy {

// What is known of a NumPy type.
struct NumpyDtype {
  char kind = '\0';       // of the type string; 'V' if made of a class
  int64_t itemsize = -1;  // -1: only its state will tell
  bool has_objects = false;
  bool is_used = false;  // by an array, a scalar or another type
  bool big_endian = false;
  std::vector<ItemField> fields;
  std::shared_ptr<const ItemType> type;  // once it is used
};

class Values {
 public:
  Values(const Objects& objects, uint64_t max_bytes)
      : objects_(objects), bytes_left_(max_bytes), alone_left_(max_bytes) {}

  // Where bytes are read from that are not in the graph; nullptr: nowhere.
  void set_bytes(BytesSource* bytes) { bytes_ = bytes; }
  // A graph begins.
  void Start();
  // What was read for this graph is spent. Without it, the next graph has as
  // much to spend as this one had.
  void Commit() {
    bytes_left_ -= bytes_read_;
    alone_left_ -= alone_read_;
    bytes_read_ = alone_read_ = 0;
  }

  // A check begins: alone, what only the worker can read is read.
  void Begin(bool alone);
  void End();
  // The check that ran last wanted bytes that only the worker has.
  bool skipped() const { return skipped_; }
  // It was too much to read.
  bool over_limit() const { return over_limit_; }

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
  // What was added to a list; nothing if that is too much to look at.
  std::optional<std::vector<NodeId>> List(NodeId id);
  // How many items that is.
  std::optional<uint64_t> ListLength(NodeId id);
  // What was put into a dict: up to kMaxItems pairs of different keys, all
  // text.
  using Pairs = std::vector<std::pair<absl::string_view, NodeId>>;
  std::optional<Pairs> Dict(NodeId id);
  // Denies every further change of a list or dict.
  void Freeze(NodeId container);
  // The same of what is added to an object, of whose changes the judge is told.
  void FreezeObject(NodeId object) { frozen_.insert(object); }
  bool IsFrozen(NodeId container) const {
    return frozen_.count(container) != 0;
  }
  // A dict into which code puts what it likes: it is not known any more.
  void Forget(NodeId dict) { filled_.insert(dict); }
  bool IsNamed(NodeId id, absl::string_view module,
               absl::string_view qualname) const;

  // nullptr: it is no type that was made here.
  NumpyDtype* FindDtype(NodeId id);
  NumpyDtype* AddDtype(NodeId id) { return &dtypes_[id]; }
  // An array of the input, or one whose state was checked; nullptr: it is none.
  const NumpyArray* FindArray(NodeId id);
  void AddArray(NodeId id, NumpyArray array) { arrays_[id] = std::move(array); }
  // How many items it has.
  std::optional<uint64_t> ArraySize(NodeId id);

  // What made an object, under its canonical name; nullptr: nothing that is
  // known. The arguments that it was made with: kNoNode if there are none.
  const JudgedGlobal* MakerOf(NodeId object) const;
  NodeId ArgumentsOf(NodeId object) const;
  // A number that a check keeps of an object, for the check of another. Those
  // of what the worker reads alone are kept apart.
  void Remember(NodeId object, int64_t number) {
    (alone_ ? alone_numbers_ : numbers_)[object] = number;
  }
  std::optional<int64_t> Recall(NodeId object) const;

  // What is to be known only from bytes that only the worker has was wanted.
  void Skip() { skipped_ = true; }

  // Where the bytes of an array are: in the graph, or in the input.
  struct Stored {
    bool is_text = false;  // UTF-8, a character a byte
    std::optional<absl::string_view> text;
    std::optional<Extent> extent;
  };
  Stored StoredAt(NodeId data) const;
  // Fills `to` from `extent`, which is as long. False: it cannot; `*fault` says
  // why, unless it is because only the worker can.
  bool Read(const Extent& extent, absl::Span<uint8_t> to, std::string* fault);
  // Of reading so many bytes, wherever they are. False: it is too much.
  bool ChargeBytes(uint64_t bytes, std::string* fault);
  bool Charge(uint64_t steps);

  const Objects& objects() const { return objects_; }
  const graph::NodeSource& source() const { return objects_.source(); }

  static constexpr uint64_t kMaxItems = 10'000;

 private:
  const Objects& objects_;
  BytesSource* bytes_ = nullptr;
  uint64_t steps_ = 0;
  // Of all graphs, and of this one; the same for what only the worker reads.
  uint64_t bytes_left_;
  uint64_t bytes_read_ = 0;
  uint64_t alone_left_;
  uint64_t alone_read_ = 0;
  bool alone_ = false;
  uint64_t steps_before_ = 0;  // running alone
  bool skipped_ = false;
  bool over_limit_ = false;
  std::set<NodeId> frozen_;
  std::set<NodeId> filled_;
  std::map<NodeId, NumpyDtype> dtypes_;
  std::map<NodeId, NumpyArray> arrays_;
  std::map<NodeId, int64_t> numbers_;
  std::map<NodeId, int64_t> alone_numbers_;
};

}  // namespace picklebox::policy

#endif  // PICKLEBOX_POLICY_CHECKS_VALUES_H_
