// Mistakes in a policy, each with its place; and what extends what.
#include "policy/compiler.h"

#include <map>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "policy/shape_text.h"
#include "policy/table.h"

namespace picklebox::policy {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

class CompilerTest : public ::testing::Test {
 protected:
  absl::StatusOr<std::vector<uint8_t>> Compile(const std::string& text) {
    const Opener opener = [this](const std::string& what,
                                 const std::string&) -> absl::StatusOr<Source> {
      const auto file = files_.find(what);
      if (file == files_.end()) return absl::NotFoundError("no such file");
      return Source{file->second, what, what, ""};
    };
    return policy::Compile({text, "p.toml", "p.toml", ""}, opener);
  }

  std::string Mistake(const std::string& text) {
    const auto block = Compile(text);
    EXPECT_FALSE(block.ok());
    EXPECT_TRUE(absl::IsInvalidArgument(block.status()));
    return std::string(block.status().message());
  }

  PolicyTable Table(const std::string& text) {
    auto block = Compile(text);
    EXPECT_TRUE(block.ok()) << block.status();
    block_ = *std::move(block);
    return PolicyTable::Open(block_).value();
  }

  std::map<std::string, std::string> files_;
  std::vector<uint8_t> block_;
};

// toml++ 3.3 is not defined on some of these.
TEST_F(CompilerTest, TakesOtherThanAsciiInStringsAndCommentsOnly) {
  constexpr absl::string_view kWhat =
      ": only strings and comments hold anything but ASCII";
  EXPECT_EQ(Mistake("hash = \xc4\x91"), absl::StrCat("p.toml:1:8", kWhat));
  EXPECT_EQ(Mistake("name = \"\"\n\xc2\xa0"),
            absl::StrCat("p.toml:2:1", kWhat));
  EXPECT_EQ(Mistake("a='\\'\xc4\x91"), absl::StrCat("p.toml:1:6", kWhat));
  EXPECT_EQ(Mistake("a=''''\xc4\x91''''\xc4\x91"),
            absl::StrCat("p.toml:1:13", kWhat));
  EXPECT_EQ(
      Table("\xef\xbb\xbf# \xc4\x91\nname = \"\\\"\xc4\x91\" # \"").name(),
      "\"\xc4\x91");
}

// Where a value of an array begins, toml++ 3.3 takes for granted that it is not
// at a '}', and does not look: an assertion, or nothing that is defined.
TEST_F(CompilerTest, WantsAValueInFrontOfABrace) {
  constexpr absl::string_view kWhat = ": a value is missing in front of '}'";
  EXPECT_EQ(Mistake("uses = [ }]"), absl::StrCat("p.toml:1:10", kWhat));
  EXPECT_EQ(Mistake("uses = [\"call\", # x\n}]"),
            absl::StrCat("p.toml:2:1", kWhat));
  EXPECT_EQ(Mistake("a = {b = [1, {}, }"), absl::StrCat("p.toml:1:18", kWhat));
  EXPECT_EQ(Table("name = \"[}\" # ,}\n[[allow]]\nuses = []\n"
                  "globals = [\"a:b\"]")
                .name(),
            "[}");
}

// The same where the name of a table begins.
TEST_F(CompilerTest, WantsANameInAHeader) {
  for (const char* text : {"[=x]", "[[\t}]]", "[[[a]]]", "a = 1\n [ #\n]",
                           "[\n]", "a = [\n[1]]\n[.]"}) {
    EXPECT_THAT(Mistake(text), HasSubstr(": a table has no name")) << text;
  }
  for (const char* text : {"[", "[]", "[[ ]]", "[ [a]]", "[[a]"})
    EXPECT_THAT(Mistake(text), Not(HasSubstr("no name"))) << text;
  EXPECT_EQ(
      Table("name = \"[=\" # [=\n[ limits ]\nopcodes = 1\n[['allow']]\n"
            "global = 'a:b'\nuses = [\n'call' ]\ncall = [\n[],\n['int']]\n")
          .name(),
      "[=");
}

TEST_F(CompilerTest, ReadsEveryKey) {
  const PolicyTable table = Table(R"(
name = "everything"
persistent_ids = true
[limits]
memory = "2GiB"
opcodes = 1000
[[extension]]
code = 240
global = "acme:Thing"
[[allow]]
global = "acme:Thing"
uses = ["reference", "call", "new", "build", "extend"]
setstate = true
hash = true
attribute = false
check = ["numpy.scalar", "numpy.dtype"]
call = [[], ["str", "int?"]]
new = ["any*"]
kwargs = "dict['a': int]"
state = "dict"
items = "str: any"
reason = "because"
)");
  EXPECT_EQ(table.name(), "everything");
  EXPECT_TRUE(table.persistent_ids());
  EXPECT_EQ(table.limits().memory, 2ull << 30);
  EXPECT_EQ(table.limits().opcodes, 1000u);
  ASSERT_EQ(table.extension_count(), 1u);
  EXPECT_EQ(table.extension(0).code, 240u);
  ASSERT_EQ(table.rule_count(), 1);
  const Rule rule = table.rule(0);
  EXPECT_EQ(rule.uses, kReference | kCall | kNew | kBuild | kExtend);
  EXPECT_EQ(rule.flags, kSetState | kHashable);
  EXPECT_EQ(ArgumentsText(table, rule.shapes.call), R"([[], ["str", "int?"]])");
  EXPECT_EQ(ArgumentsText(table, rule.shapes.create), R"(["any*"])");
  EXPECT_EQ(ShapeText(table, rule.shapes.keywords), "dict['a': int]");
  EXPECT_EQ(ShapeText(table, rule.shapes.state), "dict");
  EXPECT_EQ(EntriesText(table, rule.shapes.items), "str: any");
  EXPECT_EQ(rule.checks, 1u << kCheckNumpyScalar | 1u << kCheckNumpyDtype);
  EXPECT_EQ(rule.origin, "p.toml:11");
  EXPECT_EQ(rule.reason, "because");
}

TEST_F(CompilerTest, AnEmptyPolicyAllowsNothing) {
  const PolicyTable table = Table("");
  EXPECT_EQ(table.rule_count(), 0);
  EXPECT_EQ(table.name(), "p.toml");
  EXPECT_FALSE(table.persistent_ids());
}

TEST_F(CompilerTest, RulesOfAListShareAllButTheLine) {
  const PolicyTable table = Table(
      "[[allow]]\n"
      "globals = [\n"
      "  \"a:b\",\n"
      "  \"a:c\",\n"
      "]\n"
      "uses = [\"call\"]\n");
  EXPECT_EQ(table.rule(table.Find("a", "b")).origin, "p.toml:3");
  EXPECT_EQ(table.rule(table.Find("a", "c")).origin, "p.toml:4");
  EXPECT_EQ(table.rule(table.Find("a", "c")).uses, kCall);
}

TEST_F(CompilerTest, NamesAreMadeCanonical) {
  const PolicyTable table = Table(
      "[[allow]]\nglobal = \"numpy.core.multiarray:scalar\"\nuses = "
      "[\"call\"]\n");
  EXPECT_NE(table.Find("numpy._core.multiarray", "scalar"), kNoRule);
}

struct Case {
  const char* text;
  const char* mistake;
};

TEST_F(CompilerTest, SaysWhereAMistakeIs) {
  const Case kCases[] = {
      {"name = ", "p.toml:1:8: "},
      {"name = 3", "p.toml:1:8: 'name' must be a string"},
      {"\n  colour = 1", "p.toml:2:3: unknown key 'colour' in a policy"},
      {"extends = \"core\"", "p.toml:1:11: 'extends' must be a list"},
      {"extends = [3]", "p.toml:1:12: 'extends' must be a string"},
      {"extends = [\"nowhere\"]", "p.toml:1:12: no such file"},
      {"persistent_ids = 1",
       "p.toml:1:18: 'persistent_ids' must be true or false"},
      {"accept = 1", "p.toml:1:1: 'accept' is not supported by this version"},
      {"allow = 1", "p.toml:1:9: 'allow' must be a list of tables"},
      {"allow = [1]", "p.toml:1:10: 'allow' must be a list of tables"},
      {"[allow]\nglobal = \"a:b\"",
       "p.toml:1:1: 'allow' must be a list of tables"},
      {"[[allow]]\nuses = [\"call\"]",
       "p.toml:1:1: a rule needs 'global', 'globals', or patterns"},
      {"[[allow]]\nglobal = \"a:b\"", "p.toml:1:1: a rule needs 'uses'"},
      {"[[allow]]\nglobal = 5\nuses = []",
       "p.toml:2:10: 'global' must be a string"},
      {"[[allow]]\nglobal = \"ab\"\nuses = []",
       "p.toml:2:10: 'ab' is no global"},
      {"[[allow]]\nglobal = \"a.b.\"\nuses = []",
       "p.toml:2:10: 'a.b.' is no global"},
      {"[[allow]]\nglobal = \":b\"\nuses = []",
       "p.toml:2:10: ':b' is no global"},
      {"[[allow]]\nglobal = \"a:\"\nuses = []",
       "p.toml:2:10: 'a:' is no global"},
      {"[[allow]]\nglobal = \"a:b:c\"\nuses = []",
       "p.toml:2:10: 'a:b:c' is no global"},
      {"[[allow]]\nglobal = \"a:b c\"\nuses = []",
       "p.toml:2:10: 'a:b c' is no global"},
      {"[[allow]]\nglobal = \".a:b\"\nuses = []",
       "p.toml:2:10: '.a:b' is no global"},
      {"[[allow]]\nglobal = \"a:1b\"\nuses = []",
       "p.toml:2:10: 'a:1b' is no global"},
      {"[[allow]]\nglobal = \"a:<locals>.b\"\nuses = []",
       "p.toml:2:10: 'a:<locals>.b' is no"},
      {"[[allow]]\nglobal = \"a:*\"\nuses = []",
       "p.toml:2:10: 'a:*' is a pattern"},
      {"[[allow]]\nglobals = \"a:b\"\nuses = []",
       "p.toml:2:11: 'globals' must be a list"},
      {"[[allow]]\nglobal = \"a:b\"\nuses = \"call\"",
       "p.toml:3:8: 'uses' must be a list"},
      {"[[allow]]\nglobal = \"a:b\"\nuses = [\"cal\"]",
       "p.toml:3:9: no use is called 'cal'; there are: reference, call, new, "
       "build, extend"},
      {"[[allow]]\nglobal = \"a:b\"\nuses = []\ncall = [\"str\"]",
       "p.toml:4:8: 'call' has no meaning without \"call\" in 'uses'"},
      {"[[allow]]\nglobal = \"a:b\"\nuses = []\nkwargs = \"any\"",
       "p.toml:4:10: 'kwargs' has no meaning without \"new\" in 'uses'"},
      {"[[allow]]\nglobal = \"a:b\"\nuses = [\"call\"]\ncall = \"str\"",
       "p.toml:4:8: 'call' must be a list of shapes"},
      {"[[allow]]\nglobal = \"a:b\"\nuses = [\"call\"]\ncall = [\"int\", "
       "\"text\"]",
       "p.toml:4:17: no shape is called 'text'"},
      {"[[allow]]\nglobal = \"a:b\"\nuses = [\"call\"]\ncall = [[], "
       "[\"int|tuple[a]\"]]",
       "p.toml:4:25: no shape is called 'a'"},
      {"[[allow]]\nglobal = \"a:b\"\nuses = [\"call\"]\ncall = [\"int?\", "
       "\"int\"]",
       "p.toml:4:8: what follows an item with ? has a ? or a *, too"},
      {"[[allow]]\nglobal = \"a:b\"\nuses = [\"call\"]\ncall = [[\"int\"], "
       "\"int\"]",
       "p.toml:4:18: 'call' must be a list of lists of shapes"},
      {"[[allow]]\nglobal = \"a:b\"\nuses = [\"build\"]\nstate = 1",
       "p.toml:4:9: 'state' must be a string"},
      {"[[allow]]\nglobal = \"a:b\"\nuses = [\"build\"]\nstate = \"dict?\"",
       "p.toml:4:14: this is not expected here"},
      {"[[allow]]\nglobal = \"a:b\"\nuses = [\"extend\"]\nitems = \"str:\"",
       "p.toml:4:14: a shape is missing here"},
      {"[[allow]]\nglobal = \"a:b\"\nuses = []\ncheck = \"numpy.dtype\"",
       "p.toml:4:9: 'check' must be a list of names of checks"},
      {"[[allow]]\nglobal = \"a:b\"\nuses = []\ncheck = [\"numpy\"]",
       "p.toml:4:10: no check is called 'numpy'; there are: numpy.dtype, "},
      {"[[allow]]\nglobal = \"a:b\"\nuses = []\nuse = []",
       "p.toml:4:1: unknown key 'use' in a rule"},
      {"[[allow]]\nglobal = \"a:b\"\nuses = []\nhash = 1",
       "p.toml:4:8: 'hash' must be true or false"},
      {"[[allow]]\nglobal = \"a:b\"\nuses = []\nreason = 1",
       "p.toml:4:10: 'reason' must be a string"},
      {"[[allow]]\nglobals = [\"a:b\", \"a:b\"]\nuses = []",
       "p.toml:2:19: a:b has a rule already, in line 2"},
      {"[[allow]]\nglobal = \"numpy.core:x\"\nuses = []\n"
       "[[allow]]\nglobal = \"numpy._core:x\"\nuses = []",
       "p.toml:5:10: numpy._core:x has a rule already, in line 2"},
      {"[limits]\nmemory = true",
       "p.toml:2:10: a limit must be a number or a string"},
      {"[limits]\nmemory = \"lots\"",
       "p.toml:2:1: limit memory wants a whole number of bytes"},
      {"[limits]\nmemroy = 5",
       "p.toml:2:1: no limit is called 'memroy'; there are: input"},
      {"limits = 5", "p.toml:1:10: 'limits' must be a table"},
      {"[[extension]]\ncode = 0\nglobal = \"a:b\"",
       "p.toml:2:8: 'code' must be a number from 1"},
      {"[[extension]]\ncode = 5",
       "p.toml:1:1: an extension needs 'code' and 'global'"},
      {"[[extension]]\ncode = 5\nglobal = \"ab\"",
       "p.toml:3:10: 'ab' is no global"},
      {"[[extension]]\ncode = 5\nglobal = \"a:b\"\nuses = []",
       "p.toml:4:1: unknown key 'uses'"},
      {"[[extension]]\ncode = 5\nglobal = \"a:b\"\n[[extension]]\ncode = "
       "5\nglobal = \"a:b\"",
       "p.toml:5:8: code 5 is mapped already"},
  };
  for (const Case& c : kCases) {
    EXPECT_THAT(Mistake(c.text), StartsWith(c.mistake)) << c.text;
  }
}

TEST_F(CompilerTest, ReportsAllMistakesAtOnce) {
  const std::string mistakes = Mistake(
      "colour = 1\n"
      "[[allow]]\n"
      "global = \"a:*\"\n"
      "uses = [\"cal\"]\n"
      "[limits]\n"
      "colours = 1\n");
  EXPECT_THAT(
      absl::StrSplit(mistakes, '\n').operator std::vector<std::string>(),
      ElementsAre(StartsWith("p.toml:1:1: unknown key"),
                  StartsWith("p.toml:3:10: 'a:*'"),
                  StartsWith("p.toml:4:9: no use"),
                  StartsWith("p.toml:6:1: no limit")));
}

TEST_F(CompilerTest, ALaterRuleTakesThePlaceOfAnEarlierOne) {
  files_["base.toml"] =
      "name = \"base\"\npersistent_ids = true\n[limits]\nstack = 5\nmemo = 5\n"
      "[[allow]]\nglobals = [\"a:b\", \"a:c\"]\nuses = [\"reference\", "
      "\"call\"]\nhash = true\n";
  const PolicyTable table = Table(
      "extends = [\"base.toml\"]\n[limits]\nstack = 7\n"
      "[[allow]]\nglobal = \"a:b\"\nuses = [\"new\"]\n");
  const Rule rule = table.rule(table.Find("a", "b"));
  EXPECT_EQ(rule.uses, kNew);
  EXPECT_EQ(rule.flags, 0);
  EXPECT_EQ(rule.origin, "p.toml:5");
  EXPECT_EQ(table.rule(table.Find("a", "c")).origin, "base.toml:7");
  EXPECT_EQ(table.limits().stack, 7u);
  EXPECT_EQ(table.limits().memo, 5u);
  EXPECT_TRUE(table.persistent_ids());
  EXPECT_EQ(table.name(), "p.toml");
}

TEST_F(CompilerTest, OfTwoExtendedFilesTheLaterWins) {
  files_["one"] = "[[allow]]\nglobal = \"a:b\"\nuses = [\"call\"]\n";
  files_["two"] =
      "persistent_ids = false\n[[allow]]\nglobal = \"a:b\"\nuses = [\"new\"]\n";
  const PolicyTable table = Table("extends = [\"one\", \"two\"]");
  EXPECT_EQ(table.rule(table.Find("a", "b")).origin, "two:3");
}

TEST_F(CompilerTest, AFileThatIsExtendedTwiceCountsOnce) {
  files_["base"] = "[[allow]]\nglobal = \"a:b\"\nuses = [\"call\"]\n";
  files_["left"] =
      "extends = [\"base\"]\n[[allow]]\nglobal = \"a:b\"\nuses = [\"new\"]\n";
  files_["right"] = "extends = [\"base\"]\n";
  const PolicyTable table = Table("extends = [\"left\", \"right\"]");
  EXPECT_EQ(table.rule(table.Find("a", "b")).origin, "left:3");
}

TEST_F(CompilerTest, ACycleIsAMistake) {
  files_["a"] = "extends = [\"b\"]";
  files_["b"] = "extends = [\"c\",\n\"a\"]";
  files_["c"] = "";
  EXPECT_EQ(Mistake("extends = [\"a\"]"),
            "b:2:1: by way of a this policy extends itself");
  files_["self"] = "extends = [\"self\"]";
  EXPECT_THAT(Mistake("extends = [\"self\"]"), StartsWith("self:1:12: "));
}

TEST_F(CompilerTest, ALongChainIsAMistake) {
  for (int i = 0; i < 100; ++i)
    files_[absl::StrCat(i)] = absl::StrCat("extends = [\"", i + 1, "\"]");
  files_["100"] = "";
  EXPECT_THAT(Mistake("extends = [\"0\"]"), HasSubstr("too deeply"));
}

TEST_F(CompilerTest, MistakesOfAnExtendedFileNameThatFile) {
  files_["base.toml"] = "name = 3";
  EXPECT_EQ(Mistake("extends = [\"base.toml\"]\ncolour = 1"),
            "p.toml:2:1: unknown key 'colour' in a policy\nbase.toml:1:8: "
            "'name' must be a string");
}

TEST_F(CompilerTest, EqualPoliciesGiveEqualBytes) {
  const std::string one =
      "[[allow]]\nglobals = [\"a:b\", \"a:c\"]\nuses = []\n";
  EXPECT_EQ(*Compile(one), *Compile(one));
}

}  // namespace
}  // namespace picklebox::policy
