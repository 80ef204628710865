#include "tests/conformance/differ/author.h"

#include <algorithm>

#include "tests/conformance/differ/words.h"

namespace picklebox::differ {

using vm::Opcode;

const Author::Value* Author::UnderMark() const {
  if (marks_.empty()) return nullptr;
  const size_t below = marks_.size() > 1 ? marks_[marks_.size() - 2] : 0;
  return marks_.back() > below ? &stack_[marks_.back() - 1] : nullptr;
}

bool Author::KeysAbove(size_t from, size_t step) const {
  for (size_t i = from; i < stack_.size(); i += step) {
    if (!stack_[i].hashable) return false;
  }
  return true;
}

bool Author::FitsChange(Opcode opcode) const {
  const bool marked = opcode == Opcode::kAppends ||
                      opcode == Opcode::kSetitems ||
                      opcode == Opcode::kAdditems;
  const size_t taken = opcode == Opcode::kAppend ? 1 : 2;
  if (!marked && depth() <= taken) return false;
  const Value* const target = marked ? UnderMark() : &top(taken);
  if (target == nullptr) return false;
  const size_t items = marked ? depth() : taken;
  const size_t from = stack_.size() - items;
  if (target->kind == Kind::kObject) return items % 2 == 0 || !IsPairs(opcode);
  if (opcode == Opcode::kAdditems)
    return target->kind == Kind::kSet && KeysAbove(from, 1);
  if (IsPairs(opcode)) {
    return target->kind == Kind::kDict && items % 2 == 0 && KeysAbove(from, 2);
  }
  return target->kind == Kind::kList;
}

bool Author::Fits(Opcode opcode) const {
  switch (opcode) {
    case Opcode::kAppend:
    case Opcode::kAppends:
    case Opcode::kSetitem:
    case Opcode::kSetitems:
    case Opcode::kAdditems:
      return FitsChange(opcode);
    case Opcode::kList:
    case Opcode::kTuple:
    case Opcode::kPopMark:
      return !marks_.empty();
    case Opcode::kDict:
      return !marks_.empty() && depth() % 2 == 0 && KeysAbove(fence(), 2);
    case Opcode::kFrozenset:
      return !marks_.empty() && KeysAbove(fence(), 1);
    case Opcode::kInst:
      return !marks_.empty();
    case Opcode::kObj:
      return !marks_.empty() && depth() > 0 &&
             stack_[fence()].kind == Kind::kObject;
    case Opcode::kTuple1:
    case Opcode::kDup:
    case Opcode::kPop:
    case Opcode::kPut:
    case Opcode::kBinput:
    case Opcode::kLongBinput:
    case Opcode::kMemoize:
    case Opcode::kBinpersid:
      return depth() > 0;
    case Opcode::kTuple2:
      return depth() > 1;
    case Opcode::kTuple3:
      return depth() > 2;
    case Opcode::kGet:
    case Opcode::kBinget:
    case Opcode::kLongBinget:
      return !memo_.empty();
    case Opcode::kStackGlobal:
      return TopIs(Kind::kStr) && TopIs(Kind::kStr, 1);
    case Opcode::kReduce:
    case Opcode::kNewobj:
      return TopIs(Kind::kTuple) && TopIs(Kind::kObject, 1);
    case Opcode::kNewobjEx:
      return TopIs(Kind::kDict) && TopIs(Kind::kTuple, 1) &&
             TopIs(Kind::kObject, 2);
    case Opcode::kBuild:
      return TopIs(Kind::kObject, 1);
    case Opcode::kReadonlyBuffer:
      return TopIs(Kind::kBytes) || TopIs(Kind::kByteArray);
    case Opcode::kStop:
      return false;
    default:
      return true;
  }
}

void Author::MakeTuple(size_t count) {
  const bool hashable = KeysAbove(stack_.size() - count, 1);
  Drop(count);
  Push(Kind::kTuple, hashable);
}

void Author::TakeMark() {
  stack_.resize(fence());
  marks_.pop_back();
}

void Author::Follow(Opcode opcode) {
  switch (opcode) {
    case Opcode::kAppend:
      return Drop(1);
    case Opcode::kSetitem:
      return Drop(2);
    case Opcode::kAppends:
    case Opcode::kSetitems:
    case Opcode::kAdditems:
    case Opcode::kPopMark:
      return TakeMark();
    case Opcode::kList:
      TakeMark();
      return Push(Kind::kList, false);
    case Opcode::kDict:
      TakeMark();
      return Push(Kind::kDict, false);
    case Opcode::kFrozenset:
      TakeMark();
      return Push(Kind::kPlain, true);
    case Opcode::kTuple: {
      const size_t count = depth();
      MakeTuple(count);
      return marks_.pop_back();
    }
    case Opcode::kInst:
    case Opcode::kObj:
      TakeMark();
      return Push(Kind::kObject, true);
    case Opcode::kTuple1:
      return MakeTuple(1);
    case Opcode::kTuple2:
      return MakeTuple(2);
    case Opcode::kTuple3:
      return MakeTuple(3);
    case Opcode::kEmptyTuple:
      return Push(Kind::kTuple, true);
    case Opcode::kEmptyList:
      return Push(Kind::kList, false);
    case Opcode::kEmptyDict:
      return Push(Kind::kDict, false);
    case Opcode::kEmptySet:
      return Push(Kind::kSet, false);
    case Opcode::kMark:
      return marks_.push_back(stack_.size());
    case Opcode::kDup:
      return stack_.push_back(top());
    case Opcode::kPop:
      if (depth() > 0) return Drop(1);
      return marks_.empty() ? void() : marks_.pop_back();
    case Opcode::kPut:
    case Opcode::kBinput:
    case Opcode::kLongBinput:
      return memo_.push_back({index_, top()});
    case Opcode::kMemoize:
      return memo_.push_back({memo_.size(), top()});
    case Opcode::kGet:
    case Opcode::kBinget:
    case Opcode::kLongBinget: {
      // The last that was written there.
      const auto entry =
          std::find_if(memo_.rbegin(), memo_.rend(),
                       [this](const Entry& e) { return e.index == index_; });
      if (entry != memo_.rend()) return stack_.push_back(entry->value);
      lost_ = true;
      return;
    }
    case Opcode::kStackGlobal:
    case Opcode::kReduce:
    case Opcode::kNewobj:
      Drop(2);
      return Push(Kind::kObject, true);
    case Opcode::kNewobjEx:
      Drop(3);
      return Push(Kind::kObject, true);
    case Opcode::kBinpersid:
      Drop(1);
      return Push(Kind::kObject, true);
    case Opcode::kGlobal:
    case Opcode::kPersid:
    case Opcode::kExt1:
    case Opcode::kExt2:
    case Opcode::kExt4:
      return Push(Kind::kObject, true);
    case Opcode::kBuild:
      return Drop(1);
    case Opcode::kReadonlyBuffer:
      stack_.back() = {Kind::kBytes, top().hashable};
      return;
    case Opcode::kBinunicode:
    case Opcode::kShortBinunicode:
    case Opcode::kBinunicode8:
    case Opcode::kUnicode:
    case Opcode::kString:
    case Opcode::kBinstring:
    case Opcode::kShortBinstring:
      return Push(Kind::kStr, true);
    case Opcode::kBinbytes:
    case Opcode::kShortBinbytes:
    case Opcode::kBinbytes8:
      return Push(Kind::kBytes, true);
    case Opcode::kBytearray8:
      return Push(Kind::kByteArray, false);
    case Opcode::kNextBuffer:
      return Push(Kind::kBytes, false);
    case Opcode::kProto:
    case Opcode::kFrame:
    case Opcode::kStop:
      return;
    default:
      return Push(Kind::kPlain, true);
  }
}

void Author::Put(Opcode opcode) {
  const vm::OpcodeInfo& info = *vm::FindOpcode(static_cast<uint8_t>(opcode));
  const bool fits = !lost_ && Fits(opcode);
  opcodes_.push_back(std::string(1, static_cast<char>(opcode)) + Operand(info));
  if (fits) {
    Follow(opcode);
  } else {
    lost_ = true;
  }
}

}  // namespace picklebox::differ
