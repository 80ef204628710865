#include "vm/opcode.h"

#include <cstdint>
#include <set>
#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace picklebox::vm {
namespace {

const OpcodeInfo& Row(Opcode opcode) {
  return *FindOpcode(static_cast<uint8_t>(opcode));
}

TEST(Opcodes, AreSixtyEightDifferentBytes) {
  EXPECT_EQ(Opcodes().size(), 68u);
  std::set<uint8_t> bytes;
  std::set<std::string> names;
  for (const OpcodeInfo& info : Opcodes()) {
    bytes.insert(static_cast<uint8_t>(info.opcode));
    names.insert(std::string(info.name));
    EXPECT_LE(info.protocol, 5) << info.name;
    EXPECT_FALSE(info.doc.empty()) << info.name;
  }
  EXPECT_EQ(bytes.size(), 68u);
  EXPECT_EQ(names.size(), 68u);
}

TEST(FindOpcode, FindsEachAndNoOther) {
  int found = 0;
  for (int byte = 0; byte < 256; ++byte) {
    const OpcodeInfo* const info = FindOpcode(static_cast<uint8_t>(byte));
    if (info == nullptr) continue;
    EXPECT_EQ(static_cast<int>(info->opcode), byte);
    ++found;
  }
  EXPECT_EQ(found, 68);
  EXPECT_EQ(FindOpcode(0x00), nullptr);
  EXPECT_EQ(FindOpcode(0x99), nullptr);
}

TEST(ValuesNeeded, CountsWhatIsTakenOrLookedAt) {
  EXPECT_EQ(ValuesNeeded(Row(Opcode::kNone)), 0);
  EXPECT_EQ(ValuesNeeded(Row(Opcode::kStop)), 1);
  EXPECT_EQ(ValuesNeeded(Row(Opcode::kDup)), 1);
  EXPECT_EQ(ValuesNeeded(Row(Opcode::kBinput)), 1);
  EXPECT_EQ(ValuesNeeded(Row(Opcode::kMemoize)), 1);
  EXPECT_EQ(ValuesNeeded(Row(Opcode::kReduce)), 2);
  EXPECT_EQ(ValuesNeeded(Row(Opcode::kSetitem)), 3);
  EXPECT_EQ(ValuesNeeded(Row(Opcode::kNewobjEx)), 3);
  EXPECT_EQ(ValuesNeeded(Row(Opcode::kPop)), 0);  // it takes a mark as well
  EXPECT_EQ(ValuesNeeded(Row(Opcode::kAppends)), 0);
}

TEST(TakesMark, IsForSlices) {
  int count = 0;
  for (const OpcodeInfo& info : Opcodes()) count += TakesMark(info);
  EXPECT_EQ(count, 10);
  EXPECT_TRUE(TakesMark(Row(Opcode::kAppends)));
  EXPECT_TRUE(TakesMark(Row(Opcode::kPopMark)));
  EXPECT_TRUE(TakesMark(Row(Opcode::kObj)));
  EXPECT_FALSE(TakesMark(Row(Opcode::kMark)));
  EXPECT_FALSE(TakesMark(Row(Opcode::kPop)));
}

}  // namespace
}  // namespace picklebox::vm
