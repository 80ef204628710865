// The loop, and what all opcodes share. Containers, memo and objects are in
// machine_objects.cc, operands of variable length in machine_operands.cc.
#include "vm/machine.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "base/bytes.h"
#include "base/text.h"

namespace picklebox::vm {
namespace {

// The longest opcode with a fixed operand.
constexpr ptrdiff_t kLongestFixed = 9;
// How far the loop runs before it looks at its budgets.
constexpr ptrdiff_t kStretch = 1 << 20;
// How much is shown at least, if there is that much.
constexpr uint64_t kShown = 4096;

constexpr absl::string_view kDoubtNames[kDoubts] = {
    "number-text",    "name-escape",    "frame-crossed", "frame-split",
    "frame-nested",   "frame-short",    "stop-in-frame", "late-proto",
    "memo-overwrite", "leftover-stack", "pending-mark",  "empty-change",
    "arguments",      "state-form"};

}  // namespace

absl::string_view DoubtName(Doubt doubt) {
  return kDoubtNames[static_cast<int>(doubt)];
}

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

void Machine::Save(const Registers& r, const uint8_t* op) {
  op_at_ = in_->OffsetOf(op);
  in_->p = r.p;
  stack_.resize(static_cast<size_t>(r.sp - stack_.data()));
}

void Machine::Load(Registers* r) const {
  r->p = in_->p;
  r->sp = const_cast<NodeId*>(stack_.data()) + stack_.size();
}

// Only the common opcodes are here, and of those only the cases that cannot
// fail; all else is left to the functions below.
template <bool kTrace>
void Machine::Loop() {
  Registers r;
  Load(&r);
  graph::GraphBuilder& builder = *builder_;
  NodeId* const stack = stack_.data();
  NodeId* const stack_end = stack + stack_.capacity();
  NodeId* low = stack;  // the topmost mark
  uint64_t opcodes = 0;
  const uint8_t* op = r.p;
  for (;;) {
    op = r.p;
    if (r.p >= limit_) [[unlikely]] {
      Save(r, op);
      opcodes_ = opcodes;
      if (!Refresh()) break;
      Load(&r);
      op = r.p;
    }
    if constexpr (kTrace) {
      Save(r, op);
      tracer_->Before(*this, op_at_);
    }
    ++opcodes;
    const Opcode opcode = static_cast<Opcode>(*r.p++);
    bool done = false;  // the fast way was taken
    if (r.sp < stack_end) [[likely]] {
      switch (opcode) {
        case Opcode::kNone:
          *r.sp++ = builder.None();
          done = true;
          break;
        case Opcode::kNewtrue:
        case Opcode::kNewfalse:
          *r.sp++ = builder.Bool(opcode == Opcode::kNewtrue);
          done = true;
          break;
        case Opcode::kBinint1:
          *r.sp++ = builder.Byte(*r.p);
          r.p += 1;
          done = true;
          break;
        case Opcode::kBinint2:
          *r.sp++ = builder.Int(base::LoadLittle<uint16_t>(r.p));
          r.p += 2;
          done = true;
          break;
        case Opcode::kBinint:
          *r.sp++ = builder.Int(base::LoadLittle<int32_t>(r.p));
          r.p += 4;
          done = true;
          break;
        case Opcode::kBinfloat:
          *r.sp++ = builder.Float(base::LoadBig64(r.p));
          r.p += 8;
          done = true;
          break;
        case Opcode::kShortBinunicode: {
          const size_t n = *r.p;
          const char* const text = reinterpret_cast<const char*>(r.p + 1);
          const uint8_t* const next = r.p + 1 + n;
          if (next <= in_->end && next <= frame_stop_ &&
              base::FindInvalidUtf8(text, n) == base::kValid) [[likely]] {
            *r.sp++ = builder.Str({text, n});
            r.p = next;
            done = true;
          }
          break;
        }
        case Opcode::kBinunicode: {
          const size_t n = base::LoadLittle<uint32_t>(r.p);
          const char* const text = reinterpret_cast<const char*>(r.p + 4);
          if (n <= graph::kInlineText &&
              n <= static_cast<size_t>(in_->end - r.p - 4) &&
              r.p + 4 + n <= frame_stop_ &&
              base::FindInvalidUtf8(text, n) == base::kValid) [[likely]] {
            *r.sp++ = builder.Str({text, n});
            r.p += 4 + n;
            done = true;
          }
          break;
        }
        case Opcode::kEmptyList:
          *r.sp++ = builder.List();
          done = true;
          break;
        case Opcode::kEmptyDict:
          *r.sp++ = builder.Dict();
          done = true;
          break;
        case Opcode::kEmptyTuple:
          *r.sp++ = builder.Tuple({});
          done = true;
          break;
        case Opcode::kTuple1:
        case Opcode::kTuple2:
        case Opcode::kTuple3: {
          const ptrdiff_t n = static_cast<ptrdiff_t>(opcode) -
                              static_cast<ptrdiff_t>(Opcode::kTuple1) + 1;
          if (r.sp - low >= n) [[likely]] {
            r.sp -= n;
            *r.sp = builder.Tuple({r.sp, static_cast<size_t>(n)});
            ++r.sp;
            done = true;
          }
          break;
        }
        case Opcode::kBinget:
        case Opcode::kLongBinget: {
          const bool small = opcode == Opcode::kBinget;
          const size_t index = small ? *r.p : base::LoadLittle<uint32_t>(r.p);
          if (index < memo_.size() && memo_[index] != kNoNode) [[likely]] {
            *r.sp++ = memo_[index];
            r.p += small ? 1 : 4;
            done = true;
          }
          break;
        }
        case Opcode::kMemoize:
        case Opcode::kBinput:
        case Opcode::kLongBinput: {
          // The next free entry: what every pickler writes.
          const uint64_t index = opcode == Opcode::kMemoize ? memo_count_
                                 : opcode == Opcode::kBinput
                                     ? *r.p
                                     : base::LoadLittle<uint32_t>(r.p);
          if (index == memo_.size() && !memo_.full() && r.sp > low) [[likely]] {
            memo_.push_back(r.sp[-1]);
            ++memo_count_;
            r.p += opcode == Opcode::kMemoize  ? 0
                   : opcode == Opcode::kBinput ? 1
                                               : 4;
            done = true;
          }
          break;
        }
        case Opcode::kMark:
          if (!marks_.full()) [[likely]] {
            marks_.push_back(static_cast<uint32_t>(r.sp - stack));
            low = r.sp;
            done = true;
          }
          break;
        default:
          break;
      }
    }
    if (!done) {
      Save(r, op);
      opcodes_ = opcodes;
      const uint32_t generation = in_->generation();
      if (!Rare(opcode)) break;
      if (in_->generation() != generation) limit_ = in_->p;
      Load(&r);
      low = stack + fence();
    }
    if constexpr (kTrace) {
      Save(r, op);
      tracer_->After(*this, in_->OffsetOf(r.p));
    }
  }
  opcodes_ = opcodes;
  if constexpr (kTrace) {
    if (stopped_) tracer_->After(*this, in_->offset());
  }
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

bool Machine::Refresh() {
  const uint64_t at = in_->offset();
  if (opcodes_ >= options_.limits.opcodes) {
    return Fail(Code::kLimitOpcodes,
                absl::StrCat("after ", opcodes_, " opcodes"));
  }
  if (builder_->full())
    return Fail(Code::kLimitResult, "the graph has no more room");
  if (frame_end_ != kNoFrame && at >= frame_end_) frame_end_ = kNoFrame;
  const uint64_t remaining = in_->remaining();
  if (remaining == 0) return FailTruncated("an opcode; there is no STOP");
  if (!in_->Need(std::min(remaining, kShown))) {
    return Fail(Code::kInputChanged,
                "the file became shorter while it was read");
  }
  const OpcodeInfo* info = FindOpcode(*in_->p);
  const uint64_t fixed = info == nullptr ? 0 : FixedOperandSize(info->operand);
  if (1 + fixed > remaining) {
    return FailTruncated(absl::StrCat("the operand of ", info->name));
  }
  if (frame_end_ != kNoFrame) CheckFrameAround(at + 1, at + 1 + fixed);
  SetLimit();
  return true;
}

// The fixed part of an operand is [at, fixed_end).
void Machine::CheckFrameAround(uint64_t at, uint64_t fixed_end) {
  if (fixed_end <= frame_end_ || at > frame_end_ || at == fixed_end) return;
  if (at < frame_end_) {
    Ambiguous(Doubt::kFrameCrossed,
              "an operand begins inside of a frame and ends behind it");
  } else {
    Ambiguous(Doubt::kFrameSplit,
              "a frame ends between an opcode and its operand");
  }
}

// The hot loop may run up to where a fixed operand might leave the window or
// the frame, and no further than its budgets are looked at.
void Machine::SetLimit() {
  const uint8_t* const p = in_->p;
  const uint64_t in_frame = frame_end_ - in_->offset();
  const bool frame_shown = frame_end_ != kNoFrame && in_frame <= in_->shown();
  frame_stop_ = frame_shown ? p + in_frame : in_->end;
  const uint8_t* const stop = frame_stop_;
  limit_ = stop - p > kLongestFixed
               ? std::min(stop - kLongestFixed, p + kStretch)
               : p;
}

bool Machine::Fail(Code code, std::string message, absl::string_view detail) {
  Finding finding;
  // What comes after the graph ran full is not to be believed.
  finding.code = builder_->full() ? Code::kLimitResult : code;
  if (in_->failed()) finding.code = Code::kInputChanged;
  if (in_->too_small()) finding.code = Code::kLimitMemory;
  finding.detail = std::string(detail);
  finding.member = options_.member;
  finding.offset = op_at_;
  finding.message = std::move(message);
  log_->Add(std::move(finding));
  return false;
}

bool Machine::FailTruncated(absl::string_view what) {
  return Fail(Code::kTruncated,
              absl::StrCat("the file ends in the place of ", what));
}

void Machine::Ambiguous(Doubt doubt, absl::string_view message) {
  const bool unsafe = doubt == Doubt::kFrameCrossed;
  if ((options_.compat && !unsafe) ||
      std::exchange(doubted_[static_cast<int>(doubt)], true)) {
    return;
  }
  Finding finding;
  finding.code = Code::kAmbiguous;
  finding.detail = std::string(DoubtName(doubt));
  finding.member = options_.member;
  finding.offset = op_at_;
  finding.message = std::string(message);
  log_->Add(std::move(finding));
}

bool Machine::Need(size_t values) {
  if (stack_.size() - fence() >= values) return true;
  return Fail(Code::kStackUnderflow, marks_.empty()
                                         ? "the stack holds too few values"
                                         : "a mark is in the way");
}

bool Machine::Push(NodeId node) {
  if (stack_.full()) {
    // A table that memory made smaller than the limit is not the limit's fault.
    const bool cut =
        stack_.capacity() < std::min(options_.limits.stack, in_->size() + 1);
    return Fail(cut ? Code::kLimitMemory : Code::kLimitStack,
                "too many values on the stack");
  }
  stack_.push_back(node);
  return true;
}

bool Machine::Proto() {
  const int proto = *in_->p++;
  if (proto > 5) {
    return Fail(Code::kProtocolUnsupported,
                absl::StrCat("protocol ", proto, " does not exist"));
  }
  if (op_at_ != begin_)
    Ambiguous(Doubt::kLateProto, "PROTO is not the first opcode");
  proto_ = proto;
  highest_proto_ = std::max(highest_proto_, proto);
  return true;
}

bool Machine::Frame() {
  const uint64_t length = base::LoadLittle<uint64_t>(in_->p);
  in_->p += sizeof(length);
  if (length > INT64_MAX)
    return Fail(Code::kFrameBad, absl::StrCat("a frame of ", length, " bytes"));
  const uint64_t at = in_->offset();
  if (frame_end_ != kNoFrame && at < frame_end_) {
    Ambiguous(Doubt::kFrameNested, "a frame begins before the last one ends");
  }
  frame_end_ = at + length;
  if (length > in_->remaining()) {
    // The C unpickler stops here, the Python one does not notice. What follows
    // is executed to see what is in it.
    frame_end_ = kNoFrame;
    frame_short_ = true;
    frame_short_at_ = op_at_;
    Fail(Code::kFrameShort, absl::StrCat("a frame of ", length, " bytes, but ",
                                         in_->remaining(), " are left"));
    if (builder_->full()) return false;  // and that is what it said
  }
  limit_ = in_->p;  // look at the new frame
  return true;
}

bool Machine::Stop() {
  if (!Need(1)) return false;
  const NodeId root = TakeTop();
  if (!marks_.empty())
    Ambiguous(Doubt::kPendingMark, "a mark is still set at STOP");
  if (!stack_.empty()) {
    Ambiguous(
        Doubt::kLeftoverStack,
        absl::StrCat(stack_.size(), " values lie below the result at STOP"));
  }
  if (frame_end_ != kNoFrame && in_->offset() < frame_end_) {
    Ambiguous(Doubt::kStopInFrame, "the frame goes on behind STOP");
  }
  if (builder_->full())
    return Fail(Code::kLimitResult, "the graph has no more room");
  if (frame_short_) {
    const uint64_t stop_at = std::exchange(op_at_, frame_short_at_);
    Ambiguous(Doubt::kFrameShort,
              "STOP is reached in a frame that is longer than the file");
    op_at_ = stop_at;
    return false;
  }
  if (!options_.part) builder_->ledger().Use(root);
  root_ = root;
  stopped_ = true;
  return false;
}

}  // namespace picklebox::vm
