#include "graph/plain_verifier.h"

#include <algorithm>
#include <array>
#include <utility>

#include "absl/base/attributes.h"
#include "base/bytes.h"
#include "base/text.h"
#include "graph/reference.h"
#include "graph/wire.h"

namespace picklebox::graph {
namespace {

// So many bytes can be read from a tag on: a short text, or three references.
constexpr ptrdiff_t kAhead = 1 + base::kPadded;
static_assert(kAhead > 3 * static_cast<ptrdiff_t>(kMaxReference));

// A node of a fixed size, but for floats.
struct Fixed {
  bool one_byte = false;  // not said of ints
  Fact fact = 0;
  // Of an int, tag and number as one word: a shorter tag would do if all of
  // these bits are zero.
  uint64_t needed = 0;
};

constexpr std::array<Fixed, 256> kFixed = [] {
  std::array<Fixed, 256> table{};
  for (const auto& [tag, kind] : {std::pair{kTagNone, NodeKind::kNone},
                                  {kTagFalse, NodeKind::kBool},
                                  {kTagTrue, NodeKind::kBool},
                                  {kTagTuple0, NodeKind::kTuple},
                                  {kTagList, NodeKind::kList},
                                  {kTagDict, NodeKind::kDict},
                                  {kTagSet, NodeKind::kSet}}) {
    table[tag].one_byte = true;
    table[tag].fact = FactOf(kind);
  }
  table[kTagInt1].needed = uint64_t{0x80} << 8;
  table[kTagInt2].needed = uint64_t{0xff00} << 8;
  table[kTagInt4].needed = uint64_t{0xffff0000} << 8;
  for (int tag = kTagSmallInt; tag < 256; ++tag)
    table[tag].needed = kTagSmallInt;
  return table;
}();

// The sizes of the nodes of ints. A table of its own: the place of the next
// node waits for it.
constexpr std::array<uint8_t, 256> kIntSizes = [] {
  std::array<uint8_t, 256> sizes{};
  sizes[kTagInt1] = 2;
  sizes[kTagInt2] = 3;
  sizes[kTagInt4] = 5;
  for (int tag = kTagSmallInt; tag < 256; ++tag) sizes[tag] = 1;
  return sizes;
}();

}  // namespace

const uint8_t* PlainVerifier::Take(const uint8_t* p, uint64_t at) {
  if (end_ - p < kAhead) return p;
  const uint8_t* const stop = end_ - kAhead;
  Fact* const facts = ledger_.facts();
  const NodeId first = ledger_.size();
  NodeId next = first;
  const NodeId last = static_cast<NodeId>(first + ledger_.room());
  while (p <= stop && next < last) {
    const uint8_t tag = *p;
    const Fixed& fixed = kFixed[tag];
    const uint8_t* behind = nullptr;
    if (fixed.needed != 0) {
      // Which size an int has cannot be foreseen: no branch on it.
      if ((base::LoadLittle<uint64_t>(p) & fixed.needed) == 0) [[unlikely]]
        break;
      facts[next] = FactOf(NodeKind::kInt);
      behind = p + kIntSizes[tag];
    } else if (fixed.one_byte) {
      // Which kind comes next often can, and then the place of the node behind
      // it need not wait for the table.
      facts[next] = fixed.fact;
      behind = p + 1;
    } else if (tag == kTagFloat) {
      facts[next] = FactOf(NodeKind::kFloat);
      behind = p + 1 + sizeof(double);
    } else if (tag >= kTagShortStr) {
      const size_t size = tag - kTagShortStr;
      if (size <= base::kPadded) [[likely]] {
        const base::TextTraits traits = base::ExaminePadded(p + 1, size);
        if (!traits.ascii) [[unlikely]]
          break;
        facts[next] = StrFact(traits.attribute_name);
      } else {
        if (static_cast<size_t>(end_ - p) <= size) break;
        const base::TextTraits traits = base::Examine(
            absl::string_view(reinterpret_cast<const char*>(p + 1), size));
        if (!traits.ascii) break;
        facts[next] = StrFact(traits.attribute_name);
      }
      behind = p + 1 + size;
    } else {
      switch (tag) {
        case kTagTuple1:
        case kTagTuple2:
        case kTagTuple3:
          behind = Tuple(p + 1, tag - kTagTuple0, next);
          break;
        case kTagAppend:
        case kTagAppendMany:
        case kTagAppendRun:
          behind = Append(p, next);
          break;
        case kTagSetItem:
        case kTagSetMany:
        case kTagSetRun:
          behind = SetItems(p, next);
          break;
        default:
          break;
      }
      if (behind == nullptr) break;
    }
    if (next % Graph::kStride == 0) [[unlikely]]
      ledger_.AddWaypoint(static_cast<uint64_t>(p - begin_), at);
    ++next;
    p = behind;
  }
  ledger_.Extend(next);
  return p;
}

ABSL_ATTRIBUTE_ALWAYS_INLINE inline const uint8_t* PlainVerifier::Tuple(
    const uint8_t* p, int count, NodeId next) {
  Fact* const facts = ledger_.facts();
  Fact flags = 0;
  uint32_t weight = 1;
  for (; count > 0; --count) {
    NodeId item;
    p = GetReferenceFast(p, end_, next, &item);
    if (p == nullptr) return nullptr;
    const ItemTraits& traits = kItemTraits[facts[item]];
    if (!traits.plain || traits.weight == 0) return nullptr;
    flags |= traits.leaves;
    weight += traits.weight;
  }
  if (weight > kLightWeight) return nullptr;
  facts[next] = static_cast<Fact>(FactOf(NodeKind::kTuple) | flags);
  return p;
}

// The head of a counted list: how many references follow, up to where.
struct Counted {
  uint64_t count = 0;
  const uint8_t* end = nullptr;
};

ABSL_ATTRIBUTE_ALWAYS_INLINE inline const uint8_t* ReadCounted(
    const uint8_t* p, const uint8_t* end, uint64_t per_item, Counted* list) {
  p = base::GetVarint(p, end, &list->count);
  if (p == nullptr || list->count < 2 || list->count > UINT32_MAX)
    return nullptr;
  list->count *= per_item;
  list->end = nullptr;
  if (list->count >= kLongList) {
    uint64_t length;
    p = base::GetVarint(p, end, &length);
    if (p == nullptr || length > static_cast<uint64_t>(end - p)) return nullptr;
    list->end = p + length;
  }
  // None of them needs to look where the encoding ends.
  const bool far = list->count < static_cast<uint64_t>(end - p) / kMaxReference;
  return far ? p : nullptr;
}

const uint8_t* PlainVerifier::Append(const uint8_t* p, NodeId next) {
  Fact* const facts = ledger_.facts();
  const uint8_t tag = *p++;
  NodeId target;
  NodeId item;
  p = GetReferenceFast(p, end_, next, &target);
  if (p == nullptr || facts[target] != FactOf(NodeKind::kList)) return nullptr;
  if (tag == kTagAppend) {
    p = GetReference(p, end_, next, &item);
    if (p == nullptr || !kItemTraits[facts[item]].plain) return nullptr;
  } else if (tag == kTagAppendRun) {
    uint64_t count;
    p = base::GetVarint(p, end_, &count);
    if (p == nullptr) return nullptr;
    p = GetReference(p, end_, next, &item);
    if (p == nullptr || count < 2 || count > next - item) return nullptr;
    uint64_t i = Ledger::CountPlain(facts + item, count);
    while (i < count && kItemTraits[facts[item + i]].plain) ++i;
    if (i < count || !ChargeRun(count)) return nullptr;
  } else {
    Counted list;
    p = ReadCounted(p, end_, 1, &list);
    if (p == nullptr) return nullptr;
    NodeId expected = 0;
    NodeId jumps = 0;  // zero as long as each item follows the one before
    uint8_t oddities = 0;
    for (uint64_t i = 0; i < list.count; ++i) {
      p = GetReferenceFast(p, end_, next, &item);
      if (p == nullptr) return nullptr;
      jumps |= i == 0 ? 0 : item ^ expected;
      expected = item + 1;
      oddities |= kOddities[facts[item]];
    }
    if ((oddities & kNoPlainItem) != 0 || jumps == 0 ||
        (list.end != nullptr && p != list.end)) {
      return nullptr;
    }
  }
  facts[next] = FactOf(NodeKind::kAppend);
  return p;
}

const uint8_t* PlainVerifier::SetItems(const uint8_t* p, NodeId next) {
  Fact* const facts = ledger_.facts();
  const uint8_t tag = *p++;
  NodeId target;
  p = GetReferenceFast(p, end_, next, &target);
  if (p == nullptr || (facts[target] & ~kOddKeys) != FactOf(NodeKind::kDict))
    return nullptr;
  uint8_t oddities = 0;
  NodeId key;
  NodeId value;
  if (tag == kTagSetRun) {
    uint64_t count;
    p = base::GetVarint(p, end_, &count);
    if (p == nullptr) return nullptr;
    p = GetReference(p, end_, next, &key);
    if (p == nullptr || count < 2 || count > (next - key) / 2) return nullptr;
    for (uint64_t i = 0; i < 2 * count; i += 2) {
      oddities |= OdditiesOfPair(facts[key + i], facts[key + i + 1]);
    }
    if ((oddities & ~kOddKey) != 0 || !ChargeRun(2 * count)) return nullptr;
  } else {
    Counted list;
    list.count = 2;
    if (tag == kTagSetMany) p = ReadCounted(p, end_, 2, &list);
    if (p == nullptr || end_ - p < kAhead) return nullptr;
    NodeId expected = 0;
    NodeId jumps = 0;  // zero as long as each item follows the one before
    for (uint64_t i = 0; i < list.count; i += 2) {
      p = GetReferenceFast(p, end_, next, &key);
      if (p == nullptr) return nullptr;
      p = GetReferenceFast(p, end_, next, &value);
      if (p == nullptr) return nullptr;
      jumps |= (i == 0 ? 0 : key ^ expected) | (value ^ (key + 1));
      expected = value + 1;
      oddities |= OdditiesOfPair(facts[key], facts[value]);
    }
    if ((oddities & ~kOddKey) != 0 || (list.end != nullptr && p != list.end))
      return nullptr;
    if (tag == kTagSetMany && jumps == 0) return nullptr;
  }
  if (oddities != 0) facts[target] |= kOddKeys;
  facts[next] = FactOf(NodeKind::kSetItems);
  return p;
}

}  // namespace picklebox::graph
