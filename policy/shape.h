// Shapes: what may stand in the place of an argument, a state or an item.
//
// docs/policy-language.md has the language. Compiled, a shape is a set of kinds
// and a list of parts; a value fits if its kind is in the set or if one of the
// parts takes it. A part that has items (a tuple, a list ...) refers to shapes
// by number, so that a policy holds one flat array of each.
//
// A ShapePool is where the compiler gathers them. The worker reads them from
// the compiled policy and links none of this but the structs.
#ifndef PICKLEBOX_POLICY_SHAPE_H_
#define PICKLEBOX_POLICY_SHAPE_H_

#include <cstdint>
#include <deque>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "picklebox/graph.h"

namespace picklebox::policy {

// A set of kinds of values, one a bit. `global` stands for whatever a global
// can be had by: its name, an extension code, an attribute that is looked up.
using ShapeKinds = uint32_t;
inline constexpr ShapeKinds KindBit(NodeKind kind) {
  return ShapeKinds{1} << static_cast<int>(kind);
}
inline constexpr ShapeKinds kAnyKind =
    (ShapeKinds{1} << static_cast<int>(NodeKind::kAppend)) - 1;
inline constexpr ShapeKinds kMadeKinds =
    KindBit(NodeKind::kCall) | KindBit(NodeKind::kNew);
inline constexpr ShapeKinds kBufferKinds =
    KindBit(NodeKind::kBuffer) | KindBit(NodeKind::kReadonly);

enum class PartKind : uint8_t {
  kText,       // this str
  kBytes,      // these bytes
  kInteger,    // an int in low..high
  kBool,       // low: this bool
  kGlobal,     // this global
  kMade,       // what this global made
  kContents,   // what this global made, and all items ever added to it: items
  kArray,      // a NumPy array
  kCallable,   // a global that is called: the policy must allow that
  kClass,      // a class that an object is made of: likewise
  kTuple,      // a tuple of items
  kFrozenSet,  // a frozenset, and all of its members: items
  kList,       // a list, and all that is ever added to it: items
  kSet,        // a set, likewise
  kDict,       // a dict: pairs of items, each for keys and their values
};
inline constexpr int kPartKinds = static_cast<int>(PartKind::kDict) + 1;

// How often an item of a tuple may stand there.
enum class Repeat : uint8_t { kOnce, kOptional, kAny };

inline constexpr uint32_t kNoShape = 0xffffffff;

struct ShapePart {
  PartKind kind = PartKind::kText;
  // kTuple: one after the other. Others that have items: alternatives.
  uint16_t item_count = 0;
  uint32_t first_item = 0;  // number of a Shape; the others follow it
  int64_t low = 0;          // kDict, kContents: 1 if the items are pairs
  int64_t high = 0;
  absl::string_view text;  // kText, kBytes; kGlobal, kMade, kContents: module
  absl::string_view qualname;
};

struct Shape {
  ShapeKinds kinds = 0;
  uint16_t part_count = 0;
  Repeat repeat = Repeat::kOnce;
  uint32_t first_part = 0;
};

// Shapes nest at most this deeply.
inline constexpr int kMaxShapeDepth = 8;

class ShapePool {
 public:
  // The number of the first of `shapes`, which are adjacent in the pool.
  uint32_t Add(const std::vector<Shape>& shapes) {
    shapes_.insert(shapes_.end(), shapes.begin(), shapes.end());
    return static_cast<uint32_t>(shapes_.size() - shapes.size());
  }
  uint32_t AddParts(const std::vector<ShapePart>& parts) {
    parts_.insert(parts_.end(), parts.begin(), parts.end());
    return static_cast<uint32_t>(parts_.size() - parts.size());
  }
  // A copy of the text that lives as long as the pool.
  absl::string_view Keep(absl::string_view text) {
    return texts_.emplace_back(text);
  }

  const std::vector<Shape>& shapes() const { return shapes_; }
  const std::vector<ShapePart>& parts() const { return parts_; }
  // As in PolicyTable.
  Shape shape(uint32_t number) const { return shapes_[number]; }
  ShapePart part(uint32_t number) const { return parts_[number]; }

 private:
  std::vector<Shape> shapes_;
  std::vector<ShapePart> parts_;
  std::deque<std::string> texts_;
};

}  // namespace picklebox::policy

#endif  // PICKLEBOX_POLICY_SHAPE_H_
