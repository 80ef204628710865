// What `picklebox policy check` says of a policy that is valid, and of one that
// is not.
#include <fstream>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "picklebox/policy_check.h"

namespace picklebox {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr char kDigest[] =
    "4865eb4d3cb1fa774b613929c22a93206afc783487d38325420607608a64f8af";

std::vector<PolicyRemark> Check(const std::string& text) {
  const std::string path = absl::StrCat(
      ::testing::TempDir(), "check-",
      ::testing::UnitTest::GetInstance()->current_test_info()->name(), ".toml");
  std::ofstream(path) << text;
  return CheckPolicy(path).value();
}

// The codes of what is said, with their lines.
std::vector<std::string> Codes(const std::string& text) {
  std::vector<std::string> codes;
  for (const PolicyRemark& remark : Check(text)) {
    EXPECT_EQ(remark.error, remark.code == "invalid");
    codes.push_back(absl::StrCat(remark.line, " ", remark.code));
  }
  return codes;
}

TEST(CheckTest, NothingIsSaidOfWhatIsExplained) {
  EXPECT_THAT(Codes(R"(
[[allow]]
global = "acme.model:Model"
uses   = ["new", "build"]
reason = "plain attributes"
)"),
              IsEmpty());
}

TEST(CheckTest, WhatHasNoReason) {
  EXPECT_THAT(Codes(R"(
[[allow]]
global = "acme.model:Model"
uses   = ["new"]
)"),
              ElementsAre("3 no-reason"));
  // One remark for the globals of one rule.
  EXPECT_THAT(Codes(R"(
[[allow]]
globals = [
  "acme.model:Model",
  "acme.model:Layer",
]
uses = ["new"]
)"),
              SizeIs(1));
}

TEST(CheckTest, CodeWithoutAReasonOrADigest) {
  EXPECT_THAT(Codes(absl::StrCat(R"(
[[allow_code]]
name   = "scale"
digest = ")",
                                 kDigest, R"("
python = ["3.11"]
)")),
              ElementsAre(HasSubstr("no-reason")));
  EXPECT_THAT(Codes(R"(
[[allow_code]]
name   = "scale"
reason = "read"
)"),
              ElementsAre(HasSubstr("no-digest")));
}

TEST(CheckTest, UsesThatAllowNothing) {
  EXPECT_THAT(Codes(R"(
[[allow]]
global = "acme.model:Model"
uses   = ["build"]
reason = "plain attributes"
)"),
              ElementsAre("3 no-effect"));
  EXPECT_THAT(Codes(R"(
[[allow]]
global   = "acme.model:Model"
uses     = ["new"]
setstate = true
reason   = "its own"
)"),
              ElementsAre("3 no-effect"));
}

TEST(CheckTest, RulesThatTakeThePlaceOfOthers) {
  // collections:OrderedDict, as the default policy has it and with more.
  const std::vector<PolicyRemark> more = Check(R"(
extends = ["default"]
[[allow]]
global = "collections:OrderedDict"
uses   = ["reference", "call", "new", "build", "extend"]
reason = "whatever it is made of"
)");
  ASSERT_THAT(more, SizeIs(1));
  EXPECT_EQ(more[0].code, "widens");
  EXPECT_THAT(more[0].message, HasSubstr("collections:OrderedDict"));
}

TEST(CheckTest, WhatIsDangerous) {
  EXPECT_THAT(Codes(R"(
[[allow]]
global = "os:system"
uses   = ["call"]
reason = "we need it"
)"),
              ElementsAre("3 never-safe"));
}

TEST(CheckTest, IdsThatNameThingsOutside) {
  EXPECT_THAT(Codes("persistent_ids = true\n"),
              ElementsAre("0 persistent-ids"));
}

TEST(CheckTest, ErrorsSayWhere) {
  const std::vector<PolicyRemark> errors = Check("\n[[allow]]\nglobal = 7\n");
  ASSERT_THAT(errors, SizeIs(2));  // the rule has no uses, either
  EXPECT_TRUE(errors[0].error);
  EXPECT_EQ(errors[0].line, 2u);
  EXPECT_EQ(errors[1].line, 3u);
  EXPECT_EQ(errors[1].column, 10u);
  EXPECT_EQ(errors[1].message, "'global' must be a string");
  EXPECT_THAT(errors[1].file, HasSubstr("check-ErrorsSayWhere.toml"));
}

TEST(CheckTest, AFileThatIsNotThere) {
  EXPECT_FALSE(CheckPolicy("/nonexistent/policy.toml").ok());
}

}  // namespace
}  // namespace picklebox
