// [[override]]: what counts for some files only.
#include <string>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "picklebox/policy.h"
#include "picklebox/policy_rules.h"
#include "policy/path_pattern.h"
#include "policy/table.h"

namespace picklebox::policy {
namespace {

using ::testing::HasSubstr;

bool Matches(absl::string_view pattern, absl::string_view path) {
  std::string mistake;
  const auto compiled = PathPattern::Compile(pattern, &mistake);
  EXPECT_TRUE(compiled) << mistake;
  return compiled && compiled->Matches(path);
}

TEST(PathPatternTest, IsHeldAgainstTheWholePath) {
  EXPECT_TRUE(Matches("legacy/*.pkl", "legacy/a.pkl"));
  EXPECT_TRUE(Matches("legacy/*.pkl", "./legacy//a.pkl"));
  EXPECT_TRUE(Matches("./legacy/?.pkl", "legacy/a.pkl"));
  EXPECT_TRUE(Matches("legacy/**", "legacy/a/b.pkl"));
  EXPECT_TRUE(Matches("legacy/**/*.pkl", "legacy/a.pkl"));
  EXPECT_TRUE(Matches("legacy/**/*.pkl", "legacy/a/b/c.pkl"));
  EXPECT_TRUE(Matches("**/a.pkl", "x/y/a.pkl"));
  EXPECT_TRUE(Matches("a+(b).pkl", "a+(b).pkl"));
  EXPECT_FALSE(Matches("legacy/*.pkl", "legacy/a/b.pkl"));
  EXPECT_FALSE(Matches("legacy/*.pkl", "incoming/legacy/a.pkl"));
  EXPECT_FALSE(Matches("legacy/*.pkl", "legacy/a.pkl.x"));
  EXPECT_FALSE(Matches("legacy/**", "legacy/../incoming/a.pkl"));
  EXPECT_FALSE(Matches("legacy/**", "legacyx/a.pkl"));
  EXPECT_FALSE(Matches("?.pkl", "/.pkl"));
  EXPECT_FALSE(Matches("a.pkl", "axpkl"));
}

TEST(PathPatternTest, RefusesWhatItDoesNotKnow) {
  for (const char* pattern : {"", "[ab].pkl", "{a,b}", "!a", "a\\b"}) {
    std::string mistake;
    EXPECT_FALSE(PathPattern::Compile(pattern, &mistake)) << pattern;
    EXPECT_FALSE(mistake.empty());
  }
}

constexpr char kText[] = R"(
[[allow]]
global = "acme:Model"
uses = ["reference"]

[[override]]
path = "legacy/**"
extends = ["core"]

[[override.allow]]
global = "acme:Model"
uses = ["reference", "call"]

[[override]]
paths = ["legacy/old/*", "older/*"]
persistent_ids = true

[limits]
memory = "1GiB"
)";

TEST(OverrideTest, EachIsTheWholeAndMore) {
  const Policy policy = Policy::FromToml(kText, "p.toml").value();
  ASSERT_EQ(policy.overrides().size(), 2u);
  EXPECT_EQ(policy.rule_count(), 1u);
  EXPECT_EQ(policy.Find("acme", "Model")->uses, kReference);
  const Policy& legacy = policy.overrides()[0].policy;
  EXPECT_EQ(legacy.Find("acme", "Model")->uses, kReference | kCall);
  EXPECT_EQ(legacy.Find("acme", "Model")->origin, "p.toml:11");
  EXPECT_TRUE(legacy.Find("collections", "OrderedDict"));
  EXPECT_EQ(legacy.limits().memory, 1u << 30);
  EXPECT_EQ(legacy.name(), "p.toml [legacy/**]");
  EXPECT_FALSE(legacy.persistent_ids());
  const Policy& old = policy.overrides()[1].policy;
  EXPECT_EQ(old.Find("acme", "Model")->uses, kReference);
  EXPECT_TRUE(old.persistent_ids());
}

TEST(OverrideTest, TheLastOneThatMatchesCounts) {
  const Policy policy = Policy::FromToml(kText, "p.toml").value();
  EXPECT_EQ(policy.OverrideFor("x.pkl"), std::nullopt);
  EXPECT_EQ(policy.OverrideFor("legacy/x.pkl"), 0u);
  EXPECT_EQ(policy.OverrideFor("legacy/old/x.pkl"), 1u);
  EXPECT_EQ(policy.OverrideFor("older/x.pkl"), 1u);
  EXPECT_EQ(policy.OverrideFor("incoming/legacy/x.pkl"), std::nullopt);
  EXPECT_EQ(Policy::Default().OverrideFor("legacy/x.pkl"), std::nullopt);
}

TEST(OverrideTest, MistakesHaveTheirPlaces) {
  const auto mistake = [](const std::string& text) {
    return std::string(Policy::FromToml(text, "p.toml").status().message());
  };
  EXPECT_THAT(mistake("[[override]]\nextends = [\"core\"]\n"),
              HasSubstr("p.toml:1:1: an override needs 'path' or 'paths'"));
  EXPECT_THAT(mistake("[[override]]\npath = \"[a]\"\n"),
              HasSubstr("p.toml:2:8: "));
  EXPECT_THAT(mistake("[[override]]\npath = \"a\"\nname = \"x\"\n"),
              HasSubstr("unknown key 'name' in an override"));
  EXPECT_THAT(mistake("[[override]]\npath = \"a\"\n[override.limits]\n"),
              HasSubstr("unknown key 'limits' in an override"));
  EXPECT_THAT(mistake("[[override]]\npath = \"a\"\nextends = [\"nowhere\"]\n"),
              HasSubstr("p.toml:3:12: "));
  std::string many;
  for (int i = 0; i < 65; ++i)
    absl::StrAppend(&many, "[[override]]\npath = \"a\"\n");
  EXPECT_THAT(mistake(many), HasSubstr("more than 64 overrides"));
  std::string patterns;
  for (int i = 0; i < 130; ++i) {
    absl::StrAppend(&patterns, "[[allow]]\nmodule = 'm'\nqualname_pattern = 'x",
                    i, "'\nuses = []\n");
  }
  EXPECT_TRUE(Policy::FromToml(patterns, "p.toml").ok());
  EXPECT_THAT(mistake(patterns + "[[override]]\npath = 'a'\n"),
              HasSubstr("more than 256 rules with patterns"));
}

TEST(OverrideTest, TablesLieOneBehindTheOther) {
  const Policy policy = Policy::FromToml(kText, "p.toml").value();
  std::vector<uint8_t> blocks;
  const auto add = [&](const Policy& part) {
    blocks.insert(blocks.end(), part.compiled().begin(), part.compiled().end());
  };
  add(policy);
  add(policy.overrides()[0].policy);
  const auto tables = PolicyTable::OpenAll(blocks);
  ASSERT_TRUE(tables.ok());
  ASSERT_EQ(tables->size(), 2u);
  EXPECT_EQ((*tables)[1].name(), "p.toml [legacy/**]");
  blocks.pop_back();
  EXPECT_FALSE(PolicyTable::OpenAll(blocks).ok());
  EXPECT_FALSE(PolicyTable::OpenAll({}).ok());
}

TEST(OverrideTest, ShippedProfilesHaveNone) {
  for (const std::string& profile : Policy::ShippedProfiles())
    EXPECT_TRUE(NamedPolicy(profile)->overrides().empty()) << profile;
}

}  // namespace
}  // namespace picklebox::policy
