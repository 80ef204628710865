// Trees, DOT and paths: what they show, and that hostile graphs cannot make
// them run on.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "graph/change_index.h"
#include "graph/view_text.h"
#include "picklebox/graph_view.h"
#include "workshop.h"

namespace picklebox::graph {
namespace {

using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::Not;

Graph Verified(const Workshop& shop, NodeId root) {
  auto graph = shop.Verify(root);
  EXPECT_TRUE(graph.ok()) << graph.status();
  return graph.ok() ? *std::move(graph) : Graph();
}

std::string Tree(const Workshop& shop, NodeId root, ViewOptions options = {},
                 absl::StatusCode code = absl::StatusCode::kOk) {
  std::string out;
  const Graph graph = Verified(shop, root);
  const absl::Status status = RenderTree(
      graph, root, options,
      [&out](absl::string_view piece) { out += std::string(piece); });
  EXPECT_EQ(status.code(), code) << status;
  return out;
}

std::string Dot(const Workshop& shop, NodeId root, ViewOptions options = {},
                absl::StatusCode code = absl::StatusCode::kOk) {
  std::string out;
  const Graph graph = Verified(shop, root);
  const absl::Status status =
      RenderDot(graph, options,
                [&out](absl::string_view piece) { out += std::string(piece); });
  EXPECT_EQ(status.code(), code) << status;
  return out;
}

bool IsPrintableAscii(absl::string_view text) {
  for (const char c : text) {
    if (c != '\n' && (c < 0x20 || c > 0x7e)) return false;
  }
  return true;
}

// A model as scikit-learn's pipelines look.
NodeId Pipeline(GraphBuilder& b) {
  const NodeId empty = b.Tuple({});
  const NodeId cls = b.Global({"sklearn.pipeline", "Pipeline", false, true}, 3);
  const NodeId scaler =
      b.Global({"sklearn.preprocessing", "Scaler", false, true}, 5);
  const NodeId pipeline = b.New(NewForm::kNewObj, cls, empty, kNoNode, 10);
  const NodeId state = b.Dict();
  const NodeId steps = b.List();
  const NodeId step = b.New(NewForm::kNewObj, scaler, empty, kNoNode, 20);
  const NodeId inner = b.Dict();
  b.SetItems(inner,
             {b.Str("with_mean"), b.Bool(true), b.Str("n"), b.Int(int64_t(3))},
             0);
  b.Build(step, inner, 25);
  b.Append(steps,
           {b.Tuple({b.Str("scale"), step}), b.Tuple({b.Str("again"), step})},
           0);
  b.SetItems(state, {b.Str("steps"), steps, b.Str("memory"), b.None()}, 0);
  b.Build(pipeline, state, 30);
  return pipeline;
}

TEST(Tree, ShowsItemsAndStateInTheirPlace) {
  Workshop shop;
  EXPECT_EQ(Tree(shop, Pipeline(shop.builder())),
            "newobj sklearn.pipeline:Pipeline()\n"
            "  .steps = list of 2\n"
            "    [0] tuple of 2\n"
            "      [0] 'scale'\n"
            "      [1] newobj sklearn.preprocessing:Scaler() &6\n"
            "        .with_mean = True\n"
            "        .n = 3\n"
            "    [1] tuple of 2\n"
            "      [0] 'again'\n"
            "      [1] *6\n"
            "  .memory = None\n");
}

TEST(Tree, ShowsEveryKind) {
  Workshop shop;
  GraphBuilder& b = shop.builder();
  const NodeId cls = b.Global({"m", "C", false, false}, 1);
  const NodeId empty = b.Tuple({});
  const NodeId kwargs = b.Dict();
  b.SetItems(kwargs, {b.Str("k"), b.Int(int64_t(1))}, 0);
  const NodeId set = b.Set();
  b.AddItems(set, {b.Str("member")}, 0);
  const NodeId many = b.Tuple({b.List(), b.None()});
  const NodeId call = b.Call(cls, many, 2);
  b.Append(call, {b.Float(0x3ff8000000000000u)}, 3);
  b.SetItems(call, {b.Str("key"), b.Bool(false)}, 4);
  b.AddItems(call, {b.Int(int64_t(5))}, 5);
  b.Build(call, b.Str("odd state"), 6);
  const NodeId dict = b.Dict();
  b.SetItems(dict,
             {b.Tuple({b.Int(int64_t(1))}), b.Int(int64_t(2)), cls,
              b.Bytes(absl::string_view("\0\xff", 2))},
             0);
  const NodeId state = b.Dict();
  const NodeId slots = b.Dict();
  b.SetItems(state, {b.Str("x"), b.Int(int64_t(1))}, 0);
  b.SetItems(slots, {b.Str("y"), b.Int(int64_t(2))}, 0);
  const NodeId slotted = b.Call(cls, b.Tuple({b.Str("a"), empty}), 7);
  b.Build(slotted, b.Tuple({state, slots}), 8);
  const NodeId persistent = b.Persistent(b.Str("weights/0"), 9);
  const NodeId odd_id = b.Persistent(b.List(), 10);
  const NodeId buffer = b.Buffer(0, 11);
  const NodeId root =
      b.Tuple({b.New(NewForm::kNewObjEx, cls, empty, kwargs, 12), set,
               b.FrozenSet({empty}), call, dict, slotted, persistent, odd_id,
               b.Readonly(buffer), b.Extension(9, 13), b.Call(call, call, 14),
               b.ByteArray("x"), b.StrExtent({50, 500}),
               b.Int(std::vector<uint8_t>{0, 0, 0, 0, 0, 0, 0, 0, 0xff})});
  EXPECT_EQ(Tree(shop, root),
            "tuple of 14\n"
            "  [0] newobj_ex m:C(**kwargs)\n"
            "    **kwargs: dict of 1\n"
            "      'k': 1\n"
            "  [1] set of 1\n"
            "    - 'member'\n"
            "  [2] frozenset of 1\n"
            "    - ()\n"
            "  [3] m:C(2 arguments) &" +
                absl::StrCat(call) +
                "\n"
                "    (0) list of 0\n"
                "    (1) None\n"
                "    append: 1.5\n"
                "    ['key'] = False\n"
                "    add: 5\n"
                "    state: 'odd state'\n"
                "  [4] dict of 2\n"
                "    key: tuple of 1\n"
                "      [0] 1\n"
                "    value: 2\n"
                "    m:C: b'\\x00\\xff'\n"
                "  [5] m:C(2 arguments)\n"
                "    (0) 'a'\n"
                "    (1) ()\n"
                "    .x = 1\n"
                "    .y = 2\n"
                "  [6] persistent('weights/0')\n"
                "  [7] persistent(...)\n"
                "    id: list of 0\n"
                "  [8] readonly(buffer(0))\n"
                "  [9] extension(9)\n"
                "  [10] (callable)(*args)\n"
                "    callable: *" +
                absl::StrCat(call) +
                "\n"
                "    *args: *" +
                absl::StrCat(call) +
                "\n"
                "  [11] bytearray(b'x')\n"
                "  [12] '...' (500 bytes at offset 50)\n"
                "  [13] -0x10000000000000000\n");
}

TEST(Tree, Cycles) {
  Workshop shop;
  GraphBuilder& b = shop.builder();
  const NodeId list = b.List();
  const NodeId dict = b.Dict();
  b.Append(list, {dict, list}, 0);
  b.SetItems(dict, {b.Str("up"), list}, 0);
  EXPECT_EQ(Tree(shop, list),
            "list of 2 &0\n"
            "  [0] dict of 1\n"
            "    'up': *0\n"
            "  [1] *0\n");
  // A root that only its own cycle refers to.
  EXPECT_EQ(Tree(shop, dict),
            "dict of 1 &1\n"
            "  'up': list of 2 &0\n"
            "    [0] *1\n"
            "    [1] *0\n");
}

TEST(Tree, StateThatIsSharedIsShownAsAValue) {
  Workshop shop;
  GraphBuilder& b = shop.builder();
  const NodeId cls = b.Global({"m", "C", false, false}, 1);
  const NodeId object = b.New(NewForm::kNewObj, cls, b.Tuple({}), kNoNode, 2);
  const NodeId state = b.Dict();
  b.SetItems(state, {b.Str("me"), object}, 0);
  b.Build(object, state, 3);
  b.Build(object, state, 4);
  EXPECT_EQ(Tree(shop, object),
            "newobj m:C() &2\n"
            "  state: dict of 1 &3\n"
            "    'me': *2\n"
            "  state: *3\n");
}

TEST(Tree, BillionLaughsStaySmall) {
  Workshop shop;
  GraphBuilder& b = shop.builder();
  NodeId laugh = b.List();
  for (int i = 0; i < 100; ++i) {
    const NodeId list = b.List();
    b.Append(list, std::vector<NodeId>(10, laugh), 0);
    laugh = list;
  }
  const std::string tree = Tree(shop, laugh);
  EXPECT_EQ(std::count(tree.begin(), tree.end(), '\n'), 1 + 100 * 10);
}

TEST(Tree, DepthIsCutAndNeverRecursed) {
  Workshop shop(1 << 20);
  GraphBuilder& b = shop.builder();
  NodeId tuple = b.Tuple({b.None()});
  for (int i = 0; i < 200'000; ++i) tuple = b.Tuple({tuple});
  ViewOptions options;
  options.max_depth = 3;
  EXPECT_EQ(Tree(shop, tuple, options),
            "tuple of 1\n"
            "  [0] tuple of 1\n"
            "    [0] tuple of 1\n"
            "      [0] ...\n");
  options.max_depth = 150'000;
  options.max_nodes = 2'000;
  EXPECT_THAT(Tree(shop, tuple, options, absl::StatusCode::kResourceExhausted),
              HasSubstr("[0] tuple of 1\n"));
}

TEST(Tree, BudgetCutsWholeLines) {
  Workshop shop;
  GraphBuilder& b = shop.builder();
  const NodeId list = b.List();
  b.Append(list, std::vector<NodeId>(5000, b.None()), 0);
  ViewOptions options;
  options.max_nodes = 4;
  EXPECT_EQ(Tree(shop, list, options, absl::StatusCode::kResourceExhausted),
            "list of 5000\n  [0] None\n  [1] None\n  [2] None\n");
  options.max_nodes = 5001;
  EXPECT_THAT(Tree(shop, list, options), EndsWith("  [4999] None\n"));
}

TEST(Tree, HostileTextIsEscapedAndCut) {
  Workshop shop;
  GraphBuilder& b = shop.builder();
  const NodeId evil = b.Str("\x1b]0;title\x07 \xe2\x80\xae'\\\n\xed\xa0\x80");
  const NodeId cls = b.Global({"os\n", "sys\x1b[2Jtem", false, false}, 1);
  const NodeId accents = b.Str("\xc3\xa9\xc3\xa9\xc3\xa9");
  const NodeId dict = b.Dict();
  b.SetItems(dict, {evil, b.Call(cls, b.Tuple({evil}), 2), accents, accents},
             0);
  const std::string tree = Tree(shop, dict);
  EXPECT_TRUE(IsPrintableAscii(tree)) << tree;
  EXPECT_THAT(tree, HasSubstr("'\\x1b]0;title\\x07 \\u202e\\'\\\\\\n\\ud800': "
                              "os\\n:sys\\x1b[2Jtem("));
  ViewOptions options;
  options.max_text = 3;  // within a character
  EXPECT_THAT(Tree(shop, dict, options),
              HasSubstr("'\\xe9'... (6 bytes): '\\xe9'... (6 bytes)\n"));
}

TEST(Tree, RootMustBeAValue) {
  Workshop shop;
  const NodeId list = shop.builder().List();
  shop.builder().Append(list, {list}, 0);
  const Graph graph = Verified(shop, list);
  const Sink none = [](absl::string_view) {};
  EXPECT_EQ(RenderTree(graph, 1, {}, none).code(),
            absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(RenderTree(graph, kNoNode, {}, none).code(),
            absl::StatusCode::kInvalidArgument);
}

TEST(Dot, NodesAndEdges) {
  Workshop shop;
  GraphBuilder& b = shop.builder();
  const NodeId cls = b.Global({"m", "C\"\\", false, false}, 1);
  const NodeId args = b.Tuple({b.Str("x\n")});
  const NodeId call = b.Call(cls, args, 2);
  b.Build(call, args, 3);
  EXPECT_EQ(Dot(shop, call),
            "digraph pickle {\n"
            "  rankdir=LR;\n"
            "  node [shape=box];\n"
            "  n0 [label=\"0: m:C\\\"\\\\\\\\\"];\n"
            "  n1 [label=\"1: 'x\\\\n'\"];\n"
            "  n2 [label=\"2: tuple\"];\n"
            "  n2 -> n1 [label=\"0\"];\n"
            "  n3 [label=\"3: call\"];\n"
            "  n3 -> n0 [label=\"callable\"];\n"
            "  n3 -> n2 [label=\"args\"];\n"
            "  n4 [label=\"4: build\" shape=ellipse];\n"
            "  n4 -> n3 [label=\"target\"];\n"
            "  n4 -> n2 [label=\"state\"];\n"
            "  root [shape=plaintext];\n"
            "  root -> n3;\n"
            "}\n");
}

TEST(Dot, BudgetCountsEdgesAndLeavesAGoodFile) {
  Workshop shop;
  GraphBuilder& b = shop.builder();
  const NodeId list = b.List();
  b.Append(list, std::vector<NodeId>(5000, list), 0);
  ViewOptions options;
  options.max_nodes = 10;
  const std::string dot =
      Dot(shop, list, options, absl::StatusCode::kResourceExhausted);
  EXPECT_EQ(std::count(dot.begin(), dot.end(), '\n'), 3 + 10 + 1);
  EXPECT_THAT(dot, EndsWith("];\n}\n"));
}

// "node 7", or the status.
std::string Find(const Graph& graph, absl::string_view path) {
  const absl::StatusOr<NodeId> found = FindPath(graph, path);
  return found.ok() ? absl::StrCat("node ", *found)
                    : std::string(found.status().message());
}

TEST(Path, FollowsAttributesItemsAndKeys) {
  Workshop shop;
  const NodeId root = Pipeline(shop.builder());
  const Graph graph = Verified(shop, root);
  EXPECT_EQ(Find(graph, "$"), absl::StrCat("node ", root));
  EXPECT_EQ(Find(graph, "$.steps"), "node 5");
  EXPECT_EQ(Find(graph, "$.steps[1][1]"), "node 6");
  EXPECT_EQ(Find(graph, "$.steps[-2][-1].n"), Find(graph, "$.steps[0][1].n"));
  EXPECT_EQ(graph.node(*FindPath(graph, "$.steps[0][1].n")).integer, 3);
  EXPECT_EQ(graph.node(*FindPath(graph, "$.memory")).kind, NodeKind::kNone);
}

TEST(Path, KeysOfDicts) {
  Workshop shop;
  GraphBuilder& b = shop.builder();
  const NodeId dict = b.Dict();
  b.SetItems(dict,
             {b.Str("it's \xc3\xa9\n"), b.Int(int64_t(1)), b.Int(int64_t(-4)),
              b.Int(int64_t(2)), b.Str("k"), b.Int(int64_t(3))},
             0);
  b.SetItems(dict, {b.Str("k"), b.Int(int64_t(4))}, 0);  // the last one wins
  const Graph graph = Verified(shop, dict);
  const auto value = [&](absl::string_view path) {
    const auto found = FindPath(graph, path);
    EXPECT_TRUE(found.ok()) << path << ": " << found.status();
    return found.ok() ? graph.node(*found).integer : 0;
  };
  EXPECT_EQ(value("$['it\\'s \\xe9\\n']"), 1);
  EXPECT_EQ(value("$[\"it's \\u00e9\\n\"]"), 1);
  EXPECT_EQ(value("$['it\\'s \xc3\xa9\\U0000000a']"), 1);
  EXPECT_EQ(value("$[-4]"), 2);
  EXPECT_EQ(value("$.k"), 4);
  EXPECT_EQ(value("$['k']"), 4);
}

TEST(Path, AppendsInSeveralBatchesAndToObjects) {
  Workshop shop;
  GraphBuilder& b = shop.builder();
  const NodeId cls = b.Global({"m", "List", false, false}, 1);
  const NodeId object = b.New(NewForm::kNewObj, cls, b.Tuple({}), kNoNode, 2);
  const NodeId x = b.Int(int64_t(10));
  const NodeId y = b.Int(int64_t(11));
  b.Append(object, {x, y}, 3);
  b.Append(object, {y}, 4);
  const Graph graph = Verified(shop, object);
  EXPECT_EQ(Find(graph, "$[0]"), absl::StrCat("node ", x));
  EXPECT_EQ(Find(graph, "$[2]"), absl::StrCat("node ", y));
  EXPECT_EQ(Find(graph, "$[-3]"), absl::StrCat("node ", x));
}

TEST(Path, SaysHowFarItWent) {
  Workshop shop;
  const Graph graph = Verified(shop, Pipeline(shop.builder()));
  EXPECT_EQ(Find(graph, "$.steps[2]"),
            "$.steps is list of 2 (node 5), which has no [2]");
  EXPECT_EQ(Find(graph, "$.steps[-3]"),
            "$.steps is list of 2 (node 5), which has no [-3]");
  EXPECT_EQ(Find(graph, "$.steps[0][1].nope.deeper"),
            "$.steps[0][1] is new of sklearn.preprocessing:Scaler (node 6), "
            "which has no .nope");
  EXPECT_EQ(
      Find(graph, "$.memory['\x1b']"),
      absl::StrCat("$.memory is none (node ", *FindPath(graph, "$.memory"),
                   "), which has no ['\\x1b']"));
  EXPECT_EQ(FindPath(graph, "$.x").status().code(),
            absl::StatusCode::kNotFound);
}

TEST(Path, MalformedOnesNameTheColumn) {
  const Graph graph;
  const std::pair<const char*, const char*> kCases[] = {
      {"", "path, column 1: a path begins with $"},
      {"steps", "path, column 1: a path begins with $"},
      {"$steps", "path, column 2: expected .name or ["},
      {"$.", "path, column 3: expected a name"},
      {"$.a.[0]", "path, column 5: expected a name"},
      {"$[]", "path, column 3: expected a number or a quoted string"},
      {"$[1x]", "path, column 4: expected ]"},
      {"$[99999999999999999999]",
       "path, column 3: expected a number or a quoted string"},
      {"$['a]", "path, column 6: the string does not end"},
      {"$['\\q']", "path, column 5: unknown escape"},
      {"$['\\x1']", "path, column 6: expected hex digits"},
      {"$['\\U00110000']",
       "path, column 6: expected the hex digits of a character"},
      {"$['a'", "path, column 6: expected ]"},
  };
  for (const auto& [path, message] : kCases) {
    EXPECT_EQ(Find(graph, path), message) << path;
    EXPECT_EQ(FindPath(graph, path).status().code(),
              absl::StatusCode::kInvalidArgument);
  }
}

TEST(Path, WithoutRoot) {
  EXPECT_THAT(Find(Graph(), "$"), HasSubstr("no root"));
}

TEST(ChangeIndex, KeepsTheOrderWithinATarget) {
  Workshop shop;
  GraphBuilder& b = shop.builder();
  const NodeId first = b.List();
  const NodeId second = b.List();
  b.Append(second, {first}, 0);
  b.Append(first, {second}, 0);
  b.Append(second, {second}, 0);
  const ChangeIndex index(Verified(shop, first));
  ASSERT_EQ(index.of(second).size(), 2);
  EXPECT_EQ(index.of(second)[0].change, 2);
  EXPECT_EQ(index.of(second)[1].change, 4);
  EXPECT_EQ(index.of(first).size(), 1);
  EXPECT_TRUE(index.of(2).empty());
}

TEST(Text, Floats) {
  EXPECT_EQ(FloatText(0.1), "0.1");
  EXPECT_EQ(FloatText(-0.0), "-0.0");
  EXPECT_EQ(FloatText(1e300), "1e+300");
  EXPECT_EQ(FloatText(5), "5.0");
}

}  // namespace
}  // namespace picklebox::graph
