#include "base/bytes.h"

#include <gtest/gtest.h>

#include <vector>

namespace picklebox::base {
namespace {

std::vector<uint8_t> Varint(uint64_t value) {
  uint8_t bytes[kMaxVarint];
  return {bytes, PutVarint(bytes, value)};
}

// Numbers around every power of two.
std::vector<uint64_t> EdgeNumbers() {
  std::vector<uint64_t> numbers = {0, UINT64_MAX};
  for (int bit = 0; bit < 64; ++bit) {
    const uint64_t power = uint64_t{1} << bit;
    numbers.insert(numbers.end(), {power - 1, power, power + 1, ~power});
  }
  return numbers;
}

TEST(Varint, RoundTrips) {
  for (const uint64_t number : EdgeNumbers()) {
    const std::vector<uint8_t> bytes = Varint(number);
    EXPECT_EQ(bytes.size(), VarintSize(number)) << number;
    const uint8_t* const end = bytes.data() + bytes.size();
    uint64_t read = ~number;
    EXPECT_EQ(GetVarint(bytes.data(), end, &read), end) << number;
    EXPECT_EQ(read, number);
  }
}

TEST(Varint, StopsBehindItsLastByte) {
  const uint8_t bytes[] = {0x85, 0x01, 0x07};
  uint64_t value = 0;
  EXPECT_EQ(GetVarint(bytes, bytes + 3, &value), bytes + 2);
  EXPECT_EQ(value, 0x85);
}

TEST(Varint, RefusesEveryCut) {
  for (const uint64_t number : EdgeNumbers()) {
    const std::vector<uint8_t> bytes = Varint(number);
    for (size_t size = 0; size < bytes.size(); ++size) {
      uint64_t value;
      EXPECT_EQ(GetVarint(bytes.data(), bytes.data() + size, &value), nullptr);
    }
  }
}

TEST(Varint, RefusesLongSpellings) {
  for (const uint64_t number : EdgeNumbers()) {
    std::vector<uint8_t> bytes = Varint(number);
    if (bytes.size() == kMaxVarint) continue;
    bytes.back() |= 0x80;
    bytes.push_back(0);
    uint64_t value;
    EXPECT_EQ(GetVarint(bytes.data(), bytes.data() + bytes.size(), &value),
              nullptr)
        << number;
  }
}

TEST(Varint, RefusesMoreThan64Bits) {
  std::vector<uint8_t> bytes(9, 0xff);
  bytes.push_back(1);
  uint64_t value = 0;
  EXPECT_NE(GetVarint(bytes.data(), bytes.data() + 10, &value), nullptr);
  EXPECT_EQ(value, UINT64_MAX);
  bytes[9] = 2;
  EXPECT_EQ(GetVarint(bytes.data(), bytes.data() + 10, &value), nullptr);
  bytes[9] = 0x81;
  bytes.push_back(0);
  EXPECT_EQ(GetVarint(bytes.data(), bytes.data() + 11, &value), nullptr);
}

TEST(ZigZag, RoundTripsAndKeepsSmallNumbersSmall) {
  for (const uint64_t number : EdgeNumbers()) {
    const int64_t value = static_cast<int64_t>(number);
    EXPECT_EQ(UnZigZag(ZigZag(value)), value);
    EXPECT_EQ(ZigZag(UnZigZag(number)), number);
  }
  EXPECT_EQ(ZigZag(0), 0);
  EXPECT_EQ(ZigZag(-1), 1);
  EXPECT_EQ(ZigZag(1), 2);
  EXPECT_EQ(ZigZag(INT64_MIN), UINT64_MAX);
}

TEST(Little, LoadsAndStores) {
  uint8_t bytes[9] = {};
  StoreLittle<uint64_t>(bytes + 1, 0x0102030405060708u);
  EXPECT_EQ(bytes[1], 8);
  EXPECT_EQ(bytes[8], 1);
  EXPECT_EQ(LoadLittle<uint64_t>(bytes + 1), 0x0102030405060708u);
  EXPECT_EQ(LoadLittle<uint16_t>(bytes + 1), 0x0708);
  EXPECT_EQ(LoadBig64(bytes + 1), 0x0807060504030201u);
}

}  // namespace
}  // namespace picklebox::base
