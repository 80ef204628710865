#include "fuzz/opcode_mutator.h"

#include <algorithm>
#include <string>

#include "absl/strings/string_view.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace picklebox::fuzz {
namespace {

using ::testing::ElementsAre;

// PROTO 2, MARK, two numbers, a text, GLOBAL, STOP.
constexpr absl::string_view kPickle(
    "\x80\x02(K\x01I12\nX\x02\x00\x00\x00"
    "abcos\nx\n.",
    23);

TEST(OpcodeMutator, FindsWhereOpcodesBegin) {
  EXPECT_THAT(OpcodeMutator::Boundaries(kPickle),
              ElementsAre(0, 2, 3, 5, 9, 16, 22, 23));
}

TEST(OpcodeMutator, StopsAtWhatCannotBeRead) {
  EXPECT_THAT(OpcodeMutator::Boundaries("NN\xff.."), ElementsAre(0, 1, 2));
  EXPECT_THAT(OpcodeMutator::Boundaries("NX\x05"), ElementsAre(0, 1));
  EXPECT_THAT(OpcodeMutator::Boundaries("NU\x05"
                                        "abc"),
              ElementsAre(0, 1));
  EXPECT_THAT(OpcodeMutator::Boundaries("I12"), ElementsAre(0));
  EXPECT_THAT(OpcodeMutator::Boundaries(""), ElementsAre(0));
}

// What is mutated can be read to its end, as what it was made from.
TEST(OpcodeMutator, KeepsOpcodesWhole) {
  for (uint32_t seed = 1; seed <= 2000; ++seed) {
    OpcodeMutator mutator(seed);
    const std::string mutated = mutator.Mutate(kPickle);
    EXPECT_EQ(OpcodeMutator::Boundaries(mutated).back(), mutated.size())
        << "seed " << seed;
    const std::string crossed = mutator.CrossOver(kPickle, mutated);
    EXPECT_EQ(OpcodeMutator::Boundaries(crossed).back(), crossed.size())
        << "seed " << seed;
  }
}

TEST(OpcodeMutator, MakesSomethingOutOfNothing) {
  size_t longest = 0;
  for (uint32_t seed = 1; seed <= 20; ++seed) {
    longest = std::max(longest, OpcodeMutator(seed).Mutate("").size());
  }
  EXPECT_GT(longest, 0u);
}

}  // namespace
}  // namespace picklebox::fuzz
