// How far the machine may read: frames, the ends of stream and budget, and what
// is said when it cannot go on.
#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/bytes.h"
#include "vm/machine.h"

namespace picklebox::vm {
namespace {

// The longest opcode with a fixed operand.
constexpr ptrdiff_t kLongestFixed = 9;
// How far the loop runs before it looks at its budgets.
constexpr ptrdiff_t kStretch = 1 << 20;
// The most nodes that an opcode makes: INST, a class, its arguments, an object.
constexpr uint64_t kMostNodes = 3;
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
// the frame, and no further than its budgets are looked at. An opcode pushes at
// most one value and makes at most three nodes.
void Machine::SetLimit() {
  const uint8_t* const p = in_->p;
  const uint64_t in_frame = frame_end_ - in_->offset();
  const bool frame_shown = frame_end_ != kNoFrame && in_frame <= in_->shown();
  frame_stop_ = frame_shown ? p + in_frame : in_->end;
  const uint8_t* const stop = frame_stop_;
  const uint64_t room =
      std::min<uint64_t>(stack_.capacity() - stack_.size(),
                         builder_->ledger().room() / kMostNodes);
  const ptrdiff_t stretch =
      static_cast<ptrdiff_t>(std::min<uint64_t>(kStretch, room));
  limit_ = stop - p > kLongestFixed
               ? std::min(stop - kLongestFixed, p + stretch)
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
