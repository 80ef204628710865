#include "picklebox/acceptance.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sample_files.h"

namespace picklebox {
namespace {

std::string Print(char digit) { return std::string(32, digit); }

// Denied by the first finding, incomplete by the second.
FileReport Both() {
  FileReport file = DeniedFile();
  file.findings[0].fingerprint = Print('a');
  file.findings[1].fingerprint = Print('b');
  return file;
}

FileReport DeniedOnly() {
  FileReport file = Both();
  file.findings.resize(1);
  return file;
}

Summary Of(const FileReport& file) {
  Summary summary;
  summary.Add(file);
  return summary;
}

TEST(Acceptance, OfADenialMakesAFileClean) {
  FileReport file = DeniedOnly();
  Acceptance acceptance;
  acceptance.Accept(Print('a'), "we wrote it");
  acceptance.Apply(&file);
  EXPECT_EQ(file.verdict, Verdict::kClean);
  EXPECT_EQ(file.findings[0].standing, Standing::kAccepted);
  EXPECT_EQ(file.findings[0].answer, "we wrote it");
  EXPECT_EQ(CountFindings(file, Standing::kAccepted), 1);
  EXPECT_EQ(Of(file).exit_status(), kExitClean);
  EXPECT_EQ(Of(file).accepted, 1);
}

TEST(Acceptance, OfAnotherFingerprintChangesNothing) {
  FileReport file = DeniedOnly();
  Acceptance acceptance;
  acceptance.Accept(Print('c'), "another");
  acceptance.Apply(&file);
  EXPECT_EQ(file.verdict, Verdict::kDenied);
  EXPECT_EQ(file.findings[0].standing, Standing::kOpen);
}

TEST(Acceptance, NeverMatchesAFindingWithoutFingerprint) {
  FileReport file = DeniedOnly();
  file.findings[0].fingerprint.clear();
  Acceptance acceptance;
  acceptance.Accept("", "everything");
  acceptance.AddBaseline(file);
  acceptance.Apply(&file);
  EXPECT_EQ(file.verdict, Verdict::kDenied);
}

TEST(Acceptance, OfOneDenialOfTwoIsNotEnough) {
  FileReport file = DeniedOnly();
  file.findings.push_back(file.findings[0]);
  file.findings[1].fingerprint = Print('c');
  Acceptance acceptance;
  acceptance.Accept(Print('a'), "one");
  acceptance.Apply(&file);
  EXPECT_EQ(file.verdict, Verdict::kDenied);
}

TEST(Acceptance, LeavesWhatIsIncompleteIncomplete) {
  FileReport file = Both();
  Acceptance acceptance;
  acceptance.Accept(Print('a'), "the denial");
  acceptance.Apply(&file);
  EXPECT_EQ(file.verdict, Verdict::kIncomplete);
  EXPECT_FALSE(IsExcused(file));
  EXPECT_EQ(Of(file).exit_status(), kExitIncomplete);
}

TEST(Acceptance, OfWhatIsIncompleteExcusesAndDoesNotClean) {
  FileReport file = Both();
  Acceptance acceptance;
  acceptance.Accept(Print('a'), "the denial");
  acceptance.Accept(Print('b'), "a fixture that is cut off");
  acceptance.Apply(&file);
  EXPECT_EQ(file.verdict, Verdict::kIncomplete);
  EXPECT_TRUE(IsExcused(file));
  EXPECT_EQ(Of(file).incomplete, 1);
  EXPECT_EQ(Of(file).excused, 1);
  EXPECT_EQ(Of(file).exit_status(), kExitClean);
}

TEST(Acceptance, DoesNotCoverDenialsThatHaveNoFinding) {
  FileReport file = DeniedOnly();
  Finding more;
  more.code = Code::kLimitFindings;
  more.fingerprint = Print('b');
  file.findings.push_back(more);
  Acceptance acceptance;
  acceptance.Accept(Print('a'), "all that is listed");
  acceptance.Accept(Print('b'), "and that there is more");
  acceptance.Apply(&file);
  EXPECT_EQ(file.verdict, Verdict::kDenied);
}

TEST(Acceptance, DoesNotCoverADeniedFileWithoutFindings) {
  FileReport file = DeniedOnly();
  file.findings.clear();
  Acceptance acceptance;
  acceptance.Accept(Print('a'), "something");
  acceptance.Apply(&file);
  EXPECT_EQ(file.verdict, Verdict::kDenied);
}

TEST(Acceptance, KnowsWhatIsInTheBaseline) {
  FileReport file = DeniedOnly();
  Acceptance acceptance;
  acceptance.AddBaseline(file);
  file.findings.push_back(file.findings[0]);
  file.findings[1].fingerprint = Print('c');
  acceptance.Apply(&file);
  EXPECT_EQ(file.findings[0].standing, Standing::kKnown);
  EXPECT_EQ(file.findings[1].standing, Standing::kOpen);
  EXPECT_EQ(file.verdict, Verdict::kDenied);
  file.findings.pop_back();
  acceptance.Apply(&file);
  EXPECT_EQ(file.verdict, Verdict::kClean);
  EXPECT_EQ(Of(file).known, 1);
}

TEST(Acceptance, LeavesACleanFileAlone) {
  FileReport file = CleanFile();
  Acceptance acceptance;
  acceptance.Accept(Print('a'), "x");
  acceptance.Apply(&file);
  EXPECT_EQ(file.verdict, Verdict::kClean);
  EXPECT_EQ(Of(file).accepted, 0);
}

TEST(IsFingerprint, Has32LowerCaseHexadecimalDigits) {
  EXPECT_TRUE(IsFingerprint("0123456789abcdef0123456789abcdef"));
  EXPECT_FALSE(IsFingerprint("0123456789ABCDEF0123456789ABCDEF"));
  EXPECT_FALSE(IsFingerprint("0123456789abcdef"));
  EXPECT_FALSE(IsFingerprint(""));
}

}  // namespace
}  // namespace picklebox
