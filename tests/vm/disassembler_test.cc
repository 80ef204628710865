#include "vm/disassembler.h"

#include <string>
#include <vector>

#include "absl/strings/ascii.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/vm/program.h"

namespace picklebox::vm {
namespace {

using ::testing::ElementsAre;
using ::testing::EndsWith;
using ::testing::HasSubstr;

TEST(FormatOperand, ShowsNumbers) {
  EXPECT_EQ(FormatOperand("N"), "");
  EXPECT_EQ(FormatOperand("K\xff"), "255");
  EXPECT_EQ(FormatOperand("M\xff\xff"), "65535");
  EXPECT_EQ(FormatOperand("J\xff\xff\xff\xff"), "-1");
  EXPECT_EQ(FormatOperand("j\xff\xff\xff\xff"), "4294967295");
  EXPECT_EQ(FormatOperand("\x95\xff\xff\xff\xff\xff\xff\xff\xff"),
            "18446744073709551615");
  EXPECT_EQ(FormatOperand(Raw("G\x3f\xf8\0\0\0\0\0\0")), "1.5");
  EXPECT_EQ(FormatOperand("I12\nN"), "12");
  EXPECT_EQ(FormatOperand(Counted("\x8a", 1, "ab")), "(2 bytes)");
}

TEST(FormatOperand, ShowsTextWithEscapes) {
  EXPECT_EQ(FormatOperand(Text("a'b\n\xc3\xa9")), "'a\\'b\\n\\xe9'");
  EXPECT_EQ(FormatOperand(Counted("C", 1, "\x00\xff")), "b''");
  EXPECT_EQ(FormatOperand("cos\nsystem\n."), "os system");
  EXPECT_EQ(FormatOperand("c\x1b[1m\nx\n"), "\\x1b[1m x");
  const std::string text(100, 'x');
  EXPECT_EQ(FormatOperand(Counted("X", 4, text)),
            "'" + std::string(48, 'x') + "'... (100 bytes)");
}

TEST(FormatOperand, IsShownWhatIsThere) {
  EXPECT_EQ(FormatOperand(""), "");
  EXPECT_EQ(FormatOperand("\xff"), "");
  EXPECT_EQ(FormatOperand("J12"), "(cut off)");
  EXPECT_EQ(FormatOperand("Iabc"), "abc...");
  EXPECT_EQ(FormatOperand(std::string("X\x05\0\0\0ab", 7)),
            "'ab'... (5 bytes)");
}

std::vector<std::string> List(const std::string& pickle) {
  std::vector<std::string> lines;
  const auto line = [&lines](absl::string_view text) {
    lines.emplace_back(text);
  };
  Disassembler disassembler(line);
  base::Window in(BytesOf(pickle));
  Bench(&in, {}, 0, &disassembler).Run();
  disassembler.Finish();
  for (std::string& shown : lines) {
    EXPECT_EQ(shown.back(), '\n');
    absl::StripTrailingAsciiWhitespace(&shown);
  }
  return lines;
}

TEST(Disassembler, ShowsOpcodeAndStack) {
  EXPECT_THAT(
      List("](K\x01"
           "e\x94."),
      ElementsAre(
          "       0: 5d EMPTY_LIST                      | list",
          "       1: 28 MARK                            | list (",
          "       2: 4b BININT1          1              | list ( int",
          "       4: 65 APPENDS                         | list",
          "       5: 94 MEMOIZE                         | list   memo 0",
          "       6: 2e STOP                            |"));
}

TEST(Disassembler, EndsWithTheOpcodeThatFailed) {
  EXPECT_THAT(List("N\xff"),
              ElementsAre("       0: 4e NONE                            "
                          "| none",
                          "       1: ff (no opcode)"));
  EXPECT_THAT(List("NR").back(), HasSubstr("REDUCE"));
  EXPECT_THAT(List("NJ1"), testing::SizeIs(1));  // no opcode was read
}

TEST(Disassembler, ShowsTheTopOfADeepStack) {
  const std::vector<std::string> lines = List(std::string(20, 'N') + ".");
  EXPECT_THAT(lines[19], EndsWith("| ... none none none none none none none "
                                  "none"));
  EXPECT_THAT(List(std::string(20, '(') + "N.")[19],
              EndsWith("| ( ( ( ( ( ( ( ("));
}

TEST(Disassembler, DoesNotChangeWhatIsListed) {
  const std::string pickle =
      "\x80\x04" + Frame("(" + Text("a") + "\x94K\x01h" + Number(0, 1) + "t.");
  const auto ignore = [](absl::string_view) {};
  Disassembler disassembler(ignore);
  base::Window in(BytesOf(pickle));
  const Result traced = Bench(&in, {}, 0, &disassembler).Run();
  const Result silent = Execute(pickle);
  EXPECT_EQ(traced.encoding, silent.encoding);
  EXPECT_EQ(traced.said, silent.said);
  EXPECT_EQ(traced.outcome.opcodes, silent.outcome.opcodes);
}

}  // namespace
}  // namespace picklebox::vm
