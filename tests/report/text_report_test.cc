#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "picklebox/report_writer.h"
#include "sample_files.h"

namespace picklebox {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

std::string Text(const FileReport& file, ReportStyle style = {}) {
  std::string out;
  MakeReportWriter(
      "text", [&out](absl::string_view piece) { out += std::string(piece); },
      style)
      ->File(file);
  return out;
}

std::string End(const Summary& summary, ReportStyle style = {}) {
  std::string out;
  MakeReportWriter(
      "text", [&out](absl::string_view piece) { out += std::string(piece); },
      style)
      ->End(summary);
  return out;
}

TEST(TextReport, ACleanFileIsOneLine) {
  EXPECT_EQ(Text(CleanFile()), "models/good.pkl: clean  (pickle, 1.5 kB)\n");
}

TEST(TextReport, ADeniedFileSaysWhyAndWhatNext) {
  EXPECT_EQ(
      Text(DeniedFile()),
      "models/evil.pt: denied  (zip archive, 2 members, 2 streams, 2.3 MB)\n"
      "  models/evil.pt!data.pkl@0x1c (28)  error  global-denied  "
      "posix:system is called\n"
      "  models/evil.pt!data.pkl@0x1000 (4096)  warning  truncated/tail  "
      "The file ends within an opcode or before STOP. It was cut off, or "
      "it is no pickle.\n"
      "  dangerous, process: It starts, replaces or ends programs: a command "
      "of the file's choice runs as you.\n"
      "    posix:system (call)\n"
      "  Only if you trust what these do, add to your policy:\n"
      "\n"
      "    # Dangerous: process\n"
      "    [[allow]]\n"
      "    global = \"posix:system\"\n"
      "    uses = [\"reference\", \"call\"]\n"
      "\n");
}

// However they are mixed in the file: the worst class first, the unknown last.
TEST(TextReport, DeniedGlobalsAreGrouped) {
  FileReport file = DeniedFile();
  GlobalReport& first = file.globals[1];
  const GlobalReport system = first;
  first.module = first.raw_module = "acme.models";
  first.qualname = first.raw_qualname = "Ranker";
  file.globals.push_back(system);
  file.globals.push_back(system);
  file.globals.back().qualname = "popen";
  file.globals.push_back(system);
  file.globals.back().module = "builtins";
  file.globals.back().qualname = "eval";
  const std::string text = Text(file);
  EXPECT_THAT(text,
              ::testing::ContainsRegex("dangerous, exec-code: [^\n]*\n"
                                       "    builtins:eval \\(call\\)\n"
                                       "  dangerous, process: [^\n]*\n"
                                       "    posix:system \\(call\\)\n"
                                       "    posix:popen \\(call\\)\n"
                                       "  unknown: [^\n]*\n"
                                       "    acme.models:Ranker \\(call\\)\n"));
}

TEST(TextReport, VerboseShowsStreamsAndAllowedGlobals) {
  EXPECT_EQ(Text(CleanFile(), {.verbosity = 1}),
            "models/good.pkl: clean  (pickle, 1.5 kB)\n"
            "  models/good.pkl@0x0 (0)  stream  clean  protocol 4, 1.5 kB, "
            "56 opcodes, 1 node, graph of 34 bytes\n"
            "  models/good.pkl@0x0 (0)  note  several-pickles  two pickles\n"
            "    allowed  numpy._core.multiarray:_reconstruct "
            "(reference, call)  written numpy.core.multiarray:_reconstruct  "
            "first at models/good.pkl@0x4 (4), 3 uses  numpy.toml:12\n");
}

TEST(TextReport, VerboseShowsDeniedGlobals) {
  EXPECT_THAT(Text(DeniedFile(), {.verbosity = 1}),
              HasSubstr("a command of the file's choice runs as you.\n"
                        "    denied  posix:system (call)  first at "
                        "models/evil.pt!data.pkl@0x1c (28)  runs a command in "
                        "a shell\n"));
}

TEST(TextReport, AFileThatWasNotReadHasNoPlaces) {
  FileReport file;
  file.path = "gone.pkl";
  file.verdict = Verdict::kIncomplete;
  file.findings.emplace_back();
  file.findings[0].code = Code::kInputUnreadable;
  file.findings[0].message = "cannot open";
  EXPECT_EQ(Text(file),
            "gone.pkl: incomplete  (0 bytes)\n"
            "  warning  input-unreadable  cannot open\n");
}

TEST(TextReport, AnUnfinishedStreamSaysSo) {
  FileReport file = CleanFile();
  file.streams[0].complete = false;
  EXPECT_THAT(Text(file, {.verbosity = 1}), HasSubstr(", no STOP reached\n"));
}

TEST(TextReport, QuietShowsTheSummaryOnly) {
  EXPECT_EQ(Text(DeniedFile(), {.verbosity = -1}), "");
  EXPECT_NE(End(Summary(), {.verbosity = -1}), "");
}

TEST(TextReport, HostileTextIsPrintable) {
  for (const int verbosity : {0, 1}) {
    const std::string text = Text(HostileFile(), {.verbosity = verbosity});
    for (const char c : text) {
      ASSERT_TRUE(c == '\n' || (c >= 0x20 && c < 0x7f)) << text;
    }
    EXPECT_THAT(text, HasSubstr("\\x1b[31m\\n\"\\\\'\\x00\\u202e\\ud800\\xff"));
    // A rule that could not be pasted is not offered.
    EXPECT_THAT(text, Not(HasSubstr("[[allow]]")));
    EXPECT_THAT(text, HasSubstr("No rule is shown for 1 global"));
  }
}

// A name cannot pretend to be a line of the report.
TEST(TextReport, HostileTextAddsNoLine) {
  const auto lines = [](const std::string& text) {
    return std::count(text.begin(), text.end(), '\n');
  };
  FileReport file = DeniedFile();
  const auto before = lines(Text(file));
  file.path = "x\nmodels/evil.pt: clean\r\n";
  file.findings[0].message = "ok\n  no more";
  file.globals[1].reason = "\n\n";
  EXPECT_EQ(lines(Text(file)), before);
}

TEST(TextReport, ColorOnlyWhenAsked) {
  EXPECT_THAT(Text(DeniedFile()), Not(HasSubstr("\033")));
  const std::string text = Text(DeniedFile(), {.color = true});
  EXPECT_THAT(text, HasSubstr("\033[1;31mdenied\033[0m"));
  EXPECT_THAT(text, HasSubstr("\033[33mwarning\033[0m"));
  EXPECT_THAT(Text(CleanFile(), {.color = true}),
              HasSubstr("\033[32mclean\033[0m"));
}

TEST(TextReport, SummaryLine) {
  Summary summary;
  EXPECT_EQ(End(summary), "0 files, 0 bytes in 0.00 s\n");
  summary.Add(CleanFile());
  summary.seconds = 0.125;
  EXPECT_EQ(End(summary), "1 file, 1.5 kB in 0.12 s: 1 clean\n");
  summary.Add(DeniedFile());
  summary.Add(DeniedFile());
  EXPECT_EQ(End(summary), "3 files, 4.7 MB in 0.12 s: 2 denied, 1 clean\n");
  EXPECT_THAT(End(summary, {.color = true}),
              HasSubstr("\033[1;31m2 denied\033[0m, \033[32m1 clean\033[0m"));
}

TEST(TextReport, SizesReadWell) {
  const std::pair<uint64_t, const char*> kCases[] = {
      {0, "0 bytes"},
      {1, "1 byte"},
      {999, "999 bytes"},
      {1000, "1.0 kB"},
      {999'949, "999.9 kB"},
      {999'950, "1.0 MB"},
      {1'234'567'890, "1.2 GB"},
      {UINT64_MAX, "18446744.1 TB"}};
  for (const auto& [size, text] : kCases) {
    FileReport file = CleanFile();
    file.size = size;
    EXPECT_THAT(Text(file), HasSubstr(std::string(", ") + text + ")"));
  }
}

}  // namespace
}  // namespace picklebox
