// Which keys may be hashed: the same answer in worker and parent, and none that
// would crash or stall a loader.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "workshop.h"

namespace picklebox::graph {
namespace {

using ::testing::Contains;
using ::testing::StartsWith;

// Adds `key` to a dict and verifies.
std::string VerifyAsKey(Workshop& shop, NodeId key) {
  GraphBuilder& b = shop.builder();
  const NodeId dict = b.Dict();
  b.SetItems(dict, {key, key}, 0);
  return std::string(shop.Verify(dict).status().message());
}

TEST(Keys, EveryKind) {
  Workshop shop;
  GraphBuilder& b = shop.builder();
  const Ledger& ledger = b.ledger();
  const NodeId empty = b.Tuple({});
  const NodeId global = b.Global({"m", "f", false, false}, 1);
  for (const NodeId id :
       {b.None(), b.Bool(true), b.Int(int64_t(1)), b.Float(0), b.Str("x"),
        b.StrExtent({0, 9}), b.Bytes("x"), empty, b.FrozenSet({}), global}) {
    EXPECT_EQ(ledger.HashOf(id), Hash::kNative) << id;
  }
  for (const NodeId id : {b.ByteArray("x"), b.List(), b.Dict(), b.Set()}) {
    EXPECT_EQ(ledger.HashOf(id), Hash::kUnhashable) << id;
    EXPECT_EQ(ledger.HashOf(b.Tuple({b.Tuple({empty, id})})),
              Hash::kUnhashable);
  }
  const NodeId buffer = b.Buffer(0, 2);
  for (const NodeId id :
       {b.Call(global, empty, 3),
        b.New(NewForm::kObj, global, empty, kNoNode, 4), b.Persistent(empty, 5),
        b.Extension(1, 6), buffer, b.Readonly(buffer)}) {
    EXPECT_EQ(ledger.HashOf(id), Hash::kForeign) << id;
    EXPECT_EQ(ledger.HashOf(b.Tuple({empty, b.Tuple({id})})), Hash::kForeign);
    EXPECT_EQ(ledger.HashOf(b.FrozenSet({id})), Hash::kForeign);
  }
}

TEST(Keys, UnhashableWinsOverForeign) {
  Workshop shop;
  GraphBuilder& b = shop.builder();
  const NodeId id = b.Persistent(b.None(), 1);
  EXPECT_EQ(b.ledger().HashOf(b.Tuple({id, b.List()})), Hash::kUnhashable);
}

TEST(Keys, WideTupleAtTheLimit) {
  const uint64_t limit = Limits().key;
  Workshop shop(1 << 17);
  GraphBuilder& b = shop.builder();
  const NodeId none = b.None();
  std::vector<NodeId> items(limit - 1, none);  // and the tuple itself
  const NodeId most = b.Tuple(items);
  EXPECT_EQ(b.ledger().HashOf(most), Hash::kNative);
  EXPECT_EQ(VerifyAsKey(shop, most), "");
  items.push_back(none);
  const NodeId over = b.Tuple(items);
  EXPECT_EQ(b.ledger().HashOf(over), Hash::kTooHeavy);
  EXPECT_THAT(VerifyAsKey(shop, over), StartsWith("key over the limit"));
}

TEST(Keys, TuplesNested200000Deep) {
  Workshop shop(1 << 20);
  GraphBuilder& b = shop.builder();
  NodeId tuple = b.Tuple({});
  for (int i = 0; i < 200'000; ++i) tuple = b.Tuple({tuple});
  EXPECT_EQ(b.ledger().HashOf(tuple), Hash::kTooHeavy);
  EXPECT_TRUE(shop.Verify(tuple).ok());  // as a value it is fine
  EXPECT_THAT(VerifyAsKey(shop, tuple), StartsWith("key over the limit"));
}

TEST(Keys, TuplesDoubled40Times) {
  Workshop shop;
  GraphBuilder& b = shop.builder();
  NodeId tuple = b.Tuple({b.Int(int64_t(1))});
  for (int i = 0; i < 40; ++i) tuple = b.Tuple({tuple, tuple});
  EXPECT_EQ(b.ledger().HashOf(tuple), Hash::kTooHeavy);
  EXPECT_THAT(VerifyAsKey(shop, tuple), StartsWith("key over the limit"));
}

TEST(Keys, DoublingStopsWhereTheLimitIs) {
  Workshop shop;
  GraphBuilder& b = shop.builder();
  NodeId tuple = b.Tuple({});
  int doublings = 0;
  while (b.ledger().HashOf(tuple) == Hash::kNative) {
    tuple = b.Tuple({tuple, tuple});
    ++doublings;
  }
  // The first doubling counts its light parts as kLightWeight each.
  uint64_t weight = 1;
  int expected = 0;
  while (weight <= Limits().key) {
    weight = 1 + 2 * (weight <= kLightWeight ? kLightWeight : weight);
    ++expected;
  }
  EXPECT_EQ(doublings, expected);
}

TEST(Keys, WeightsAreFoundFarBack) {
  Workshop shop(1 << 24);
  GraphBuilder& b = shop.builder();
  const NodeId none = b.None();
  std::vector<NodeId> heavy;
  for (int i = 0; i < 2000; ++i) {
    heavy.push_back(b.Tuple(std::vector<NodeId>(100 + i, none)));
    b.Str("between");
  }
  const uint64_t limit = Limits().key;
  for (int i = 0; i < 2000; ++i) {
    // 1 + n * (101 + i) values.
    const uint64_t fits = (limit - 1) / (101 + i);
    EXPECT_EQ(b.ledger().HashOf(b.Tuple(std::vector<NodeId>(fits, heavy[i]))),
              Hash::kNative);
    EXPECT_EQ(
        b.ledger().HashOf(b.Tuple(std::vector<NodeId>(fits + 1, heavy[i]))),
        Hash::kTooHeavy);
    ASSERT_FALSE(b.full());
    if (i % 50 != 0) i += 10;
  }
}

TEST(Keys, UnhashableAndOverTheLimitIsNeverHashable) {
  Workshop shop(1 << 17);
  GraphBuilder& b = shop.builder();
  NodeId deep = b.Tuple({});
  for (int i = 0; i < 20'000; ++i) deep = b.Tuple({deep});
  const NodeId both = b.Tuple({deep, b.Tuple({b.List()})});
  EXPECT_NE(b.ledger().HashOf(both), Hash::kNative);
  EXPECT_NE(VerifyAsKey(shop, both), "");
}

TEST(Facts, NamesOfAttributes) {
  Workshop shop;
  GraphBuilder& b = shop.builder();
  EXPECT_EQ(b.ledger().fact(b.Str("name_1")) & kNoAttribute, 0);
  EXPECT_NE(b.ledger().fact(b.Str("__class__")) & kNoAttribute, 0);
  EXPECT_NE(b.ledger().fact(b.StrExtent({0, 400})) & kNoAttribute, 0);
}

TEST(Facts, DictsWithOddKeys) {
  Workshop shop;
  GraphBuilder& b = shop.builder();
  const NodeId name = b.Str("name");
  const NodeId odd = b.Str("no name");
  const NodeId number = b.Int(int64_t(1));
  const auto is_odd = [&](std::initializer_list<NodeId> pairs) {
    const NodeId dict = b.Dict();
    b.SetItems(dict, pairs, 0);
    return (b.ledger().fact(dict) & kOddKeys) != 0;
  };
  EXPECT_FALSE(is_odd({name, odd}));
  EXPECT_TRUE(is_odd({odd, name}));
  EXPECT_TRUE(is_odd({name, odd, number, odd}));
  EXPECT_TRUE(is_odd({name, odd, number, name}));
}

// A global in the place of keyword arguments is used as a value. Nothing once
// noticed when the visitor was not told so.
TEST(Uses, KeywordArguments) {
  Workshop shop;
  GraphBuilder& b = shop.builder();
  const NodeId cls = b.Global({"m", "C", false, false}, 1);
  const NodeId kwargs = b.Global({"m", "f", false, false}, 2);
  const NodeId object = b.New(NewForm::kNewObjEx, cls, b.Tuple({}), kwargs, 3);
  VisitorLog log;
  ASSERT_TRUE(shop.Verify(object, &log).ok());
  EXPECT_THAT(log.log(), Contains(absl::StrCat("reference ", kwargs)));
  EXPECT_EQ(shop.told(), log.log());
}

}  // namespace
}  // namespace picklebox::graph
