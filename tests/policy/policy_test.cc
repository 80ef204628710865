#include "picklebox/policy.h"

#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>
#include <string>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "policy/table.h"

namespace picklebox {
namespace {

using ::testing::HasSubstr;
using ::testing::IsSupersetOf;
using ::testing::StartsWith;

// A folder that goes with the test.
class PolicyTest : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string name = absl::StrCat(::testing::TempDir(), "/policyXXXXXX");
    ASSERT_NE(mkdtemp(name.data()), nullptr);
    folder_ = name;
  }
  void TearDown() override {
    for (const std::string& path : written_) unlink(path.c_str());
    rmdir(folder_.c_str());
  }
  std::string Write(const std::string& name, const std::string& text) {
    written_.push_back(absl::StrCat(folder_, "/", name));
    std::ofstream(written_.back()) << text;
    return written_.back();
  }

  std::string folder_;
  std::vector<std::string> written_;
};

constexpr char kOneRule[] =
    "[[allow]]\nglobal = \"acme:Model\"\nuses = [\"new\"]\n";

TEST_F(PolicyTest, TheDefaultIsTheShippedProfileOfThatName) {
  EXPECT_THAT(Policy::ShippedProfiles(),
              IsSupersetOf({"core", "default", "numpy", "sklearn", "torch"}));
  const Policy& policy = Policy::Default();
  EXPECT_EQ(policy.name(), "default");
  const auto same = Policy::FromToml(
      "name = \"default\"\nextends = [\"default\"]", "default.toml");
  ASSERT_TRUE(same.ok()) << same.status();
  EXPECT_EQ(policy.compiled(), same->compiled());
  EXPECT_EQ(policy.rule_count(), same->rule_count());
  EXPECT_GT(policy.rule_count(), 1000u);
}

// Whoever asks for one profile gets what it needs of others with it.
TEST_F(PolicyTest, EachShippedProfileStandsByItself) {
  for (const std::string& name : Policy::ShippedProfiles()) {
    const auto policy = Policy::FromToml(
        absl::StrCat("extends = [\"", name, "\"]"), name + ".toml");
    ASSERT_TRUE(policy.ok()) << policy.status();
    EXPECT_GT(policy->rule_count(), 100u) << name;
  }
}

TEST_F(PolicyTest, AFileMayExtendAFileBesideIt) {
  Write("base.toml", kOneRule);
  const auto policy =
      Policy::FromFile(Write("acme.toml",
                             "name = \"acme\"\nextends = [\"core\", "
                             "\"base.toml\"]\n[limits]\nstack = 9"));
  ASSERT_TRUE(policy.ok()) << policy.status();
  EXPECT_EQ(policy->name(), "acme");
  EXPECT_EQ(policy->limits().stack, 9u);
  const auto table = policy::PolicyTable::Open(policy->compiled());
  ASSERT_TRUE(table.ok());
  EXPECT_NE(table->Find("builtins", "set"), policy::kNoRule);
  const int rule = table->Find("acme", "Model");
  ASSERT_NE(rule, policy::kNoRule);
  EXPECT_EQ(table->rule(rule).origin, absl::StrCat(folder_, "/base.toml:2"));
}

TEST_F(PolicyTest, AFileNamedLikeAProfileIsNotTheProfile) {
  const auto policy = Policy::FromFile(
      Write("core.toml", absl::StrCat("extends = [\"core\"]\n", kOneRule)));
  ASSERT_TRUE(policy.ok()) << policy.status();
  EXPECT_GT(policy->rule_count(), 100u);
}

TEST_F(PolicyTest, TextFindsPathsOnlyInItsFolder) {
  Write("base.toml", kOneRule);
  const std::string text = "extends = [\"./base.toml\"]";
  EXPECT_TRUE(Policy::FromToml(text, "x", folder_).ok());
  const auto nowhere = Policy::FromToml(text, "x");
  EXPECT_THAT(
      std::string(nowhere.status().message()),
      StartsWith(
          "x:1:12: './base.toml' is a path, and this policy is in no folder"));
}

TEST_F(PolicyTest, SaysWhatIsWrongWithAFile) {
  EXPECT_TRUE(
      absl::IsNotFound(Policy::FromFile(folder_ + "/none.toml").status()));
  EXPECT_FALSE(Policy::FromFile(folder_).ok());
  const std::string path = Write("bad.toml", "\nname = 3");
  EXPECT_EQ(Policy::FromFile(path).status().message(),
            path + ":2:8: 'name' must be a string");
  EXPECT_THAT(
      Policy::FromToml("extends = [\"nmupy\"]", "x").status().ToString(),
      HasSubstr("no shipped profile is called 'nmupy'; there are: "));
  EXPECT_THAT(
      Policy::FromToml("extends = [\"/none.toml\"]", "x").status().ToString(),
      HasSubstr("x:1:12: cannot open /none.toml"));
}

TEST_F(PolicyTest, AFileThatMayNotBeReadIsDenied) {
  const std::string path = Write("secret.toml", kOneRule);
  chmod(path.c_str(), 0);
  if (access(path.c_str(), R_OK) == 0)
    GTEST_SKIP() << "this user may read everything";
  EXPECT_TRUE(absl::IsPermissionDenied(Policy::FromFile(path).status()));
}

TEST_F(PolicyTest, CopiesShareOneBlock) {
  const Policy copy = Policy::Default();
  EXPECT_EQ(copy.compiled().data(), Policy::Default().compiled().data());
}

}  // namespace
}  // namespace picklebox
