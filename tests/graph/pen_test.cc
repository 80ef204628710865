// What a pen writes is what the builder would have written.
#include "graph/pen.h"

#include <gtest/gtest.h>

#include <random>
#include <string>

#include "graph/verifier.h"
#include "workshop.h"

namespace picklebox::graph {
namespace {

// Does each step with a builder, and the same with a pen on another.
class Pair {
 public:
  GraphBuilder& slow() { return slow_.builder(); }

  NodeId Plain(uint8_t tag, NodeKind kind, NodeId same) {
    Pen pen = Take();
    const NodeId node = pen.Plain(tag, kind);
    pen.Lift();
    return Same(node, same);
  }
  NodeId Int(int32_t value) {
    Pen pen = Take();
    const NodeId node = pen.Int32(static_cast<uint32_t>(value));
    pen.Lift();
    return Same(node, slow().Int(int64_t{value}));
  }
  NodeId Float(uint64_t bits) {
    Pen pen = Take();
    const NodeId node = pen.Float(bits);
    pen.Lift();
    return Same(node, slow().Float(bits));
  }
  NodeId Str(const std::string& text) {
    std::string padded = text;
    padded.resize(text.size() + base::kPadded, '_');
    const auto* const bytes = reinterpret_cast<const uint8_t*>(padded.data());
    Pen pen = Take();
    NodeId node = kNoNode;
    if (text.size() > base::kPadded ||
        !pen.PaddedStr(bytes, text.size(), &node)) {
      EXPECT_TRUE(pen.Str(bytes, text.size(), &node));
    }
    pen.Lift();
    return Same(node, slow().Str(text));
  }
  NodeId Tuple(const std::vector<NodeId>& items) {
    Pen pen = Take();
    NodeId node = kNoNode;
    const bool done = pen.Tuple(items.data(), items.size(), &node);
    pen.Lift();
    ++(done ? taken_ : refused_);
    return Same(done ? node : fast_.builder().Tuple(items),
                slow().Tuple(items));
  }
  void Append(NodeId list, const std::vector<NodeId>& items) {
    Pen pen = Take();
    const bool done = pen.Append(list, items);
    pen.Lift();
    ++(done ? taken_ : refused_);
    if (!done) fast_.builder().Append(list, items, 0);
    slow().Append(list, items, 0);
  }
  void SetItems(NodeId dict, const std::vector<NodeId>& pairs) {
    Pen pen = Take();
    const bool done = pen.SetItems(dict, pairs);
    pen.Lift();
    ++(done ? taken_ : refused_);
    if (!done) fast_.builder().SetItems(dict, pairs, 0);
    slow().SetItems(dict, pairs, 0);
  }
  NodeId Global() {
    return Same(fast_.builder().Global({"m", "g", false, false}, 5),
                slow().Global({"m", "g", false, false}, 5));
  }

  void ExpectSame() {
    ASSERT_EQ(fast_.encoding(), slow_.encoding());
    ASSERT_EQ(fast_.told(), slow_.told());
    const Ledger& a = fast_.builder().ledger();
    const Ledger& b = slow().ledger();
    ASSERT_EQ(a.size(), b.size());
    for (NodeId id = 0; id < a.size(); ++id) {
      ASSERT_EQ(a.fact(id), b.fact(id)) << id;
      ASSERT_EQ(fast_.builder().source().node(id).id, id);
    }
    ASSERT_EQ(a.waypoints().size(), b.waypoints().size());
    for (size_t i = 0; i < a.waypoints().size(); ++i) {
      ASSERT_EQ(a.waypoints()[i].position, b.waypoints()[i].position);
      ASSERT_EQ(a.waypoints()[i].at, b.waypoints()[i].at);
    }
    VisitorLog log;
    const auto graph = fast_.Verify(0, &log);
    ASSERT_TRUE(graph.ok()) << graph.status();
    ASSERT_EQ(log.log(), fast_.told());
  }

  int taken_ = 0;
  int refused_ = 0;

 private:
  Pen Take() {
    Pen pen(fast_.builder());
    EXPECT_TRUE(pen.ready());
    return pen;
  }
  NodeId Same(NodeId a, NodeId b) {
    EXPECT_EQ(a, b);
    return b;
  }
  Workshop fast_{1 << 18};
  Workshop slow_{1 << 18};
};

TEST(Pen, WritesWhatTheBuilderWrites) {
  int taken = 0;
  int refused = 0;
  for (uint32_t seed = 0; seed < 200; ++seed) {
    std::mt19937 random(seed);
    const auto below = [&random](uint32_t limit) { return random() % limit; };
    Pair pair;
    const NodeId list =
        pair.Plain(kTagList, NodeKind::kList, pair.slow().List());
    const NodeId dict =
        pair.Plain(kTagDict, NodeKind::kDict, pair.slow().Dict());
    std::vector<NodeId> values = {pair.Int(0)};
    std::vector<NodeId> keys = {values[0]};
    const auto pick = [&](const std::vector<NodeId>& from) {
      const uint32_t size = static_cast<uint32_t>(from.size());
      return from[below(3) == 0 ? below(size)
                                : size - 1 - below(std::min(size, 12u))];
    };
    for (int step = 0; step < 400; ++step) {
      switch (below(9)) {
        case 0:
          values.push_back(
              pair.Plain(kTagNone, NodeKind::kNone, pair.slow().None()));
          break;
        case 1:
        case 2:
          values.push_back(
              pair.Int(static_cast<int32_t>(random() >> below(32))));
          keys.push_back(values.back());
          break;
        case 3:
          values.push_back(pair.Float(random()));
          break;
        case 4: {
          std::string text(below(8) == 0 ? below(257) : below(20), 'a');
          for (char& c : text) c = static_cast<char>('0' + below(80));
          if (below(6) == 0 && text.size() < 250) text += "\xc3\xa9";
          values.push_back(pair.Str(text));
          keys.push_back(values.back());
          break;
        }
        case 5: {
          std::vector<NodeId> items(1 + below(3));
          for (NodeId& item : items) item = pick(values);
          values.push_back(pair.Tuple(items));
          break;
        }
        case 6: {
          std::vector<NodeId> items(1 + below(below(5) == 0 ? 60 : 3));
          const NodeId first = pick(values);
          for (size_t i = 0; i < items.size(); ++i) items[i] = pick(values);
          // Often a run: the values at the end, as they follow each other.
          if (below(2) == 0) {
            items = {first};
            while (items.back() + 1 <= values.back() &&
                   pair.slow().ledger().IsValue(items.back() + 1)) {
              items.push_back(items.back() + 1);
            }
          }
          pair.Append(list, items);
          break;
        }
        case 7: {
          std::vector<NodeId> pairs;
          for (uint32_t i = below(below(5) == 0 ? 40 : 4) + 1; i > 0; --i) {
            pairs.insert(pairs.end(), {pick(keys), pick(values)});
          }
          pair.SetItems(dict, pairs);
          break;
        }
        default:
          if (below(10) == 0) {
            values.push_back(pair.Global());
            keys.push_back(values.back());
          }
          break;
      }
    }
    pair.ExpectSame();
    if (HasFatalFailure()) return;
    taken += pair.taken_;
    refused += pair.refused_;
  }
  EXPECT_GT(taken, 5000);
  EXPECT_GT(refused, 100);
}

TEST(Pen, IsNotReadyWhereANodeMightNotFit) {
  Workshop shop(400);
  GraphBuilder& b = shop.builder();
  NodeId node = kNoNode;
  const std::vector<uint8_t> text(256, 'a');
  Pen pen(b);
  ASSERT_TRUE(pen.ready());
  ASSERT_TRUE(pen.Str(text.data(), text.size(), &node));
  EXPECT_FALSE(pen.ready());
  pen.Lift();
  EXPECT_FALSE(b.full());
  EXPECT_EQ(b.encoded_size(), 259u);
  // A change of more than is left is refused.
  const std::vector<NodeId> items(30, node);
  const NodeId list = b.List();
  Pen another(b);
  EXPECT_FALSE(another.Append(list, items));
  EXPECT_TRUE(another.Append(list, {node}));
}

// The nodes can be used up before the bytes are.
TEST(Pen, PlainChangesNeedANode) {
  base::HeapMemory memory;
  std::vector<uint8_t> out(1 << 12);
  GraphBuilder b(memory, absl::MakeSpan(out), 4, Limits().key, nullptr);
  const NodeId list = b.List();
  const NodeId dict = b.Dict();
  const NodeId node = b.None();
  EXPECT_TRUE(b.AppendPlain(list, {node}));
  EXPECT_FALSE(b.AppendPlain(list, {node}));
  EXPECT_FALSE(b.SetPlainItems(dict, {node, node}));
  EXPECT_FALSE(b.full());
  b.Append(list, {node}, 0);
  EXPECT_TRUE(b.full());
}

}  // namespace
}  // namespace picklebox::graph
