// Arrays: the types of their items, and what the verifier holds them to.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "graph/dtype.h"
#include "graph/tensor.h"
#include "picklebox/graph_view.h"
#include "workshop.h"

namespace picklebox::graph {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Optional;

TEST(Dtype, Scalars) {
  EXPECT_THAT(ItemSize("<f8"), Optional(8));
  EXPECT_THAT(ItemSize(">i2"), Optional(2));
  EXPECT_THAT(ItemSize("|b1"), Optional(1));
  EXPECT_THAT(ItemSize("<c16"), Optional(16));
  EXPECT_THAT(ItemSize("|S7"), Optional(7));
  EXPECT_THAT(ItemSize("<U3"), Optional(12));
  EXPECT_THAT(ItemSize("|V2147483647"), Optional(2147483647));
  EXPECT_THAT(ItemSize("<M8[ns]"), Optional(8));
  EXPECT_THAT(ItemSize(">m8[25s]"), Optional(8));
  EXPECT_THAT(ItemSize("<M8"), Optional(8));
  EXPECT_THAT(ItemSize("<bfloat16"), Optional(2));
  EXPECT_THAT(ItemSize("|float8_e5m2"), Optional(1));
}

TEST(Dtype, Records) {
  EXPECT_THAT(ItemSize("[('a', '<f8'), ('b', '|i1')]"), Optional(9));
  EXPECT_THAT(ItemSize("[('a', '<f4', (2, 3)), ('', '|V2')]"), Optional(26));
  EXPECT_THAT(ItemSize("[('a', [('b', '<i4'), ('c', '|S5')], (2,))]"),
              Optional(18));
  EXPECT_THAT(ItemSize("[('a', [('b', '<i4')]), ('c', '<i2')]"), Optional(6));
  EXPECT_THAT(ItemSize("[(('t', 'a'), '<f8'), ('b', '|i1')]"), Optional(9));
}

TEST(Dtype, NothingElse) {
  for (const absl::string_view text : {"",
                                       "[(('t', 'a', 'b'), '<f8')]",
                                       "[(('a'), '<f8')]",
                                       "[(('t', 'a') '<f8')]",
                                       "[((('t', 'a'), 'b'), '<f8')]",
                                       "f8",
                                       "<",
                                       "<f",
                                       "<f8 ",
                                       " <f8",
                                       "|f8",
                                       "<b1",
                                       "<i3",
                                       "|O",
                                       "<O8",
                                       "|O8",
                                       "|S0",
                                       "|S",
                                       "|S01",
                                       "|S2147483648",
                                       "<S4",
                                       "|U4",
                                       "|V-1",
                                       "<M8[]",
                                       "<M8[xs]",
                                       "<M8[0s]",
                                       "<M8[ns",
                                       "<i4[ns]",
                                       "=f8",
                                       "float64",
                                       "|bfloat16",
                                       "[]",
                                       "[('a', ]",
                                       "['<f8']",
                                       "[('a')]",
                                       "[('a', '<f8')",
                                       "[('a', '<f8'),]",
                                       "[('a', '<f8') ]",
                                       "[('a', '<f8', ())]",
                                       "[('a', '<f8', (2))]",
                                       "[('a', '<f8', (0,))]",
                                       "[('a', '<f8', 2)]",
                                       "[('a', '|O')]",
                                       "[('a\n', '<f8')]",
                                       "[('a\\', '<f8')]",
                                       "[('a', '<f8')]]",
                                       "[('a', '<f8')], ",
                                       "[('a', [])]",
                                       "[('a', '|V2147483647'), ('b', '|b1')]",
                                       "[('a', '<f8', (65536, 65536))]"}) {
    EXPECT_EQ(ItemSize(text), std::nullopt) << text;
  }
  std::string deep;
  for (int i = 0; i < kMaxDtypeDepth; ++i) absl::StrAppend(&deep, "[('a', ");
  absl::StrAppend(&deep, "'<f8'");
  for (int i = 0; i < kMaxDtypeDepth; ++i) absl::StrAppend(&deep, ")]");
  EXPECT_THAT(ItemSize(deep), Optional(8));
  EXPECT_EQ(ItemSize(absl::StrCat("[('a', ", deep, ")]")), std::nullopt);
}

TEST(Dtype, LengthsDoNotOverflow) {
  EXPECT_THAT(ArrayLength(8, {}), Optional(8));
  EXPECT_THAT(ArrayLength(8, {3, 2}), Optional(48));
  EXPECT_THAT(ArrayLength(8, {0}), Optional(0));
  EXPECT_EQ(ArrayLength(8, {uint64_t{1} << 60}), std::nullopt);
  EXPECT_EQ(ArrayLength(1, {uint64_t{1} << 32, uint64_t{1} << 32}),
            std::nullopt);
  EXPECT_EQ(ArrayLength(8, {0, uint64_t{1} << 60}), std::nullopt);
}

TEST(Dtype, NamesForPeople) {
  EXPECT_EQ(DtypeName("<f8"), "float64");
  EXPECT_EQ(DtypeName("|b1"), "bool");
  EXPECT_EQ(DtypeName(">f8"), ">f8");
  EXPECT_EQ(DtypeName("<M8[ns]"), "datetime64[ns]");
  EXPECT_EQ(DtypeName("<bfloat16"), "bfloat16");
  EXPECT_EQ(DtypeName("<U3"), "<U3");
}

TEST(Array, RoundTrip) {
  Workshop shop;
  const NodeId array = shop.builder().Array("<f8", {3, 2}, true, {0x120, 48});
  const auto graph = shop.Verify(array);
  ASSERT_TRUE(graph.ok()) << graph.status();
  const Node node = graph->node(array);
  EXPECT_EQ(node.kind, NodeKind::kArray);
  EXPECT_EQ(node.text, "<f8");
  EXPECT_THAT(node.shape.dims(), ElementsAre(3, 2));
  EXPECT_TRUE(node.fortran);
  EXPECT_EQ(node.extent->offset, 0x120u);
  EXPECT_EQ(node.extent->length, 48u);
  EXPECT_EQ(node.extent->stream, 0u);
}

// The example of docs/graph-format.md.
TEST(Array, IsWrittenAsTheDocsSay) {
  Workshop shop;
  shop.builder().Array("<f8", {3, 2}, true, {0x120, 48});
  std::string bytes;
  for (const uint8_t byte : shop.encoding())
    absl::StrAppendFormat(&bytes, "%s%02x", bytes.empty() ? "" : " ", byte);
  std::ifstream file(PICKLEBOX_SOURCE_DIR "/docs/graph-format.md");
  std::stringstream text;
  text << file.rdbuf();
  EXPECT_THAT(text.str(), HasSubstr(absl::StrCat("`", bytes, "`")));
}

TEST(Array, IsShownOnALine) {
  Workshop shop;
  GraphBuilder& b = shop.builder();
  const NodeId root = b.Tuple({b.Array("<f8", {3, 2}, true, {0x120, 48}),
                               b.Array("|b1", {5}, false, {0, 5})});
  const auto graph = shop.Verify(root);
  ASSERT_TRUE(graph.ok()) << graph.status();
  std::string tree;
  ASSERT_TRUE(RenderTree(*graph, root, {}, [&](absl::string_view piece) {
                absl::StrAppend(&tree, piece);
              }).ok());
  EXPECT_EQ(tree,
            "tuple of 2\n"
            "  [0] array float64 (3, 2) F at 0x120, 48 bytes\n"
            "  [1] array bool (5,) C at 0x0, 5 bytes\n");
}

// What the verifier says of one array.
std::string Fault(absl::string_view dtype, absl::Span<const uint64_t> shape,
                  bool fortran, Extent extent,
                  absl::Span<const uint64_t> streams = {}) {
  Workshop shop;
  shop.builder().Array(dtype, shape, fortran, extent);
  const auto graph =
      VerifyBytes(shop.encoding(), 1, 0, nullptr, Limits(), streams);
  return graph.ok() ? "" : std::string(graph.status().message());
}

TEST(Array, IsAsLongAsItSays) {
  EXPECT_EQ(Fault("<f8", {3, 2}, false, {0, 48}), "");
  const auto size = HasSubstr("array of another size than its extent");
  EXPECT_THAT(Fault("<f8", {3, 2}, false, {0, 47}), size);
  EXPECT_THAT(Fault("<f8", {3, 2}, false, {0, 49}), size);
  EXPECT_THAT(Fault("<f8", {uint64_t{1} << 61}, false, {0, 0}), size);
  EXPECT_THAT(Fault("<f8", {0, uint64_t{1} << 61}, false, {0, 0}), size);
  EXPECT_THAT(Fault("|O", {3}, false, {0, 24}), HasSubstr("malformed dtype"));
}

TEST(Array, LiesWithinItsStream) {
  EXPECT_EQ(Fault("|u1", {10}, false, {kTestInputSize - 10, 10}), "");
  const auto beyond = HasSubstr("extent beyond its stream");
  EXPECT_THAT(Fault("|u1", {10}, false, {kTestInputSize - 9, 10}), beyond);
  EXPECT_THAT(Fault("|u1", {10}, false, {UINT64_MAX, 10}), beyond);
  EXPECT_EQ(Fault("|u1", {10}, false, {5, 10, 2}, {3, 15}), "");
  EXPECT_THAT(Fault("|u1", {10}, false, {6, 10, 2}, {3, 15}), beyond);
  EXPECT_THAT(Fault("|u1", {10}, false, {0, 10, 1}, {3, 15}), beyond);
  EXPECT_THAT(Fault("|u1", {10}, false, {0, 10, 3}, {3, 15}),
              HasSubstr("unknown stream"));
}

// PyTorch packs each row of 4-bit items to whole bytes: 3 rows of 5 are 9
// bytes.
TEST(Array, APackedTensorLiesWithinItsStorage) {
  Tensor tensor;
  tensor.dtype = "|quint4x2";
  tensor.sizes = {3, 5};
  tensor.strides = {5, 1};
  EXPECT_TRUE(PackedLiesWithin(tensor, 9));
  EXPECT_FALSE(PackedLiesWithin(tensor, 8));
  tensor.dtype = "|quint2x4";
  EXPECT_TRUE(PackedLiesWithin(tensor, 6));
  EXPECT_FALSE(PackedLiesWithin(tensor, 5));
  tensor.strides = {1, 3};
  EXPECT_FALSE(PackedLiesWithin(tensor, 100));
  tensor.strides = {5, 1};
  tensor.offset = 1;
  EXPECT_FALSE(PackedLiesWithin(tensor, 100));
  tensor.offset = 0;
  tensor.sizes = {uint64_t{1} << 40, uint64_t{1} << 40};
  tensor.strides = {uint64_t{1} << 40, 1};
  EXPECT_FALSE(PackedLiesWithin(tensor, UINT64_MAX));
  tensor.sizes = {0, 5};
  EXPECT_TRUE(PackedLiesWithin(tensor, 0));
}

TEST(Array, HasOneSpelling) {
  EXPECT_THAT(Fault("<f8", {3}, true, {0, 24}), HasSubstr("short form"));
  EXPECT_THAT(Fault("<f8", {}, true, {0, 8}), HasSubstr("short form"));
}

// A file can name one extent a million times; whoever reads all arrays would
// read it a million times.
TEST(Array, AllTogetherAreNoLongerThanTheStreams) {
  Workshop shop;
  GraphBuilder& b = shop.builder();
  const uint64_t stream = 100;
  for (int i = 0; i < 2; ++i)
    b.Array("|u1", {kTestInputSize / 2}, false, {7, kTestInputSize / 2});
  b.Array("|u1", {100}, false, {0, 100, 1});
  EXPECT_TRUE(
      VerifyBytes(shop.encoding(), 3, 0, nullptr, Limits(), {&stream, 1}).ok());
  b.Array("|u1", {1}, false, {0, 1, 1});
  const auto graph =
      VerifyBytes(shop.encoding(), 4, 0, nullptr, Limits(), {&stream, 1});
  EXPECT_THAT(std::string(graph.status().message()),
              HasSubstr("more arrays than bytes"));
}

}  // namespace
}  // namespace picklebox::graph
