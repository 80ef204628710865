// What checks know of the type of an array's items: enough to read numbers.
#ifndef PICKLEBOX_POLICY_CHECKS_ITEM_TYPE_H_
#define PICKLEBOX_POLICY_CHECKS_ITEM_TYPE_H_

#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"

namespace picklebox::policy {

// A number in memory: NumPy's letter for its kind (b, i, u, f; what else, any
// other), its size, its byte order.
struct NumberType {
  char kind = 'V';
  int64_t size = 0;
  bool big_endian = false;

  bool is_integer() const { return kind == 'i' || kind == 'u' || kind == 'b'; }
  // What lies at `p`: an integer, cut to the range of int64_t; else 0.
  int64_t Integer(const uint8_t* p) const;
};

struct ItemField {
  std::string name;
  int64_t offset = 0;
  NumberType type;
};

// A number, or a record of fields, those without a name left out.
struct ItemType : NumberType {
  std::vector<ItemField> fields;

  // nullptr: it has no such field.
  const ItemField* Find(absl::string_view name) const;
};

// Of the text of an array in the graph (graph/dtype.h). A field that is itself
// a record or an array is of kind 'V'.
std::optional<ItemType> ParseItemType(absl::string_view dtype);

}  // namespace picklebox::policy

#endif  // PICKLEBOX_POLICY_CHECKS_ITEM_TYPE_H_
