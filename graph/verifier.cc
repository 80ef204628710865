#include "graph/verifier.h"

#include <algorithm>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "base/text.h"
#include "graph/decoder.h"
#include "graph/ledger.h"
#include "graph/program.h"

namespace picklebox::graph {
namespace {

// One verification. Every Check function returns nullptr or the fault.
class Pass {
 public:
  Pass(const Claim& claim, const Limits& limits, Visitor* visitor)
      : claim_(claim),
        limits_(limits),
        ledger_(memory_, claim.encoding.size(), limits.key, visitor),
        source_(&ledger_, claim.encoding),
        begin_(claim.encoding.data()),
        end_(begin_ + claim.encoding.size()) {
    if (visitor != nullptr) visitor->OnStart(source_);
  }

  // Walks the whole encoding; the fault, or nullptr.
  const char* Run() {
    const uint8_t* p = begin_;
    while (p < end_) {
      if (ledger_.full()) return "too many nodes";
      ledger_.Mark(static_cast<uint64_t>(p - begin_), at_);
      fault_at_ = static_cast<uint64_t>(p - begin_);
      const uint8_t tag = *p;
      if (tag >= kTagSmallInt) {
        ledger_.Add(NodeKind::kInt);
        ++p;
        continue;
      }
      fault_ = nullptr;
      gather_ = {};
      expect_key_ = true;
      item_count_ = 0;
      p = Decode(p, end_, ledger_.size(), &at_, &node_,
                 [this](const Node& head, NodeId first, uint64_t count) {
                   fault_ = CheckItems(head, first, count);
                   return fault_ == nullptr;
                 });
      if (fault_ != nullptr) return fault_;
      if (p == nullptr) return "malformed node";
      if (node_.at > claim_.input_size) return "offset beyond the input";
      // The tag proper: behind the offset, if there is one.
      if (const char* fault = CheckNode(tag == kTagAt); fault != nullptr) return fault;
    }
    return CheckEnd();
  }

  uint64_t fault_at() const { return fault_at_; }
  Ledger& ledger() { return ledger_; }

 private:
  const char* CheckValue(NodeId id) const {
    return ledger_.IsValue(id) ? nullptr : "reference to a change";
  }

  const char* CheckItems(const Node& head, NodeId first, uint64_t count) {
    item_count_ += count;
    consecutive_ = item_count_ == 1 || (consecutive_ && first == previous_ + 1);
    previous_ = first;
    for (uint64_t i = 0; i < count; ++i) {
      const NodeId item = static_cast<NodeId>(first + i);
      if (const char* fault = CheckItem(head, item); fault != nullptr) return fault;
    }
    return nullptr;
  }

  const char* CheckItem(const Node& head, NodeId item) {
    if (const char* fault = CheckValue(item); fault != nullptr) return fault;
    switch (head.kind) {
      case NodeKind::kTuple:
        ledger_.GatherItems({&item, 1}, &gather_);
        return nullptr;
      case NodeKind::kFrozenSet:
        if (const char* fault = CheckKey(kNoNode, item); fault != nullptr) return fault;
        ledger_.GatherItems({&item, 1}, &gather_);
        return nullptr;
      case NodeKind::kAddItems:
        if (ledger_.kind(head.subject) == NodeKind::kSet) return CheckKey(kNoNode, item);
        break;
      case NodeKind::kSetItems: {
        const bool key = std::exchange(expect_key_, !expect_key_);
        if (key && ledger_.kind(head.subject) == NodeKind::kDict) {
          return CheckKey(head.subject, item);
        }
        break;
      }
      default:
        break;
    }
    ledger_.Use(item);
    return nullptr;
  }

  const char* CheckKey(NodeId dict, NodeId key) {
    const Hash hash = ledger_.HashOf(key);
    if (hash == Hash::kUnhashable) return "unhashable key";
    if (hash == Hash::kTooHeavy) return "key over the limit";
    ledger_.UseKey(dict, key, hash);
    return nullptr;
  }

  // What follows the arguments rule of calls and new objects: a tuple, or
  // something of which only running it would tell.
  bool IsTupleOrObject(NodeId id) const {
    const NodeKind kind = ledger_.kind(id);
    return kind == NodeKind::kTuple || kind == NodeKind::kCall || kind == NodeKind::kNew ||
           kind == NodeKind::kPersistent || kind == NodeKind::kExtension ||
           kind == NodeKind::kGlobal;
  }

  const char* CheckNode(bool has_at) {
    switch (node_.kind) {
      case NodeKind::kNone:
      case NodeKind::kBool:
      case NodeKind::kFloat:
      case NodeKind::kList:
      case NodeKind::kDict:
      case NodeKind::kSet:
        break;
      case NodeKind::kBuffer:
        break;
      case NodeKind::kInt:
        if (const char* fault = CheckInt(); fault != nullptr) return fault;
        break;
      case NodeKind::kStr:
        if (const char* fault = CheckStr(); fault != nullptr) return fault;
        ledger_.AddStr(node_.text, node_.extent.has_value());
        return nullptr;
      case NodeKind::kBytes:
      case NodeKind::kByteArray:
        if (const char* fault = CheckExtent(); fault != nullptr) return fault;
        break;
      case NodeKind::kTuple:
        if (begin_[fault_at_] == kTagTuple && item_count_ < 4) return "tuple not in its short form";
        ledger_.AddTuple(gather_);
        return nullptr;
      case NodeKind::kFrozenSet:
        ledger_.AddFrozenSet(gather_);
        return nullptr;
      case NodeKind::kGlobal:
        return CheckGlobal();
      case NodeKind::kCall:
        return CheckCall();
      case NodeKind::kNew:
        return CheckNew();
      case NodeKind::kPersistent:
        if (const char* fault = CheckValue(node_.subject); fault != nullptr) return fault;
        ledger_.AddPersistent(node_.subject, node_.at);
        return nullptr;
      case NodeKind::kExtension:
        if (node_.integer <= 0 || node_.integer > INT32_MAX) return "extension code out of range";
        ledger_.AddExtension(static_cast<uint32_t>(node_.integer), node_.at);
        return nullptr;
      case NodeKind::kReadonly:
        if (const char* fault = CheckValue(node_.subject); fault != nullptr) return fault;
        ledger_.AddReadonly(node_.subject);
        return nullptr;
      case NodeKind::kBuild:
        if (!ledger_.IsValue(node_.subject) || !ledger_.IsValue(node_.args)) {
          return "reference to a change";
        }
        ledger_.AddBuild(node_.subject, node_.args, node_.at);
        return nullptr;
      case NodeKind::kAppend:
        return CheckChange(NodeKind::kList, 1, has_at);
      case NodeKind::kSetItems:
        return CheckChange(NodeKind::kDict, 2, has_at);
      case NodeKind::kAddItems:
        return CheckChange(NodeKind::kSet, 1, has_at);
    }
    ledger_.Add(node_.kind);
    return nullptr;
  }

  const char* CheckInt() const {
    if (!node_.big) {
      return node_.integer >= 0 && node_.integer < 0x80 ? "int not in its short form" : nullptr;
    }
    const absl::string_view bytes = node_.text;
    if (bytes.size() <= sizeof(int64_t)) return "big int that is small";
    if (bytes.size() > limits_.integer) return "int over the limit";
    const uint8_t top = static_cast<uint8_t>(bytes[bytes.size() - 1]);
    const bool sign = (static_cast<uint8_t>(bytes[bytes.size() - 2]) & 0x80) != 0;
    return top == (sign ? 0xff : 0x00) ? "int not minimal" : nullptr;
  }

  const char* CheckStr() {
    if (const char* fault = CheckExtent(); fault != nullptr) return fault;
    if (base::FindInvalidUtf8(node_.text.data(), node_.text.size()) != base::kValid) {
      return "text is no UTF-8";
    }
    const bool short_form = begin_[fault_at_] >= kTagShortStr;
    return short_form == (node_.text.size() < 0x40 && !node_.extent) ? nullptr
                                                                     : "str not in its short form";
  }

  // Extents lie in the input, in its order and apart, so that reading them all
  // reads the input once at most.
  const char* CheckExtent() {
    if (!node_.extent) return nullptr;
    const Extent extent = *node_.extent;
    if (extent.offset < extents_end_) return "extents out of order";
    if (extent.offset > claim_.input_size || extent.length > claim_.input_size - extent.offset) {
      return "extent beyond the input";
    }
    extents_end_ = extent.offset + extent.length;
    return nullptr;
  }

  const char* CheckGlobal() {
    for (const absl::string_view name : {node_.module(), node_.qualname}) {
      if (name.size() > limits_.name) return "name over the limit";
      if (base::FindInvalidUtf8(name.data(), name.size()) != base::kValid) {
        return "name is no UTF-8";
      }
    }
    ledger_.AddGlobal({node_.module(), node_.qualname, node_.python2_names, node_.dotted},
                      node_.at);
    return nullptr;
  }

  const char* CheckCall() {
    if (const char* fault = CheckValue(node_.subject); fault != nullptr) return fault;
    if (!IsTupleOrObject(node_.args)) return "call without a tuple of arguments";
    ledger_.AddCall(node_.subject, node_.args, node_.at);
    return nullptr;
  }

  const char* CheckNew() {
    if (const char* fault = CheckValue(node_.subject); fault != nullptr) return fault;
    if (!IsTupleOrObject(node_.args)) return "new without a tuple of arguments";
    if (node_.form == NewForm::kNewObjEx && ledger_.kind(node_.kwargs) != NodeKind::kDict &&
        !IsTupleOrObject(node_.kwargs)) {
      return "new without a dict of keyword arguments";
    }
    ledger_.AddNew(node_.form, node_.subject, node_.args, node_.kwargs, node_.at);
    return nullptr;
  }

  // `per_item`: references an item. A change of one item and one of consecutive
  // items have tags of their own.
  const char* CheckChange(NodeKind native, uint64_t per_item, bool has_at) {
    if (const char* fault = CheckValue(node_.subject); fault != nullptr) return fault;
    if (has_at == (ledger_.kind(node_.subject) == native)) return "offset where none belongs";
    if (item_count_ == 0) return "change of nothing";
    const uint8_t tag = TagOf(has_at);
    const bool many = tag == kTagAppendMany || tag == kTagSetMany;
    const bool run = tag == kTagAppendRun || tag == kTagSetRun;
    if ((many || run) && item_count_ == per_item) return "change not in its short form";
    if (many && consecutive_) return "run not in its short form";
    ledger_.AddChange(node_.kind, node_.subject, node_.at);
    return nullptr;
  }

  uint8_t TagOf(bool has_at) const {
    const uint8_t* p = begin_ + fault_at_;
    if (has_at) {
      uint64_t delta;
      p = base::GetVarint(p + 1, end_, &delta);
    }
    return *p;
  }

  const char* CheckEnd() {
    fault_at_ = claim_.encoding.size();
    if (claim_.nodes != ledger_.size()) return "number of nodes";
    if (claim_.root == kNoNode) return nullptr;
    if (claim_.root >= ledger_.size()) return "root out of range";
    if (const char* fault = CheckValue(claim_.root); fault != nullptr) return fault;
    ledger_.Use(claim_.root);
    return nullptr;
  }

  const Claim& claim_;
  const Limits& limits_;
  base::HeapMemory memory_;
  Ledger ledger_;
  const NodeSource source_;
  const uint8_t* const begin_;
  const uint8_t* const end_;
  uint64_t at_ = 0;           // the offset register
  uint64_t extents_end_ = 0;  // behind the last extent
  uint64_t fault_at_ = 0;     // where the current node begins

  // The current node.
  Node node_;
  const char* fault_ = nullptr;
  Ledger::Gather gather_;
  bool expect_key_ = true;
  uint64_t item_count_ = 0;
  bool consecutive_ = true;  // each reference so far is one more than the last
  NodeId previous_ = 0;
};

}  // namespace

absl::StatusOr<Graph> Verifier::Verify(const Claim& claim, const Limits& limits,
                                       Visitor* visitor) {
  Pass pass(claim, limits, visitor);
  if (const char* fault = pass.Run(); fault != nullptr) {
    return absl::InvalidArgumentError(absl::StrCat(fault, ", at byte ", pass.fault_at(), " of ",
                                                   claim.encoding.size(), " of the graph"));
  }
  auto program = std::make_shared<Program>();
  program->encoding = claim.encoding;
  program->owner = claim.owner;
  program->size = pass.ledger().size();
  program->root = claim.root;
  const auto& waypoints = pass.ledger().waypoints();
  program->waypoints.assign(waypoints.data(), waypoints.data() + waypoints.size());
  return Graph(std::move(program));
}

}  // namespace picklebox::graph
