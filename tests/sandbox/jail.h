#ifndef PICKLEBOX_TESTS_SANDBOX_JAIL_H_
#define PICKLEBOX_TESTS_SANDBOX_JAIL_H_

#include <dirent.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <functional>
#include <memory>
#include <set>
#include <sstream>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/types/span.h"
#include "gtest/gtest.h"
#include "sandbox/broker.h"

// Whether this process has a sanitizer's shadow: addresses and memory are not
// those of an ordinary one.
#if defined(__has_feature)
#define PICKLEBOX_SHADOWED \
  (__has_feature(address_sanitizer) || __has_feature(thread_sanitizer))
#elif defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define PICKLEBOX_SHADOWED 1
#else
#define PICKLEBOX_SHADOWED 0
#endif

// What the tests of the jail share: a broker of hostile workers, and a look at
// this process from outside.

namespace picklebox::sandbox {

inline absl::Span<const uint8_t> Bytes(std::string_view text) {
  return {reinterpret_cast<const uint8_t*>(text.data()), text.size()};
}

inline std::string Text(const Sealed& sealed) {
  const absl::Span<const uint8_t> bytes = sealed.bytes();
  return std::string(bytes.begin(), bytes.end());
}

inline Broker::Options Hostile(int slots = 1) {
  Broker::Options options;
  options.worker_path = HOSTILE_WORKER;
  options.slots = slots;
  return options;
}

inline Job Deed(std::string_view name, std::string_view input = {}) {
  Job job;
  job.request = Bytes(name);
  job.input = Bytes(input);
  job.budget.memory = uint64_t{64} << 20;
  job.budget.result = 64 << 10;
  job.budget.wall = absl::Seconds(20);
  job.budget.cpu = absl::Seconds(20);
  return job;
}

inline std::set<int> OpenFds() {
  std::set<int> fds;
  DIR* all = opendir("/proc/self/fd");
  while (const dirent* entry = readdir(all)) {
    const int fd = std::atoi(entry->d_name);
    if (entry->d_name[0] != '.' && fd != dirfd(all)) fds.insert(fd);
  }
  closedir(all);
  return fds;
}

struct Process {
  int pid;
  int parent;
  char state;
  std::string name;
};

inline std::vector<Process> Processes() {
  std::vector<Process> all;
  DIR* proc = opendir("/proc");
  while (const dirent* entry = readdir(proc)) {
    const int pid = std::atoi(entry->d_name);
    if (pid == 0) continue;
    std::ifstream file("/proc/" + std::string(entry->d_name) + "/stat");
    std::string line;
    std::getline(file, line);
    const size_t open = line.find('('), close = line.rfind(')');
    if (open == line.npos || close == line.npos) continue;
    Process p = {pid, 0, '?', line.substr(open + 1, close - open - 1)};
    std::istringstream rest(line.substr(close + 2));
    rest >> p.state >> p.parent;
    all.push_back(p);
  }
  closedir(proc);
  return all;
}

inline std::vector<int> ChildrenOf(int parent) {
  std::vector<int> pids;
  for (const Process& p : Processes()) {
    if (p.parent == parent) pids.push_back(p.pid);
  }
  return pids;
}

// Runs `body` in a forked child; its value is the child's exit code.
inline int InChild(const std::function<int()>& body) {
  const pid_t child = fork();
  if (child == 0) _exit(body());
  int status = 0;
  EXPECT_EQ(waitpid(child, &status, 0), child);
  return WIFEXITED(status) ? WEXITSTATUS(status) : 1000 + WTERMSIG(status);
}

inline std::unique_ptr<Broker> MustStart(int slots = 1) {
  auto broker = Broker::Start(Hostile(slots));
  EXPECT_TRUE(broker.ok()) << broker.status();
  return broker.ok() ? *std::move(broker) : nullptr;
}

// The worker that is waiting for, or working on, a job of the only zygote.
inline int OnlyWorker() {
  const std::vector<int> zygotes = ChildrenOf(getpid());
  if (zygotes.size() != 1) return -1;
  const std::vector<int> workers = ChildrenOf(zygotes[0]);
  return workers.size() == 1 ? workers[0] : -1;
}

inline bool IsOn(Broker& broker, std::string_view name) {
  for (const Capability& c : broker.capabilities()) {
    if (c.name == name) return c.on;
  }
  return false;
}

// The line of /proc/PID/status that begins with `key`, behind that.
inline std::string StatusLine(int pid, const std::string& key) {
  std::ifstream file("/proc/" + std::to_string(pid) + "/status");
  for (std::string line; std::getline(file, line);) {
    if (absl::StartsWith(line, key)) return line.substr(line.find('\t') + 1);
  }
  return "";
}

}  // namespace picklebox::sandbox

#endif  // PICKLEBOX_TESTS_SANDBOX_JAIL_H_
