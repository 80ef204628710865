// The encoding of a graph: constants that writer, verifier and reader share.
// docs/graph-format.md is the prose to it.
//
// A node is a tag byte and what the tag says. References to earlier nodes are
// as graph/reference.h has them. One spelling a node: the writer uses the
// shortest tag that fits and the verifier refuses any other.
#ifndef PICKLEBOX_GRAPH_WIRE_H_
#define PICKLEBOX_GRAPH_WIRE_H_

#include <cstdint>

namespace picklebox::graph {

enum Tag : uint8_t {
  kTagNone,
  kTagFalse,
  kTagTrue,
  kTagInt,          // 8 bytes, signed; beyond 32 bits
  kTagBigInt,       // length, bytes: two's complement, minimal, beyond 64 bits
  kTagFloat,        // 8 bytes, IEEE 754 binary64
  kTagStr,          // length of 64 and more, bytes
  kTagStrExtent,    // offset, length
  kTagBytes,        // length, bytes
  kTagBytesExtent,  // offset, length
  kTagByteArray,    // length, bytes
  kTagByteArrayExtent,  // offset, length
  kTagTuple0,
  kTagTuple1,  // item
  kTagTuple2,  // item item
  kTagTuple3,  // item item item
  kTagTuple,   // count of 4 and more, [length,] items
  kTagList,
  kTagDict,
  kTagSet,
  kTagFrozenSet,   // count, [length,] items
  kTagGlobal,      // flags, length, module, length, qualname
  kTagCall,        // callable args
  kTagNewObj,      // class args
  kTagNewObjEx,    // class args kwargs
  kTagObj,         // class args
  kTagInst,        // class args
  kTagPersistent,  // id
  kTagExtension,   // code
  kTagBuffer,      // index
  kTagReadonly,    // buffer
  kTagAppend,      // target item
  kTagAppendMany,  // target, count of 2 and more, [length,] items
  kTagAppendRun,   // target, count of 2 and more, first: consecutive items
  kTagSetItem,     // target key value
  kTagSetMany,   // target, count of 2 and more pairs, [length,] keys and values
  kTagSetRun,    // target, count of 2 and more pairs, first key: consecutive
  kTagAddItems,  // target, count of 1 and more, [length,] items
  kTagBuild,     // target state
  kTagAt,        // no node: adds a zigzag varint to the offset register and
                 // precedes each node that carries an offset
  kTagInt1,      // 1 byte, unsigned; 128 and more
  kTagInt2,      // 2 bytes, unsigned; 256 and more
  kTagInt4,      // 4 bytes, signed; not 0..65535
  kTagArray,     // length, dtype, order, rank, dimensions, stream, offset,
                 // length
  kTags,         // number of tags; not one

  kTagShortStr = 0x40,  // 0x40 + length of 0..63, bytes
  kTagSmallInt = 0x80,  // 0x80 + value of 0..127
};

// The tag of an int of 64 bits; a small one holds its value. Of fixed sizes, as
// in the pickle: to find the length of each number would cost more than to
// write it.
inline constexpr uint8_t TagOfInt(int64_t value) {
  if (value >= 0 && value < 0x80) {
    return static_cast<uint8_t>(kTagSmallInt + value);
  }
  if (value >= 0 && value < 0x100) return kTagInt1;
  if (value >= 0 && value < 0x10000) return kTagInt2;
  return value == static_cast<int32_t>(value) ? kTagInt4 : kTagInt;
}

// Flags of kTagGlobal: fix_imports applies to the names; the qualname is split
// at dots.
inline constexpr uint8_t kGlobalPython2 = 1;
inline constexpr uint8_t kGlobalDotted = 2;

// From so many references on, a counted list (kTagTuple, kTagFrozenSet,
// kTagAppendMany, kTagSetMany, kTagAddItems) has the length of its references
// in bytes between the count and the first, so that a reader can skip them.
inline constexpr uint64_t kLongList = 32;

// Longest text that is copied into the graph when the input holds the very same
// bytes. Longer ones are extents.
inline constexpr uint64_t kInlineText = 256;

// The order byte of kTagArray.
inline constexpr uint8_t kOrderC = 0;
inline constexpr uint8_t kOrderFortran = 1;
// Most dimensions of an array; NumPy 2 has 64.
inline constexpr uint64_t kMaxRank = 64;

// Most bytes of a node, not counting text, items and dimensions.
inline constexpr uint64_t kMaxNodeHead = 64;

}  // namespace picklebox::graph

#endif  // PICKLEBOX_GRAPH_WIRE_H_
