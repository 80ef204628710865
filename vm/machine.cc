// The loop. Containers, memo and objects are in machine_objects.cc, operands of
// variable length in machine_operands.cc, frames and ends in machine_stream.cc.
#include "vm/machine.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "base/bytes.h"
#include "base/text.h"
#include "graph/pen.h"

namespace picklebox::vm {
namespace {

constexpr ptrdiff_t kPaddedSize = base::kPadded;
constexpr ptrdiff_t kLongestText = graph::kInlineText;

// BININT, BININT1 and BININT2, told apart by two bits: the size of the opcode,
// which the place of the next one waits for and so is no table, and which bits
// of the four bytes behind it are its operand.
constexpr unsigned IntNumber(Opcode op) {
  return static_cast<unsigned>(op) & 3;
}
constexpr unsigned kIntSizes = 5u << 8 * IntNumber(Opcode::kBinint) |
                               2u << 8 * IntNumber(Opcode::kBinint1) |
                               3u << 8 * IntNumber(Opcode::kBinint2);
constexpr uint32_t kIntMasks[] = {0, 0xffff, 0xffffffff, 0xff};
static_assert(IntNumber(Opcode::kBinint2) == 1 &&
              IntNumber(Opcode::kBinint) == 2 &&
              IntNumber(Opcode::kBinint1) == 3);

}  // namespace

Machine::Machine(const Options& options, base::Memory& memory,
                 base::Window* window, graph::GraphBuilder* builder,
                 report::FindingLog* log, Tracer* tracer)
    : options_(options),
      in_(window),
      builder_(builder),
      log_(log),
      tracer_(tracer),
      // An opcode pushes one value and is one byte at least.
      stack_(memory, std::min(options.limits.stack, window->size() + 1)),
      marks_(memory, std::min(options.limits.stack, window->size() + 1)),
      memo_(memory, std::min(options.limits.memo, window->size() + 256)) {}

Outcome Machine::Run() {
  stack_.resize(0);
  marks_.resize(0);
  memo_.resize(0);
  sparse_memo_.clear();
  memo_count_ = 0;
  begin_ = op_at_ = in_->offset();
  opcodes_ = 0;
  next_buffer_ = 0;
  proto_ = highest_proto_ = 0;
  root_ = kNoNode;
  stopped_ = frame_short_ = false;
  frame_end_ = kNoFrame;
  doubted_ = {};
  limit_ = in_->p;
  if (tracer_ != nullptr) {
    Loop<true>();
  } else {
    Loop<false>();
  }
  Outcome outcome;
  outcome.stopped = stopped_;
  outcome.root = root_;
  outcome.begin = begin_;
  outcome.end = stopped_ ? in_->offset() : op_at_;
  outcome.protocol = highest_proto_;
  outcome.opcodes = opcodes_;
  return outcome;
}

template <bool kTrace>
void Machine::Loop() {
  for (;;) {
    op_at_ = in_->offset();
    if (in_->p >= limit_ && !Refresh()) break;
    if constexpr (kTrace) {
      tracer_->Before(*this, op_at_);
    } else {
      const uint8_t* const begin = in_->p;
      Stretch();
      if (in_->p >= limit_ && in_->p != begin) continue;
      op_at_ = in_->offset();
    }
    ++opcodes_;
    const uint32_t generation = in_->generation();
    if (!Rare(static_cast<Opcode>(*in_->p++))) break;
    if (in_->generation() != generation) limit_ = in_->p;
    if constexpr (kTrace) tracer_->After(*this, in_->offset());
  }
  if constexpr (kTrace) {
    if (stopped_) tracer_->After(*this, in_->offset());
  }
}

// A change of a native list or dict; false, with nothing done, if it is not
// that or nothing that a pen does. Works on a copy, so that *pen stays in
// registers.
ABSL_ATTRIBUTE_ALWAYS_INLINE inline bool Change(Opcode op, NodeId target,
                                                absl::Span<const NodeId> items,
                                                graph::Pen* pen) {
  graph::Pen other = *pen;
  const NodeKind kind = other.kind(target);
  const bool append = op == Opcode::kAppend || op == Opcode::kAppends;
  if (append ? kind != NodeKind::kList || !other.Append(target, items)
             : kind != NodeKind::kDict || items.size() % 2 != 0 ||
                   !other.SetItems(target, items)) {
    return false;
  }
  *pen = other;
  return true;
}

// The hot loop: executes opcodes up to the first that is not common, or could
// fail. Only the common ones are here; all else is left to Rare(). Up to limit_
// no opcode with a fixed operand leaves the window or the frame, and stack and
// ledger have room for all. What it works on are locals: with the functions
// below in the same loop, they would not stay in registers.
void Machine::Stretch() {
  const uint8_t* p = in_->p;
  const uint8_t* const limit = limit_;
  const uint8_t* const window_end = in_->end;
  const uint8_t* const frame_stop = frame_stop_;
  NodeId* const stack = stack_.data();
  NodeId* sp = stack + stack_.size();
  NodeId* low = stack + fence();  // the topmost mark, or the bottom
  NodeId* const memo = memo_.data();
  // Entries of the memo; they can be added up to memo_end, if there is no gap.
  size_t entries = memo_.size();
  const size_t memo_end = memo_count_ == entries ? memo_.capacity() : 0;
  uint64_t opcodes = 0;
  graph::Pen pen(*builder_);
  while (p < limit && pen.ready()) {
    const Opcode opcode = static_cast<Opcode>(*p);
    bool made = false;  // a value that is often memoised next
    switch (opcode) {
      case Opcode::kNone:
        *sp++ = pen.Plain(graph::kTagNone, NodeKind::kNone);
        ++p;
        break;
      case Opcode::kNewtrue:
      case Opcode::kNewfalse: {
        const uint8_t value = opcode == Opcode::kNewtrue ? 1 : 0;
        *sp++ = pen.Plain(graph::kTagFalse + value, NodeKind::kBool);
        ++p;
        break;
      }
      case Opcode::kBinint1:
      case Opcode::kBinint2:
      case Opcode::kBinint: {
        // One way for all: which comes next cannot be foreseen.
        const unsigned number = IntNumber(opcode);
        *sp++ =
            pen.Int32(base::LoadLittle<uint32_t>(p + 1) & kIntMasks[number]);
        p += kIntSizes >> 8 * number & 0xff;
        break;
      }
      case Opcode::kBinfloat:
        *sp++ = pen.Float(base::LoadBig64(p + 1));
        p += 9;
        break;
      case Opcode::kShortBinunicode: {
        const ptrdiff_t n = p[1];
        const uint8_t* const text = p + 2;
        if (n > frame_stop - text) goto done;
        if (n > kPaddedSize || window_end - text < kPaddedSize) {
          if (!pen.Str(text, static_cast<size_t>(n), sp)) goto done;
        } else if (!pen.PaddedStr(text, static_cast<size_t>(n), sp)) {
          goto done;
        }
        ++sp;
        p = text + n;
        made = true;
        break;
      }
      case Opcode::kBinunicode: {
        const ptrdiff_t n = base::LoadLittle<uint32_t>(p + 1);
        const uint8_t* const text = p + 5;
        if (n > kLongestText || n > frame_stop - text ||
            !pen.Str(text, static_cast<size_t>(n), sp)) {
          goto done;
        }
        ++sp;
        p = text + n;
        made = true;
        break;
      }
      case Opcode::kEmptyList:
        *sp++ = pen.Plain(graph::kTagList, NodeKind::kList);
        ++p;
        made = true;
        break;
      case Opcode::kEmptyDict:
        *sp++ = pen.Plain(graph::kTagDict, NodeKind::kDict);
        ++p;
        made = true;
        break;
      case Opcode::kEmptyTuple:
        *sp++ = pen.Plain(graph::kTagTuple0, NodeKind::kTuple);
        ++p;
        break;
      case Opcode::kTuple1:
      case Opcode::kTuple2:
      case Opcode::kTuple3: {
        const ptrdiff_t n = static_cast<ptrdiff_t>(opcode) -
                            static_cast<ptrdiff_t>(Opcode::kTuple1) + 1;
        if (sp - low < n) goto done;
        NodeId* const items = sp - n;
        if (!pen.Tuple(items, static_cast<size_t>(n), items)) goto done;
        sp = items + 1;
        ++p;
        made = true;
        break;
      }
      case Opcode::kBinget: {
        const size_t index = p[1];
        if (index >= entries || memo[index] == kNoNode) goto done;
        *sp++ = memo[index];
        p += 2;
        break;
      }
      case Opcode::kLongBinget: {
        const size_t index = base::LoadLittle<uint32_t>(p + 1);
        if (index >= entries || memo[index] == kNoNode) goto done;
        *sp++ = memo[index];
        p += 5;
        break;
      }
      // The next free entry: what every pickler writes.
      case Opcode::kMemoize:
        if (entries >= memo_end || sp == low) goto done;
        memo[entries++] = sp[-1];
        ++p;
        break;
      case Opcode::kBinput:
        if (entries >= memo_end || sp == low || p[1] != entries) goto done;
        memo[entries++] = sp[-1];
        p += 2;
        break;
      case Opcode::kLongBinput:
        if (entries >= memo_end || sp == low ||
            base::LoadLittle<uint32_t>(p + 1) != entries) {
          goto done;
        }
        memo[entries++] = sp[-1];
        p += 5;
        break;
      case Opcode::kMark:
        if (marks_.full()) goto done;
        marks_.push_back(static_cast<uint32_t>(sp - stack));
        low = sp;
        ++p;
        break;
      case Opcode::kAppend:
      case Opcode::kSetitem: {
        // A target and an item, or a pair, above the topmost mark.
        const ptrdiff_t n = opcode == Opcode::kAppend ? 1 : 2;
        if (sp - low <= n || !Change(opcode, sp[-n - 1],
                                     {sp - n, static_cast<size_t>(n)}, &pen)) {
          goto done;
        }
        sp -= n;
        ++p;
        break;
      }
      case Opcode::kAppends:
      case Opcode::kSetitems: {
        // Items above the topmost mark, and a target between it and the next.
        if (marks_.empty() || sp == low) goto done;
        NodeId* const below =
            stack + (marks_.size() > 1 ? marks_[marks_.size() - 2] : 0);
        if (low == below ||
            !Change(opcode, low[-1], {low, static_cast<size_t>(sp - low)},
                    &pen)) {
          goto done;
        }
        marks_.resize(marks_.size() - 1);
        sp = low;
        low = below;
        ++p;
        break;
      }
      default:
        goto done;
    }
    ++opcodes;
    if (made && p < limit && static_cast<Opcode>(*p) == Opcode::kMemoize &&
        entries < memo_end) {
      memo[entries++] = sp[-1];
      ++p;
      ++opcodes;
    }
  }
done:
  pen.Lift();
  in_->p = p;
  opcodes_ += opcodes;
  stack_.resize(static_cast<size_t>(sp - stack));
  memo_count_ += entries - memo_.size();
  memo_.resize(entries);
}

bool Machine::Rare(Opcode op) {
  const auto u8 = [this] { return *in_->p++; };
  const auto take = [this]<typename T>(T) {
    const T value = base::LoadLittle<T>(in_->p);
    in_->p += sizeof(T);
    return value;
  };
  switch (op) {
    case Opcode::kNone:
      return Push(builder_->None());
    case Opcode::kNewtrue:
    case Opcode::kNewfalse:
      return Push(builder_->Bool(op == Opcode::kNewtrue));
    case Opcode::kBinint1:
      return Push(builder_->Int(u8()));
    case Opcode::kBinint2:
      return Push(builder_->Int(take(uint16_t{})));
    case Opcode::kBinint:
      return Push(builder_->Int(take(int32_t{})));
    case Opcode::kBinfloat:
      in_->p += 8;
      return Push(builder_->Float(base::LoadBig64(in_->p - 8)));
    case Opcode::kEmptyList:
      return Push(builder_->List());
    case Opcode::kEmptyDict:
      return Push(builder_->Dict());
    case Opcode::kEmptySet:
      return Push(builder_->Set());
    case Opcode::kEmptyTuple:
      return Push(builder_->Tuple({}));
    case Opcode::kTuple1:
    case Opcode::kTuple2:
    case Opcode::kTuple3: {
      const size_t n =
          static_cast<size_t>(op) - static_cast<size_t>(Opcode::kTuple1) + 1;
      if (!Need(n)) return false;
      const absl::Span<NodeId> items(stack_.data() + stack_.size() - n, n);
      Drop(items);
      return Push(builder_->Tuple(items));
    }
    case Opcode::kInt:
    case Opcode::kLong:
      return TextNumber(op);
    case Opcode::kFloat:
      return FloatLine();
    case Opcode::kString:
      return StringLine();
    case Opcode::kUnicode:
      return UnicodeLine();
    case Opcode::kLong1:
    case Opcode::kLong4:
      return LongBytes(op);
    case Opcode::kShortBinunicode:
      return Utf8(u8());
    case Opcode::kBinunicode:
      return Utf8(take(uint32_t{}));
    case Opcode::kBinunicode8:
      return Utf8(take(uint64_t{}));
    case Opcode::kShortBinbytes:
      return Bytes(u8(), false);
    case Opcode::kBinbytes:
      return Bytes(take(uint32_t{}), false);
    case Opcode::kBinbytes8:
      return Bytes(take(uint64_t{}), false);
    case Opcode::kBytearray8:
      return Bytes(take(uint64_t{}), true);
    case Opcode::kShortBinstring:
      return Python2(u8());
    case Opcode::kBinstring:
      return Python2(take(uint32_t{}));
    case Opcode::kGlobal:
      return Global();
    case Opcode::kInst:
      return Inst();
    case Opcode::kStackGlobal:
      return StackGlobal();
    case Opcode::kExt1:
      return Extension(u8());
    case Opcode::kExt2:
      return Extension(take(uint16_t{}));
    case Opcode::kExt4:
      return Extension(take(int32_t{}));
    case Opcode::kPersid:
      return PersidLine();
    case Opcode::kBinpersid:
      return BinPersid();
    case Opcode::kNextBuffer:
      return NextBuffer();
    case Opcode::kReadonlyBuffer:
      return Readonly();
    case Opcode::kReduce:
      return Reduce();
    case Opcode::kNewobj:
      return NewObj(false);
    case Opcode::kNewobjEx:
      return NewObj(true);
    case Opcode::kObj:
      return Obj();
    case Opcode::kBuild:
      return Build();
    case Opcode::kAppend:
      return Append();
    case Opcode::kAppends:
      return Appends();
    case Opcode::kSetitem:
      return SetItem();
    case Opcode::kSetitems:
      return SetItems();
    case Opcode::kAdditems:
      return AddItems();
    case Opcode::kList:
      return MakeList();
    case Opcode::kDict:
      return MakeDict();
    case Opcode::kTuple:
      return MakeTuple();
    case Opcode::kFrozenset:
      return MakeFrozenSet();
    case Opcode::kMark:
      if (marks_.full()) return Fail(Code::kLimitStack, "too many marks");
      marks_.push_back(static_cast<uint32_t>(stack_.size()));
      return true;
    case Opcode::kPop:
      return Pop();
    case Opcode::kPopMark:
      return PopMark();
    case Opcode::kDup:
      return Dup();
    case Opcode::kGet:
      return GetLine();
    case Opcode::kBinget:
      return Get(u8());
    case Opcode::kLongBinget:
      return Get(take(uint32_t{}));
    case Opcode::kPut:
      return PutLine();
    case Opcode::kBinput:
      return Put(u8());
    case Opcode::kLongBinput:
      return Put(take(uint32_t{}));
    case Opcode::kMemoize:
      return Put(memo_count_);
    case Opcode::kProto:
      return Proto();
    case Opcode::kFrame:
      return Frame();
    case Opcode::kStop:
      return Stop();
  }
  const uint8_t byte = static_cast<uint8_t>(op);
  in_->p -= 1;
  return Fail(Code::kBadOpcode,
              absl::StrFormat("byte 0x%02x is no opcode", byte));
}

}  // namespace picklebox::vm
