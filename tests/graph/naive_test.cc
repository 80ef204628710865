// The verifier accepts exactly what a naive one accepts.
#include <gtest/gtest.h>

#include <cstdlib>
#include <random>
#include <string>

#include "absl/strings/escaping.h"
#include "absl/strings/string_view.h"
#include "author.h"
#include "naive_verifier.h"
#include "workshop.h"

namespace picklebox::graph {
namespace {

// PICKLEBOX_NAIVE_CASES: how many encodings are damaged, for long runs.
int Cases() {
  const char* const wanted = std::getenv("PICKLEBOX_NAIVE_CASES");
  return wanted == nullptr ? 60'000 : std::atoi(wanted);
}

std::string Hex(const std::vector<uint8_t>& bytes) {
  return absl::BytesToHexString(absl::string_view(
      reinterpret_cast<const char*>(bytes.data()), bytes.size()));
}

// Both verdicts; fails the test if they differ. Returns whether it is a graph.
bool Agree(const std::vector<uint8_t>& encoding, uint64_t nodes, NodeId root) {
  const auto graph = VerifyBytes(encoding, nodes, root);
  const std::string fault = NaiveFault({.encoding = encoding,
                                        .nodes = nodes,
                                        .root = root,
                                        .input_size = kTestInputSize});
  EXPECT_EQ(graph.ok(), fault.empty())
      << "verifier: " << graph.status() << "\nnaive: " << fault << "\nnodes "
      << nodes << ", root " << root << ": " << Hex(encoding);
  return graph.ok();
}

TEST(NaiveVerifier, AcceptsWhatTheBuilderWrites) {
  for (uint32_t seed = 0; seed < 100; ++seed) {
    Workshop shop(1 << 18);
    Author(seed).Write(shop.builder(), 1 + seed * 9);
    ASSERT_FALSE(shop.builder().full());
    ASSERT_TRUE(Agree(shop.encoding(), shop.builder().size(), 0)) << seed;
  }
}

TEST(NaiveVerifier, AgreesAboutDamagedEncodings) {
  std::mt19937 random(static_cast<uint32_t>(Cases()));
  int accepted = 0;
  int refused = 0;
  for (uint32_t seed = 0; accepted + refused < Cases(); ++seed) {
    Workshop shop(1 << 18);
    // From a few nodes on, which have more damage each, to beyond the first
    // border of references.
    Author(seed).Write(shop.builder(), 2 + seed % 40 * (seed % 5));
    const std::vector<uint8_t> good = shop.encoding();
    const NodeId size = shop.builder().size();
    for (int round = 0; round < 500; ++round) {
      const std::vector<uint8_t> bad = Damaged(good, &random);
      for (NodeId nodes = size - 1; nodes <= size + 1; ++nodes) {
        const NodeId root =
            random() % 2 == 0 ? kNoNode : static_cast<NodeId>(random() % size);
        Agree(bad, nodes, root) ? ++accepted : ++refused;
        ASSERT_FALSE(HasFailure()) << "seed " << seed;
      }
    }
  }
  // Both ways are taken often, or this test tests nothing.
  EXPECT_GT(accepted, Cases() / 100);
  EXPECT_GT(refused, Cases() / 100);
}

}  // namespace
}  // namespace picklebox::graph
