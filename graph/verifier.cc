#include "graph/verifier.h"

#include <algorithm>
#include <optional>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "base/text.h"
#include "graph/decoder.h"
#include "graph/dtype.h"
#include "graph/ledger.h"
#include "graph/plain_verifier.h"
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
        plain_(claim.encoding, claim.input_size, &ledger_),
        source_(&ledger_, claim.encoding),
        begin_(claim.encoding.data()),
        end_(begin_ + claim.encoding.size()) {
    array_bytes_left_ = claim.input_size;
    for (const uint64_t size : claim.stream_sizes) {
      array_bytes_left_ += std::min(size, UINT64_MAX - array_bytes_left_);
    }
    if (visitor != nullptr) visitor->OnStart(source_);
  }

  // Walks the whole encoding; the fault, or nullptr.
  const char* Run() {
    const uint8_t* p = begin_;
    while (p < end_) {
      p = plain_.Take(p, at_);
      if (p == end_) break;
      start_ = p;
      if (ledger_.full()) return "too many nodes";
      ledger_.Mark(static_cast<uint64_t>(p - begin_), at_);
      fault_ = nullptr;
      gather_ = {};
      p = Decode(start_, end_, ledger_.size(), &at_, &node_, *this);
      if (fault_ != nullptr) return fault_;
      if (p == nullptr) return "malformed node";
      if (node_.at > claim_.input_size) return "offset beyond the input";
      if (const char* fault = CheckNode(); fault != nullptr) return fault;
    }
    start_ = end_;
    return CheckEnd();
  }

  uint64_t fault_at() const { return static_cast<uint64_t>(start_ - begin_); }
  Ledger& ledger() { return ledger_; }

  // For Decode: the items of a node.
  const uint8_t* List(const Node& head, const uint8_t* p, const uint8_t* end) {
    switch (head.kind) {
      case NodeKind::kTuple:
        return Each(head, p, end, [this](NodeId item, uint64_t) -> const char* {
          ledger_.GatherItem(item, &gather_);
          return nullptr;
        });
      case NodeKind::kFrozenSet:
        return Each(head, p, end, [this](NodeId item, uint64_t) {
          const char* const fault = CheckKey(kNoNode, item);
          ledger_.GatherItem(item, &gather_);
          return fault;
        });
      case NodeKind::kAddItems:
        if (ledger_.kind(head.subject) != NodeKind::kSet) break;
        return Each(head, p, end, [this](NodeId item, uint64_t) {
          return CheckKey(kNoNode, item);
        });
      case NodeKind::kSetItems:
        if (ledger_.kind(head.subject) != NodeKind::kDict) break;
        return Each(head, p, end, [&](NodeId item, uint64_t i) {
          return i % 2 == 0 ? CheckKey(head.subject, item) : TakeUse(item);
        });
      default:
        break;
    }
    return Each(head, p, end,
                [this](NodeId item, uint64_t) { return TakeUse(item); });
  }

  bool Run(const Node& head, NodeId first, uint64_t count) {
    if (!plain_.ChargeRun(count))
      return Refuse("more items than the input can hold");
    const bool keys = head.kind == NodeKind::kSetItems &&
                      ledger_.kind(head.subject) == NodeKind::kDict;
    for (uint64_t i = 0; i < count; ++i) {
      if (!keys) {
        i += ledger_.CountPlain(static_cast<NodeId>(first + i), count - i);
        if (i == count) break;
      }
      const NodeId item = static_cast<NodeId>(first + i);
      const char* fault = CheckValue(item);
      if (fault == nullptr) {
        fault =
            keys && i % 2 == 0 ? CheckKey(head.subject, item) : TakeUse(item);
      }
      if (fault != nullptr) return Refuse(fault);
    }
    return true;
  }

 private:
  // Hands each reference of a list, and its number, to `take`, which returns a
  // fault or nullptr. Notes whether all are consecutive.
  template <typename Take>
  const uint8_t* Each(const Node& head, const uint8_t* p, const uint8_t* end,
                      Take&& take) {
    const uint64_t count = head.items.size();
    NodeId next = kNoNode;
    consecutive_ = true;
    for (uint64_t i = 0; i < count; ++i) {
      NodeId item;
      p = GetReference(p, end, head.id, &item);
      if (p == nullptr) return nullptr;
      const char* fault = CheckValue(item);
      if (fault == nullptr) fault = take(item, i);
      if (fault != nullptr) {
        Refuse(fault);
        return nullptr;
      }
      consecutive_ = consecutive_ && (i == 0 || item == next);
      next = item + 1;
    }
    return p;
  }

  bool Refuse(const char* fault) {
    fault_ = fault;
    return false;
  }

  const char* CheckValue(NodeId id) const {
    return ledger_.IsValue(id) ? nullptr : "reference to a change";
  }

  const char* TakeUse(NodeId item) {
    ledger_.Use(item);
    return nullptr;
  }

  const char* CheckKey(NodeId dict, NodeId key) {
    if (ledger_.fact(key) == FactOf(NodeKind::kStr)) [[likely]]
      return nullptr;
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
    return kind == NodeKind::kTuple || IsObject(kind);
  }

  const char* CheckNode() {
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
        return CheckStr();
      case NodeKind::kBytes:
      case NodeKind::kByteArray:
        if (const char* fault = CheckExtent(); fault != nullptr) return fault;
        break;
      case NodeKind::kArray:
        if (const char* fault = CheckArray(); fault != nullptr) return fault;
        break;
      case NodeKind::kTuple:
        if (*start_ == kTagTuple && node_.items.size() < 4)
          return "tuple not in its short form";
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
        if (const char* fault = CheckValue(node_.subject); fault != nullptr)
          return fault;
        ledger_.AddPersistent(node_.subject, node_.at);
        return nullptr;
      case NodeKind::kExtension:
        if (node_.integer <= 0 || node_.integer > INT32_MAX)
          return "extension code out of range";
        ledger_.AddExtension(static_cast<uint32_t>(node_.integer), node_.at);
        return nullptr;
      case NodeKind::kReadonly:
        if (const char* fault = CheckValue(node_.subject); fault != nullptr)
          return fault;
        ledger_.AddReadonly(node_.subject);
        return nullptr;
      case NodeKind::kBuild:
        if (!ledger_.IsValue(node_.subject) || !ledger_.IsValue(node_.args)) {
          return "reference to a change";
        }
        ledger_.AddBuild(node_.subject, node_.args, node_.at);
        return nullptr;
      case NodeKind::kAppend:
        return CheckChange(NodeKind::kList, 1);
      case NodeKind::kSetItems:
        return CheckChange(NodeKind::kDict, 2);
      case NodeKind::kAddItems:
        return CheckChange(NodeKind::kSet, 1);
    }
    ledger_.Add(node_.kind);
    return nullptr;
  }

  const char* CheckInt() const {
    if (!node_.big) {
      return *start_ == TagOfInt(node_.integer) ? nullptr
                                                : "int not in its short form";
    }
    const absl::string_view bytes = node_.text;
    if (bytes.size() <= sizeof(int64_t)) return "big int that is small";
    if (bytes.size() > limits_.integer) return "int over the limit";
    const uint8_t top = static_cast<uint8_t>(bytes[bytes.size() - 1]);
    const bool sign =
        (static_cast<uint8_t>(bytes[bytes.size() - 2]) & 0x80) != 0;
    return top == (sign ? 0xff : 0x00) ? "int not minimal" : nullptr;
  }

  const char* CheckStr() {
    if (const char* fault = CheckExtent(); fault != nullptr) return fault;
    const base::TextTraits traits = base::Examine(node_.text);
    if (!traits.ascii && !IsUtf8(node_.text)) return "text is no UTF-8";
    const bool is_short = node_.text.size() < 0x40 && !node_.extent;
    if (is_short != (*start_ >= kTagShortStr))
      return "str not in its short form";
    ledger_.AddStr(traits.attribute_name);
    return nullptr;
  }

  static bool IsUtf8(absl::string_view text) {
    return base::FindInvalidUtf8(text.data(), text.size()) == base::kValid;
  }

  // Extents lie in the input, in its order and apart, so that reading them all
  // reads the input once at most.
  const char* CheckExtent() {
    if (!node_.extent) return nullptr;
    const Extent extent = *node_.extent;
    if (extent.offset < extents_end_) return "extents out of order";
    if (extent.offset > claim_.input_size ||
        extent.length > claim_.input_size - extent.offset) {
      return "extent beyond the input";
    }
    extents_end_ = extent.offset + extent.length;
    return nullptr;
  }

  // Arrays may lie in any order. All together they are no longer than all
  // streams, so that reading them all does not read much more than there is.
  const char* CheckArray() {
    const std::optional<uint64_t> itemsize = ItemSize(node_.text);
    if (!itemsize) return "malformed dtype";
    const std::vector<uint64_t> dims = node_.shape.dims();
    if (node_.fortran && dims.size() < 2) return "order not in its short form";
    const Extent extent = *node_.extent;
    if (ArrayLength(*itemsize, dims) != extent.length)
      return "array of another size than its extent";
    if (extent.stream > claim_.stream_sizes.size())
      return "extent in an unknown stream";
    const uint64_t size = extent.stream == 0
                              ? claim_.input_size
                              : claim_.stream_sizes[extent.stream - 1];
    if (extent.offset > size || extent.length > size - extent.offset)
      return "extent beyond its stream";
    if (extent.length > array_bytes_left_) return "more arrays than bytes";
    array_bytes_left_ -= extent.length;
    return nullptr;
  }

  const char* CheckGlobal() {
    for (const absl::string_view name : {node_.module(), node_.qualname}) {
      if (name.size() > limits_.name) return "name over the limit";
      if (!IsUtf8(name)) return "name is no UTF-8";
    }
    ledger_.AddGlobal(
        {node_.module(), node_.qualname, node_.python2_names, node_.dotted},
        node_.at);
    return nullptr;
  }

  const char* CheckCall() {
    if (const char* fault = CheckValue(node_.subject); fault != nullptr)
      return fault;
    if (!IsTupleOrObject(node_.args))
      return "call without a tuple of arguments";
    ledger_.AddCall(node_.subject, node_.args, node_.at);
    return nullptr;
  }

  const char* CheckNew() {
    if (const char* fault = CheckValue(node_.subject); fault != nullptr)
      return fault;
    if (!IsTupleOrObject(node_.args)) return "new without a tuple of arguments";
    if (node_.form == NewForm::kNewObjEx &&
        ledger_.kind(node_.kwargs) != NodeKind::kDict &&
        !IsObject(ledger_.kind(node_.kwargs))) {
      return "new without a dict of keyword arguments";
    }
    ledger_.AddNew(node_.form, node_.subject, node_.args, node_.kwargs,
                   node_.at);
    return nullptr;
  }

  // `per_item`: references an item. A change of one item and one of consecutive
  // items have tags of their own.
  const char* CheckChange(NodeKind native, uint64_t per_item) {
    if (const char* fault = CheckValue(node_.subject); fault != nullptr)
      return fault;
    const bool has_at = *start_ == kTagAt;
    if (has_at == (ledger_.kind(node_.subject) == native))
      return "offset where none belongs";
    if (node_.items.empty()) return "change of nothing";
    const uint8_t tag = has_at ? TagBehindAt() : *start_;
    const bool many = tag == kTagAppendMany || tag == kTagSetMany;
    const bool run = tag == kTagAppendRun || tag == kTagSetRun;
    if ((many || run) && node_.items.size() == per_item)
      return "change not in its short form";
    if (many && consecutive_) return "run not in its short form";
    ledger_.AddChange(node_.kind, node_.subject, node_.at);
    return nullptr;
  }

  uint8_t TagBehindAt() const {
    uint64_t delta;
    return *base::GetVarint(start_ + 1, end_, &delta);
  }

  const char* CheckEnd() {
    if (claim_.nodes != ledger_.size()) return "number of nodes";
    if (claim_.root == kNoNode) return nullptr;
    if (claim_.root >= ledger_.size()) return "root out of range";
    if (const char* fault = CheckValue(claim_.root); fault != nullptr)
      return fault;
    ledger_.Use(claim_.root);
    return nullptr;
  }

  const Claim& claim_;
  const Limits& limits_;
  base::HeapMemory memory_;
  Ledger ledger_;
  PlainVerifier plain_;
  const NodeSource source_;
  const uint8_t* const begin_;
  const uint8_t* const end_;
  uint64_t at_ = 0;           // the offset register
  uint64_t extents_end_ = 0;  // behind the last extent
  uint64_t array_bytes_left_ = 0;

  // The current node.
  const uint8_t* start_ = nullptr;
  Node node_;
  const char* fault_ = nullptr;  // of its items
  Ledger::Gather gather_;
  bool consecutive_ = true;  // each item is one more than the last
};

}  // namespace

absl::StatusOr<Graph> Verifier::Verify(const Claim& claim, const Limits& limits,
                                       Visitor* visitor) {
  Pass pass(claim, limits, visitor);
  if (const char* fault = pass.Run(); fault != nullptr) {
    return absl::InvalidArgumentError(
        absl::StrCat(fault, ", at byte ", pass.fault_at(), " of ",
                     claim.encoding.size(), " of the graph"));
  }
  auto program = std::make_shared<Program>();
  program->encoding = claim.encoding;
  program->owner = claim.owner;
  program->size = pass.ledger().size();
  program->root = claim.root;
  const auto& waypoints = pass.ledger().waypoints();
  program->waypoints.assign(waypoints.data(),
                            waypoints.data() + waypoints.size());
  return Graph(std::move(program));
}

}  // namespace picklebox::graph
