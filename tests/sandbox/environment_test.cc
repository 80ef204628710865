// The jail and the world around it: what happens when something outside goes
// wrong, and that nothing of it shows in the host.

#include <fcntl.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <signal.h>
#include <stddef.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <functional>
#include <thread>

#include "absl/status/status.h"
#include "absl/strings/match.h"
#include "absl/time/clock.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/sandbox/jail.h"

namespace picklebox::sandbox {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;

bool Works(Broker& broker) {
  auto sealed = broker.Run(Deed("echo", "x"));
  return sealed.ok() && Text(*sealed) == "x";
}

template <typename F>
bool Eventually(F&& true_at_last) {
  for (int i = 0; i < 500; ++i) {
    if (true_at_last()) return true;
    absl::SleepFor(absl::Milliseconds(10));
  }
  return false;
}

// --- starting ---

TEST(StartTest, NeedsAnExecutable) {
  Broker::Options options = Hostile();
  options.worker_path = "/nonexistent/worker";
  EXPECT_EQ(Broker::Start(options).status().code(),
            absl::StatusCode::kNotFound);
  options.worker_path = "/etc/passwd";
  EXPECT_FALSE(Broker::Start(options).ok());
  options.worker_path = "/bin/true";  // runs, but is no worker
  EXPECT_EQ(Broker::Start(options).status().code(),
            absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(ChildrenOf(getpid()), IsEmpty());
}

TEST(StartTest, TheWorkersOwnPreparationMayRefuse) {
  Broker::Options options = Hostile();
  options.shared = Bytes("refuse");
  const absl::Status status = Broker::Start(options).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(std::string(status.message()), HasSubstr("prepared"));
}

TEST(StartTest, UnknownCapabilitiesAreRefused) {
  Broker::Options options = Hostile();
  options.require = {"moat"};
  EXPECT_EQ(Broker::Start(options).status().code(),
            absl::StatusCode::kInvalidArgument);
}

// A capability that can be had is had, one that cannot is an error.
TEST(StartTest, WhatIsRequiredIsOnOrFatal) {
  for (const char* name : {"landlock", "network_namespace", "mount_namespace",
                           "user_namespace", "empty_root", "unused_uid"}) {
    Broker::Options options = Hostile();
    options.require = {name};
    auto broker = Broker::Start(options);
    if (!broker.ok()) {
      EXPECT_EQ(broker.status().code(), absl::StatusCode::kFailedPrecondition);
      EXPECT_THAT(std::string(broker.status().message()), HasSubstr(name));
      continue;
    }
    for (const Capability& c : (*broker)->capabilities()) {
      if (c.name == name) {
        EXPECT_TRUE(c.on) << name;
      }
    }
    EXPECT_TRUE(Works(**broker));
  }
}

TEST(StartTest, WithoutStandardDescriptors) {
  EXPECT_EQ(InChild([] {
              for (int fd = 0; fd < 3; ++fd) close(fd);
              auto broker = Broker::Start(Hostile());
              return broker.ok() && Works(**broker) ? 0 : 1;
            }),
            0);
}

TEST(StartTest, AsNobody) {
  if (geteuid() != 0) GTEST_SKIP() << "not root";
  EXPECT_EQ(InChild([] {
              // Opened before the uid goes: the build folder may be private.
              const std::string path = HOSTILE_WORKER;
              const int fd = open(path.c_str(), O_PATH);
              if (setresgid(65534, 65534, 65534) != 0 ||
                  setresuid(65534, 65534, 65534) != 0) {
                return 2;
              }
              Broker::Options options = Hostile();
              options.worker_path = "/proc/self/fd/" + std::to_string(fd);
              auto broker = Broker::Start(options);
              if (!broker.ok()) return 3;
              return Works(**broker) ? 0 : 4;
            }),
            0);
}

// --- a host that cannot protect ---

// Holds this process and its children to a filter.
template <size_t kSize>
bool Install(sock_filter (&program)[kSize]) {
  const sock_fprog filter = {kSize, program};
  return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
         prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter) == 0;
}

// Makes one system call fail with ENOSYS.
bool Deny(uint32_t number) {
  sock_filter program[] = {
      {BPF_LD | BPF_W | BPF_ABS, 0, 0, offsetof(seccomp_data, nr)},
      {BPF_JMP | BPF_JEQ | BPF_K, 0, 1, number},
      {BPF_RET | BPF_K, 0, 0, SECCOMP_RET_ERRNO | ENOSYS},
      {BPF_RET | BPF_K, 0, 0, SECCOMP_RET_ALLOW},
  };
  return Install(program);
}

// Where root cannot become another user, it is one that may do nothing.
TEST(StartTest, RootThatStaysRootHasNoCapabilities) {
  if (geteuid() != 0) GTEST_SKIP() << "not root";
  EXPECT_EQ(InChild([] {
              if (!Deny(SYS_setresuid)) return 1;
              auto broker = Broker::Start(Hostile());
              if (!broker.ok() || !Works(**broker)) return 2;
              if (IsOn(**broker, "unused_uid")) return 3;
              for (const int zygote : ChildrenOf(getpid())) {
                if (StatusLine(zygote, "CapEff:") != "0000000000000000" ||
                    StatusLine(zygote, "CapPrm:") != "0000000000000000") {
                  return 4;
                }
              }
              return 0;
            }),
            0);
}

class UnprotectedTest : public testing::TestWithParam<uint32_t> {};

TEST_P(UnprotectedTest, NothingIsStarted) {
  EXPECT_EQ(InChild([] {
              if (!Deny(GetParam())) return 1;
              const absl::Status status = Broker::Start(Hostile()).status();
              return absl::IsFailedPrecondition(status) ? 0 : 2;
            }),
            0);
}

INSTANTIATE_TEST_SUITE_P(Calls, UnprotectedTest,
                         testing::Values(SYS_seccomp, SYS_prctl, SYS_setitimer,
                                         SYS_close_range, SYS_memfd_create));

// --- a host that protects no longer ---

// A call that fails from now on, in this process and its children: with all
// arguments, or with one of a certain value.
struct Refusing {
  const char* what;  // in the message; "" where it depends on who ends first
  uint32_t call;
  int argument = -1;
  uint32_t value = 0;  // the lower half
};

bool Refuse(const Refusing& how) {
  const auto argument = static_cast<uint32_t>(
      offsetof(seccomp_data, args) + 8 * (how.argument < 0 ? 0 : how.argument));
  const uint8_t skip = how.argument < 0 ? 2 : 0;
  sock_filter program[] = {
      {BPF_LD | BPF_W | BPF_ABS, 0, 0, offsetof(seccomp_data, nr)},
      {BPF_JMP | BPF_JEQ | BPF_K, skip, 3, how.call},
      {BPF_LD | BPF_W | BPF_ABS, 0, 0, argument},
      {BPF_JMP | BPF_JEQ | BPF_K, 0, 1, how.value},
      {BPF_RET | BPF_K, 0, 0, SECCOMP_RET_ERRNO | ENOMEM},
      {BPF_RET | BPF_K, 0, 0, SECCOMP_RET_ALLOW},
  };
  return Install(program);
}

class StepTest : public testing::TestWithParam<Refusing> {};

// The first zygote proves that the jail holds; the next one does not do so
// again, and each step of its own and of its workers may fail all the same.
TEST_P(StepTest, WithoutItNoJobIsDone) {
  EXPECT_EQ(InChild([] {
              auto broker = MustStart();
              if (broker == nullptr || !Works(*broker)) return 1;
              if (!Refuse(GetParam())) return 2;
              for (const int pid : ChildrenOf(getpid())) kill(pid, SIGKILL);
              absl::SleepFor(absl::Milliseconds(20));
              for (int again = 0; again < 2; ++again) {
                auto sealed = broker->Run(Deed("echo", "x"));
                if (sealed.ok() && sealed->done()) return 3;
                const std::string said =
                    sealed.ok() ? sealed->detail()
                                : std::string(sealed.status().message());
                if (absl::StrContains(said, GetParam().what)) continue;
                std::fprintf(stderr, "not so: %s\n", said.c_str());
                return 4;
              }
              broker.reset();
              return ChildrenOf(getpid()).empty() ? 0 : 5;
            }),
            0)
      << GetParam().what;
}

constexpr uint32_t kPrivateArena =
    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED;
INSTANTIATE_TEST_SUITE_P(
    OfAWorker, StepTest,
    testing::Values(Refusing{"map its job", SYS_mmap, 3,
                             MAP_SHARED | MAP_FIXED},
                    Refusing{"map its job", SYS_mmap, 3, kPrivateArena},
                    Refusing{"closing descriptors", SYS_close_range, 0, 0},
                    Refusing{"setting limits", SYS_prlimit64, 1, RLIMIT_AS},
                    Refusing{"setting limits", SYS_prlimit64, 1, RLIMIT_CPU},
                    Refusing{"setting timers", SYS_setitimer, 0, ITIMER_PROF},
                    Refusing{"setting timers", SYS_setitimer, 0, ITIMER_REAL},
                    Refusing{"loading the filter", SYS_seccomp, 0,
                             SECCOMP_SET_MODE_FILTER}));
INSTANTIATE_TEST_SUITE_P(
    OfAZygote, StepTest,
    testing::Values(
        Refusing{"seccomp", SYS_seccomp, 0, SECCOMP_GET_ACTION_AVAIL},
        Refusing{"no_new_privileges", SYS_prctl, 0, PR_SET_NO_NEW_PRIVS},
        Refusing{"not_dumpable", SYS_prctl, 0, PR_SET_DUMPABLE},
        Refusing{"resource_limits", SYS_prlimit64, 1, RLIMIT_CORE},
        // With a null for the old stack: AddressSanitizer asks for that alone.
        Refusing{"fault_handlers", SYS_sigaltstack, 1, 0},
        Refusing{"fault_handlers", SYS_rt_sigaction, 0, SIGSEGV},
        Refusing{"", SYS_clone, 0, CLONE_PIDFD}, Refusing{"", SYS_wait4},
        Refusing{"", SYS_recvmsg}, Refusing{"", SYS_poll},
        Refusing{"", SYS_prctl, 0, PR_SET_PDEATHSIG}));

class BestEffortTest : public testing::TestWithParam<Refusing> {};

// What a host need not offer is told to be off; who requires it gets no broker.
TEST_P(BestEffortTest, WithoutItTheBrokerSaysSo) {
  if (geteuid() != 0) GTEST_SKIP() << "not root";
  EXPECT_EQ(InChild([] {
              if (!Refuse(GetParam())) return 1;
              auto broker = Broker::Start(Hostile());
              if (!broker.ok() || !Works(**broker)) return 2;
              if (IsOn(**broker, GetParam().what)) return 3;
              Broker::Options strict = Hostile();
              strict.require = {GetParam().what};
              const absl::Status status = Broker::Start(strict).status();
              return absl::IsFailedPrecondition(status) ? 0 : 4;
            }),
            0)
      << GetParam().what;
}

INSTANTIATE_TEST_SUITE_P(
    Calls, BestEffortTest,
    testing::Values(Refusing{"landlock", SYS_landlock_create_ruleset},
                    Refusing{"landlock", SYS_landlock_create_ruleset, 2, 0},
                    Refusing{"landlock", SYS_landlock_restrict_self},
                    Refusing{"no_capabilities", SYS_capset},
                    Refusing{"unused_uid", SYS_setgroups},
                    Refusing{"unused_uid", SYS_setresgid},
                    Refusing{"empty_root", SYS_chroot},
                    Refusing{"empty_root", SYS_chdir},
                    Refusing{"empty_root", SYS_clone, 0,
                             CLONE_FS | CLONE_VM | CLONE_VFORK},
                    Refusing{"no_executable_memory", SYS_prctl, 0, 65}));

// --- running out of things ---

TEST(ExhaustionTest, NoDescriptorsIsAnErrorAndPasses) {
  EXPECT_EQ(
      InChild([] {
        auto broker = MustStart();
        rlimit before;
        getrlimit(RLIMIT_NOFILE, &before);
        rlimit none = before;
        none.rlim_cur = 3;
        setrlimit(RLIMIT_NOFILE, &none);
        const absl::Status status = broker->Run(Deed("echo", "x")).status();
        if (!absl::IsResourceExhausted(status)) return 1;
        if (!absl::IsResourceExhausted(Broker::Start(Hostile()).status())) {
          return 2;
        }
        setrlimit(RLIMIT_NOFILE, &before);
        return Works(*broker) ? 0 : 3;
      }),
      0);
}

TEST(ExhaustionTest, NoAddressSpaceForTheArenaIsOurFailure) {
#if PICKLEBOX_SHADOWED
  GTEST_SKIP() << "needs an address space of ordinary size";
#endif
  EXPECT_EQ(InChild([] {
              const rlimit limit = {size_t{1} << 30, size_t{1} << 30};
              setrlimit(RLIMIT_AS, &limit);
              auto broker = Broker::Start(Hostile());
              if (!broker.ok()) return 1;
              Job job = Deed("echo", "x");
              job.budget.memory = uint64_t{8} << 30;
              if (!absl::IsResourceExhausted((*broker)->Run(job).status())) {
                return 2;
              }
              return Works(**broker) ? 0 : 3;
            }),
            0);
}

// --- signals from outside ---

TEST(OutsideTest, AKilledWorkerIsKilled) {
  auto broker = MustStart();
  std::thread killer([] {
    absl::SleepFor(absl::Milliseconds(100));
    kill(OnlyWorker(), SIGKILL);
  });
  auto sealed = broker->Run(Deed("spin"));
  killer.join();
  ASSERT_TRUE(sealed.ok());
  EXPECT_EQ(sealed->ending(), Ending::kKilled) << sealed->detail();
  EXPECT_TRUE(Works(*broker));
}

TEST(OutsideTest, AKilledZygoteIsReplaced) {
  auto broker = MustStart();
  for (const int signal : {SIGKILL, SIGKILL}) {
    std::thread killer([signal] {
      absl::SleepFor(absl::Milliseconds(100));
      for (const int pid : ChildrenOf(getpid())) kill(pid, signal);
    });
    auto sealed = broker->Run(Deed("spin"));
    killer.join();
    ASSERT_TRUE(sealed.ok());
    EXPECT_EQ(sealed->ending(), Ending::kKilled) << sealed->detail();
    EXPECT_TRUE(Works(*broker));
  }
}

// Makes every clone fail that wants a namespace of process numbers.
bool DenyProcessNamespaces() {
  sock_filter program[] = {
      {BPF_LD | BPF_W | BPF_ABS, 0, 0, offsetof(seccomp_data, nr)},
      {BPF_JMP | BPF_JEQ | BPF_K, 0, 3, SYS_clone},
      {BPF_LD | BPF_W | BPF_ABS, 0, 0, offsetof(seccomp_data, args)},
      {BPF_JMP | BPF_JSET | BPF_K, 0, 1, CLONE_NEWPID},
      {BPF_RET | BPF_K, 0, 0, SECCOMP_RET_ERRNO | EPERM},
      {BPF_RET | BPF_K, 0, 0, SECCOMP_RET_ALLOW},
  };
  return Install(program);
}

// In a namespace of its own a zygote takes its worker along. Without one, the
// worker has to see to that.
TEST(OutsideTest, AWorkerDiesWithItsZygoteWhereThereAreNoNamespaces) {
  EXPECT_EQ(InChild([] {
              // Whom the zygote leaves behind becomes a child of this process.
              prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
              if (!DenyProcessNamespaces()) return 1;
              auto broker = MustStart();
              if (broker == nullptr || IsOn(*broker, "pid_namespace")) return 2;
              int worker = -1;
              std::thread killer([&worker] {
                absl::SleepFor(absl::Milliseconds(100));
                worker = OnlyWorker();
                for (const int pid : ChildrenOf(getpid())) kill(pid, SIGKILL);
              });
              auto sealed = broker->Run(Deed("spin"));
              killer.join();
              if (!sealed.ok() || sealed->ending() != Ending::kKilled) return 3;
              if (worker < 0) return 4;
              return Eventually([worker] {
                for (const Process& p : Processes()) {
                  if (p.pid == worker) return p.state == 'Z';
                }
                return true;
              })
                         ? 0
                         : 5;
            }),
            0);
}

// Whatever is not a clean end costs the zygote its place.
TEST(OutsideTest, AZygoteWhoseWorkerDiedIsNotUsedAgain) {
  auto broker = MustStart();
  ASSERT_TRUE(Works(*broker));
  const std::vector<int> first = ChildrenOf(getpid());
  ASSERT_TRUE(Works(*broker));
  EXPECT_EQ(ChildrenOf(getpid()), first);
  ASSERT_TRUE(broker->Run(Deed("abort")).ok());
  ASSERT_TRUE(Works(*broker));
  EXPECT_NE(ChildrenOf(getpid()), first);
}

// Killed while idle, nobody's job is lost.
TEST(OutsideTest, WhatDiesIdleIsNoticedByNobody) {
  auto broker = MustStart();
  ASSERT_TRUE(Works(*broker));
  for (const int pid : ChildrenOf(getpid())) kill(pid, SIGKILL);
  absl::SleepFor(absl::Milliseconds(20));
  EXPECT_TRUE(Works(*broker));
  ASSERT_TRUE(Eventually([] { return OnlyWorker() > 0; }));
  kill(OnlyWorker(), SIGKILL);
  absl::SleepFor(absl::Milliseconds(20));
  EXPECT_TRUE(Works(*broker));
  EXPECT_TRUE(Works(*broker));
}

TEST(OutsideTest, StoppedProcessesDoNotHoldUpTheHost) {
  auto broker = MustStart();
  for (const bool zygote : {true, false}) {
    ASSERT_TRUE(Eventually([] { return OnlyWorker() > 0; }));
    const int victim = zygote ? ChildrenOf(getpid())[0] : OnlyWorker();
    kill(victim, SIGSTOP);
    Job job = Deed("nothing");
    job.budget.wall = absl::Milliseconds(100);
    const absl::Time begin = absl::Now();
    auto sealed = broker->Run(job);
    ASSERT_TRUE(sealed.ok());
    EXPECT_EQ(sealed->ending(), Ending::kWallTime) << sealed->detail();
    EXPECT_LT(absl::Now() - begin, absl::Seconds(8));
    EXPECT_TRUE(Works(*broker));
    EXPECT_TRUE(Eventually(
        [victim] { return kill(victim, 0) != 0 && errno == ESRCH; }));
  }
}

TEST(OutsideTest, WhenTheHostDiesAllDie) {
  int ready[2];
  ASSERT_EQ(pipe2(ready, O_CLOEXEC), 0);
  const pid_t host = fork();
  if (host == 0) {
    auto broker = MustStart();
    std::thread([&] { (void)broker->Run(Deed("spin")); }).detach();
    absl::SleepFor(absl::Milliseconds(150));
    int pids[2] = {ChildrenOf(getpid())[0], OnlyWorker()};
    if (write(ready[1], pids, sizeof(pids)) < 0) _exit(1);
    pause();
  }
  int pids[2];
  ASSERT_EQ(read(ready[0], pids, sizeof(pids)),
            static_cast<ssize_t>(sizeof(pids)));
  ASSERT_EQ(kill(pids[1], 0), 0);
  kill(host, SIGKILL);
  const absl::Time killed = absl::Now();
  waitpid(host, nullptr, 0);
  for (const int pid : pids) {
    EXPECT_TRUE(Eventually([pid] {
      for (const Process& p : Processes()) {
        if (p.pid == pid && p.state != 'Z') return false;
      }
      return true;
    }));
  }
  EXPECT_LT(absl::Now() - killed, absl::Seconds(1));
  close(ready[0]);
  close(ready[1]);
}

// --- the host's own affairs ---

// Its zygotes are the host's children. Whoever else reaps them, by a loop over
// all children or by ignoring SIGCHLD, does not disturb the broker.
TEST(HostTest, MayReapAllItsChildren) {
  auto broker = MustStart();
  std::atomic<bool> stop = false;
  std::thread reaper([&] {
    while (!stop) {
      waitpid(-1, nullptr, WNOHANG);
      std::this_thread::yield();
    }
  });
  for (int i = 0; i < 30; ++i) {
    EXPECT_EQ(broker->Run(Deed("null"))->ending(), Ending::kCrash);
    EXPECT_TRUE(Works(*broker));
  }
  broker.reset();
  stop = true;
  reaper.join();
  EXPECT_THAT(ChildrenOf(getpid()), IsEmpty());
}

TEST(HostTest, MayIgnoreItsChildren) {
  auto broker = MustStart();
  struct sigaction ignore = {}, before;
  ignore.sa_handler = SIG_IGN;
  sigaction(SIGCHLD, &ignore, &before);
  EXPECT_EQ(broker->Run(Deed("null"))->ending(), Ending::kCrash);
  EXPECT_TRUE(Works(*broker));
  broker.reset();
  sigaction(SIGCHLD, &before, nullptr);
  EXPECT_THAT(ChildrenOf(getpid()), IsEmpty());
}

// What all workers share can be changed by nobody, the host included.
TEST(HostTest, WhatIsSharedIsSealed) {
  Broker::Options options = Hostile();
  options.shared = Bytes("for all of them");
  const std::set<int> before = OpenFds();
  auto broker = Broker::Start(options);
  ASSERT_TRUE(broker.ok()) << broker.status();
  int sealed = 0;
  for (const int fd : OpenFds()) {
    char target[100] = {};
    const std::string link = "/proc/self/fd/" + std::to_string(fd);
    if (before.count(fd) != 0 ||
        readlink(link.c_str(), target, sizeof(target) - 1) <= 0 ||
        !absl::StrContains(target, "picklebox-shared")) {
      continue;
    }
    ++sealed;
    EXPECT_EQ(fcntl(fd, F_GET_SEALS),
              F_SEAL_GROW | F_SEAL_SHRINK | F_SEAL_WRITE | F_SEAL_SEAL);
  }
  EXPECT_EQ(sealed, 1);
}

TEST(HostTest, AForkedChildHasNoBroker) {
  auto broker = MustStart(2);
  ASSERT_TRUE(Works(*broker));
  EXPECT_EQ(InChild([&] {
              if (!absl::IsFailedPrecondition(
                      broker->Run(Deed("echo", "x")).status())) {
                return 1;
              }
              broker.reset();  // must not end the parent's zygotes
              auto own = Broker::Start(Hostile());
              return own.ok() && Works(**own) ? 0 : 2;
            }),
            0);
  EXPECT_TRUE(Works(*broker));
}

// The child keeps none of the sockets, so the zygotes still see the host go.
TEST(HostTest, AForkedChildDoesNotKeepZygotesAlive) {
  int go[2];
  ASSERT_EQ(pipe2(go, O_CLOEXEC), 0);
  auto broker = MustStart();
  const std::vector<int> zygotes = ChildrenOf(getpid());
  const pid_t child = fork();
  if (child == 0) {
    char byte;
    close(go[1]);
    if (read(go[0], &byte, 1) < 0) _exit(1);
    _exit(0);
  }
  const absl::Time begin = absl::Now();
  broker.reset();
  EXPECT_LT(absl::Now() - begin, absl::Milliseconds(150));
  EXPECT_NE(kill(zygotes[0], 0), 0);
  close(go[0]);
  close(go[1]);
  waitpid(child, nullptr, 0);
}

TEST(HostTest, ForkingWhileJobsRun) {
  auto broker = MustStart(2);
  std::atomic<bool> stop = false;
  std::atomic<int> wrong = 0;
  std::thread jobs([&] {
    while (!stop) wrong += !Works(*broker);
  });
  for (int i = 0; i < 50; ++i) {
    ASSERT_EQ(InChild([] { return 0; }), 0);
  }
  stop = true;
  jobs.join();
  EXPECT_EQ(wrong, 0);
}

}  // namespace
}  // namespace picklebox::sandbox
