// The three forms of a reference, at their borders, and that each reference has
// one spelling.
#include "graph/reference.h"

#include <gtest/gtest.h>

#include <vector>

namespace picklebox::graph {
namespace {

std::vector<uint8_t> Put(NodeId id, NodeId earlier) {
  uint8_t bytes[16];
  return std::vector<uint8_t>(bytes, PutReference(bytes, id, earlier));
}

bool Get(const std::vector<uint8_t>& bytes, NodeId id, NodeId* earlier) {
  const uint8_t* const end = bytes.data() + bytes.size();
  return GetReference(bytes.data(), end, id, earlier) == end;
}

TEST(Reference, RoundTripsAtEveryBorder) {
  for (const NodeId id :
       {1u, 95u, 96u, 97u, 8191u, 8192u, 8288u, 9000u, 1u << 20, 0xfffffffeu}) {
    for (const NodeId earlier : {0u, 1u, id - 1, id - 95, id - 96, id - 97,
                                 255u, 256u, 8191u, 8192u, 8193u, id / 2}) {
      if (earlier >= id) continue;
      const std::vector<uint8_t> bytes = Put(id, earlier);
      NodeId read = kNoNode;
      ASSERT_TRUE(Get(bytes, id, &read)) << id << " to " << earlier;
      EXPECT_EQ(read, earlier);
      EXPECT_EQ(bytes.size(), ReferenceSize(id, earlier));
      EXPECT_LE(bytes.size(), kMaxReference);
      EXPECT_EQ(SkipReference(bytes.data()), bytes.data() + bytes.size());
    }
  }
}

TEST(Reference, EarlyNodesCostTwoBytesFromAnywhere) {
  EXPECT_EQ(Put(1u << 30, 5).size(), 2u);
  EXPECT_EQ(Put(1u << 30, 8191).size(), 2u);
  EXPECT_GT(Put(1u << 30, 8192).size(), 2u);
}

TEST(Reference, EveryOtherSpellingIsRefused) {
  NodeId read;
  EXPECT_FALSE(Get({0x00}, 10, &read)) << "a distance of 0";
  EXPECT_FALSE(Get({0x0b}, 10, &read)) << "before the first node";
  EXPECT_FALSE(Get({0x60, 0x05}, 100, &read)) << "a number that is near";
  EXPECT_FALSE(Get({0x60, 0x05}, 5, &read)) << "the node itself";
  EXPECT_FALSE(Get({0x60}, 1000, &read)) << "cut off";
  EXPECT_FALSE(Get({0x80, 0x01}, 8287, &read))
      << "a distance of 96 to an early node";
  EXPECT_TRUE(Get({0x80, 0x01}, 8288, &read));
  EXPECT_EQ(read, 8192u);
  EXPECT_FALSE(Get({0xff, 0x00}, 20000, &read)) << "a varint too long";
  EXPECT_FALSE(Get({0xff, 0xff, 0xff, 0xff, 0xff, 0x01}, 0xfffffffe, &read))
      << "too far";
}

// All two-byte strings, for one node: no two of them mean the same.
TEST(Reference, NoTwoSpellingsMeanTheSame) {
  constexpr NodeId kId = 20'000;
  std::vector<bool> seen(kId, false);
  for (int a = 0; a < 256; ++a) {
    for (int b = 0; b < 256; ++b) {
      const uint8_t bytes[] = {static_cast<uint8_t>(a),
                               static_cast<uint8_t>(b)};
      NodeId read = kNoNode;
      const uint8_t* const next = GetReference(bytes, bytes + 2, kId, &read);
      if (next == nullptr || (next == bytes + 1 && b != 0)) continue;
      ASSERT_LT(read, kId);
      EXPECT_FALSE(seen[read]) << a << " " << b;
      seen[read] = true;
    }
  }
}

}  // namespace
}  // namespace picklebox::graph
