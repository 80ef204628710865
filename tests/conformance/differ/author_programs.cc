// The programs of the author: phrases, endings and frames.
#include <algorithm>

#include "tests/conformance/differ/author.h"
#include "tests/conformance/differ/words.h"

namespace picklebox::differ {

using vm::Opcode;

namespace {

// What programs are made of, more often than by chance.
constexpr Opcode kLikely[] = {
    Opcode::kMark,     Opcode::kMark,          Opcode::kBinint1,
    Opcode::kNone,     Opcode::kEmptyList,     Opcode::kEmptyDict,
    Opcode::kEmptySet, Opcode::kEmptyTuple,    Opcode::kShortBinunicode,
    Opcode::kGlobal,   Opcode::kReduce,        Opcode::kNewobj,
    Opcode::kBuild,    Opcode::kAppend,        Opcode::kAppends,
    Opcode::kSetitem,  Opcode::kSetitems,      Opcode::kAdditems,
    Opcode::kTuple,    Opcode::kTuple1,        Opcode::kTuple2,
    Opcode::kList,     Opcode::kDict,          Opcode::kFrozenset,
    Opcode::kObj,      Opcode::kMemoize,       Opcode::kBinget,
    Opcode::kDup,      Opcode::kReadonlyBuffer};

}  // namespace

void Author::Name() {
  if (dice_.OneIn(2)) return Put(Opcode::kGlobal);
  Put(Opcode::kShortBinunicode);
  if (dice_.OneIn(3)) Put(Opcode::kMemoize);
  Put(Opcode::kShortBinunicode);
  if (dice_.OneIn(3)) Put(Opcode::kMemoize);
  Put(Opcode::kStackGlobal);
}

// A class or callable, and what is made with it.
void Author::Object() {
  const uint64_t way = dice_.Below(6);
  if (way == 0) {
    Put(Opcode::kMark);
    Name();
    for (uint64_t left = dice_.Below(3); left > 0; --left)
      Put(Opcode::kBinint1);
    return Put(Opcode::kObj);
  }
  if (way == 1) {
    Put(Opcode::kMark);
    for (uint64_t left = dice_.Below(3); left > 0; --left)
      Put(Opcode::kBinint1);
    return Put(Opcode::kInst);
  }
  if (TopIs(Kind::kObject) && dice_.OneIn(2)) {
    Put(Opcode::kDup);
  } else {
    Name();
  }
  if (dice_.OneIn(2)) {
    Put(Opcode::kEmptyTuple);
  } else {
    Put(Opcode::kShortBinunicode);
    Put(Opcode::kTuple1);
  }
  if (way == 2) return Put(Opcode::kNewobj);
  if (way > 3) return Put(Opcode::kReduce);
  Put(Opcode::kEmptyDict);
  if (dice_.OneIn(2)) {
    Put(Opcode::kShortBinunicode);
    Put(Opcode::kNone);
    Put(Opcode::kSetitem);
  }
  Put(Opcode::kNewobjEx);
}

void Author::Phrase() {
  switch (dice_.Below(6)) {
    case 0:
      return Name();
    case 1:
    case 2:
      return Object();
    case 3:
      Object();
      Put(Opcode::kEmptyDict);
      if (dice_.OneIn(2)) {
        Put(Opcode::kNone);
        Put(Opcode::kTuple2);
      }
      return Put(Opcode::kBuild);
    case 4:
      Put(dice_.Pick(
          {Opcode::kEmptyList, Opcode::kEmptyDict, Opcode::kEmptySet}));
      if (dice_.OneIn(2)) Put(Opcode::kMemoize);
      return Put(Opcode::kMark);
    default:
      Put(reading_->buffers && dice_.OneIn(2) ? Opcode::kNextBuffer
                                              : Opcode::kBytearray8);
      if (dice_.OneIn(2)) Put(Opcode::kReadonlyBuffer);
  }
}

// Takes the marks away and makes one value of what lies on the stack.
void Author::Finish() {
  if (Nasty() && dice_.OneIn(3)) return;
  while (!lost_ && !marks_.empty()) {
    constexpr Opcode kWays[] = {Opcode::kAppends,  Opcode::kSetitems,
                                Opcode::kAdditems, Opcode::kList,
                                Opcode::kDict,     Opcode::kFrozenset,
                                Opcode::kTuple,    Opcode::kPopMark};
    const Opcode way = dice_.Pick(kWays);
    if (Fits(way) && (way != Opcode::kPopMark || dice_.OneIn(3))) Put(way);
  }
  while (!lost_ && stack_.size() > 1) {
    Put(stack_.size() > 2 && dice_.OneIn(2) ? Opcode::kTuple3
                                            : Opcode::kTuple2);
  }
  if (stack_.empty()) Put(Opcode::kNone);
}

std::string Author::Write(const Reading& reading) {
  reading_ = &reading;
  const int protocol = static_cast<int>(dice_.Below(7)) - 1;
  if (protocol >= 0) {
    protocol_ = protocol;
    opcodes_.push_back({'\x80', static_cast<char>(protocol)});
  }
  const uint64_t steps =
      dice_.OneIn(20) ? dice_.Below(200) : 2 + dice_.Below(24);
  const auto all = vm::Opcodes();
  for (uint64_t step = 0; step < steps && !lost_; ++step) {
    if (dice_.OneIn(5)) {
      Phrase();
      continue;
    }
    const Opcode opcode = dice_.OneIn(2) ? dice_.Pick(kLikely)
                                         : all[dice_.Below(all.size())].opcode;
    if (opcode == Opcode::kStop || opcode == Opcode::kFrame) continue;
    if (opcode == Opcode::kProto && !(Nasty() && dice_.OneIn(4))) continue;
    const bool unread =
        (NeedsPersistentIds(opcode) && !reading.persistent_ids) ||
        (opcode == Opcode::kNextBuffer && !reading.buffers) ||
        (IsExtension(opcode) && !reading.extensions);
    if (unread && !dice_.OneIn(50)) continue;
    if (Fits(opcode) || dice_.OneIn(300)) Put(opcode);
  }
  Finish();
  opcodes_.push_back(".");
  return WithFrames();
}

// Frames around whole opcodes, as picklers write them; nasty ones elsewhere.
std::string Author::WithFrames() {
  std::string pickle;
  const bool framed = protocol_ >= 4 || Nasty();
  size_t i = 0;
  while (i < opcodes_.size()) {
    const bool begins = framed && i > 0 && dice_.OneIn(1 + i / 2);
    if (!begins) {
      pickle += opcodes_[i++];
      continue;
    }
    const size_t end = dice_.OneIn(2)
                           ? opcodes_.size()
                           : i + 1 + dice_.Below(opcodes_.size() - i);
    std::string inside;
    for (; i < end; ++i) inside += opcodes_[i];
    uint64_t length = inside.size();
    if (Nasty() && dice_.OneIn(2)) {
      constexpr int64_t kOff[] = {-9, -2, -1, 1, 2, 9, 1000, 1ll << 40};
      length =
          std::max<int64_t>(0, static_cast<int64_t>(length) + dice_.Pick(kOff));
    }
    pickle += '\x95' + LittleEndian(length, 8) + inside;
  }
  if (Nasty() && dice_.OneIn(3))
    pickle += Payload(Content::kBytes);  // behind STOP
  return pickle;
}

}  // namespace picklebox::differ
