// What the builder writes, the verifier accepts and the reader reads.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <numeric>

#include "reencode.h"
#include "workshop.h"

namespace picklebox::graph {
namespace {

using ::testing::ElementsAre;
using ::testing::ElementsAreArray;

// Builds with `fill`, which returns the root; checks that builder and verifier
// told their visitors the same, and that the form is canonical.
template <typename Fill>
Graph RoundTrip(Fill fill) {
  Workshop shop;
  const NodeId root = fill(shop.builder());
  EXPECT_FALSE(shop.builder().full());
  VisitorLog log;
  absl::StatusOr<Graph> graph = shop.Verify(root, &log);
  EXPECT_TRUE(graph.ok()) << graph.status();
  if (!graph.ok()) return Graph();
  // The root counts as a use, which only the verifier knows of.
  std::vector<std::string> told = log.log();
  if (told.size() == shop.told().size() + 1) {
    EXPECT_EQ(told.back(), absl::StrCat("reference ", root));
    told.pop_back();
  }
  EXPECT_EQ(told, shop.told());
  EXPECT_EQ(Reencode(*graph), shop.encoding());
  EXPECT_EQ(graph->root(), root);
  EXPECT_EQ(graph->size(), shop.builder().size());
  EXPECT_EQ(graph->encoded_size(), shop.builder().encoded_size());
  return *graph;
}

std::vector<NodeId> Items(const Node& node) {
  return {node.items.begin(), node.items.end()};
}

TEST(RoundTrip, ConstantsAndEmptyContainers) {
  const Graph graph = RoundTrip([](GraphBuilder& b) {
    b.None();
    b.Bool(false);
    b.Bool(true);
    b.List();
    b.Dict();
    b.Set();
    return b.Tuple({});
  });
  EXPECT_EQ(graph.encoded_size(), 7);
  const NodeKind kinds[] = {NodeKind::kNone, NodeKind::kBool, NodeKind::kBool,
                            NodeKind::kList, NodeKind::kDict, NodeKind::kSet,
                            NodeKind::kTuple};
  for (NodeId id = 0; id < graph.size(); ++id) {
    EXPECT_EQ(graph.node(id).kind, kinds[id]);
    EXPECT_EQ(graph.node(id).id, id);
  }
  EXPECT_EQ(graph.node(1).integer, 0);
  EXPECT_EQ(graph.node(2).integer, 1);
}

TEST(RoundTrip, IntsOf64Bits) {
  const std::vector<int64_t> numbers = {
      0,      1,         127,       128,           -1,           -128, 1 << 20,
      -12345, INT64_MAX, INT64_MIN, INT64_MAX - 1, INT64_MIN + 1};
  const Graph graph = RoundTrip([&](GraphBuilder& b) {
    NodeId last = 0;
    for (const int64_t number : numbers) last = b.Int(number);
    return last;
  });
  for (NodeId id = 0; id < graph.size(); ++id) {
    EXPECT_FALSE(graph.node(id).big);
    EXPECT_EQ(graph.node(id).integer, numbers[id]);
  }
}

TEST(RoundTrip, BigInts) {
  const std::vector<std::pair<std::vector<uint8_t>, std::string>> cases = {
      {{0, 0, 0, 0, 0, 0, 0, 0x80, 0}, std::string("\0\0\0\0\0\0\0\x80\0", 9)},
      {{1, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0}, std::string("\1\0\0\0\0\0\0\0\1", 9)},
      {{0, 0, 0, 0, 0, 0, 0, 0, 0xfe, 0xff},
       std::string("\0\0\0\0\0\0\0\0\xfe", 9)},
  };
  for (const auto& [bytes, minimal] : cases) {
    const Graph graph =
        RoundTrip([&, &b_in = bytes](GraphBuilder& b) { return b.Int(b_in); });
    EXPECT_TRUE(graph.node(0).big);
    EXPECT_EQ(graph.node(0).text, minimal);
  }
}

TEST(RoundTrip, LongSpellingsOfSmallIntsAreSmall) {
  const Graph graph = RoundTrip([](GraphBuilder& b) {
    b.Int(absl::Span<const uint8_t>());
    b.Int(std::vector<uint8_t>{5, 0, 0, 0, 0, 0, 0, 0, 0, 0});
    b.Int(std::vector<uint8_t>{0xff, 0xff, 0xff});
    return b.Int(std::vector<uint8_t>{0, 0, 0, 0, 0, 0, 0, 0x80});
  });
  EXPECT_EQ(graph.node(0).integer, 0);
  EXPECT_EQ(graph.node(1).integer, 5);
  EXPECT_EQ(graph.node(2).integer, -1);
  EXPECT_EQ(graph.node(3).integer, INT64_MIN);
}

TEST(RoundTrip, Floats) {
  const Graph graph = RoundTrip([](GraphBuilder& b) {
    b.Float(0x3ff8000000000000u);
    return b.Float(0x7ff8000000000123u);  // a NaN keeps its payload
  });
  EXPECT_EQ(graph.node(0).number(), 1.5);
  EXPECT_EQ(graph.node(1).float_bits, 0x7ff8000000000123u);
}

TEST(RoundTrip, TextOfEveryForm) {
  const std::vector<std::string> texts = {"",
                                          "a",
                                          "caf\xc3\xa9",
                                          std::string(63, 'x'),
                                          std::string(64, 'y'),
                                          std::string(3000, 'z'),
                                          "\xed\xa0\x80 a lone surrogate",
                                          std::string("nul\0", 4)};
  const Graph graph = RoundTrip([&](GraphBuilder& b) {
    for (const std::string& text : texts) b.Str(text);
    b.StrExtent({100, 5000});
    b.Bytes(absl::string_view("\xff\0", 2));
    b.BytesExtent({5100, 0});
    b.ByteArray(std::string(300, '\x80'));
    return b.ByteArrayExtent({6000, kTestInputSize - 6000});
  });
  NodeId id = 0;
  for (const std::string& text : texts) {
    EXPECT_EQ(graph.node(id).kind, NodeKind::kStr);
    EXPECT_EQ(graph.node(id++).text, text);
  }
  EXPECT_EQ(graph.node(id).extent->offset, 100);
  EXPECT_EQ(graph.node(id).extent->length, 5000);
  EXPECT_EQ(graph.node(id).text, "");
  EXPECT_EQ(graph.node(id + 1).kind, NodeKind::kBytes);
  EXPECT_FALSE(graph.node(id + 1).extent);
  EXPECT_EQ(graph.node(id + 4).kind, NodeKind::kByteArray);
  EXPECT_EQ(graph.node(id + 4).extent->offset, 6000);
}

TEST(RoundTrip, TuplesAndFrozenSetsOfEveryForm) {
  for (const size_t size : {0, 1, 2, 3, 4, 31, 32, 33, 300}) {
    const Graph graph = RoundTrip([&](GraphBuilder& b) {
      std::vector<NodeId> items(size);
      for (NodeId& item : items) item = b.Int(int64_t(7));
      b.Tuple(items);
      b.FrozenSet(items);
      return b.None();
    });
    std::vector<NodeId> expected(size);
    std::iota(expected.begin(), expected.end(), 0);
    const NodeId tuple = static_cast<NodeId>(size);
    EXPECT_THAT(Items(graph.node(tuple)), ElementsAreArray(expected));
    EXPECT_THAT(Items(graph.node(tuple + 1)), ElementsAreArray(expected));
    EXPECT_EQ(graph.node(tuple + 1).kind, NodeKind::kFrozenSet);
    EXPECT_EQ(graph.node(tuple + 2).kind, NodeKind::kNone);
  }
}

TEST(RoundTrip, Objects) {
  const Graph graph = RoundTrip([](GraphBuilder& b) {
    const NodeId global = b.Global({"os", "path.join", false, true}, 2);
    const NodeId old = b.Global({"copy_reg", "_reconstructor", true, false}, 9);
    const NodeId args = b.Tuple({global});
    const NodeId call = b.Call(old, args, 300);
    const NodeId dict = b.Dict();
    b.New(NewForm::kNewObj, global, args, kNoNode, 301);
    b.New(NewForm::kNewObjEx, global, args, dict, 302);
    b.New(NewForm::kObj, global, args, kNoNode, 303);
    b.New(NewForm::kInst, call, args, kNoNode, 100);  // offsets may fall
    b.Persistent(args, 400);
    b.Extension(INT32_MAX, 401);
    const NodeId buffer = b.Buffer(0, 402);
    return b.Readonly(buffer);
  });
  const Node global = graph.node(0);
  EXPECT_EQ(global.module(), "os");
  EXPECT_EQ(global.qualname, "path.join");
  EXPECT_TRUE(global.dotted);
  EXPECT_FALSE(global.python2_names);
  EXPECT_EQ(global.at, 2);
  EXPECT_TRUE(graph.node(1).python2_names);
  EXPECT_EQ(graph.node(3).subject, 1);
  EXPECT_EQ(graph.node(3).args, 2);
  EXPECT_EQ(graph.node(3).at, 300);
  EXPECT_EQ(graph.node(6).form, NewForm::kNewObjEx);
  EXPECT_EQ(graph.node(6).kwargs, 4);
  EXPECT_EQ(graph.node(7).kwargs, kNoNode);
  EXPECT_EQ(graph.node(8).at, 100);
  EXPECT_EQ(graph.node(9).subject, 2);
  EXPECT_EQ(graph.node(10).integer, INT32_MAX);
  EXPECT_EQ(graph.node(11).kind, NodeKind::kBuffer);
  EXPECT_EQ(graph.node(12).subject, 11);
}

TEST(RoundTrip, ChangesOfEveryForm) {
  const Graph graph = RoundTrip([](GraphBuilder& b) {
    const NodeId list = b.List();
    const NodeId dict = b.Dict();
    const NodeId set = b.Set();
    const NodeId k = b.Str("k");
    const NodeId one = b.Int(1);
    b.Append(list, {list}, 0);  // a cycle
    b.Append(list, {k, one}, 0);
    b.Append(list, {one, k}, 0);
    b.SetItems(dict, {k, dict}, 0);
    b.SetItems(dict, {set - 2 + 3, one, one, k}, 0);
    b.AddItems(set, {k}, 0);
    b.AddItems(set, {k, one, k}, 0);
    return list;
  });
  EXPECT_THAT(Items(graph.node(5)), ElementsAre(0));
  EXPECT_THAT(Items(graph.node(6)), ElementsAre(3, 4));
  EXPECT_THAT(Items(graph.node(7)), ElementsAre(4, 3));
  EXPECT_THAT(Items(graph.node(8)), ElementsAre(3, 1));
  EXPECT_THAT(Items(graph.node(9)), ElementsAre(3, 4, 4, 3));
  EXPECT_THAT(Items(graph.node(10)), ElementsAre(3));
  EXPECT_THAT(Items(graph.node(11)), ElementsAre(3, 4, 3));
  EXPECT_EQ(graph.node(11).at, 0);
}

TEST(RoundTrip, LongChanges) {
  const Graph graph = RoundTrip([](GraphBuilder& b) {
    const NodeId list = b.List();
    const NodeId dict = b.Dict();
    std::vector<NodeId> pairs;
    for (int i = 0; i < 200; ++i) pairs.push_back(b.Int(int64_t(i)));
    b.Append(list, pairs, 0);
    b.SetItems(dict, pairs, 0);
    std::swap(pairs[0], pairs[1]);
    b.Append(list, pairs, 0);
    b.SetItems(dict, pairs, 0);
    b.AddItems(b.Set(), pairs, 0);
    return b.None();
  });
  // Runs take no room for their items, others a byte or two each.
  EXPECT_LT(graph.encoded_size(), 202 + 80 + 16 + 3 * 2 * 200);
  EXPECT_EQ(graph.node(202).items.size(), 200);
  EXPECT_EQ(*graph.node(204).items.begin(), 3);
  EXPECT_EQ(*graph.node(207).items.begin(), 3);
}

TEST(RoundTrip, ChangesOfObjectsHaveOffsets) {
  const Graph graph = RoundTrip([](GraphBuilder& b) {
    const NodeId cls = b.Global({"m", "C", false, false}, 3);
    const NodeId args = b.Tuple({});
    const NodeId object = b.New(NewForm::kNewObj, cls, args, kNoNode, 10);
    b.Append(object, {args}, 11);
    b.SetItems(object, {args, args, cls, cls}, 12);
    b.AddItems(object, {args, cls}, 13);
    b.Build(object, args, 14);
    b.Build(object, object, 15);
    return object;
  });
  for (NodeId id = 3; id < 8; ++id) EXPECT_EQ(graph.node(id).at, id + 8);
  EXPECT_EQ(graph.node(7).args, 2);
}

TEST(RoundTrip, VisitorIsToldInOrder) {
  Workshop shop;
  GraphBuilder& b = shop.builder();
  const NodeId cls = b.Global({"m", "C", false, false}, 3);  // 0
  const NodeId args = b.Tuple({cls});                        // 1
  const NodeId object = b.Call(cls, args, 4);                // 2
  const NodeId set = b.Set();                                // 3
  b.AddItems(set, {object, cls}, 0);
  b.Build(cls, args, 5);
  EXPECT_THAT(shop.told(),
              ElementsAre("global 0 m:C @3", "reference 0", "call 2 0 1 @4",
                          "foreign key 2", "build 0 1 @5"));
}

TEST(RoundTrip, GlobalOnlyCalledIsNotReferenced) {
  Workshop shop;
  GraphBuilder& b = shop.builder();
  const NodeId f = b.Global({"m", "f", false, false}, 3);
  const NodeId args = b.Tuple({});
  b.Call(f, args, 4);
  EXPECT_THAT(shop.told(), ElementsAre("global 0 m:f @3", "call 2 0 1 @4"));
}

TEST(RoundTrip, GlobalsInLongRunsAreReferencedOnceEach) {
  // Runs are looked through eight facts at a time.
  for (int before = 0; before < 20; ++before) {
    Workshop shop;
    GraphBuilder& b = shop.builder();
    const NodeId list = b.List();
    std::vector<NodeId> items;
    for (int i = 0; i < before; ++i) items.push_back(b.None());
    const NodeId global = b.Global({"m", "f", false, false}, 3);
    items.push_back(global);
    for (int i = 0; i < 19; ++i) items.push_back(b.None());
    b.Append(list, items, 0);
    b.Append(list, items, 0);
    VisitorLog log;
    ASSERT_TRUE(shop.Verify(list, &log).ok());
    EXPECT_THAT(log.log(),
                ElementsAre(absl::StrCat("global ", global, " m:f @3"),
                            absl::StrCat("reference ", global)));
    EXPECT_EQ(log.log(), shop.told());
  }
}

TEST(RoundTrip, NoRoot) {
  Workshop shop;
  shop.builder().Int(int64_t(1));
  const auto graph = shop.Verify(kNoNode);
  ASSERT_TRUE(graph.ok());
  EXPECT_EQ(graph->root(), kNoNode);
}

TEST(RoundTrip, EveryNodeIsFoundFromItsNumber) {
  Workshop shop(1 << 18);
  GraphBuilder& b = shop.builder();
  std::vector<NodeId> tuple(40, 0);
  for (int64_t i = 0; i < 1000; ++i) {
    b.Int(i * 1000);
    b.Global({"m", "f", false, false}, static_cast<uint64_t>(i));
    b.Tuple(tuple);
  }
  const auto graph = shop.Verify(0);
  ASSERT_TRUE(graph.ok());
  for (NodeId id = 0; id < graph->size(); ++id) {
    const Node node = graph->node(id);
    EXPECT_EQ(node.id, id);
    switch (id % 3) {
      case 0:
        EXPECT_EQ(node.integer, id / 3 * 1000);
        break;
      case 1:
        EXPECT_EQ(node.at, id / 3);
        break;
      default:
        EXPECT_EQ(node.items.size(), 40);
        break;
    }
  }
}

TEST(Builder, FullStaysFull) {
  Workshop shop(200);
  GraphBuilder& b = shop.builder();
  while (!b.full()) b.Str("some text");
  const uint64_t size = b.encoded_size();
  EXPECT_LE(size, 200);
  b.None();
  EXPECT_TRUE(b.full());
  EXPECT_EQ(b.encoded_size(), size);
  EXPECT_TRUE(shop.Verify(0).ok());
}

TEST(Builder, RestartForgets) {
  Workshop shop;
  GraphBuilder& b = shop.builder();
  b.Global({"m", "f", false, false}, 3);
  std::vector<uint8_t> second(4096);
  b.Restart(absl::MakeSpan(second));
  EXPECT_EQ(b.size(), 0);
  const NodeId global = b.Global({"m", "g", false, false}, 3);
  const auto graph = VerifyBytes(
      absl::MakeConstSpan(second).first(b.encoded_size()), b.size(), global);
  ASSERT_TRUE(graph.ok()) << graph.status();
  EXPECT_EQ(graph->node(0).qualname, "g");
}

}  // namespace
}  // namespace picklebox::graph
