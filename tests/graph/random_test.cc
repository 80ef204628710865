// Random programs, and random damage to them.
#include <gtest/gtest.h>

#include <random>

#include "author.h"
#include "reencode.h"
#include "workshop.h"

namespace picklebox::graph {
namespace {

TEST(RandomPrograms, VerifyAndReencode) {
  for (uint32_t seed = 0; seed < 300; ++seed) {
    Workshop shop(1 << 18);
    Author(seed).Write(shop.builder(), 1 + seed * 3);
    ASSERT_FALSE(shop.builder().full());
    VisitorLog log;
    const auto graph = shop.Verify(0, &log);
    ASSERT_TRUE(graph.ok()) << graph.status() << ", seed " << seed;
    ASSERT_EQ(Reencode(*graph), shop.encoding()) << "seed " << seed;
    ASSERT_EQ(log.log(), shop.told()) << "seed " << seed;
    for (NodeId id = 0; id < graph->size(); id += 7) {
      ASSERT_EQ(graph->node(id).id, id);
    }
  }
}

// Whatever a damaged encoding is, it is refused, or is the one spelling of
// another graph.
TEST(RandomPrograms, DamagedOnesAreRefusedOrCanonical) {
  std::mt19937 random(7);
  int accepted = 0;
  int refused = 0;
  for (uint32_t seed = 0; seed < 40; ++seed) {
    Workshop shop(1 << 18);
    Author(seed).Write(shop.builder(), 60);
    const std::vector<uint8_t> good = shop.encoding();
    for (int round = 0; round < 1500; ++round) {
      const std::vector<uint8_t> bad = Damaged(good, &random);
      // Lie about the number of nodes as little as can be: try three.
      for (int64_t off = -1; off <= 1; ++off) {
        const uint64_t nodes =
            static_cast<uint64_t>(shop.builder().size() + off);
        const auto graph = VerifyBytes(bad, nodes, kNoNode);
        if (!graph.ok()) {
          ++refused;
          continue;
        }
        ++accepted;
        ASSERT_EQ(Reencode(*graph), bad) << "seed " << seed;
      }
    }
  }
  // Both ways are taken often, or this test tests nothing.
  EXPECT_GT(accepted, 1000);
  EXPECT_GT(refused, 1000);
}

}  // namespace
}  // namespace picklebox::graph
