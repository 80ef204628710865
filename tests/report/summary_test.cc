#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "picklebox/report.h"

namespace picklebox {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

Summary Of(std::initializer_list<Verdict> verdicts) {
  Summary summary;
  for (const Verdict verdict : verdicts) {
    FileReport file;
    file.verdict = verdict;
    file.size = 10;
    summary.Add(file);
  }
  return summary;
}

TEST(Summary, Counts) {
  const Summary summary =
      Of({Verdict::kClean, Verdict::kDenied, Verdict::kClean,
          Verdict::kIncomplete, Verdict::kUnsupported});
  EXPECT_EQ(summary.files, 5);
  EXPECT_EQ(summary.clean, 2);
  EXPECT_EQ(summary.denied, 1);
  EXPECT_EQ(summary.incomplete, 1);
  EXPECT_EQ(summary.unsupported, 1);
  EXPECT_EQ(summary.bytes, 50);
}

TEST(Summary, ExitStatus) {
  EXPECT_EQ(Of({}).exit_status(), kExitNothing);
  EXPECT_EQ(Of({Verdict::kUnsupported}).exit_status(), kExitNothing);
  EXPECT_EQ(Of({Verdict::kClean}).exit_status(), kExitClean);
  EXPECT_EQ(Of({Verdict::kClean, Verdict::kUnsupported}).exit_status(),
            kExitClean);
  EXPECT_EQ(Of({Verdict::kClean, Verdict::kIncomplete}).exit_status(),
            kExitIncomplete);
  EXPECT_EQ(Of({Verdict::kIncomplete, Verdict::kDenied}).exit_status(),
            kExitDenied);
}

TEST(Uses, Names) {
  EXPECT_THAT(UseNames(0), IsEmpty());
  EXPECT_THAT(UseNames(kExtend | kReference),
              ElementsAre("reference", "extend"));
  EXPECT_THAT(UseNames(kReference | kCall | kNew | kBuild | kExtend),
              ElementsAre("reference", "call", "new", "build", "extend"));
}

TEST(Verdicts, Names) {
  EXPECT_EQ(VerdictName(Verdict::kDenied), "denied");
  EXPECT_EQ(VerdictName(Verdict::kIncomplete), "incomplete");
  EXPECT_EQ(VerdictName(Verdict::kUnsupported), "unsupported");
  EXPECT_EQ(VerdictName(Verdict::kClean), "clean");
}

}  // namespace
}  // namespace picklebox
