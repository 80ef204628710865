// Writes pickles opcode by opcode, knowing what lies on the stack, where the
// marks are and what the memo holds, so that most can be read to their end.
//
//   Author author(dice, nasty);
//   std::string pickle = author.Write(reading);
//
// All 68 opcodes are written, in the order that chance wants. What readers are
// known to disagree about is planted now and then: texts of numbers, frames
// that end elsewhere, late PROTO, memo entries written twice, leftovers. An
// Author writes one pickle.
#ifndef PICKLEBOX_TESTS_CONFORMANCE_DIFFER_AUTHOR_H_
#define PICKLEBOX_TESTS_CONFORMANCE_DIFFER_AUTHOR_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "tests/conformance/differ/dice.h"
#include "tests/conformance/differ/readings.h"
#include "vm/opcode.h"

namespace picklebox::differ {

class Author {
 public:
  // `nasty`: in a hundred operands and decisions, how many are not what a
  // pickler would choose.
  Author(Dice* dice, uint32_t nasty) : dice_(*dice), nasty_(nasty) {}

  std::string Write(const Reading& reading);

 private:
  enum class Kind : uint8_t {
    kPlain,  // hashable, and of no further use
    kStr,
    kBytes,  // or a view of some
    kByteArray,
    kTuple,
    kList,
    kDict,
    kSet,
    kObject,  // of which only running the program would tell what it is
  };
  struct Value {
    Kind kind;
    bool hashable;
  };

  bool Nasty() { return dice_.Below(100) < nasty_; }

  // What there is on the stack.
  size_t fence() const { return marks_.empty() ? 0 : marks_.back(); }
  size_t depth() const { return stack_.size() - fence(); }
  const Value& top(size_t below = 0) const {
    return stack_[stack_.size() - 1 - below];
  }
  bool TopIs(Kind kind, size_t below = 0) const {
    return depth() > below && top(below).kind == kind;
  }
  // What lies below the topmost mark, as the target of a change; nullptr:
  // nothing.
  const Value* UnderMark() const;
  // The values above the topmost mark, each `step`th of them, can be keys.
  bool KeysAbove(size_t from, size_t step) const;

  // Whether an unpickler would execute it now.
  bool Fits(vm::Opcode opcode) const;
  bool FitsChange(vm::Opcode opcode) const;
  // Writes an opcode with an operand, and does to the stack what it does.
  void Put(vm::Opcode opcode);
  void Follow(vm::Opcode opcode);
  void Push(Kind kind, bool hashable) { stack_.push_back({kind, hashable}); }
  void Drop(size_t count) { stack_.resize(stack_.size() - count); }
  void MakeTuple(size_t count);
  void TakeMark();

  // Several opcodes that belong together.
  void Phrase();
  void Name();
  void Object();
  void Finish();

  std::string Operand(const vm::OpcodeInfo& info);
  std::string Index(vm::Opcode opcode, size_t width);
  std::string Line(vm::Operand operand);
  enum class Content : uint8_t { kBytes, kText, kAscii };
  std::string Payload(Content content);
  std::string Payload(vm::Operand operand);
  std::string Counted(size_t width, absl::string_view payload);
  std::string WithFrames();

  Dice& dice_;
  const uint32_t nasty_;
  const Reading* reading_ = nullptr;
  bool lost_ = false;  // an unpickler has failed by now
  int protocol_ = 0;
  uint64_t index_ = 0;  // of the memo entry that is written or read
  std::vector<std::string> opcodes_;
  std::vector<Value> stack_;
  std::vector<size_t> marks_;
  struct Entry {
    uint64_t index;
    Value value;
  };
  std::vector<Entry> memo_;
};

}  // namespace picklebox::differ

#endif  // PICKLEBOX_TESTS_CONFORMANCE_DIFFER_AUTHOR_H_
