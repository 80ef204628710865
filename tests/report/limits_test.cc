#include "picklebox/limits.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace picklebox {
namespace {

using ::testing::HasSubstr;

TEST(Limits, EachCanBeSetByItsName) {
  for (const LimitInfo& info : LimitTable()) {
    Limits limits;
    EXPECT_TRUE(limits.Set(info.name, "12345").ok()) << info.name;
    EXPECT_GT(info.value, 0) << info.name;
    EXPECT_FALSE(info.why.empty()) << info.name;
  }
  Limits limits;
  ASSERT_TRUE(limits.Set("memo", "7").ok());
  EXPECT_EQ(limits.memo, 7);
  EXPECT_EQ(limits.stack, Limits().stack);
}

TEST(Limits, DefaultsAreThoseOfTheTable) {
  for (const LimitInfo& info : LimitTable()) {
    if (info.name == "opcodes") {
      EXPECT_EQ(info.value, Limits().opcodes);
    }
    if (info.name == "time") {
      EXPECT_EQ(info.value, Limits().time);
    }
  }
}

TEST(Limits, UnitsOfBytes) {
  const std::pair<const char*, uint64_t> kCases[] = {
      {"1", 1},
      {"2KiB", 2048},
      {"2KB", 2000},
      {"3MiB", 3 << 20},
      {"3MB", 3'000'000},
      {"4GiB", 4ull << 30},
      {"4GB", 4'000'000'000},
      {"18446744073709551615", UINT64_MAX},
      {"17179869183GiB", 17179869183ull << 30},
  };
  for (const auto& [text, bytes] : kCases) {
    Limits limits;
    EXPECT_TRUE(limits.Set("memory", text).ok()) << text;
    EXPECT_EQ(limits.memory, bytes) << text;
  }
}

TEST(Limits, WrongValuesAreRefusedAndChangeNothing) {
  for (const char* const text :
       {"", "0", "-1", "0x10", "1.5", "GiB", "1 TiB", "1gib", "1GiBx",
        "18446744073709551616", "17179869184GiB", "\n"}) {
    Limits limits;
    const absl::Status status = limits.Set("memory", text);
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << text;
    EXPECT_THAT(std::string(status.message()), HasSubstr("such as 4GiB"));
    EXPECT_EQ(limits.memory, Limits().memory);
  }
}

TEST(Limits, OnlyBytesHaveUnits) {
  Limits limits;
  const absl::Status status = limits.Set("opcodes", "1MB");
  EXPECT_THAT(std::string(status.message()),
              HasSubstr("limit opcodes wants a whole number of opcodes"));
  EXPECT_FALSE(limits.Set("time", "5GB").ok());
}

TEST(Limits, UnknownNamesListTheKnown) {
  Limits limits;
  const absl::Status status = limits.Set("memroy", "1");
  EXPECT_THAT(std::string(status.message()),
              HasSubstr("no limit is called 'memroy'; there are: input, "));
}

}  // namespace
}  // namespace picklebox
