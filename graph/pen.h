// The pen: writes the commonest nodes of a builder with the position held in
// registers, for a loop that makes little else.
//
//   Pen pen(builder);                     // the builder rests
//   if (pen.ready()) node = pen.Int32(7);
//   pen.Lift();                           // the builder has what was written
//
// The nodes and the rules are those of the builder: what a pen writes, and what
// the ledger has of it afterwards, is byte for byte what the builder would have
// made. What is uncommon a pen refuses, with nothing done: Lift() it then, let
// the builder do it, and take a new one. The caller sees to it that the pen is
// ready() before each node, and that no more than room() nodes are made.
#ifndef PICKLEBOX_GRAPH_PEN_H_
#define PICKLEBOX_GRAPH_PEN_H_

#include <array>
#include <bit>
#include <cstdint>

#include "absl/base/attributes.h"
#include "absl/types/span.h"
#include "base/bytes.h"
#include "base/text.h"
#include "graph/builder.h"
#include "graph/ledger.h"
#include "graph/reference.h"
#include "graph/wire.h"

namespace picklebox::graph {

class Pen {
 public:
  ABSL_ATTRIBUTE_ALWAYS_INLINE explicit Pen(GraphBuilder& builder)
      : builder_(&builder),
        p_(builder.p_),
        stop_(builder.end_ - builder.p_ > kRoom ? builder.end_ - kRoom
                                                : builder.p_),
        facts_(builder.ledger_.facts()),
        next_(builder.ledger_.size()) {}

  // There is room for the encoding of any node but changes.
  bool ready() const { return p_ < stop_; }
  // Hands over to the builder. The pen is of no use afterwards.
  ABSL_ATTRIBUTE_ALWAYS_INLINE void Lift() {
    builder_->p_ = p_;
    builder_->ledger_.Extend(next_);
  }

  NodeKind kind(NodeId node) const { return KindOf(facts_[node]); }

  // A node that its tag says all about: None, a bool, an empty container.
  ABSL_ATTRIBUTE_ALWAYS_INLINE NodeId Plain(uint8_t tag, NodeKind kind) {
    Begin();
    *p_++ = tag;
    return Add(FactOf(kind));
  }
  // An int of 32 bits, its size found without a branch.
  ABSL_ATTRIBUTE_ALWAYS_INLINE NodeId Int32(uint32_t bits) {
    Begin();
    const IntForm form = kIntForms.of_bits[std::bit_width(bits | 1)];
    base::StoreLittle(p_, (uint64_t{bits} << form.shift) + form.tag);
    p_ += form.size;
    return Add(FactOf(NodeKind::kInt));
  }
  ABSL_ATTRIBUTE_ALWAYS_INLINE NodeId Float(uint64_t bits) {
    Begin();
    *p_++ = kTagFloat;
    base::StoreLittle(p_, bits);
    p_ += sizeof(bits);
    return Add(FactOf(NodeKind::kFloat));
  }
  // ASCII of up to base::kPadded bytes, of which kPadded can be read.
  ABSL_ATTRIBUTE_ALWAYS_INLINE bool PaddedStr(const uint8_t* text, size_t size,
                                              NodeId* node) {
    const base::TextTraits traits = base::ExaminePadded(text, size);
    if (!traits.ascii) [[unlikely]]
      return false;
    Begin();
    *p_++ = static_cast<uint8_t>(kTagShortStr + size);
    std::memcpy(p_, text, base::kPadded);  // what is too much is written over
    p_ += size;
    *node = Add(StrFact(traits.attribute_name));
    return true;
  }
  // Text of up to kInlineText bytes.
  bool Str(const uint8_t* text, size_t size, NodeId* node) {
    const absl::string_view view(reinterpret_cast<const char*>(text), size);
    const base::TextTraits traits = base::Examine(view);
    if (!traits.ascii &&
        base::FindInvalidUtf8(view.data(), view.size()) != base::kValid) {
      return false;
    }
    Begin();
    if (size < 0x40) {
      *p_++ = static_cast<uint8_t>(kTagShortStr + size);
    } else {
      *p_++ = kTagStr;
      p_ = base::PutVarint(p_, size);
    }
    std::memcpy(p_, text, size);
    p_ += size;
    *node = Add(StrFact(traits.attribute_name));
    return true;
  }
  // A tuple of `count` items, one to three.
  ABSL_ATTRIBUTE_ALWAYS_INLINE bool Tuple(const NodeId* items, size_t count,
                                          NodeId* node) {
    Fact flags = 0;
    uint32_t weight = 1;
    bool simple = true;
    for (size_t i = 0; i < count; ++i) {
      const ItemTraits& traits = kItemTraits[facts_[items[i]]];
      flags |= traits.leaves;
      weight += traits.weight;
      simple = simple && traits.plain && traits.weight != 0;
    }
    if (!simple || weight > kLightWeight) [[unlikely]]
      return false;
    Begin();
    *p_++ = static_cast<uint8_t>(kTagTuple0 + count);
    for (size_t i = 0; i < count; ++i) p_ = PutReference(p_, next_, items[i]);
    *node = Add(static_cast<Fact>(FactOf(NodeKind::kTuple) | flags));
    return true;
  }

  // At least one item to a native list. Refuses items whose use is news.
  bool Append(NodeId list, absl::Span<const NodeId> items);
  // At least one pair to a native dict. Refuses keys that are no plain values.
  bool SetItems(NodeId dict, absl::Span<const NodeId> pairs);

 private:
  // What a node may take at most, but for changes.
  static constexpr ptrdiff_t kRoom = kMaxNodeHead + kInlineText;

  struct IntForm {
    uint8_t shift;
    uint8_t tag;
    uint16_t size;
  };
  struct IntForms {
    constexpr IntForms() : of_bits() {
      for (uint8_t bits = 0; bits <= 32; ++bits) {
        of_bits[bits] = bits < 8    ? IntForm{0, kTagSmallInt, 1}
                        : bits == 8 ? IntForm{8, kTagInt1, 2}
                        : bits < 17 ? IntForm{8, kTagInt2, 3}
                                    : IntForm{8, kTagInt4, 5};
      }
    }
    IntForm of_bits[33];
  };
  static const IntForms kIntForms;

  ABSL_ATTRIBUTE_ALWAYS_INLINE void Begin() {
    if (next_ % Graph::kStride == 0) [[unlikely]]
      Mark(builder_, p_);
  }
  ABSL_ATTRIBUTE_ALWAYS_INLINE NodeId Add(Fact fact) {
    facts_[next_] = fact;
    return next_++;
  }
  ABSL_ATTRIBUTE_NOINLINE static void Mark(GraphBuilder* builder,
                                           const uint8_t* p) {
    builder->ledger_.AddWaypoint(static_cast<uint64_t>(p - builder->begin_),
                                 builder->at_);
  }
  bool Fits(size_t references) const {
    return references * kMaxReference + kMaxNodeHead <
           static_cast<uint64_t>(builder_->end_ - p_);
  }
  void PutItems(absl::Span<const NodeId> items, uint64_t count);

  GraphBuilder* builder_;
  uint8_t* p_;
  uint8_t* stop_;
  Fact* facts_;
  NodeId next_;
};

inline constexpr Pen::IntForms Pen::kIntForms{};

// Whether each number is one more than the one before.
inline bool IsRun(absl::Span<const NodeId> items) {
  const NodeId first = items[0];
  const size_t size = items.size();
  if (items[size - 1] - first != size - 1) return false;
  NodeId difference = 0;
  for (size_t i = 0; i < size; ++i)
    difference |= items[i] ^ static_cast<NodeId>(first + i);
  return difference == 0;
}

// The count of a change, and its references.
ABSL_ATTRIBUTE_ALWAYS_INLINE inline void Pen::PutItems(
    absl::Span<const NodeId> items, uint64_t count) {
  const NodeId next = next_;
  uint8_t* p = base::PutVarint(p_, count);
  if (items.size() < kLongList) {
    for (const NodeId item : items) p = PutReference(p, next, item);
  } else {
    // Their length goes first: guess how long it is.
    size_t gap = base::VarintSize(items.size() * 2);
    uint8_t* const begin = p;
    p += gap;
    for (const NodeId item : items) p = PutReference(p, next, item);
    const uint64_t length = static_cast<uint64_t>(p - begin) - gap;
    const size_t needed = base::VarintSize(length);
    if (needed != gap) [[unlikely]]
      std::memmove(begin + needed, begin + gap, length);
    base::PutVarint(begin, length);
    p = begin + needed + length;
  }
  p_ = p;
}

inline bool Pen::Append(NodeId list, absl::Span<const NodeId> items) {
  if (!Fits(items.size()) || (facts_[list] & kWatched) != 0) [[unlikely]]
    return false;
  const bool run = IsRun(items);
  size_t i = run ? Ledger::CountPlain(facts_ + items[0], items.size()) : 0;
  for (; i < items.size(); ++i) {
    if (!kItemTraits[facts_[items[i]]].plain) [[unlikely]]
      return false;
  }
  Begin();
  *p_++ = items.size() == 1 ? kTagAppend : run ? kTagAppendRun : kTagAppendMany;
  p_ = PutReference(p_, next_, list);
  if (items.size() == 1) {
    p_ = PutReference(p_, next_, items[0]);
  } else if (run) {
    p_ = base::PutVarint(p_, items.size());
    p_ = PutReference(p_, next_, items[0]);
  } else {
    PutItems(items, items.size());
  }
  Add(FactOf(NodeKind::kAppend));
  return true;
}

inline bool Pen::SetItems(NodeId dict, absl::Span<const NodeId> pairs) {
  if (!Fits(pairs.size()) || (facts_[dict] & kWatched) != 0) [[unlikely]]
    return false;
  uint8_t oddities = 0;
  for (size_t i = 0; i < pairs.size(); i += 2)
    oddities |= OdditiesOfPair(facts_[pairs[i]], facts_[pairs[i + 1]]);
  if ((oddities & ~kOddKey) != 0) [[unlikely]]
    return false;
  if (oddities != 0) facts_[dict] |= kOddKeys;
  Begin();
  const bool one = pairs.size() == 2;
  const bool run = !one && IsRun(pairs);
  *p_++ = one ? kTagSetItem : run ? kTagSetRun : kTagSetMany;
  p_ = PutReference(p_, next_, dict);
  if (one) {
    p_ = PutReference(p_, next_, pairs[0]);
    p_ = PutReference(p_, next_, pairs[1]);
  } else if (run) {
    p_ = base::PutVarint(p_, pairs.size() / 2);
    p_ = PutReference(p_, next_, pairs[0]);
  } else {
    PutItems(pairs, pairs.size() / 2);
  }
  Add(FactOf(NodeKind::kSetItems));
  return true;
}

}  // namespace picklebox::graph

#endif  // PICKLEBOX_GRAPH_PEN_H_
