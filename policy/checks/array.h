// The arrays of a graph, as checks see them, and how their items are read.
//
//   ItemReader reader(array, &values);
//   while (const uint8_t* item = reader.Next()) Use(array.type->Integer(item));
//   if (!reader.fault().empty()) return reader.fault();
//
// Items come in the order in which they lie in memory. They are read a piece at
// a time, and only when somebody asks, from the graph or from the input.
#ifndef PICKLEBOX_POLICY_CHECKS_ARRAY_H_
#define PICKLEBOX_POLICY_CHECKS_ARRAY_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "picklebox/graph.h"
#include "policy/checks/item_type.h"

namespace picklebox::policy {

class Values;

struct NumpyArray {
  std::shared_ptr<const ItemType> type;
  bool has_objects = false;
  std::vector<int64_t> dims;
  bool fortran = false;
  int64_t items = 0;
  // What holds the items: bytes, text, a list of objects, or the array itself.
  NodeId data = kNoNode;

  size_t rank() const { return dims.size(); }
  bool is_row() const { return dims.size() == 1; }
  bool is_integers() const { return !has_objects && type->is_integer(); }
};

class ItemReader {
 public:
  ItemReader(const NumpyArray& array, Values* values);

  // The bytes of the next item, valid until the next call. nullptr behind the
  // last, and when there are none to be had: then fault() says why, or, where
  // the worker vouches for them, nothing.
  const uint8_t* Next();
  // The number of items that Next gave.
  int64_t count() const { return count_; }
  const std::string& fault() const { return fault_; }
  // The fault is that there is nothing behind the item that came last.
  bool at_end() const { return at_end_; }

 private:
  bool Refill();
  bool Fetch(absl::Span<const uint8_t>* raw);
  bool Decode(absl::Span<const uint8_t> raw);

  Values& values_;
  const int64_t size_;  // of an item
  const int64_t items_;
  bool is_text_ = false;  // a character a byte
  bool is_extent_ = false;
  Extent extent_;           // what is left of it
  absl::string_view left_;  // what is left of what the graph has
  std::vector<uint8_t> raw_;
  std::vector<uint8_t> piece_;  // whole items, and the beginning of one
  size_t at_ = 0;
  int64_t count_ = 0;
  bool at_end_ = false;
  std::string fault_;
};

}  // namespace picklebox::policy

#endif  // PICKLEBOX_POLICY_CHECKS_ARRAY_H_
