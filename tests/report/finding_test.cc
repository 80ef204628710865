#include "picklebox/finding.h"

#include <gtest/gtest.h>

#include <set>

#include "picklebox/finding_help.h"

namespace picklebox {
namespace {

TEST(Codes, EachHasARowOfItsOwn) {
  std::set<std::string> names;
  uint16_t number = 0;
  for (; IsCode(number); ++number) {
    const CodeInfo& info = Info(static_cast<Code>(number));
    EXPECT_EQ(static_cast<uint16_t>(info.code), number);
    EXPECT_TRUE(names.insert(std::string(info.name)).second) << info.name;
    EXPECT_GT(info.explanation.size(), 10) << info.name;
    EXPECT_TRUE(info.explanation.back() == '.') << info.name;
    ASSERT_TRUE(FindCode(info.name)) << info.name;
    EXPECT_EQ(FindCode(info.name)->code, info.code);
    for (const char c : info.name) {
      EXPECT_TRUE((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-')
          << info.name;
    }
  }
  EXPECT_GT(number, 40);
  EXPECT_FALSE(IsCode(UINT16_MAX));
}

TEST(Codes, UnknownOnesAreNotFound) {
  EXPECT_FALSE(FindCode(""));
  EXPECT_FALSE(FindCode("global-denie"));
  EXPECT_FALSE(FindCode("GLOBAL-DENIED"));
}

TEST(Codes, Severities) {
  EXPECT_EQ(Severity(Info(Code::kGlobalDenied).effect), "error");
  EXPECT_EQ(Severity(Info(Code::kTruncated).effect), "warning");
  EXPECT_EQ(Severity(Info(Code::kNotPickle).effect), "note");
}

// What reading could not finish must never count as clean.
TEST(Codes, EveryLimitLeavesTheFileIncomplete) {
  for (uint16_t number = 0; IsCode(number); ++number) {
    const CodeInfo& info = Info(static_cast<Code>(number));
    if (info.name.substr(0, 6) == "limit-") {
      EXPECT_EQ(info.effect, Effect::kIncomplete) << info.name;
    }
  }
}

// A new code wants a row in include/picklebox/finding_help.def.
TEST(FindingHelp, IsThereForEveryCode) {
  for (uint16_t number = 0; IsCode(number); ++number) {
    const Code code = static_cast<Code>(number);
    EXPECT_FALSE(HelpOn(code).example.empty()) << Info(code).name;
    EXPECT_FALSE(HelpOn(code).next.empty()) << Info(code).name;
  }
}

}  // namespace
}  // namespace picklebox
