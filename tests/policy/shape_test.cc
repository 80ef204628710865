// The language of shapes: what is read, how it is said again, and mistakes.
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "policy/shape_parser.h"
#include "policy/shape_text.h"
#include "policy/table_writer.h"
#include "tests/policy/pickle.h"

namespace picklebox::policy {
namespace {

using ::testing::HasSubstr;

// The shape of a rule for state, as a compiled policy says it.
std::string Said(absl::string_view shape) {
  const Policy policy = MakePolicy(
      absl::StrCat("[[allow]]\nglobal = \"m:f\"\nuses = [\"build\"]\nstate = ",
                   TomlString(shape), "\n"));
  const PolicyTable table = PolicyTable::Open(policy.compiled()).value();
  return ShapeText(table, table.rule(0).shapes.state);
}

TEST(ShapeTest, WhatIsReadIsSaidAgain) {
  for (const char* shape : {
           "any",
           "none",
           "bool",
           "int",
           "float",
           "str",
           "bytes",
           "bytearray",
           "tuple",
           "list",
           "dict",
           "set",
           "frozenset",
           "global",
           "made",
           "persistent",
           "buffer",
           "array",
           "callable",
           "class",
           "none|int|float",
           "str|'a'",
           "'latin1'",
           "b'b'",
           "'it\\'s'",
           "'a\\\\b'",
           "5",
           "-1",
           "0..624",
           "-3..-1",
           "true",
           "false|none",
           "global(builtins:list)",
           "made(collections:OrderedDict)",
           "made(collections:OrderedDict)[]",
           "made(collections:OrderedDict)[str: int]",
           "made(collections:deque)[int|none]",
           "tuple[]",
           "tuple[int]",
           "tuple[int, str?]",
           "tuple[int, str?, none*]",
           "tuple[tuple[int*]*]",
           "list[]",
           "list[int|list[str]]",
           "set[int]",
           "frozenset[str]",
           "dict[]",
           "dict[str: any]",
           "dict['pos': 0..624, 'key': array]",
           "dict[str: dict[int: none|tuple[any*]]]",
       }) {
    const std::string said = Said(shape);
    EXPECT_EQ(Said(said), said) << shape;
    EXPECT_EQ(said.size(), std::string(shape).size()) << shape << " " << said;
  }
}

TEST(ShapeTest, SpacesDoNotMatter) {
  EXPECT_EQ(Said("  tuple [ int |none , str ? ] | b'x' "),
            "tuple[none|int, str?]|b'x'");
  EXPECT_EQ(Said("made ( m:f ) [ str : int ]"), "made(m:f)[str: int]");
}

TEST(ShapeTest, NamesAreMadeCanonical) {
  EXPECT_EQ(Said("made(numpy.core.multiarray:_reconstruct)|"
                 "global(pathlib._local:PosixPath)"),
            "made(numpy._core.multiarray:_reconstruct)|"
            "global(pathlib:PosixPath)");
}

TEST(ShapeTest, MistakesHaveAPlace) {
  const struct {
    const char* text;
    size_t at;
    const char* message;
  } kCases[] = {
      {"", 0, "a shape is missing"},
      {"int|", 4, "a shape is missing"},
      {"in", 0, "no shape is called 'in'"},
      {"int str", 4, "not expected"},
      {"int?", 3, "not expected"},
      {"tuple[int", 9, "a ']' is missing"},
      {"tuple[int*, str]", 5, "only the last item has a *"},
      {"tuple[int?, str]", 5, "has a ? or a *"},
      {"list[int*]", 8, "a ']' is missing"},
      {"dict[str]", 8, "a ':' is missing"},
      {"dict[str: int, int]", 18, "a ':' is missing"},
      {"str[int]", 3, "not expected"},
      {"'abc", 4, "no end"},
      {"'a\\nc'", 3, "a backslash stands before"},
      {"5..3", 4, "empty"},
      {"5..", 3, "a number of 64 bits"},
      {"99999999999999999999", 0, "a number of 64 bits"},
      {"-", 0, "a number of 64 bits"},
      {"global(os.system)", 7, "'os.system' is no global"},
      {"made(a:)", 5, "'a:' is no global"},
      {"made(a:b", 5, "a ')' is missing"},
      {"global(a:b)[int]", 11, "not expected"},
      {"list[int]|list[str]", 19, "two shapes for what one container holds"},
      {"made(a:b)[int]|none|made(a:b)[]", 31, "two shapes"},
      {"tuple[tuple[tuple[tuple[tuple[tuple[tuple[tuple[tuple[any]]]]]]]]]", 54,
       "too deeply"},
  };
  for (const auto& test : kCases) {
    ShapePool pool;
    ShapeMistake mistake;
    EXPECT_FALSE(ParseItem(test.text, false, &pool, &mistake)) << test.text;
    EXPECT_THAT(mistake.message, HasSubstr(test.message)) << test.text;
    EXPECT_EQ(mistake.at, test.at) << test.text << ": " << mistake.message;
  }
}

TEST(ShapeTest, AlternativesOfDifferentContainersAreNoMistake) {
  EXPECT_EQ(Said("list[int]|set[int]|tuple[int]|tuple[str]"),
            "list[int]|set[int]|tuple[int]|tuple[str]");
}

TEST(ShapeTest, AHostileTableIsSaidInBounds) {
  // A shape that holds itself, a thousand times.
  TableContent content;
  ShapePart part;
  part.kind = PartKind::kTuple;
  part.item_count = 1000;
  content.shapes.assign(1000, Shape{0, 1, Repeat::kOnce, 0});
  content.parts = {part};
  const std::vector<uint8_t> block = WriteTable(content);
  const PolicyTable table = PolicyTable::Open(block).value();
  EXPECT_LT(ShapeText(table, 0).size(), 10'000'000u);
  EXPECT_EQ(ShapeText(table, 1 << 30), "");
}

}  // namespace
}  // namespace picklebox::policy
