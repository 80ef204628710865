// Decodes one node. The verifier and every reader use this one text; the
// verifier adds what needs knowledge of the other nodes.
#ifndef PICKLEBOX_GRAPH_DECODER_H_
#define PICKLEBOX_GRAPH_DECODER_H_

#include <cstdint>

#include "base/bytes.h"
#include "graph/wire.h"
#include "picklebox/graph.h"

namespace picklebox::graph {

// Decodes the node `id` at `p`, of an encoding that ends at `end`. `*at` is the
// offset register before the node and is moved on. Checked are bounds, shortest
// varints, the range of references and that offsets stand where they belong;
// not: what the references point to, text, canonical choice of the tag.
//
// `items(head, first, count)` is called for the items, in order, in pieces of
// consecutive numbers; it returns false to stop. `head` is the node with all
// but its items.
//
// Returns the position behind the node, or nullptr.
template <typename Items>
inline const uint8_t* Decode(const uint8_t* p, const uint8_t* end, NodeId id, uint64_t* at,
                             Node* node, Items&& items) {
  const auto varint = [&](uint64_t* value) {
    p = base::GetVarint(p, end, value);
    return p != nullptr;
  };
  const auto ref = [&](NodeId* earlier) {
    uint64_t distance;
    if (!varint(&distance) || distance == 0 || distance > id) return false;
    *earlier = static_cast<NodeId>(id - distance);
    return true;
  };
  const auto bytes = [&](uint64_t length, absl::string_view* text) {
    if (length > static_cast<uint64_t>(end - p)) return false;
    *text = absl::string_view(reinterpret_cast<const char*>(p), length);
    p += length;
    return true;
  };
  const auto blob = [&](absl::string_view* text) {
    uint64_t length;
    return varint(&length) && bytes(length, text);
  };
  const auto list = [&](uint64_t count) {
    if (count > static_cast<uint64_t>(end - p)) return false;
    node->items = NodeList(p, id, 0, count);
    for (uint64_t i = 0; i < count; ++i) {
      NodeId item;
      if (!ref(&item) || !items(*node, item, uint64_t{1})) return false;
    }
    return true;
  };
  const auto run = [&](uint64_t count) {
    NodeId first;
    if (!ref(&first) || count > id - first) return false;
    node->items = NodeList(nullptr, id, first, count);
    return items(*node, first, count);
  };

  node->id = id;
  node->at = 0;
  bool has_at = false;
  uint8_t tag = *p++;
  if (tag == kTagAt) {
    uint64_t delta;
    if (!varint(&delta) || p == end) return nullptr;
    *at += static_cast<uint64_t>(base::UnZigZag(delta));
    node->at = *at;
    has_at = true;
    tag = *p++;
  }
  bool wants_at = false;
  bool ok = true;
  uint64_t count = 0;
  if (tag >= kTagSmallInt) {
    node->kind = NodeKind::kInt;
    node->big = false;
    node->integer = tag - kTagSmallInt;
  } else if (tag >= kTagShortStr) {
    node->kind = NodeKind::kStr;
    node->extent.reset();
    ok = bytes(tag - kTagShortStr, &node->text);
  } else {
    switch (tag) {
      case kTagNone:
        node->kind = NodeKind::kNone;
        break;
      case kTagFalse:
      case kTagTrue:
        node->kind = NodeKind::kBool;
        node->integer = tag - kTagFalse;
        break;
      case kTagInt: {
        uint64_t zigzag = 0;
        node->kind = NodeKind::kInt;
        node->big = false;
        ok = varint(&zigzag);
        node->integer = base::UnZigZag(zigzag);
        break;
      }
      case kTagBigInt:
        node->kind = NodeKind::kInt;
        node->big = true;
        ok = blob(&node->text);
        break;
      case kTagFloat:
        node->kind = NodeKind::kFloat;
        ok = end - p >= 8;
        if (ok) {
          node->float_bits = base::LoadLittle<uint64_t>(p);
          p += 8;
        }
        break;
      case kTagStr:
      case kTagBytes:
      case kTagByteArray:
        node->kind = tag == kTagStr     ? NodeKind::kStr
                     : tag == kTagBytes ? NodeKind::kBytes
                                        : NodeKind::kByteArray;
        node->extent.reset();
        ok = blob(&node->text);
        break;
      case kTagStrExtent:
      case kTagBytesExtent:
      case kTagByteArrayExtent:
        node->kind = tag == kTagStrExtent     ? NodeKind::kStr
                     : tag == kTagBytesExtent ? NodeKind::kBytes
                                              : NodeKind::kByteArray;
        node->text = {};
        node->extent.emplace();
        ok = varint(&node->extent->offset) && varint(&node->extent->length);
        break;
      case kTagTuple0:
      case kTagTuple1:
      case kTagTuple2:
      case kTagTuple3:
        node->kind = NodeKind::kTuple;
        ok = list(tag - kTagTuple0);
        break;
      case kTagTuple:
      case kTagFrozenSet:
        node->kind = tag == kTagTuple ? NodeKind::kTuple : NodeKind::kFrozenSet;
        ok = varint(&count) && list(count);
        break;
      case kTagList:
        node->kind = NodeKind::kList;
        break;
      case kTagDict:
        node->kind = NodeKind::kDict;
        break;
      case kTagSet:
        node->kind = NodeKind::kSet;
        break;
      case kTagGlobal: {
        wants_at = true;
        node->kind = NodeKind::kGlobal;
        if (p == end || *p > (kGlobalPython2 | kGlobalDotted)) return nullptr;
        node->python2_names = (*p & kGlobalPython2) != 0;
        node->dotted = (*p++ & kGlobalDotted) != 0;
        ok = blob(&node->text) && blob(&node->qualname);
        break;
      }
      case kTagCall:
        wants_at = true;
        node->kind = NodeKind::kCall;
        ok = ref(&node->subject) && ref(&node->args);
        break;
      case kTagNewObj:
      case kTagNewObjEx:
      case kTagObj:
      case kTagInst:
        wants_at = true;
        node->kind = NodeKind::kNew;
        node->form = static_cast<NewForm>(tag - kTagNewObj);
        node->kwargs = kNoNode;
        ok = ref(&node->subject) && ref(&node->args) &&
             (tag != kTagNewObjEx || ref(&node->kwargs));
        break;
      case kTagPersistent:
        wants_at = true;
        node->kind = NodeKind::kPersistent;
        ok = ref(&node->subject);
        break;
      case kTagExtension:
      case kTagBuffer:
        wants_at = true;
        node->kind = tag == kTagExtension ? NodeKind::kExtension : NodeKind::kBuffer;
        ok = varint(&count);
        node->integer = static_cast<int64_t>(count);
        break;
      case kTagReadonly:
        node->kind = NodeKind::kReadonly;
        ok = ref(&node->subject);
        break;
      case kTagAppend:
      case kTagSetItem:
        wants_at = has_at;
        node->kind = tag == kTagAppend ? NodeKind::kAppend : NodeKind::kSetItems;
        ok = ref(&node->subject) && list(tag == kTagAppend ? 1 : 2);
        break;
      case kTagAppendMany:
      case kTagAddItems:
        wants_at = has_at;
        node->kind = tag == kTagAppendMany ? NodeKind::kAppend : NodeKind::kAddItems;
        ok = ref(&node->subject) && varint(&count) && list(count);
        break;
      case kTagSetMany:
        wants_at = has_at;
        node->kind = NodeKind::kSetItems;
        ok = ref(&node->subject) && varint(&count) && count <= UINT64_MAX / 2 && list(2 * count);
        break;
      case kTagAppendRun:
        wants_at = has_at;
        node->kind = NodeKind::kAppend;
        ok = ref(&node->subject) && varint(&count) && run(count);
        break;
      case kTagSetRun:
        wants_at = has_at;
        node->kind = NodeKind::kSetItems;
        ok = ref(&node->subject) && varint(&count) && count <= UINT64_MAX / 2 && run(2 * count);
        break;
      case kTagBuild:
        wants_at = true;
        node->kind = NodeKind::kBuild;
        ok = ref(&node->subject) && ref(&node->args);
        break;
      default:
        return nullptr;
    }
  }
  return ok && wants_at == has_at ? p : nullptr;
}

// For readers that walk Node::items later, or not at all.
inline constexpr auto kSkipItems = [](const Node&, NodeId, uint64_t) { return true; };

}  // namespace picklebox::graph

#endif  // PICKLEBOX_GRAPH_DECODER_H_
