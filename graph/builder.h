// The builder: writes a graph, node by node, into memory that it is given.
//
//   GraphBuilder builder(memory, out, max_nodes, max_key, &judge);
//   const NodeId list = builder.Add(NodeKind::kList);
//   const NodeId one = builder.Int(1);
//   builder.Append(list, {&one, 1}, at);
//
// When the memory is used up, full() turns true and stays so; nodes made after
// that are lost and their number is meaningless, but nothing else breaks. The
// caller asks once in a while.
//
// The caller keeps the rules that the verifier will hold it to: numbers are of
// value nodes, text is UTF-8, keys are hashable. Not thread-safe.
#ifndef PICKLEBOX_GRAPH_BUILDER_H_
#define PICKLEBOX_GRAPH_BUILDER_H_

#include <cstdint>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "base/bytes.h"
#include "base/memory.h"
#include "base/text.h"
#include "graph/ledger.h"
#include "graph/reference.h"
#include "graph/visitor.h"
#include "graph/wire.h"
#include "picklebox/graph.h"

namespace picklebox::graph {

class Pen;

class GraphBuilder {
 public:
  GraphBuilder(base::Memory& memory, absl::Span<uint8_t> out,
               uint64_t max_nodes, uint64_t max_key, Visitor* visitor)
      : ledger_(memory, max_nodes, max_key, visitor),
        begin_(out.data()),
        p_(out.data()),
        end_(out.data() + out.size()),
        visitor_(visitor),
        source_(&ledger_, out) {
    if (visitor_ != nullptr) visitor_->OnStart(source_);
  }
  GraphBuilder(const GraphBuilder&) = delete;
  GraphBuilder& operator=(const GraphBuilder&) = delete;

  // Starts a new graph at `out`; the old one stays where it was written.
  void Restart(absl::Span<uint8_t> out);

  bool full() const { return full_; }
  NodeId size() const { return ledger_.size(); }
  // Bytes written so far.
  uint64_t encoded_size() const { return static_cast<uint64_t>(p_ - begin_); }
  // Texts and bytes that are extents, in order; the first kMostExtents of them.
  static constexpr size_t kMostExtents = 4096;
  struct Long {
    NodeKind kind;
    Extent extent;
  };
  const std::vector<Long>& extents() const { return extents_; }
  // Reads the nodes made so far.
  const NodeSource& source() const { return source_; }
  const Ledger& ledger() const { return ledger_; }
  Ledger& ledger() { return ledger_; }

  // kNone, kList, kDict, kSet: what is said by the kind alone.
  NodeId None() { return Plain(kTagNone, NodeKind::kNone); }
  NodeId Bool(bool value) {
    return Plain(value ? kTagTrue : kTagFalse, NodeKind::kBool);
  }
  NodeId List() { return Plain(kTagList, NodeKind::kList); }
  NodeId Dict() { return Plain(kTagDict, NodeKind::kDict); }
  NodeId Set() { return Plain(kTagSet, NodeKind::kSet); }
  NodeId Int(int64_t value);
  NodeId Byte(uint8_t value);  // the int
  // Two's complement, little-endian, of any length; made minimal here.
  NodeId Int(absl::Span<const uint8_t> bytes);
  NodeId Float(uint64_t bits);

  // Text and bytes, copied into the graph; or, for long ones that the input
  // holds byte for byte, the place there.
  NodeId Str(absl::string_view text);
  NodeId Bytes(absl::string_view bytes) {
    return Blob(kTagBytes, NodeKind::kBytes, bytes);
  }
  NodeId ByteArray(absl::string_view bytes) {
    return Blob(kTagByteArray, NodeKind::kByteArray, bytes);
  }
  NodeId StrExtent(Extent extent);
  NodeId BytesExtent(Extent extent) {
    return ExtentOf(kTagBytesExtent, NodeKind::kBytes, extent);
  }
  NodeId ByteArrayExtent(Extent extent) {
    return ExtentOf(kTagByteArrayExtent, NodeKind::kByteArray, extent);
  }

  // `dtype` is as graph/dtype.h has it, `extent` as long as the shape asks for.
  NodeId Array(absl::string_view dtype, absl::Span<const uint64_t> shape,
               bool fortran, Extent extent);

  NodeId Tuple(absl::Span<const NodeId> items);
  NodeId FrozenSet(absl::Span<const NodeId> items);

  NodeId Global(const GlobalName& name, uint64_t at);
  NodeId Call(NodeId callable, NodeId args, uint64_t at);
  NodeId New(NewForm form, NodeId cls, NodeId args, NodeId kwargs, uint64_t at);
  NodeId Persistent(NodeId id, uint64_t at);
  NodeId Extension(uint32_t code, uint64_t at);
  NodeId Buffer(uint64_t index, uint64_t at);
  NodeId Readonly(NodeId buffer);

  // Changes. At least one item. SetItems: keys and values in turn.
  void Append(NodeId target, absl::Span<const NodeId> items, uint64_t at);
  void SetItems(NodeId target, absl::Span<const NodeId> pairs, uint64_t at);
  void AddItems(NodeId target, absl::Span<const NodeId> items, uint64_t at);
  void Build(NodeId target, NodeId state, uint64_t at);
  // Append to a native list, SetItems of a native dict, faster, if nothing
  // about the items is out of the ordinary and the keys can be keys; false,
  // with nothing done, if anything is.
  bool AppendPlain(NodeId list, absl::Span<const NodeId> items);
  bool SetPlainItems(NodeId dict, absl::Span<const NodeId> pairs);

 private:
  friend class Pen;

  // Makes room for a node head and `extra` bytes and notes where it begins.
  bool Begin(uint64_t extra = 0) {
    if (static_cast<uint64_t>(end_ - p_) < kMaxNodeHead + extra ||
        ledger_.full()) [[unlikely]] {
      full_ = true;
      end_ = p_;  // from now on nothing fits
      return false;
    }
    ledger_.Mark(encoded_size(), at_);
    return true;
  }
  NodeId Done() const { return ledger_.size() - 1; }
  void PutAt(uint64_t at);
  void PutRef(NodeId node) { p_ = PutReference(p_, ledger_.size(), node); }
  void PutRefs(absl::Span<const NodeId> nodes) {
    for (const NodeId node : nodes) PutRef(node);
  }
  // The references of a counted list, with their length if there are many.
  void PutList(absl::Span<const NodeId> nodes) {
    if (nodes.size() >= kLongList) [[unlikely]]
      PutLength(nodes);
    PutRefs(nodes);
  }
  void PutLength(absl::Span<const NodeId> nodes);
  void PutBytes(absl::string_view bytes);
  void PutChange(Tag one, Tag many, Tag run, NodeId target,
                 absl::Span<const NodeId> items, uint64_t per_item);

  NodeId Plain(Tag tag, NodeKind kind) {
    if (!Begin()) return 0;
    *p_++ = tag;
    ledger_.Add(kind);
    return Done();
  }
  NodeId Blob(Tag tag, NodeKind kind, absl::string_view bytes);
  NodeId ExtentOf(Tag tag, NodeKind kind, Extent extent);

  Ledger ledger_;
  uint8_t* begin_;
  uint8_t* p_;
  uint8_t* end_;
  uint64_t at_ = 0;
  bool full_ = false;
  Visitor* visitor_;
  NodeSource source_;
  std::vector<Long> extents_;
};

inline NodeId GraphBuilder::Byte(uint8_t value) {
  if (!Begin()) return 0;
  // Without a branch: which half a byte is in cannot be foreseen.
  p_[0] = value < 0x80 ? static_cast<uint8_t>(kTagSmallInt + value)
                       : uint8_t{kTagInt1};
  p_[1] = value;
  p_ += 1 + (value >> 7);
  ledger_.Add(NodeKind::kInt);
  return Done();
}

inline NodeId GraphBuilder::Int(int64_t value) {
  if (value >= 0 && value < 0x100) return Byte(static_cast<uint8_t>(value));
  if (!Begin()) return 0;
  if (value >= 0 && value < 0x10000) {
    *p_++ = kTagInt2;
    base::StoreLittle(p_, static_cast<uint16_t>(value));
    p_ += sizeof(uint16_t);
  } else if (value == static_cast<int32_t>(value)) {
    *p_++ = kTagInt4;
    base::StoreLittle(p_, static_cast<int32_t>(value));
    p_ += sizeof(int32_t);
  } else {
    *p_++ = kTagInt;
    base::StoreLittle(p_, value);
    p_ += sizeof(int64_t);
  }
  ledger_.Add(NodeKind::kInt);
  return Done();
}

inline NodeId GraphBuilder::Float(uint64_t bits) {
  if (!Begin()) return 0;
  *p_++ = kTagFloat;
  base::StoreLittle(p_, bits);
  p_ += sizeof(bits);
  ledger_.Add(NodeKind::kFloat);
  return Done();
}

inline NodeId GraphBuilder::Str(absl::string_view text) {
  if (!Begin(text.size())) return 0;
  if (text.size() < 0x40) {
    *p_++ = static_cast<uint8_t>(kTagShortStr + text.size());
    PutBytes(text);
  } else {
    *p_++ = kTagStr;
    p_ = base::PutVarint(p_, text.size());
    PutBytes(text);
  }
  ledger_.AddStr(base::IsAttributeName(text));
  return Done();
}

inline void GraphBuilder::PutBytes(absl::string_view bytes) {
  std::memcpy(p_, bytes.data(), bytes.size());
  p_ += bytes.size();
}

inline NodeId GraphBuilder::Tuple(absl::Span<const NodeId> items) {
  if (!Begin(items.size() * kMaxReference)) return 0;
  if (items.size() < 4) {
    *p_++ = static_cast<uint8_t>(kTagTuple0 + items.size());
  } else {
    *p_++ = kTagTuple;
    p_ = base::PutVarint(p_, items.size());
  }
  PutList(items);
  Ledger::Gather gather;
  ledger_.GatherItems(items, &gather);
  ledger_.AddTuple(gather);
  return Done();
}

}  // namespace picklebox::graph

#endif  // PICKLEBOX_GRAPH_BUILDER_H_
