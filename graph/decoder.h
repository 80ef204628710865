// Decodes one node. The verifier and every reader use this one text; the
// verifier adds what needs knowledge of the other nodes.
#ifndef PICKLEBOX_GRAPH_DECODER_H_
#define PICKLEBOX_GRAPH_DECODER_H_

#include <cstdint>

#include "absl/base/attributes.h"
#include "base/bytes.h"
#include "graph/reference.h"
#include "graph/wire.h"
#include "picklebox/graph.h"

namespace picklebox::graph {

// For readers of a verified encoding that walk Node::items later, or not at
// all. Any other `Items` has the same two functions.
struct SkipItems {
  // The references of `head` are head.items.size() many and begin at `p`. All
  // of `head` but what they refer to is decoded. Returns the position behind
  // them, at most `end`, or nullptr. If head.items.size() >= kLongList, only
  // `end` will do.
  const uint8_t* List(const Node& head, const uint8_t* p,
                      const uint8_t* end) const {
    if (head.items.size() >= kLongList) return end;
    for (uint64_t left = head.items.size(); left > 0; --left) {
      p = SkipReference(p);
    }
    return p;
  }
  // The items of `head` are the nodes first, first + 1, ..., all before it.
  bool Run(const Node& /*head*/, NodeId /*first*/, uint64_t /*count*/) const {
    return true;
  }
};

// The decoding of one node; see Decode(). Every function returns false for what
// cannot be.
template <typename Items>
class NodeDecoder {
 public:
  NodeDecoder(const uint8_t* p, const uint8_t* end, Node* node, Items& items)
      : p_(p), end_(end), node_(node), items_(items) {}

  const uint8_t* position() const { return p_; }

  ABSL_ATTRIBUTE_ALWAYS_INLINE bool Decode(uint64_t* at) {
    node_->at = 0;
    uint8_t tag = *p_++;
    const bool has_at = tag == kTagAt;
    if (has_at) {
      uint64_t delta;
      if (!Varint(&delta) || p_ == end_) return false;
      *at += static_cast<uint64_t>(base::UnZigZag(delta));
      node_->at = *at;
      tag = *p_++;
    }
    if (tag >= kTagSmallInt) return !has_at && Int(tag - kTagSmallInt);
    if (tag >= kTagShortStr) {
      node_->kind = NodeKind::kStr;
      node_->extent.reset();
      return !has_at && Bytes(tag - kTagShortStr);
    }
    if (tag < kTagTuple0 || (tag > kTagAt && tag < kTags))
      return !has_at && Scalar(tag);
    if (tag < kTagGlobal) return !has_at && Container(tag);
    if (tag < kTagReadonly) return has_at && Object(tag);
    if (tag < kTagBuild) return Change(tag, has_at);
    return tag == kTagBuild && has_at && Build();
  }

 private:
  ABSL_ATTRIBUTE_ALWAYS_INLINE bool Varint(uint64_t* value) {
    p_ = base::GetVarint(p_, end_, value);
    return p_ != nullptr;
  }
  ABSL_ATTRIBUTE_ALWAYS_INLINE bool Reference(NodeId* earlier) {
    p_ = GetReference(p_, end_, node_->id, earlier);
    return p_ != nullptr;
  }
  bool Text(uint64_t length, absl::string_view* text) {
    if (length > static_cast<uint64_t>(end_ - p_)) return false;
    *text = absl::string_view(reinterpret_cast<const char*>(p_), length);
    p_ += length;
    return true;
  }
  bool Bytes(uint64_t length) { return Text(length, &node_->text); }
  bool Blob(absl::string_view* text) {
    uint64_t length;
    return Varint(&length) && Text(length, text);
  }
  bool Int(int64_t value) {
    node_->kind = NodeKind::kInt;
    node_->big = false;
    node_->integer = value;
    return true;
  }

  template <typename T>
  bool Fixed() {
    if (end_ - p_ < static_cast<ptrdiff_t>(sizeof(T))) return false;
    p_ += sizeof(T);
    return Int(base::LoadLittle<T>(p_ - sizeof(T)));
  }

  ABSL_ATTRIBUTE_ALWAYS_INLINE bool List(uint64_t count) {
    const uint8_t* end = end_;
    if (count >= kLongList) {
      uint64_t length;
      if (!Varint(&length) || length > static_cast<uint64_t>(end - p_)) {
        return false;
      }
      end = p_ + length;
    }
    if (count > static_cast<uint64_t>(end - p_)) return false;
    node_->items = NodeList(p_, node_->id, 0, count);
    p_ = items_.List(*node_, p_, end);
    return p_ != nullptr && (count < kLongList || p_ == end);
  }
  // `per_item` references an item.
  bool CountedList(uint64_t per_item) {
    uint64_t count;
    return Varint(&count) && count <= UINT64_MAX / per_item &&
           List(count * per_item);
  }
  bool Run(uint64_t per_item) {
    uint64_t count;
    NodeId first;
    if (!Varint(&count) || !Reference(&first) ||
        count > (node_->id - first) / per_item) {
      return false;
    }
    node_->items = NodeList(nullptr, node_->id, first, count * per_item);
    return items_.Run(*node_, first, count * per_item);
  }

  ABSL_ATTRIBUTE_ALWAYS_INLINE bool Scalar(uint8_t tag) {
    switch (tag) {
      case kTagNone:
        node_->kind = NodeKind::kNone;
        return true;
      case kTagFalse:
      case kTagTrue:
        node_->kind = NodeKind::kBool;
        node_->integer = tag - kTagFalse;
        return true;
      case kTagInt:
        return Fixed<int64_t>();
      case kTagInt1:
        return Fixed<uint8_t>();
      case kTagInt2:
        return Fixed<uint16_t>();
      case kTagInt4:
        return Fixed<int32_t>();
      case kTagBigInt:
        node_->kind = NodeKind::kInt;
        node_->big = true;
        return Blob(&node_->text);
      case kTagArray:
        return Array();
      case kTagFloat:
        if (end_ - p_ < 8) return false;
        node_->kind = NodeKind::kFloat;
        node_->float_bits = base::LoadLittle<uint64_t>(p_);
        p_ += 8;
        return true;
      default:
        return TextOrBytes(tag);
    }
  }

  bool Array() {
    node_->kind = NodeKind::kArray;
    uint64_t rank;
    if (!Blob(&node_->text) || p_ == end_ || *p_ > kOrderFortran) return false;
    node_->fortran = *p_++ == kOrderFortran;
    if (!Varint(&rank) || rank > kMaxRank) return false;
    node_->shape = Shape(p_, static_cast<uint32_t>(rank));
    uint64_t number;
    for (; rank > 0; --rank) {
      if (!Varint(&number)) return false;
    }
    Extent& extent = node_->extent.emplace();
    if (!Varint(&number) || number > UINT32_MAX) return false;
    extent.stream = static_cast<uint32_t>(number);
    return Varint(&extent.offset) && Varint(&extent.length);
  }

  bool TextOrBytes(uint8_t tag) {
    static constexpr NodeKind kKinds[] = {NodeKind::kStr, NodeKind::kBytes,
                                          NodeKind::kByteArray};
    const int number = tag - kTagStr;  // text, extent, text, ...
    node_->kind = kKinds[number / 2];
    if (number % 2 == 0) {
      node_->extent.reset();
      return Blob(&node_->text);
    }
    node_->text = {};
    node_->extent.emplace();
    return Varint(&node_->extent->offset) && Varint(&node_->extent->length);
  }

  ABSL_ATTRIBUTE_ALWAYS_INLINE bool Container(uint8_t tag) {
    switch (tag) {
      case kTagList:
        node_->kind = NodeKind::kList;
        return true;
      case kTagDict:
        node_->kind = NodeKind::kDict;
        return true;
      case kTagSet:
        node_->kind = NodeKind::kSet;
        return true;
      case kTagTuple:
        node_->kind = NodeKind::kTuple;
        return CountedList(1);
      case kTagFrozenSet:
        node_->kind = NodeKind::kFrozenSet;
        return CountedList(1);
      default:
        node_->kind = NodeKind::kTuple;
        return List(tag - kTagTuple0);
    }
  }

  ABSL_ATTRIBUTE_ALWAYS_INLINE bool Object(uint8_t tag) {
    switch (tag) {
      case kTagGlobal:
        node_->kind = NodeKind::kGlobal;
        if (p_ == end_ || *p_ > (kGlobalPython2 | kGlobalDotted)) return false;
        node_->python2_names = (*p_ & kGlobalPython2) != 0;
        node_->dotted = (*p_++ & kGlobalDotted) != 0;
        return Blob(&node_->text) && Blob(&node_->qualname);
      case kTagCall:
        node_->kind = NodeKind::kCall;
        return Reference(&node_->subject) && Reference(&node_->args);
      case kTagPersistent:
        node_->kind = NodeKind::kPersistent;
        return Reference(&node_->subject);
      case kTagExtension:
      case kTagBuffer: {
        uint64_t number;
        node_->kind =
            tag == kTagExtension ? NodeKind::kExtension : NodeKind::kBuffer;
        if (!Varint(&number) || number > INT64_MAX) return false;
        node_->integer = static_cast<int64_t>(number);
        return true;
      }
      default:
        node_->kind = NodeKind::kNew;
        node_->form = static_cast<NewForm>(tag - kTagNewObj);
        node_->kwargs = kNoNode;
        return Reference(&node_->subject) && Reference(&node_->args) &&
               (tag != kTagNewObjEx || Reference(&node_->kwargs));
    }
  }

  // Changes of native containers have no offset, others have one: the verifier
  // knows which are which.
  ABSL_ATTRIBUTE_ALWAYS_INLINE bool Change(uint8_t tag, bool has_at) {
    if (!Reference(&node_->subject)) return false;
    switch (tag) {
      case kTagReadonly:
        node_->kind = NodeKind::kReadonly;
        return !has_at;
      case kTagAppend:
        node_->kind = NodeKind::kAppend;
        return List(1);
      case kTagAppendMany:
        node_->kind = NodeKind::kAppend;
        return CountedList(1);
      case kTagAppendRun:
        node_->kind = NodeKind::kAppend;
        return Run(1);
      case kTagSetItem:
        node_->kind = NodeKind::kSetItems;
        return List(2);
      case kTagSetMany:
        node_->kind = NodeKind::kSetItems;
        return CountedList(2);
      case kTagSetRun:
        node_->kind = NodeKind::kSetItems;
        return Run(2);
      default:
        node_->kind = NodeKind::kAddItems;
        return CountedList(1);
    }
  }

  bool Build() {
    node_->kind = NodeKind::kBuild;
    return Reference(&node_->subject) && Reference(&node_->args);
  }

  const uint8_t* p_;
  const uint8_t* const end_;
  Node* const node_;
  Items& items_;
};

// Decodes the node `id` at `p`, of an encoding that ends at `end`, behind `p`.
// `*at` is the offset register before the node and is moved on. Checked are
// bounds, shortest varints, the range of references and that offsets stand
// where they belong; not: what the references point to, text, canonical choice
// of the tag. References of a list are left to `items`, see SkipItems.
//
// Returns the position behind the node, or nullptr.
template <typename Items>
inline const uint8_t* Decode(const uint8_t* p, const uint8_t* end, NodeId id,
                             uint64_t* at, Node* node, Items& items) {
  node->id = id;
  NodeDecoder<Items> decoder(p, end, node, items);
  return decoder.Decode(at) ? decoder.position() : nullptr;
}

}  // namespace picklebox::graph

#endif  // PICKLEBOX_GRAPH_DECODER_H_
