// Every rule of the verifier, each with the smallest bytes that break it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/match.h"
#include "workshop.h"

namespace picklebox::graph {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

// The last node is the root; `nodes` is their number.
struct Case {
  const char* name;
  std::vector<int> bytes;
  uint64_t nodes;
  const char* fault;
  uint64_t at;  // the byte where the faulty node begins
};

constexpr int kInt7 = kTagSmallInt + 7;
constexpr int kStrA = kTagShortStr + 1;  // and the letter

const Case kCases[] = {
    {"UnknownTag", {kTags}, 1, "malformed", 0},
    {"LastUnknownTag", {0x3f}, 1, "malformed", 0},
    {"IntCutOff", {kTagInt}, 1, "malformed", 0},
    {"Int1CutOff", {kTagInt1}, 1, "malformed", 0},
    {"Int2CutOff", {kTagInt2, 1}, 1, "malformed", 0},
    {"Int4CutOff", {kTagInt4, 1, 2, 3}, 1, "malformed", 0},
    {"Int1Small", {kTagInt1, 127}, 1, "int not in its short form", 0},
    {"Int2OfOneByte", {kTagInt2, 255, 0}, 1, "int not in its short form", 0},
    {"Int4OfTwoBytes",
     {kTagInt4, 255, 255, 0, 0},
     1,
     "int not in its short form",
     0},
    {"Int4Zero", {kTagInt4, 0, 0, 0, 0}, 1, "int not in its short form", 0},
    {"IntOf32Bits",
     {kTagInt, 0, 0, 0, 0x80, 0xff, 0xff, 0xff, 0xff},
     1,
     "int not in its short form",
     0},
    {"IntZero",
     {kTagInt, 0, 0, 0, 0, 0, 0, 0, 0},
     1,
     "int not in its short form",
     0},
    {"BigIntOf64Bits",
     {kTagBigInt, 8, 1, 2, 3, 4, 5, 6, 7, 0x7f},
     1,
     "big int that is small",
     0},
    {"BigIntEmpty", {kTagBigInt, 0}, 1, "big int that is small", 0},
    {"BigIntNotMinimal",
     {kTagBigInt, 9, 1, 2, 3, 4, 5, 6, 7, 0x7f, 0},
     1,
     "int not minimal",
     0},
    {"BigIntNegativeNotMinimal",
     {kTagBigInt, 9, 1, 2, 3, 4, 5, 6, 7, 0x80, 0xff},
     1,
     "int not minimal",
     0},
    {"BigIntCutOff", {kTagBigInt, 9, 1, 2}, 1, "malformed", 0},
    {"FloatCutOff", {kTagFloat, 1, 2, 3, 4, 5, 6, 7}, 1, "malformed", 0},
    {"ShortStrCutOff", {kStrA}, 1, "malformed", 0},
    {"ShortStrNotUtf8", {kStrA, 0xff}, 1, "text is no UTF-8", 0},
    {"ShortStrHalfACharacter", {kStrA, 0xc3}, 1, "text is no UTF-8", 0},
    {"StrThatIsShort", {kTagStr, 1, 'a'}, 1, "str not in its short form", 0},
    {"StrLengthHuge",
     {kTagStr, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1},
     1,
     "malformed",
     0},
    {"BytesCutOff", {kTagBytes, 2, 'a'}, 1, "malformed", 0},
    {"ByteArrayCutOff", {kTagByteArray, 2, 'a'}, 1, "malformed", 0},
    {"ExtentCutOff", {kTagStrExtent, 2}, 1, "malformed", 0},
    {"ExtentBehindTheInput",
     {kTagBytesExtent, 0x81, 0x80, 0x40, 0},
     1,
     "extent beyond the input",
     0},
    {"ExtentTooLong",
     {kTagStrExtent, 1, 0x80, 0x80, 0x40},
     1,
     "extent beyond the input",
     0},
    {"ExtentOfByteArrayTooLong",
     {kTagByteArrayExtent, 1, 0x80, 0x80, 0x40},
     1,
     "extent beyond the input",
     0},
    {"ExtentsOverlap",
     {kTagBytesExtent, 0, 2, kTagStrExtent, 1, 2},
     2,
     "extents out of order",
     3},
    {"ReferenceToItself", {kTagTuple1, 0}, 1, "malformed", 0},
    {"ReferenceBeforeTheFirst", {kInt7, kTagTuple1, 2}, 2, "malformed", 1},
    {"ReferenceCutOff", {kInt7, kTagTuple2, 1}, 2, "malformed", 1},
    {"ReferenceLong", {kInt7, kTagTuple1, 0x81, 0}, 2, "malformed", 1},
    {"TupleThatIsShort",
     {kInt7, kTagTuple, 3, 1, 1, 1},
     2,
     "tuple not in its short form",
     1},
    {"TupleOfNone", {kTagTuple, 0}, 1, "tuple not in its short form", 0},
    {"TupleCountTooHigh", {kInt7, kTagTuple, 4, 1, 1, 1}, 2, "malformed", 1},
    {"TupleOfChange",
     {kTagList, kTagAppend, 1, 1, kTagTuple1, 1},
     3,
     "reference to a change",
     4},
    {"FrozenSetOfChange",
     {kTagList, kTagAppend, 1, 1, kTagFrozenSet, 1, 1},
     3,
     "reference to a change",
     4},
    {"FrozenSetOfList",
     {kTagList, kTagFrozenSet, 1, 1},
     2,
     "unhashable key",
     1},
    {"FrozenSetOfTupleOfByteArray",
     {kTagByteArray, 0, kTagTuple1, 1, kTagFrozenSet, 1, 1},
     3,
     "unhashable key",
     4},
    {"FrozenSetCutOff", {kInt7, kTagFrozenSet, 2, 1}, 2, "malformed", 1},
    {"AtOfAnInt", {kTagAt, 2, kInt7}, 1, "malformed", 0},
    {"AtOfAStr", {kTagAt, 2, kStrA, 'a'}, 1, "malformed", 0},
    {"AtOfNone", {kTagAt, 2, kTagNone}, 1, "malformed", 0},
    {"AtOfATuple", {kTagAt, 2, kTagTuple0}, 1, "malformed", 0},
    {"AtOfNothing", {kTagAt, 2}, 0, "malformed", 0},
    {"AtOfAt", {kTagAt, 2, kTagAt, 2, kTagBuffer, 0}, 1, "malformed", 0},
    {"AtCutOff", {kTagAt}, 0, "malformed", 0},
    {"AtOfReadonly", {kInt7, kTagAt, 2, kTagReadonly, 1}, 2, "malformed", 1},
    {"AtBehindTheInput",
     {kTagAt, 0x82, 0x80, 0x80, 1, kTagBuffer, 0},
     1,
     "offset beyond the input",
     0},
    {"AtBelowZero",
     {kTagAt, 1, kTagBuffer, 0},
     1,
     "offset beyond the input",
     0},
    {"GlobalWithoutAt", {kTagGlobal, 0, 0, 0}, 1, "malformed", 0},
    {"GlobalFlags", {kTagAt, 2, kTagGlobal, 4, 0, 0}, 1, "malformed", 0},
    {"GlobalCutOff", {kTagAt, 2, kTagGlobal}, 1, "malformed", 0},
    {"GlobalNameCutOff",
     {kTagAt, 2, kTagGlobal, 0, 1, 'm', 1},
     1,
     "malformed",
     0},
    {"GlobalModuleNotUtf8",
     {kTagAt, 2, kTagGlobal, 0, 1, 0x80, 1, 'f'},
     1,
     "name is no UTF-8",
     0},
    {"GlobalQualnameNotUtf8",
     {kTagAt, 2, kTagGlobal, 0, 1, 'm', 1, 0x80},
     1,
     "name is no UTF-8",
     0},
    {"CallWithoutAt", {kTagTuple0, kTagCall, 1, 1}, 2, "malformed", 1},
    {"CallOfChange",
     {kTagList, kTagAppend, 1, 1, kTagTuple0, kTagAt, 2, kTagCall, 2, 1},
     4,
     "reference to a change",
     5},
    {"CallWithAList",
     {kTagList, kTagAt, 2, kTagCall, 1, 1},
     2,
     "call without a tuple of arguments",
     1},
    {"CallWithAChange",
     {kTagList, kTagAppend, 1, 1, kTagAt, 2, kTagCall, 2, 1},
     3,
     "call without a tuple of arguments",
     4},
    {"NewOfChange",
     {kTagList, kTagAppend, 1, 1, kTagTuple0, kTagAt, 2, kTagObj, 2, 1},
     4,
     "reference to a change",
     5},
    {"NewWithAList",
     {kTagList, kTagAt, 2, kTagNewObj, 1, 1},
     2,
     "new without a tuple of arguments",
     1},
    {"NewWithoutKwargs",
     {kTagTuple0, kTagAt, 2, kTagNewObjEx, 1, 1},
     2,
     "malformed",
     1},
    {"NewWithAListOfKwargs",
     {kTagTuple0, kTagList, kTagAt, 2, kTagNewObjEx, 2, 2, 1},
     3,
     "new without a dict of keyword arguments",
     2},
    {"PersistentChange",
     {kTagList, kTagAppend, 1, 1, kTagAt, 2, kTagPersistent, 1},
     3,
     "reference to a change",
     4},
    {"ExtensionZero",
     {kTagAt, 2, kTagExtension, 0},
     1,
     "extension code out of range",
     0},
    {"ExtensionTooHigh",
     {kTagAt, 2, kTagExtension, 0x80, 0x80, 0x80, 0x80, 8},
     1,
     "extension code out of range",
     0},
    {"BufferTooHigh",
     {kTagAt, 2, kTagBuffer, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80,
      0x80, 1},
     1,
     "malformed",
     0},
    {"ReadonlyChange",
     {kTagList, kTagAppend, 1, 1, kTagReadonly, 1},
     3,
     "reference to a change",
     4},
    {"AppendWithoutItem", {kTagList, kTagAppend, 1}, 2, "malformed", 1},
    {"AppendToChange",
     {kTagList, kTagAppend, 1, 1, kTagAt, 2, kTagAppend, 1, 2},
     3,
     "reference to a change",
     4},
    {"AppendOfChange",
     {kTagList, kTagAppend, 1, 1, kTagAppend, 2, 1},
     3,
     "reference to a change",
     4},
    {"AppendToListWithAt",
     {kTagList, kTagAt, 2, kTagAppend, 1, 1},
     2,
     "offset where none belongs",
     1},
    {"AppendToIntWithoutAt",
     {kInt7, kTagAppend, 1, 1},
     2,
     "offset where none belongs",
     1},
    {"AppendOfNothing",
     {kTagList, kTagAppendMany, 1, 0},
     2,
     "change of nothing",
     1},
    {"AppendRunOfNothing",
     {kTagList, kTagAppendRun, 1, 0, 1},
     2,
     "change of nothing",
     1},
    {"AppendManyOfOne",
     {kTagList, kTagAppendMany, 1, 1, 1},
     2,
     "change not in its short form",
     1},
    {"AppendRunOfOne",
     {kTagList, kTagAppendRun, 1, 1, 1},
     2,
     "change not in its short form",
     1},
    {"AppendManyThatIsARun",
     {kTagList, kInt7, kTagAppendMany, 2, 2, 2, 1},
     3,
     "run not in its short form",
     2},
    {"AppendRunTooLong",
     {kTagList, kInt7, kTagAppendRun, 2, 3, 2},
     3,
     "malformed",
     2},
    {"AppendRunHuge",
     {kTagList, kTagAppendRun, 1, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
      0xff, 0xff, 1, 1},
     2,
     "malformed",
     1},
    {"AppendRunOfChange",
     {kTagList, kTagAppend, 1, 1, kTagAppendRun, 2, 2, 2},
     3,
     "reference to a change",
     4},
    {"SetItemWithoutValue", {kTagDict, kTagSetItem, 1, 1}, 2, "malformed", 1},
    {"SetItemOfUnhashable",
     {kTagDict, kTagSetItem, 1, 1, 1},
     2,
     "unhashable key",
     1},
    {"SetItemOfTupleOfDict",
     {kTagDict, kTagTuple1, 1, kTagSetItem, 2, 1, 1},
     3,
     "unhashable key",
     3},
    {"SetManyOfUnhashable",
     {kTagDict, kInt7, kTagSetMany, 2, 2, 1, 1, 2, 1},
     3,
     "unhashable key",
     2},
    {"SetManyOfOne",
     {kTagDict, kInt7, kTagSetMany, 2, 1, 1, 1},
     3,
     "change not in its short form",
     2},
    {"SetManyHuge",
     {kTagDict, kTagSetMany, 1, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
      0xff, 1, 1},
     2,
     "malformed",
     1},
    {"SetManyThatIsARun",
     {kTagDict, kInt7, kInt7, kInt7, kInt7, kTagSetMany, 5, 2, 4, 3, 2, 1},
     6,
     "run not in its short form",
     5},
    {"SetRunOfUnhashable",
     {kTagDict, kInt7, kInt7, kTagList, kInt7, kTagSetRun, 5, 2, 4},
     6,
     "unhashable key",
     5},
    {"SetRunOfChange",
     {kTagDict, kInt7, kTagSetItem, 2, 1, 1, kInt7, kInt7, kTagSetRun, 5, 2, 4},
     6,
     "reference to a change",
     8},
    {"SetRunOfOne",
     {kTagDict, kInt7, kInt7, kTagSetRun, 3, 1, 2},
     4,
     "change not in its short form",
     3},
    {"SetRunTooLong",
     {kTagDict, kInt7, kInt7, kInt7, kTagSetRun, 4, 2, 3},
     5,
     "malformed",
     4},
    {"SetItemOnIntWithoutAt",
     {kInt7, kTagSetItem, 1, 1, 1},
     2,
     "offset where none belongs",
     1},
    {"AddItemsOfNothing",
     {kTagSet, kTagAddItems, 1, 0},
     2,
     "change of nothing",
     1},
    {"AddItemsOfUnhashable",
     {kTagSet, kTagAddItems, 1, 1, 1},
     2,
     "unhashable key",
     1},
    {"AddItemsToSetWithAt",
     {kTagSet, kInt7, kTagAt, 2, kTagAddItems, 2, 1, 1},
     3,
     "offset where none belongs",
     2},
    {"BuildWithoutAt", {kTagDict, kTagBuild, 1, 1}, 2, "malformed", 1},
    {"BuildOnChange",
     {kTagList, kTagAppend, 1, 1, kTagAt, 2, kTagBuild, 1, 2},
     3,
     "reference to a change",
     4},
    {"BuildOfChange",
     {kTagList, kTagAppend, 1, 1, kTagAt, 2, kTagBuild, 2, 1},
     3,
     "reference to a change",
     4},
    {"MoreNodesClaimed", {kInt7}, 2, "number of nodes", 1},
    {"FewerNodesClaimed", {kInt7, kInt7}, 1, "number of nodes", 2},
    {"RootIsChange",
     {kTagList, kTagAppend, 1, 1},
     2,
     "reference to a change",
     4},
};

std::vector<uint8_t> ToBytes(const std::vector<int>& numbers) {
  return {numbers.begin(), numbers.end()};
}

class Rejection : public ::testing::TestWithParam<Case> {};

TEST_P(Rejection, NamesTheFaultAndItsPlace) {
  const Case& c = GetParam();
  const auto graph =
      VerifyBytes(ToBytes(c.bytes), c.nodes, static_cast<NodeId>(c.nodes - 1));
  ASSERT_FALSE(graph.ok());
  EXPECT_EQ(graph.status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(graph.status().message()), StartsWith(c.fault));
  EXPECT_THAT(
      std::string(graph.status().message()),
      HasSubstr(absl::StrCat("at byte ", c.at, " of ", c.bytes.size())));
}

// Far from the end most nodes go another way through the verifier: to the same
// end, if the case is not about the end.
TEST_P(Rejection, AlsoFarFromTheEnd) {
  const Case& c = GetParam();
  const absl::string_view name = c.name;
  if (c.at == c.bytes.size()) GTEST_SKIP() << "about the whole";
  std::vector<uint8_t> bytes(c.bytes.begin(), c.bytes.end());
  constexpr int kMore = 40;
  bytes.insert(bytes.end(), kMore, kTagNone);
  const auto graph = VerifyBytes(bytes, c.nodes + kMore, 0);
  ASSERT_FALSE(graph.ok());
  if (absl::StrContains(name, "CutOff")) return;
  EXPECT_THAT(std::string(graph.status().message()),
              HasSubstr(absl::StrCat("at byte ", c.at, " of ", bytes.size())));
}

INSTANTIATE_TEST_SUITE_P(Verifier, Rejection, ::testing::ValuesIn(kCases),
                         [](const auto& param_info) {
                           return std::string(param_info.param.name);
                         });

TEST(VerifierRejects, RootOutOfRange) {
  const std::vector<uint8_t> one = {kInt7};
  EXPECT_TRUE(VerifyBytes(one, 1, 0).ok());
  EXPECT_THAT(std::string(VerifyBytes(one, 1, 1).status().message()),
              StartsWith("root out of range"));
}

TEST(VerifierRejects, WhatIsOverALimit) {
  Limits limits;
  limits.name = 3;
  const std::vector<uint8_t> name = {kTagAt, 2,   kTagGlobal, 0, 4,  'a',
                                     'b',    'c', 'd',        1, 'f'};
  EXPECT_TRUE(VerifyBytes(name, 1, 0).ok());
  EXPECT_THAT(
      std::string(VerifyBytes(name, 1, 0, nullptr, limits).status().message()),
      StartsWith("name over the limit"));

  limits.integer = 8;
  const std::vector<uint8_t> integer = {kTagBigInt, 9, 1, 2, 3, 4,
                                        5,          6, 7, 8, 9};
  EXPECT_TRUE(VerifyBytes(integer, 1, 0).ok());
  EXPECT_THAT(
      std::string(
          VerifyBytes(integer, 1, 0, nullptr, limits).status().message()),
      StartsWith("int over the limit"));
}

// The length that goes before 32 references and more must be theirs.
TEST(VerifierRejects, WrongLengthOfALongList) {
  std::vector<uint8_t> bytes = {kInt7, kTagTuple, 32, 32};
  bytes.insert(bytes.end(), 32, 1);
  EXPECT_TRUE(VerifyBytes(bytes, 2, 1).ok());
  for (const uint8_t length : {0, 31, 33, 127}) {
    bytes[3] = length;
    EXPECT_FALSE(VerifyBytes(bytes, 2, 1).ok()) << int{length};
  }
  bytes[3] = 33;
  bytes.push_back(1);  // one more reference than the count says
  EXPECT_FALSE(VerifyBytes(bytes, 2, 1).ok());
}

// Runs cost nothing to write, so their items are bounded by what the input
// could have pushed: else a megabyte of runs would keep the verifier busy for
// minutes.
TEST(VerifierRejects, MoreRunItemsThanTheInputCanHold) {
  Workshop shop(1 << 20);
  GraphBuilder& b = shop.builder();
  const NodeId list = b.List();
  std::vector<NodeId> items;
  for (int i = 0; i < 1024; ++i) items.push_back(b.Int(int64_t(1)));
  for (int i = 0; i < 1024; ++i) b.Append(list, items, 0);
  EXPECT_TRUE(shop.Verify(list).ok());
  b.Append(list, items, 0);
  EXPECT_THAT(std::string(shop.Verify(list).status().message()),
              StartsWith("more items than the input can hold"));
}

TEST(VerifierRejects, EveryPrefixOfAGraph) {
  Workshop shop;
  GraphBuilder& b = shop.builder();
  const NodeId cls = b.Global({"module", "Class", false, true}, 700);
  const NodeId args = b.Tuple({b.Int(int64_t(1) << 40), b.Float(1)});
  const NodeId object = b.New(NewForm::kNewObjEx, cls, args, b.Dict(), 800);
  const NodeId state = b.Dict();
  b.SetItems(state, {b.Str("name"), b.Bytes("abc")}, 0);
  b.Build(object, state, 900);
  std::vector<uint8_t> bytes = shop.encoding();
  const NodeId nodes = b.size();
  EXPECT_TRUE(VerifyBytes(bytes, nodes, object).ok());
  while (!bytes.empty()) {
    bytes.pop_back();
    EXPECT_FALSE(VerifyBytes(bytes, nodes, object).ok()) << bytes.size();
  }
}

}  // namespace
}  // namespace picklebox::graph
