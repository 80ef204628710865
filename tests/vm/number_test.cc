// Expectations are what CPython 3.11's unpicklers and pickletools do with the
// lines; python_readers_test.py asks them again.
#include "vm/number.h"

#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace picklebox::vm {
namespace {

using ::testing::ElementsAre;

constexpr uint64_t kMaxBytes = 1024;

// "12", "True", "none", "too-long", and "?" before it if readers disagree.
std::string Show(const IntegerText& number) {
  std::string text = number.agreed ? "" : "?";
  if (number.fault == NumberFault::kTooLong) return text + "too-long";
  if (number.fault != NumberFault::kNone) return text + "none";
  if (number.is_bool) return text + (number.value != 0 ? "True" : "False");
  return text + (number.fits ? std::to_string(number.value) : "big");
}
std::string Int(absl::string_view line) {
  return Show(ParseInt(line, kMaxBytes));
}
std::string Long(absl::string_view line) {
  return Show(ParseLong(line, kMaxBytes));
}
std::string Index(absl::string_view line) { return Show(ParseMemoIndex(line)); }

TEST(ParseInt, ReadsWhatPicklersWrite) {
  EXPECT_EQ(Int("0"), "0");
  EXPECT_EQ(Int("1"), "1");
  EXPECT_EQ(Int("-1"), "-1");
  EXPECT_EQ(Int("00"), "False");
  EXPECT_EQ(Int("01"), "True");
  EXPECT_EQ(Int("9223372036854775807"), "9223372036854775807");
  EXPECT_EQ(Int("-9223372036854775808"), "-9223372036854775808");
}

TEST(ParseInt, TakesTwoBytesOfZeroOrOneForBools) {
  EXPECT_EQ(Int("+1"), "?True");
  EXPECT_EQ(Int("-0"), "?False");
  EXPECT_EQ(Int("+0"), "?False");
  EXPECT_EQ(Int(" 1"), "?True");
  EXPECT_EQ(Int("\t1"), "?True");
  EXPECT_EQ(Int("\v1"), "?True");
}

TEST(ParseInt, TakesALeadingZeroForOctal) {
  EXPECT_EQ(Int("001"), "?1");
  EXPECT_EQ(Int("07"), "?7");
  EXPECT_EQ(Int("-01"), "?-1");
  EXPECT_EQ(Int("010"), "?8");
  EXPECT_EQ(Int("000"), "0");
  EXPECT_EQ(Int("08"), "none");
  EXPECT_EQ(Int("0_1"), "none");
}

TEST(ParseInt, TakesPrefixesThatPickletoolsDoesNot) {
  EXPECT_EQ(Int("0x1f"), "?31");
  EXPECT_EQ(Int("-0x10"), "?-16");
  EXPECT_EQ(Int("0o17"), "?15");
  EXPECT_EQ(Int("0b11"), "?3");
  EXPECT_EQ(Int("0x_1"), "?1");
}

TEST(ParseInt, TakesUnderscoresAndSpaceAsAllDo) {
  EXPECT_EQ(Int("1_000"), "1000");
  EXPECT_EQ(Int("   12"), "12");
  EXPECT_EQ(Int("12 "), "12");
  EXPECT_EQ(Int("1\r"), "1");
  EXPECT_EQ(Int("00\r"), "0");
  EXPECT_EQ(Int("01\r"), "none");
}

TEST(ParseInt, EndsAtANul) {
  EXPECT_EQ(Int(absl::string_view("1\0junk", 6)), "?1");
}

TEST(ParseInt, RefusesWhatIsNoNumber) {
  for (const char* line : {"L", "1L", "1__0", "_1", "1_", "0x", "0xg", "-",
                           "+-1", "1 2", "1.5", "\xd9\xa1"}) {
    EXPECT_EQ(Int(line), "none") << line;
  }
}

TEST(ParseInt, ReadsLongNumbers) {
  const IntegerText above = ParseInt("9223372036854775808", kMaxBytes);
  EXPECT_FALSE(above.fits);
  EXPECT_THAT(above.bytes, ElementsAre(0, 0, 0, 0, 0, 0, 0, 0x80, 0));
  const IntegerText below = ParseInt("-9223372036854775809", kMaxBytes);
  EXPECT_THAT(below.bytes, ElementsAre(0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
                                       0x7f, 0xff));
  const IntegerText hex = ParseInt("0x10000000000000000", kMaxBytes);
  EXPECT_THAT(hex.bytes, ElementsAre(0, 0, 0, 0, 0, 0, 0, 0, 1));
}

TEST(ParseInt, HasLimits) {
  EXPECT_EQ(Int(std::string(4300, '1')), "too-long");  // of bytes
  EXPECT_EQ(Show(ParseInt(std::string(4300, '1'), 1 << 20)), "big");
  EXPECT_EQ(Show(ParseInt(std::string(4301, '1'), 1 << 20)), "too-long");
  // Hexadecimal digits are not counted, but bytes are.
  EXPECT_EQ(Show(ParseInt("0x" + std::string(5000, 'f'), 1 << 20)), "?big");
  EXPECT_EQ(ParseInt("0x" + std::string(5000, 'f'), 16).fault,
            NumberFault::kTooLong);
  EXPECT_EQ(ParseInt("0x" + std::string(31, 'f'), 16).fault,
            NumberFault::kNone);
  EXPECT_EQ(ParseInt("0x" + std::string(32, 'f'), 16).fault,
            NumberFault::kTooLong);  // the sign takes one more
}

TEST(ParseLong, DropsOneL) {
  EXPECT_EQ(Long("12L"), "12");
  EXPECT_EQ(Long("12"), "12");
  EXPECT_EQ(Long("-12L"), "-12");
  EXPECT_EQ(Long("1LL"), "none");
  EXPECT_EQ(Long("1L\r"), "none");
  EXPECT_EQ(Long("L"), "none");
}

TEST(ParseLong, HasNoBools) {
  EXPECT_EQ(Long("00L"), "0");
  EXPECT_EQ(Long("01L"), "none");
  EXPECT_EQ(Long("010L"), "none");
}

TEST(ParseLong, TakesPrefixesThatPickletoolsDoesNot) {
  EXPECT_EQ(Long("0x10L"), "?16");
  EXPECT_EQ(Long("1_0L"), "10");
}

TEST(ParseMemoIndex, IsDecimal) {
  EXPECT_EQ(Index("0"), "0");
  EXPECT_EQ(Index("7"), "7");
  EXPECT_EQ(Index("007"), "7");
  EXPECT_EQ(Index("1_0"), "10");
  EXPECT_EQ(Index(" 7 "), "7");
  EXPECT_EQ(Index("-1"), "-1");
  EXPECT_EQ(Index("0x1"), "none");
  EXPECT_EQ(Index(""), "none");
  EXPECT_EQ(Index("18446744073709551616"), "big");
  EXPECT_EQ(Index(absl::string_view("3\0junk", 6)), "?3");
}

std::string Float(absl::string_view line) {
  const FloatText number = ParseFloat(line);
  const std::string text = number.agreed ? "" : "?";
  if (number.fault != NumberFault::kNone) return text + "none";
  return text + std::to_string(number.value);
}

TEST(ParseFloat, ReadsNumbersAndNames) {
  EXPECT_EQ(Float("1.5"), "1.500000");
  EXPECT_EQ(Float("1."), "1.000000");
  EXPECT_EQ(Float(".5"), "0.500000");
  EXPECT_EQ(Float("1e2"), "100.000000");
  EXPECT_EQ(Float("-1E+2"), "-100.000000");
  EXPECT_EQ(Float("7"), "7.000000");
  EXPECT_EQ(Float("inf"), "inf");
  EXPECT_EQ(Float("-Infinity"), "-inf");
  EXPECT_EQ(Float("NaN"), "nan");
  EXPECT_TRUE(std::signbit(ParseFloat("-0.0").value));
  EXPECT_EQ(ParseFloat("1e-400").value, 0);
  EXPECT_EQ(ParseFloat("4.9406564584124654e-324").value,
            std::numeric_limits<double>::denorm_min());
}

TEST(ParseFloat, SaysWhereOnlyThePythonReaderTakesIt) {
  for (const char* line :
       {" 1.5", "1.5 ", "1.5\r", "\t1.5", "1_0.0", "1e400", "-1e400"}) {
    EXPECT_EQ(Float(line), "?none") << line;
  }
  EXPECT_EQ(Float(absl::string_view("1.5\0junk", 8)), "?1.500000");
}

TEST(ParseFloat, RefusesWhatIsNoNumber) {
  for (const char* line : {"", ".", "e5", "1e", "0x1p3", "1.5L", "infinit",
                           "nan(1)", "--1", "1,5", "_1.0"}) {
    EXPECT_EQ(Float(line), "none") << line;
  }
}

}  // namespace
}  // namespace picklebox::vm
