#include "sandbox/lockdown.h"

#include <linux/close_range.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/time.h>
#include <unistd.h>

#include <cerrno>

#include "sandbox/arch.h"
#include "sandbox/fatal.h"
#include "sandbox/filter.h"

namespace picklebox::sandbox {
namespace {

constexpr uint64_t kGuard = uint64_t{64} << 10;
constexpr uint64_t kHugePage = uint64_t{2} << 20;
// Where malloc begins, small pages: a small job never gets further, and a huge
// one costs as much to clear as 70 small ones.
constexpr uint64_t kSmallHead = uint64_t{4} << 20;

uint64_t RoundUp(uint64_t n, uint64_t to) { return (n + to - 1) / to * to; }

bool MapAt(char* at, uint64_t size, int protection, int flags, int fd,
           uint64_t offset) {
  return mmap(at, size, protection, flags | MAP_FIXED, fd,
              static_cast<off_t>(offset)) == at;
}

// What malloc reaches after its first megabytes, unless a job is too small to
// get there; what Reserve takes from the other end, where each array starts a
// page of its own, only in jobs that are large anyway. Best effort: without it
// a job is slower, no less safe.
void AdviseHugePages(char* arena, uint64_t size, HugePages where) {
  if (where == HugePages::kNowhere) return;
  const uint64_t end =
      where == HugePages::kEverywhere ? size : size / 2 / kHugePage * kHugePage;
  if (end > 2 * kSmallHead) {
    madvise(arena + kSmallHead, end - kSmallHead, MADV_HUGEPAGE);
  }
}

Mishap Failed(Preparation step) { return {step, errno}; }

std::optional<Mishap> SetDescriptors(int input_fd) {
  if (input_fd < 0) {
    if (close_range(0, ~0u, 0) != 0) return Failed(Preparation::kDescriptors);
    return std::nullopt;
  }
  if (input_fd != kInputFd && dup2(input_fd, kInputFd) != kInputFd) {
    return Failed(Preparation::kDescriptors);
  }
  if (close_range(0, kInputFd - 1, 0) != 0 ||
      close_range(kInputFd + 1, ~0u, 0) != 0) {
    return Failed(Preparation::kDescriptors);
  }
  return std::nullopt;
}

std::optional<Mishap> SetLimits(uint64_t cpu_ns) {
  // The address space has its final size: the stack was grown to its limit by
  // the zygote, the rest has just been mapped. RLIMIT_CPU has a grain of a
  // second and only backs up the timer.
  const rlim_t seconds = cpu_ns / 1'000'000'000 + 1;
  const struct {
    int resource;
    rlimit limit;
  } limits[] = {
      {RLIMIT_AS, {0, 0}},
      {RLIMIT_NOFILE, {0, 0}},
      {RLIMIT_NPROC, {0, 0}},
      {RLIMIT_CPU, {seconds, seconds + 1}},
  };
  for (const auto& [resource, limit] : limits) {
    if (setrlimit(static_cast<__rlimit_resource>(resource), &limit) != 0) {
      return Failed(Preparation::kLimits);
    }
  }
  return std::nullopt;
}

bool SetTimer(__itimer_which timer, uint64_t ns) {
  const uint64_t us = ns / 1000 + 1;  // zero would disarm it
  const itimerval value = {
      .it_interval = {},
      .it_value = {static_cast<time_t>(us / 1'000'000),
                   static_cast<suseconds_t>(us % 1'000'000)}};
  return setitimer(timer, &value, nullptr) == 0;
}

// The zygote keeps all signals blocked; a worker must die of its own. Before
// that, whatever was sent to the group it came from is forgotten with it.
bool UnblockSignals() {
  sigset_t none;
  sigemptyset(&none);
  return sigprocmask(SIG_SETMASK, &none, nullptr) == 0;
}

}  // namespace

std::optional<Mishap> MapJob(const Assignment& assignment, int job_fd,
                             JobMemory* memory) {
  const uint64_t readable = assignment.result_offset;
  const uint64_t writable =
      RoundUp(sizeof(Slate) + assignment.result_capacity, kPage);
  const uint64_t arena_offset =
      RoundUp(kGuard + readable + writable + kGuard, kHugePage);
  const uint64_t arena = RoundUp(assignment.memory, kPage);
  const uint64_t total = arena_offset + arena + kGuard + kHugePage;
  void* window = mmap(nullptr, total, PROT_NONE,
                      MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (window == MAP_FAILED) return Failed(Preparation::kMapArena);
  const uintptr_t raw = reinterpret_cast<uintptr_t>(window);
  char* base = static_cast<char*>(window) + (RoundUp(raw, kHugePage) - raw);

  char* job = base + kGuard;
  if ((readable != 0 &&
       !MapAt(job, readable, PROT_READ, MAP_SHARED, job_fd, 0)) ||
      !MapAt(job + readable, writable, PROT_READ | PROT_WRITE, MAP_SHARED,
             job_fd, readable)) {
    return Failed(Preparation::kMapJob);
  }
  if (!MapAt(base + arena_offset, arena, PROT_READ | PROT_WRITE,
             MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0)) {
    return Failed(Preparation::kMapArena);
  }
  AdviseHugePages(base + arena_offset, arena, assignment.huge_pages);
  memory->readable = reinterpret_cast<const uint8_t*>(job);
  memory->slate = reinterpret_cast<Slate*>(job + readable);
  memory->result = reinterpret_cast<uint8_t*>(memory->slate + 1);
  memory->arena = base + arena_offset;
  SetLandscape({.job = job,
                .result = job + readable,
                .job_end = job + readable + writable,
                .arena = memory->arena,
                .arena_end = memory->arena + arena});
  return std::nullopt;
}

bool TieToParent(pid_t parent) {
  if (prctl(PR_SET_PDEATHSIG, SIGKILL) != 0) return false;
  errno = ESRCH;  // it may have died before the line above
  return getppid() == parent;
}

std::optional<Mishap> LockIn(int input_fd, Profile profile, uint64_t wall_ns,
                             uint64_t cpu_ns, pid_t parent) {
  if (auto mishap = SetDescriptors(input_fd)) return mishap;
  if (auto mishap = SetLimits(cpu_ns)) return mishap;
  if (!UnblockSignals() || !SetTimer(ITIMER_PROF, cpu_ns) ||
      !SetTimer(ITIMER_REAL, wall_ns)) {
    return Failed(Preparation::kTimers);
  }
  if (!TieToParent(parent)) return Failed(Preparation::kParent);
  if (prctl(PR_SET_DUMPABLE, 0) != 0) return Failed(Preparation::kNotDumpable);
  if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) {
    return Failed(Preparation::kNoNewPrivileges);
  }
  const std::span<const sock_filter> filter = Filter(profile);
  const sock_fprog program = {
      .len = static_cast<unsigned short>(filter.size()),
      .filter = const_cast<sock_filter*>(filter.data())};
  const long loaded = arch::Syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0,
                                    reinterpret_cast<long>(&program));
  if (loaded != 0) {
    return Mishap{Preparation::kSeccomp, static_cast<int>(-loaded)};
  }
  return std::nullopt;
}

}  // namespace picklebox::sandbox
