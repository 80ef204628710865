// Rules with patterns: what a pattern matches, what it never matches, and which
// of several rules counts.
#include <fstream>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "base/bytes.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "picklebox/policy_check.h"
#include "picklebox/policy_rules.h"
#include "policy/name_pattern.h"
#include "policy/table_writer.h"
#include "tests/policy/pickle.h"

namespace picklebox::policy {
namespace {

using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

bool Matches(NamePattern::Half half, absl::string_view pattern,
             absl::string_view name) {
  PatternMistake mistake;
  const auto compiled = NamePattern::Compile(half, pattern, &mistake);
  EXPECT_TRUE(compiled) << pattern << ": " << mistake.message;
  return compiled && compiled->Matches(name);
}

bool MatchesQualname(absl::string_view pattern, absl::string_view name) {
  return Matches(NamePattern::kQualname, pattern, name);
}

TEST(NamePatternTest, MatchesAllOfAName) {
  EXPECT_TRUE(MatchesQualname("[A-Z]\\w*", "Ranker"));
  EXPECT_FALSE(MatchesQualname("[A-Z]\\w*", "ranker"));
  EXPECT_FALSE(MatchesQualname("Rank", "Ranker"));
  EXPECT_FALSE(MatchesQualname("anker", "Ranker"));
  EXPECT_FALSE(MatchesQualname("A|B", "AB"));
  EXPECT_TRUE(MatchesQualname("A|B", "B"));
  EXPECT_TRUE(MatchesQualname("(?i)ranker", "RANKER"));
  EXPECT_FALSE(MatchesQualname("a$|.*b", "a\n"));
}

// Whatever stands for many characters stands for no dot of a qualname.
TEST(NamePatternTest, NothingButAWrittenDotMatchesOneInAQualname) {
  for (const char* pattern :
       {".*", ".+", "s.t", "[^x]*", "\\W*|.*", "[^-x]*", "[^]x]*", "\\S*",
        "[^\\w]*|s\\Dt", "(?i).*", "(?:.)*", "s[^a-z]t", "(.*)(\\.x)?",
        "[a-z]*[^a]t", "[^.]*", "s\\Wt", "(?P<n>.*)", ".{3}", "[^\\.-a]*"}) {
    EXPECT_FALSE(MatchesQualname(pattern, "s.t")) << pattern;
    EXPECT_FALSE(MatchesQualname(pattern, "os.path.s")) << pattern;
  }
  for (const char* pattern : {"s\\.t", "[a-z.]*", "[\\w.]+", "s[.]t",
                              "(\\w+\\.)*\\w+", ".*\\..*", "[.-9s-z]*"}) {
    EXPECT_TRUE(MatchesQualname(pattern, "s.t")) << pattern;
  }
  EXPECT_FALSE(MatchesQualname(".*\\..*", "a.b.c"));
  EXPECT_TRUE(Matches(NamePattern::kModule, "acme\\..*", "acme.a.b"));
  EXPECT_TRUE(Matches(NamePattern::kModule, "acme.*", "acme"));
}

TEST(NamePatternTest, MatchesNamesOnly) {
  for (const char* name : {"", "a b", "a\n", "a.", ".a", "a..b", "1a", "a-b"}) {
    EXPECT_FALSE(Matches(NamePattern::kModule, "(?s).*", name)) << name;
  }
  EXPECT_TRUE(Matches(NamePattern::kModule, ".*", std::string(1024, 'x')));
  EXPECT_FALSE(Matches(NamePattern::kModule, ".*", std::string(1025, 'x')));
}

TEST(NamePatternTest, RefusesWhatItCannotHold) {
  PatternMistake mistake;
  const auto refuses = [&](const std::string& pattern) {
    mistake = {};
    return !NamePattern::Compile(NamePattern::kQualname, pattern, &mistake) &&
           !mistake.message.empty();
  };
  for (const char* pattern :
       {"",       "(",      "[a",          "a**b(",         "\\",
        "[!-~]*", "[+-9]",  "\\pL",        "\\x2e",         "\\Q.\\E",
        "\\C",    "(?s).*", "[[:punct:]]", "[[:^alpha:]]",  "[\\D]",
        "[\\W]",  "(?s:.)", "\\1",         "a{1000}{1000}", "[--/]",
        "\\056"}) {
    EXPECT_TRUE(refuses(pattern)) << pattern;
  }
  EXPECT_TRUE(refuses(std::string(1025, 'a')));
  EXPECT_TRUE(refuses("ab[!-~]"));
  EXPECT_EQ(mistake.at, 3u);
}

constexpr char kPatterns[] = R"(
[[allow]]
global = "acme.models:Exact"
uses = ["reference"]

[[allow]]
module = "acme.models"
qualname_pattern = '[A-Z]\w*'
uses = ["reference", "call", "new", "build"]
call = ["int"]
state = "dict[str: int]"

[[allow]]
module_pattern = 'acme\..*'
qualname_pattern = 'Later|Dotted\.[a-z]+'
uses = ["reference", "call"]

[[allow]]
module_pattern = 'numpy\._core\..*'
qualname = "scalar"
uses = ["reference"]
)";

std::vector<std::string> DeniedOf(const Pickle& p) {
  std::vector<std::string> denied;
  for (const JudgedGlobal& global : p.judge().globals()) {
    if (global.denied != 0)
      denied.push_back(Spell(global.module, global.qualname));
  }
  return denied;
}

TEST(PatternRuleTest, GrantsUsesAndShapes) {
  Pickle p(MakePolicy(kPatterns));
  const NodeId object = p.Call("acme.models:Ranker", {p->Int(1)});
  const NodeId state = p->Dict();
  p->SetItems(state, {p->Str("a"), p->Int(1)}, 5);
  p.Build(object, state);
  EXPECT_EQ(p.judge().denials(), 0u);
  p.Call("acme.models:Ranker", {p->Str("x")});
  EXPECT_EQ(p.judge().denials(), 1u);
  p.Call("acme.models:lower");
  p.Call("acme.other:Ranker");
  p.Call("os:system");
  EXPECT_THAT(DeniedOf(p),
              ::testing::ElementsAre("acme.models:lower", "acme.other:Ranker",
                                     "os:system"));
}

TEST(PatternRuleTest, ExactGoesFirstThenTheLastPattern) {
  const Policy policy = MakePolicy(kPatterns);
  EXPECT_EQ(policy.Find("acme.models", "Exact")->uses, kReference);
  EXPECT_EQ(policy.Find("acme.models", "Later")->uses, kReference | kCall);
  EXPECT_TRUE(policy.Find("acme.models", "Later")->module_pattern);
  EXPECT_EQ(policy.Find("acme.models", "Other")->uses,
            kReference | kCall | kNew | kBuild);
  EXPECT_EQ(policy.Find("acme.models", "other"), std::nullopt);
  // A rule of a policy goes before those that it extends.
  const Policy narrowed = MakePolicy(absl::StrCat(
      kPatterns,
      "[[allow]]\nglobal = \"acme.models:Later\"\nuses = []\n"
      "[[allow]]\nmodule = \"acme.models\"\nqualname_pattern = 'Ot.*'\n"
      "uses = []\n"));
  EXPECT_EQ(narrowed.Find("acme.models", "Later")->uses, 0);
  EXPECT_EQ(narrowed.Find("acme.models", "Other")->uses, 0);
}

// A name that is written out beside a pattern is no way around the pattern.
TEST(PatternRuleTest, BothHalvesOfANameHaveToFit) {
  const Policy policy = MakePolicy(kPatterns);
  EXPECT_NE(policy.Find("numpy._core.multiarray", "scalar"), std::nullopt);
  EXPECT_EQ(policy.Find("os", "scalar"), std::nullopt);
  EXPECT_EQ(policy.Find("numpy._core.multiarray", "other"), std::nullopt);
  EXPECT_EQ(policy.Find("acme.other", "Other"), std::nullopt);
}

TEST(PatternRuleTest, IsAskedOfTheCanonicalName) {
  const Policy policy = MakePolicy(kPatterns);
  EXPECT_EQ(policy.Find("numpy.core.multiarray", "scalar")->uses, kReference);
}

TEST(PatternRuleTest, DotsAreFollowedOnlyWhereTheUnpicklerDoes) {
  Pickle p(MakePolicy(kPatterns));
  p->Call(p.Global("acme.x:Dotted.make", /*dotted=*/true), p->Tuple({}), 1);
  EXPECT_THAT(DeniedOf(p), IsEmpty());
  p->Call(p.Global("acme.x:Dotted.make"), p->Tuple({}), 2);
  p->Call(p.Global("acme.x:Dotted.a.b", true), p->Tuple({}), 3);
  EXPECT_THAT(DeniedOf(p), Contains("acme.x:Dotted.make"));
  EXPECT_THAT(DeniedOf(p), Contains("acme.x:Dotted.a.b"));
}

TEST(PatternRuleTest, MistakesHaveTheirPlaces) {
  const auto mistake = [](absl::string_view text) {
    return std::string(
        Policy::FromToml(absl::StrCat("[[allow]]\nuses = [\"call\"]\n", text),
                         "p.toml")
            .status()
            .message());
  };
  EXPECT_THAT(mistake("module = 'a'\nqualname_pattern = 'a(b'\n"),
              HasSubstr("p.toml:4:"));
  EXPECT_THAT(mistake("module = 'a'\nqualname_pattern = 'a[!-~]'\n"),
              HasSubstr("p.toml:4:23: the range holds a dot"));
  EXPECT_THAT(mistake("module_pattern = 'a'\n"), HasSubstr("'qualname'"));
  EXPECT_THAT(mistake("module = 'a'\nqualname = 'b'\n"),
              HasSubstr("global = \"a:b\""));
  EXPECT_THAT(mistake("module = 'a.*'\nqualname_pattern = 'b'\n"),
              HasSubstr("module_pattern?"));
  EXPECT_THAT(mistake("global = 'a:b'\nmodule_pattern = 'a'\n"),
              HasSubstr("not both"));
  EXPECT_THAT(
      mistake("module = 'a'\nmodule_pattern = 'a'\nqualname_pattern='b'\n"),
      HasSubstr("as a name and as a pattern"));
  EXPECT_THAT(mistake("module = 'a'\nqualname_pattern='b'\nattribute = true\n"),
              HasSubstr("'attribute'"));
  EXPECT_THAT(mistake("module = 'a'\nqualname_pattern='b'\n[[allow]]\n"
                      "uses=[]\nmodule = 'a'\nqualname_pattern='b'\n"),
              HasSubstr("already"));
}

TEST(PatternRuleTest, ATableWithABrokenPatternDoesNotOpen) {
  TableContent content;
  content.rules = {{"a", "b", kCall, 0, "o", "r"},
                   {"x", "y(", kCall, kQualnamePattern, "o", "r"}};
  EXPECT_FALSE(PolicyTable::Open(WriteTable(content)).ok());
  content.rules[1].qualname = "y";
  std::vector<uint8_t> block = WriteTable(content);
  EXPECT_TRUE(PolicyTable::Open(block).ok());
  for (const uint32_t count : {2u, 3u, 0xffffffffu}) {
    base::StoreLittle<uint32_t>(block.data() + kHeaderPatterns, count);
    EXPECT_FALSE(PolicyTable::Open(block).ok()) << count;
  }
}

// What ships is to be read name by name.
TEST(PatternRuleTest, ShippedProfilesHaveNone) {
  for (const std::string& profile : Policy::ShippedProfiles()) {
    for (const PolicyRule& rule : NamedPolicy(profile)->rules())
      EXPECT_FALSE(rule.is_pattern()) << profile << " " << rule.module;
  }
}

class PatternReviewTest : public ::testing::Test {
 protected:
  static std::vector<std::string> Remarks(const std::string& text) {
    const std::string path = ::testing::TempDir() + "pattern_review.toml";
    std::ofstream(path) << text;
    std::vector<std::string> remarks;
    const auto found = CheckPolicy(path);
    EXPECT_TRUE(found.ok()) << found.status();
    if (!found.ok()) return remarks;
    for (const PolicyRemark& remark : *found) {
      remarks.push_back(absl::StrCat(remark.line, ":", remark.column, " ",
                                     remark.code, " ", remark.message));
    }
    return remarks;
  }
  static std::string Rule(absl::string_view module,
                          absl::string_view qualname) {
    return absl::StrCat(
        "[[allow]]\nmodule_pattern = '", module, "'\nqualname_pattern = '",
        qualname, "'\nuses = [\"reference\", \"call\"]\nreason = \"r\"\n");
  }
};

TEST_F(PatternReviewTest, SaysWhatAPatternOpens) {
  const std::vector<std::string> all = Remarks(Rule(".*", ".*"));
  EXPECT_THAT(all, Contains(HasSubstr("2:18 pattern-everything this matches "
                                      "every global")));
  EXPECT_THAT(all, Contains(HasSubstr("(exec-code)")));
  EXPECT_THAT(all, Contains(HasSubstr("pattern-known")));
  const std::vector<std::string> os = Remarks(Rule("os|shutil", "sys.*|rm.*"));
  EXPECT_THAT(os, Contains(HasSubstr("os:system (process)")));
  EXPECT_THAT(os, Contains(HasSubstr("3:20 pattern-imports")));
  EXPECT_THAT(os, Not(Contains(HasSubstr("pattern-everything"))));
  EXPECT_THAT(Remarks(Rule("acme[.].*", "A\\.b")),
              Contains(HasSubstr("3:20 pattern-dots")));
  EXPECT_THAT(Remarks(Rule("acme.models", "[A-Z][a-z]*$")),
              ::testing::ElementsAre(HasSubstr("2:23 pattern-spelling"),
                                     HasSubstr("3:20 pattern-spelling")));
  EXPECT_THAT(Remarks(Rule(".*acme.*", "[A-Z][a-z]*")),
              Contains(HasSubstr("2:18 pattern-spelling")));
}

TEST_F(PatternReviewTest, IsSilentAboutWhatOtherRulesDecide) {
  EXPECT_THAT(Remarks(Rule("acme[.]models", "[A-Z][a-z]*")), IsEmpty());
  const std::vector<std::string> narrowed =
      Remarks(Rule("os", "syste.") +
              "[[allow]]\nglobal = \"os:system\"\nuses = []\nreason = \"r\"\n");
  EXPECT_THAT(narrowed, Not(Contains(HasSubstr("pattern-danger"))));
}

}  // namespace
}  // namespace picklebox::policy
