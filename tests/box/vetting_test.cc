#include "box/vetting.h"

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/box/bytes.h"

namespace picklebox::box {
namespace {

using ::testing::HasSubstr;

// {"a": [1]}, protocol 2.
std::string Plain() {
  return Raw(
      "\x80\x02}X\x01\0\0\0a]K\x01"
      "as.");
}

TEST(Vetting, OnePickle) {
  const Scan scan = ScanOf(Plain());
  EXPECT_EQ(scan.report.verdict, Verdict::kClean);
  EXPECT_EQ(scan.report.format, "pickle");
  ASSERT_EQ(scan.report.streams.size(), 1u);
  EXPECT_EQ(scan.report.streams[0].end, Plain().size());
  EXPECT_TRUE(scan.report.streams[0].complete);
  ASSERT_EQ(scan.graphs.size(), 1u);
  EXPECT_NE(scan.graphs[0].root(), kNoNode);
}

TEST(Vetting, AnEmptyFile) {
  const Scan scan = ScanOf("");
  EXPECT_EQ(scan.report.verdict, Verdict::kIncomplete);
  EXPECT_TRUE(Has(scan.report, Code::kEmpty));
}

TEST(Vetting, SeveralPickles) {
  const Scan scan = ScanOf(Plain() + "N." + Plain());
  EXPECT_EQ(scan.report.verdict, Verdict::kClean);
  EXPECT_EQ(scan.report.streams.size(), 3u);
  EXPECT_EQ(scan.graphs.size(), 3u);
  EXPECT_TRUE(Has(scan.report, Code::kSeveralPickles));
}

TEST(Vetting, JunkBehindAPickleIsIncomplete) {
  const Scan scan = ScanOf(Plain() + "\xff\xfe junk");
  EXPECT_EQ(scan.report.verdict, Verdict::kIncomplete);
  EXPECT_TRUE(Has(scan.report, Code::kTrailingData));
  EXPECT_EQ(scan.report.streams[0].verdict, Verdict::kClean);
}

TEST(Vetting, ACallIsFoundWhateverIsBeforeIt) {
  for (const std::string& before :
       {Plain(), Plain() + "junk", Plain() + std::string(5000, '\xff'),
        std::string("\x80\x02]\xff"), std::string("]\xff\xff"),
        Plain() + "I1x\n" + std::string(100, '\0'), Raw("GIF89aXXX"),
        Raw("MZ\0"), std::string(1000, '\0'), Raw("\x89PNG\r\n\x1a\n\0\0")}) {
    for (const char* const after : {".", "", "\xff\xff"}) {
      const std::string input = before + SystemCall() + after;
      const Scan scan = ScanOf(input);
      EXPECT_EQ(scan.report.verdict, Verdict::kDenied) << before << after;
      EXPECT_TRUE(Names(scan.report, "os", "system", before.size()))
          << before << after;
    }
  }
}

TEST(Vetting, ABrokenStreamAndThenABadOne) {
  const Scan scan =
      ScanOf(Plain().substr(0, 8) + "\xff" + Plain() + SystemCall() + ".");
  EXPECT_EQ(scan.report.verdict, Verdict::kDenied);
  ASSERT_GE(scan.report.streams.size(), 2u);
  EXPECT_EQ(scan.report.streams[0].verdict, Verdict::kIncomplete);
  EXPECT_EQ(scan.report.streams.back().verdict, Verdict::kDenied);
}

// Far behind the junk only what begins with PROTO is tried.
TEST(Vetting, APickleFarBehindJunkIsFoundByItsProto) {
  const std::string junk(200'000, '\xff');
  EXPECT_EQ(
      ScanOf(Plain() + junk + "\x80\x02" + SystemCall() + ".").report.verdict,
      Verdict::kDenied);
  const Scan scan = ScanOf(junk + Plain());
  EXPECT_EQ(scan.report.verdict, Verdict::kIncomplete);
  ASSERT_EQ(scan.report.streams.size(), 1u);
  EXPECT_EQ(scan.report.streams[0].begin, junk.size());
}

TEST(Vetting, TextIsNoPickle) {
  for (const std::string& text : {
           std::string("# A readme\n\nIt has words (and brackets).\n"),
           std::string(
               "import os\n\n\ndef main():\n    return os.system('true')\n"),
           std::string("#include <cstdio>\nint main() { return 0; }\n"),
           std::string("{\"a\": [1, 2.5, null], \"b\": \"text\"}\n"),
           std::string("[1, 2, 3]\n"),
           std::string("id,name,score\n1,one,0.5\n2,two,0.25\n"),
           std::string("apple\nbanana\ncherry\nzebra\n"),
           std::string("zebra\ncat\ndog\ncow\nhen\nbat\nant\n"),
           std::string(
               "Git v1.7.2.5 Release Notes\n====\n\nFixes since v1.7.2.4\n"),
           std::string("Name: x\nVersion: 1\n"),
           std::string("(inf):\nInfinity\n"),
           std::string("2024-01-01 00:00:00 INFO started\n"),
           std::string("\n\n\n"),
       }) {
    const Scan scan = ScanOf(text);
    EXPECT_EQ(scan.report.verdict, Verdict::kUnsupported) << text;
    EXPECT_EQ(scan.report.format, "text") << text;
    EXPECT_TRUE(Has(scan.report, Code::kNotPickle)) << text;
  }
}

TEST(Vetting, OtherFilesAreNoPickles) {
  for (const std::string& head : {Raw("\x89PNG\r\n\x1a\n"),
                                  Raw("\x7f"
                                      "ELF\x02\x01\x01"),
                                  Raw("%PDF-1.7\n"), Raw("P6\n16 16\n255\n")}) {
    for (const bool named : {false, true}) {
      const Scan scan = ScanOf(head + std::string(200, '\0'), named);
      EXPECT_EQ(scan.report.verdict, Verdict::kUnsupported) << head << named;
    }
  }
}

// Text of protocol 0 is text, and a pickle.
TEST(Vetting, TextPicklesArePickles) {
  EXPECT_EQ(ScanOf("(dp0\nS'a'\np1\nI1\ns.").report.verdict, Verdict::kClean);
  EXPECT_EQ(ScanOf("I1\n.").report.verdict, Verdict::kClean);
  EXPECT_EQ(ScanOf("I1\n.I2\n.").report.streams.size(), 2u);
  EXPECT_EQ(ScanOf("I1\n.I2\n.").report.verdict, Verdict::kClean);
  EXPECT_EQ(ScanOf("(dp0\nS'a'\np1\nI1\n").report.verdict,
            Verdict::kIncomplete);
}

// A file that says by its name that it is a pickle is a broken one.
TEST(Vetting, ANameMakesABrokenPickle) {
  EXPECT_EQ(ScanOf("hello\n").report.verdict, Verdict::kUnsupported);
  const Scan scan = ScanOf("hello\n", /*named_pickle=*/true);
  EXPECT_EQ(scan.report.verdict, Verdict::kIncomplete);
}

TEST(Vetting, BrokenContainersAreNeverClean) {
  for (const bool named : {false, true}) {
    const Scan zip = ScanOf(Raw("PK\x03\x04") + std::string(100, '\0'), named);
    EXPECT_NE(zip.report.verdict, Verdict::kClean);
    EXPECT_TRUE(Has(zip.report, Code::kArchiveBroken));
    EXPECT_EQ(zip.report.format, "zip archive");
    const Scan rar =
        ScanOf(Raw("Rar!\x1a\x07") + std::string(100, '\0'), named);
    EXPECT_EQ(rar.report.verdict, Verdict::kIncomplete);
    EXPECT_TRUE(Has(rar.report, Code::kContainerUnread));
  }
  // A whole pickle that looks like a tar archive to others.
  const std::string both =
      absl::StrCat(Raw("\x80\x02"
                       "B\xf4\x01\0\0"),
                   std::string(250, 'x'), "ustar", std::string(245, 'x'), ".");
  EXPECT_TRUE(ScanOf(both).report.streams[0].complete);
  EXPECT_EQ(ScanOf(both).report.verdict, Verdict::kIncomplete);
}

TEST(Vetting, ManyTinyPicklesAllFit) {
  std::string input;
  for (int i = 0; i < 20'000; ++i) input += "N.";
  EXPECT_EQ(ScanOf(input).report.streams.size(), 20'000u);
  EXPECT_EQ(ScanOf(input + SystemCall() + ".").report.verdict,
            Verdict::kDenied);
}

TEST(Vetting, ThePicklesAreLimited) {
  Limits limits;
  limits.streams = 3;
  const Scan scan = ScanOf("N.N.N.N." + SystemCall() + ".", false, limits);
  EXPECT_EQ(scan.report.streams.size(), 3u);
  EXPECT_EQ(scan.report.verdict, Verdict::kIncomplete);
  EXPECT_TRUE(Has(scan.report, Code::kLimitStreams));
}

// Without room nothing is passed over in silence.
TEST(Vetting, AFullReplyIsIncomplete) {
  std::string input;
  for (int i = 0; i < 20'000; ++i) input += "N.";
  input += SystemCall() + ".";
  const Scan scan =
      ExaminationOf(ReplyTo(Request(), input, kSmallestReply), input.size());
  EXPECT_EQ(scan.report.verdict, Verdict::kIncomplete);
  EXPECT_TRUE(Has(scan.report, Code::kLimitResult));
}

// A search that costs a run of opcodes at every place comes to an end: the
// budget is a few opcodes a byte, whatever the file is.
TEST(Vetting, TheSearchIsBounded) {
  // From each place all opcodes up to the end run: quadratic without a budget.
  const std::string input = Plain() + "\xff" + std::string(600'000, ')');
  const Scan scan = ScanOf(input);
  EXPECT_EQ(scan.report.verdict, Verdict::kIncomplete);
}

TEST(Vetting, FindingsAreLimited) {
  Limits limits;
  limits.findings = 5;
  std::string input;
  for (int i = 0; i < 100; ++i) input += "I010\n.";
  const Scan scan = ScanOf(input, false, limits);
  EXPECT_EQ(scan.report.verdict, Verdict::kDenied);
  EXPECT_TRUE(Has(scan.report, Code::kLimitFindings));
  EXPECT_LE(scan.report.findings.size(), 8u);
}

TEST(Disassembly, ListsAllPicklesAndTheFault) {
  std::vector<uint8_t> region(1 << 20);
  base::HeapMemory memory;
  const std::string input = Plain() + "K\x07.\xff";
  ReplyWriter writer(absl::MakeSpan(region));
  Request request;
  request.task = Task::kDisassemble;
  Respond(request, DefaultTable(), memory,
          std::make_shared<base::SpanSource>(Bytes(input)), &writer);
  region.resize(writer.Finish());
  const absl::StatusOr<Reply> reply = ReadReply(region, 0, 10);
  ASSERT_TRUE(reply.ok()) << reply.status();
  std::string text;
  for (const absl::string_view part : reply->text) absl::StrAppend(&text, part);
  EXPECT_THAT(text, HasSubstr("EMPTY_DICT"));
  EXPECT_THAT(text, HasSubstr("another pickle, at 15"));
  ASSERT_EQ(reply->findings.size(), 1u);
  EXPECT_EQ(reply->findings[0].code, Code::kBadOpcode);
}

TEST(Disassembly, AListingThatDoesNotFitSaysSo) {
  std::vector<uint8_t> region(kSmallestReply);
  base::HeapMemory memory;
  const std::string input = std::string(20'000, ')') + ".";
  ReplyWriter writer(absl::MakeSpan(region));
  Request request;
  request.task = Task::kDisassemble;
  Respond(request, DefaultTable(), memory,
          std::make_shared<base::SpanSource>(Bytes(input)), &writer);
  region.resize(writer.Finish());
  const absl::StatusOr<Reply> reply = ReadReply(region, 0, 10);
  ASSERT_TRUE(reply.ok()) << reply.status();
  ASSERT_FALSE(reply->findings.empty());
  EXPECT_EQ(reply->findings.back().code, Code::kLimitResult);
}

}  // namespace
}  // namespace picklebox::box
