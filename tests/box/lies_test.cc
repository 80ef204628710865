// Replies of workers that were taken over, by real workers through the real
// scanner: whatever they say, the caller gets no graph that the policy does not
// allow, and lives on.
#include <dirent.h>
#include <stdlib.h>

#include <algorithm>
#include <cstdio>
#include <cstring>
#include <map>
#include <memory>
#include <string>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "picklebox/scanner.h"

namespace picklebox {
namespace {

constexpr char kPolicy[] = R"(
name = "one"
[[allow]]
global = "collections:OrderedDict"
uses = ["reference", "call"]
)";

int OpenFds() {
  int count = 0;
  DIR* all = opendir("/proc/self/fd");
  while (readdir(all) != nullptr) ++count;
  closedir(all);
  return count;
}

// A list of what is allowed and, if `evil`, of a class whose name is one letter
// away from it. The seed stands in bytes that are thrown away.
std::string File(uint64_t seed, bool evil) {
  std::string bytes("\x80\x04](C\x08", 6);
  bytes.append(reinterpret_cast<const char*>(&seed), sizeof(seed));
  bytes += "0ccollections\nOrderedDict\n)R";
  bytes += std::string("X\x03\0\0\0keyK\x07", 10);
  if (evil) bytes += "ccollections\nOrderedDicu\n)R";
  return bytes + "e.";
}

class LiesTest : public ::testing::Test {
 protected:
  static std::unique_ptr<Scanner> Make() {
    ScannerOptions options;
    options.worker_path = LYING_WORKER;
    options.slots = 1;
    absl::StatusOr<Policy> policy = Policy::FromToml(kPolicy, "policy");
    EXPECT_TRUE(policy.ok()) << policy.status();
    options.policy = *std::move(policy);
    auto scanner = Scanner::Create(std::move(options));
    EXPECT_TRUE(scanner.ok()) << scanner.status();
    return scanner.ok() ? *std::move(scanner) : nullptr;
  }
  static Scan Tell(Scanner& scanner, const std::string& bytes) {
    return scanner.ScanBytes(
        {reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size()}, "x");
  }
};

TEST_F(LiesTest, WithoutALieTheWorkerIsHonest) {
  const auto scanner = Make();
  const Scan good = Tell(*scanner, File(0, false));
  EXPECT_EQ(good.report.verdict, Verdict::kClean)
      << (good.report.findings.empty() ? "" : good.report.findings[0].message);
  EXPECT_EQ(Tell(*scanner, File(0, true)).report.verdict, Verdict::kDenied);
}

// PICKLEBOX_LIES says how many; each is a job of its own.
TEST_F(LiesTest, NoLieGetsANameThrough) {
  const char* const wanted = getenv("PICKLEBOX_LIES");
  const uint64_t lies =
      wanted == nullptr ? 2000 : strtoull(wanted, nullptr, 10);
  std::map<Verdict, uint64_t> verdicts;
  const auto scanner = Make();
  Tell(*scanner, File(0, false));
  const int fds = OpenFds();
  uint64_t mismatches = 0;
  for (uint64_t seed = 1; seed <= lies; ++seed) {
    const Scan scan = Tell(*scanner, File(seed, seed % 2 == 0));
    ++verdicts[scan.report.verdict];
    ASSERT_EQ(scan.graphs.size(), scan.report.streams.size()) << seed;
    for (const Finding& finding : scan.report.findings) {
      mismatches += finding.code == Code::kResultMismatch ||
                    finding.code == Code::kResultRejected;
    }
    if (scan.report.verdict != Verdict::kClean) continue;
    for (const Graph& graph : scan.graphs) {
      for (GraphCursor c(graph); !c.done(); c.Next()) {
        if (c.node().kind != NodeKind::kGlobal) continue;
        ASSERT_EQ(c.node().module(), "collections") << seed;
        ASSERT_EQ(c.node().qualname, "OrderedDict") << seed;
      }
    }
  }
  EXPECT_EQ(OpenFds(), fds);
  // They were lies, and some were good ones.
  EXPECT_GT(mismatches, lies / 4);
  EXPECT_GT(verdicts[Verdict::kClean], lies / 100);
  EXPECT_GT(verdicts[Verdict::kDenied], lies / 100);
  for (const auto& [verdict, count] : verdicts) {
    std::printf("%llu replies: %s\n", static_cast<unsigned long long>(count),
                std::string(VerdictName(verdict)).c_str());
  }
}

}  // namespace
}  // namespace picklebox
