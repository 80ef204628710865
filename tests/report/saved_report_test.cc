#include "picklebox/saved_report.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "picklebox/report_writer.h"
#include "sample_files.h"

namespace picklebox {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

std::string Written(const std::vector<FileReport>& files) {
  std::string out;
  const std::unique_ptr<ReportWriter> writer = MakeReportWriter(
      "json", [&out](absl::string_view piece) { out += std::string(piece); },
      {});
  Summary summary;
  for (const FileReport& file : files) {
    summary.Add(file);
    writer->File(file);
  }
  summary.excluded = 3;
  summary.seconds = 1.5;
  writer->End(summary);
  return out;
}

std::string Good() {
  FileReport answered = DeniedFile();
  answered.verdict = Verdict::kIncomplete;
  answered.sha256 = std::string(64, '0');
  for (Finding& finding : answered.findings) {
    finding.fingerprint = std::string(32, 'f');
    finding.standing = Standing::kKnown;
  }
  answered.findings[0].standing = Standing::kAccepted;
  answered.findings[0].answer = "because";
  answered.globals[1].granted = kReference;
  answered.globals[1].rule_lines = {"hash = true"};
  return Written({CleanFile(), DeniedFile(), answered});
}

std::string Error(absl::string_view text) {
  const absl::StatusOr<SavedReport> saved = ParseSavedReport(text, "r.json");
  return saved.ok() ? "no error" : std::string(saved.status().message());
}

std::string ErrorWith(const std::string& from, const std::string& to) {
  const std::string good = Good();
  const size_t at = good.find(from);
  if (at == std::string::npos) return "nothing to replace";
  return Error(std::string(good).replace(at, from.size(), to));
}

TEST(SavedReport, ComesBackWordForWord) {
  const std::string good = Good();
  const absl::StatusOr<SavedReport> saved = ParseSavedReport(good, "r.json");
  ASSERT_TRUE(saved.ok()) << saved.status();
  EXPECT_EQ(saved->summary.excluded, 3);
  EXPECT_EQ(saved->summary.seconds, 1.5);
  EXPECT_EQ(saved->files[2].globals[1].granted, kReference);
  EXPECT_EQ(Written(saved->files), good);
}

TEST(SavedReport, OfHostileNamesIsReadAndStaysAsItIs) {
  const std::string hostile = Written({HostileFile()});
  const absl::StatusOr<SavedReport> saved = ParseSavedReport(hostile, "r.json");
  ASSERT_TRUE(saved.ok()) << saved.status();
  EXPECT_EQ(Written(saved->files), hostile);
}

TEST(SavedReport, OfNothingIsOne) {
  EXPECT_TRUE(ParseSavedReport(Written({}), "r.json").ok());
}

TEST(SavedReport, SaysWhereItIsNoJson) {
  EXPECT_EQ(Error("{\n  \"files\": nul}\n"), "r.json:2:15: this is no JSON");
  EXPECT_THAT(Error(""), HasSubstr("r.json:1:1: this is no JSON"));
  const std::string good = Good();
  EXPECT_THAT(Error(good.substr(0, good.size() / 2)),
              HasSubstr("it ends too early"));
  EXPECT_THAT(Error(good + "x"), HasSubstr("this is no JSON"));
  EXPECT_THAT(Error("{\"a\": \"\\ud800\"}"), HasSubstr("this is no JSON"));
  EXPECT_THAT(Error("[1e999]"), StartsWith("r.json: "));
}

TEST(SavedReport, OfEveryLengthIsReadOrRefused) {
  const std::string good = Written({CleanFile()});
  for (size_t size = 0; size + 1 < good.size(); ++size) {
    EXPECT_FALSE(ParseSavedReport(good.substr(0, size), "r.json").ok());
  }
}

TEST(SavedReport, NestedDeeplyIsRefusedAndNoHarm) {
  const std::string deep(1'000'000, '[');
  EXPECT_THAT(Error(deep), HasSubstr("this is no JSON"));
  EXPECT_THAT(Error(deep + std::string(deep.size(), ']')),
              HasSubstr("must be an object"));
}

TEST(SavedReport, SaysWhatIsNoReport) {
  EXPECT_EQ(Error("[]"), "r.json: must be an object");
  EXPECT_EQ(Error("{}"), "r.json: schema_version: is missing");
  EXPECT_EQ(ErrorWith("\"schema_version\": 1", "\"schema_version\": 2"),
            "r.json: schema_version: is 2, and this version reads 1");
  EXPECT_EQ(ErrorWith("\"verdict\": \"clean\"", "\"verdict\": \"fine\""),
            "r.json: files[0].verdict: must not be 'fine'");
  EXPECT_EQ(ErrorWith("\"size\": 1500", "\"size\": -1500"),
            "r.json: files[0].size: must be a whole number, not below 0");
  EXPECT_EQ(ErrorWith("\"size\": 1500", "\"size\": 1500.5"),
            "r.json: files[0].size: must be a whole number, not below 0");
  EXPECT_EQ(ErrorWith("\"complete\": true", "\"complete\": 1"),
            "r.json: files[0].streams[0].complete: must be true or false");
  EXPECT_EQ(ErrorWith("\"uses\": [\"reference\"", "\"uses\": [\"eat\""),
            "r.json: files[0].globals[0].uses: holds what is no use of a "
            "global");
  EXPECT_EQ(ErrorWith("\"path\": \"models/evil.pt\",", ""),
            "r.json: files[1].path: is missing");
  EXPECT_EQ(ErrorWith("\"path\": \"models/evil.pt\"",
                      "\"path\": \"models/evil.pt\", \"colour\": 1"),
            "r.json: files[1].colour: is not known");
  EXPECT_EQ(ErrorWith("\"code\": \"truncated\"", "\"code\": \"eaten\""),
            "r.json: files[1].findings[1].code: is no code that this version "
            "knows");
  EXPECT_EQ(ErrorWith("\"severity\": \"error\"", "\"severity\": \"note\""),
            "r.json: files[1].findings[0].severity: is not that of the code");
  EXPECT_EQ(ErrorWith("\"decision\": \"denied\"", "\"decision\": \"allowed\""),
            "r.json: files[1].globals[1].decision: is not what denied_uses "
            "say");
  EXPECT_EQ(ErrorWith("\"exit_status\": 1", "\"exit_status\": 0"),
            "r.json: summary.exit_status: is not what the files add up to");
  EXPECT_EQ(ErrorWith("\"clean\": 1", "\"clean\": 2"),
            "r.json: summary.clean: is not what the files add up to");
}

TEST(SavedReport, ThatIsNotThereIsSaid) {
  EXPECT_TRUE(absl::IsNotFound(ReadSavedReport("/nowhere/r.json").status()));
  EXPECT_FALSE(ReadSavedReport("/").ok());
}

}  // namespace
}  // namespace picklebox
