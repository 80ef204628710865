// Tensors: what their arguments say, and whether they stay in their storage.
#include "graph/tensor.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "picklebox/graph_view.h"
#include "workshop.h"

namespace picklebox::graph {
namespace {

using ::testing::ElementsAre;

struct Made {
  Workshop shop;
  NodeId call = kNoNode;
  NodeId args = kNoNode;
};

NodeId Lengths(GraphBuilder& b, const std::vector<int64_t>& lengths) {
  std::vector<NodeId> items;
  for (const int64_t length : lengths) items.push_back(b.Int(length));
  return b.Tuple(items);
}

void Make(Made* made, const std::vector<int64_t>& sizes,
          const std::vector<int64_t>& strides, int64_t offset,
          absl::string_view dtype = "") {
  GraphBuilder& b = made->shop.builder();
  const absl::string_view name =
      dtype.empty() ? "_rebuild_tensor_v2" : "_rebuild_tensor_v3";
  const NodeId cls = b.Global({"torch._utils", name, false, false}, 1);
  const NodeId storage = dtype.empty()
                             ? b.Array("<f4", {12}, false, {0x40, 48, 1})
                             : b.Array("|u1", {48}, false, {0x40, 48, 1});
  std::vector<NodeId> args = {storage,           b.Int(offset),
                              Lengths(b, sizes), Lengths(b, strides),
                              b.Bool(true),      b.Dict()};
  if (!dtype.empty())
    args.push_back(b.Global({"torch", dtype, false, false}, 2));
  made->args = b.Tuple(args);
  made->call = b.Call(cls, made->args, 3);
}

const char* Fault(const std::vector<int64_t>& sizes,
                  const std::vector<int64_t>& strides, int64_t offset,
                  absl::string_view dtype = "") {
  Made made;
  Make(&made, sizes, strides, offset, dtype);
  Tensor tensor;
  return ReadTensor(made.shop.builder().source(),
                    dtype.empty() ? "_rebuild_tensor_v2" : "_rebuild_tensor_v3",
                    made.args, &tensor);
}

TEST(Tensor, WithinItsStorage) {
  EXPECT_EQ(Fault({3, 4}, {4, 1}, 0), nullptr);
  EXPECT_EQ(Fault({2, 2}, {4, 2}, 4), nullptr);
  EXPECT_EQ(Fault({}, {}, 11), nullptr);
  EXPECT_EQ(Fault({1000}, {0}, 0), nullptr);  // one item, many times
  EXPECT_EQ(Fault({0, 5}, {9, 9}, 12), nullptr);
  EXPECT_EQ(Fault({24}, {1}, 0, "uint16"), nullptr);
  EXPECT_EQ(Fault({48}, {1}, 0, "float8_e5m2"), nullptr);
}

TEST(Tensor, BeyondItsStorage) {
  EXPECT_STREQ(Fault({3, 4}, {4, 1}, 1), "a tensor reaches beyond its storage");
  EXPECT_STREQ(Fault({13}, {1}, 0), "a tensor reaches beyond its storage");
  EXPECT_STREQ(Fault({}, {}, 12), "a tensor reaches beyond its storage");
  EXPECT_STREQ(Fault({0}, {1}, 13), "a tensor reaches beyond its storage");
  EXPECT_STREQ(Fault({25}, {1}, 0, "uint16"),
               "a tensor reaches beyond its storage");
  // The steps overflow to something small.
  EXPECT_STREQ(Fault({3, 2}, {INT64_MAX, INT64_MAX}, 2),
               "a tensor reaches beyond its storage");
  EXPECT_STREQ(Fault({INT64_MAX, 2}, {4, 1}, 0),
               "a tensor reaches beyond its storage");
}

TEST(Tensor, OddArguments) {
  EXPECT_NE(Fault({3}, {1}, -1), nullptr);
  EXPECT_NE(Fault({-3}, {1}, 0), nullptr);
  EXPECT_NE(Fault({3}, {-1}, 5), nullptr);
  EXPECT_NE(Fault({3, 4}, {1}, 0), nullptr);
  EXPECT_NE(Fault({3}, {1}, 0, "no_type"), nullptr);
}

TEST(Tensor, IsShownOnALine) {
  Made made;
  Make(&made, {3, 4}, {4, 1}, 0);
  const uint64_t sizes[] = {0x80};
  const auto graph =
      VerifyBytes(made.shop.encoding(), made.shop.builder().size(), made.call,
                  nullptr, Limits(), sizes);
  ASSERT_TRUE(graph.ok()) << graph.status();
  const auto tree = [&](const ViewOptions& options) {
    std::string text;
    EXPECT_TRUE(RenderTree(*graph, made.call, options,
                           [&text](absl::string_view piece) {
                             text.append(piece.data(), piece.size());
                           })
                    .ok());
    return text;
  };
  EXPECT_EQ(tree({}),
            "tensor float32 (3, 4) stride (4, 1) offset 0 of member 0 + 0x40, "
            "requires grad\n");
  const std::string names[] = {
      "archive/data/\x1b"
      "0"};
  ViewOptions options;
  options.members = names;
  EXPECT_EQ(tree(options),
            "tensor float32 (3, 4) stride (4, 1) offset 0 of "
            "archive/data/\\x1b0 + 0x40, requires grad\n");
}

TEST(Tensor, TypesOfTorch) {
  EXPECT_EQ(DtypeOfTorch("torch.float32", "|u1"), "<f4");
  EXPECT_EQ(DtypeOfTorch("torch.bool", "|u1"), "|b1");
  EXPECT_EQ(DtypeOfTorch("torch.bfloat16", ">f4"), ">bfloat16");
  EXPECT_EQ(DtypeOfTorch("torch.float8_e4m3fn", "|u1"), "|float8_e4m3fn");
  EXPECT_EQ(DtypeOfTorch("torch.nothing", "|u1"), "");
}

}  // namespace
}  // namespace picklebox::graph
