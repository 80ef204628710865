// What a worker is, seen from outside.
#include <dirent.h>
#include <sys/mman.h>
#include <unistd.h>

#include <fstream>
#include <functional>
#include <sstream>
#include <string>
#include <thread>

#include "absl/strings/match.h"
#include "absl/time/clock.h"
#include "gtest/gtest.h"
#include "tests/sandbox/jail.h"

namespace picklebox::sandbox {
namespace {

// The soft limit of the line of /proc/PID/limits that begins with `key`.
std::string LimitOf(int pid, const std::string& key) {
  std::ifstream file("/proc/" + std::to_string(pid) + "/limits");
  for (std::string line; std::getline(file, line);) {
    if (!absl::StartsWith(line, key)) continue;
    std::istringstream words(line.substr(key.size()));
    std::string limit;
    words >> limit;
    return limit;
  }
  return "";
}

// Needs root, or a process that is not protected.
int CountDescriptors(int pid) {
  DIR* fds = opendir(("/proc/" + std::to_string(pid) + "/fd").c_str());
  if (fds == nullptr) return -1;
  int count = 0;
  while (const dirent* entry = readdir(fds)) count += entry->d_name[0] != '.';
  closedir(fds);
  return count;
}

TEST(WorkerTest, HasItsInputAndNoOtherDescriptor) {
  if (geteuid() != 0) GTEST_SKIP() << "not root";
  auto broker = MustStart();
  const int input = memfd_create("input", MFD_CLOEXEC);
  std::thread job([&] {
    Job spin = Deed("spin");
    spin.input_fd = input;
    spin.budget.wall = absl::Milliseconds(400);
    EXPECT_EQ(broker->Run(spin)->ending(), Ending::kWallTime);
  });
  absl::SleepFor(absl::Milliseconds(150));
  EXPECT_EQ(CountDescriptors(OnlyWorker()), 1);
  job.join();
  close(input);
}

// What root may do to protect is done, and not passed over.
TEST(WorkerTest, OfRootHasAnEmptyRootAndAnotherUser) {
  const auto can = [](const std::function<bool()>& try_it) {
    return InChild([&] { return try_it() ? 0 : 1; }) == 0;
  };
  if (geteuid() != 0) GTEST_SKIP() << "not root";
  auto broker = MustStart();
  EXPECT_EQ(IsOn(*broker, "empty_root"),
            can([] { return chroot("/proc/self/fdinfo") == 0; }));
  EXPECT_EQ(IsOn(*broker, "unused_uid"),
            can([] { return setresuid(65534, 65534, 65534) == 0; }));
  EXPECT_TRUE(IsOn(*broker, "no_capabilities"));
}

TEST(WorkerTest, HasNothing) {
  auto broker = MustStart();
  std::thread job([&] {
    Job spin = Deed("spin");
    spin.budget.wall = absl::Milliseconds(400);
    EXPECT_EQ(broker->Run(spin)->ending(), Ending::kWallTime);
  });
  absl::SleepFor(absl::Milliseconds(150));
  const int worker = OnlyWorker();
  EXPECT_EQ(StatusLine(worker, "Seccomp:"), "2");
  EXPECT_EQ(StatusLine(worker, "NoNewPrivs:"), "1");
  EXPECT_EQ(StatusLine(worker, "CapEff:"), "0000000000000000");
  EXPECT_EQ(StatusLine(worker, "CapPrm:"), "0000000000000000");
  EXPECT_EQ(StatusLine(worker, "Threads:"), "1");
  for (const char* what :
       {"Max address space", "Max open files", "Max processes", "Max file size",
        "Max core file size"}) {
    EXPECT_EQ(LimitOf(worker, what), "0") << what;
  }
  if (geteuid() == 0) {
    char root[100] = {};
    const std::string link = "/proc/" + std::to_string(worker) + "/root";
    ASSERT_GT(readlink(link.c_str(), root, sizeof(root) - 1), 0);
    EXPECT_EQ(IsOn(*broker, "empty_root"), std::string(root) != "/") << root;
    EXPECT_FALSE(absl::StartsWith(StatusLine(worker, "Uid:"), "0"));
    EXPECT_EQ(CountDescriptors(worker), 0);
  }
  job.join();
}

}  // namespace
}  // namespace picklebox::sandbox
