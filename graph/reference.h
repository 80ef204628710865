// References of one node to an earlier one, as they are encoded.
//
// What is near is told by its distance, what was made early in the file (the
// keys that every record shares) by its number, all else by a longer distance:
//
//   1 byte    0x01..0x5f             the distance, 1 to 95
//   2 bytes   0x60..0x7f, any        the number, 0 to 8191: the low five bits
//   of
//                                    the first byte, then the second
//   varint    from 0x80 on, so that  the distance + 32, for distances from 96
//   on
//             two bytes and more
//
// The first of these that can say it is the only one accepted.
#ifndef PICKLEBOX_GRAPH_REFERENCE_H_
#define PICKLEBOX_GRAPH_REFERENCE_H_

#include <cstddef>
#include <cstdint>

#include "absl/base/attributes.h"
#include "base/bytes.h"
#include "picklebox/graph.h"

namespace picklebox::graph {

// Most bytes of a reference.
inline constexpr uint64_t kMaxReference = 5;

inline constexpr NodeId kNear = 0x60;   // distances below
inline constexpr NodeId kEarly = 8192;  // numbers below
inline constexpr uint64_t kFarBias = 0x80 - kNear;

// Writes the reference of node `id` to `earlier`; returns the position behind.
inline uint8_t* PutReference(uint8_t* p, NodeId id, NodeId earlier) {
  const NodeId distance = id - earlier;
  if (distance < kNear) {
    *p = static_cast<uint8_t>(distance);
    return p + 1;
  }
  if (earlier < kEarly) {
    p[0] = static_cast<uint8_t>(kNear + (earlier >> 8));
    p[1] = static_cast<uint8_t>(earlier);
    return p + 2;
  }
  return base::PutVarint(p, uint64_t{distance} + kFarBias);
}

inline size_t ReferenceSize(NodeId id, NodeId earlier) {
  const NodeId distance = id - earlier;
  if (distance < kNear) return 1;
  return earlier < kEarly ? 2 : base::VarintSize(uint64_t{distance} + kFarBias);
}

// Reads a reference of node `id` from [p, end). Returns the position behind it,
// or nullptr for what PutReference does not write.
inline const uint8_t* GetReference(const uint8_t* p, const uint8_t* end,
                                   NodeId id, NodeId* earlier) {
  if (p == end) return nullptr;
  const NodeId first = *p;
  if (first < kNear) [[likely]] {
    *earlier = id - first;
    return first == 0 || first > id ? nullptr : p + 1;
  }
  if (first < 0x80) {
    if (end - p < 2) return nullptr;
    const NodeId number = (first - kNear) << 8 | p[1];
    *earlier = number;
    return id < kNear || number > id - kNear ? nullptr : p + 2;
  }
  uint64_t value;
  p = base::GetVarint(p, end, &value);
  if (p == nullptr || value < kNear + kFarBias || value - kFarBias > id)
    return nullptr;
  *earlier = static_cast<NodeId>(id - (value - kFarBias));
  return *earlier < kEarly ? nullptr : p;
}

// The same with the common forms inline. From `p` on kMaxReference bytes can be
// read.
ABSL_ATTRIBUTE_ALWAYS_INLINE inline const uint8_t* GetReferenceFast(
    const uint8_t* p, const uint8_t* end, NodeId id, NodeId* earlier) {
  const NodeId first = *p;
  if (first < kNear) [[likely]] {
    *earlier = id - first;
    return first - 1 < id ? p + 1 : nullptr;
  }
  if (first < 0x80) [[likely]] {
    const NodeId number = (first - kNear) << 8 | p[1];
    *earlier = number;
    return number + kNear <= id ? p + 2 : nullptr;
  }
  return GetReference(p, end, id, earlier);
}

// Passes over a reference that GetReference accepted before.
inline const uint8_t* SkipReference(const uint8_t* p) {
  if (*p < 0x80) return p + (*p < kNear ? 1 : 2);
  while (*p >= 0x80) ++p;
  return p + 1;
}

}  // namespace picklebox::graph

#endif  // PICKLEBOX_GRAPH_REFERENCE_H_
