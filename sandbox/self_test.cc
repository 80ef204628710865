#include "sandbox/self_test.h"

#include <sched.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>

#include "sandbox/arch.h"
#include "sandbox/fatal.h"
#include "sandbox/lockdown.h"

namespace picklebox::sandbox {
namespace {

constexpr uint64_t kProbeTime = 5'000'000'000;  // ns
constexpr int kSurvived = 99;

enum Probe { kGetppid, kSocket, kInt80, kX32 };

struct Plan {
  int probe;
  pid_t parent;
};

int RunProbe(void* argument) {
  const auto [probe, parent] = *static_cast<const Plan*>(argument);
  // Two probes for each profile. Any open descriptor stands for the input.
  const int input_fd = probe == kSocket || probe == kX32 ? kControlFd : -1;
  if (LockIn(input_fd, input_fd < 0 ? Profile::kCompute : Profile::kReadInput,
             kProbeTime, kProbeTime, parent))
    Leave(kExitSetup);
  switch (probe) {
    case kGetppid:
      arch::Syscall(SYS_getppid);
      break;
    case kSocket:
      arch::Syscall(SYS_socket, 1, 1, 0);
      break;
    case kInt80:
      if (arch::kHasInt80) arch::Int80(arch::kInt80Getpid);
      break;
    case kX32:
      arch::Syscall(static_cast<long>(arch::kX32Bit | SYS_getpid));
      break;
  }
  Leave(kSurvived);
}

bool DiedAsItShould(int probe, int status) {
  if (WIFSIGNALED(status) && WTERMSIG(status) == SIGSYS) return true;
  // A kernel without the 32-bit gate raises a fault instead.
  return probe == kInt80 && WIFEXITED(status) &&
         WEXITSTATUS(status) == kExitFault;
}

}  // namespace

// Without a copy of the address space, one after the other: a probe has nothing
// to hide from us, and forking would cost more than all the rest. No core is
// ever dumped of it, which would take the zygote along.
int32_t RunProbes(int32_t* failed_probe) {
  alignas(16) static char stack[16384];
  Plan plan = {0, getpid()};
  for (; plan.probe < kProbes; ++plan.probe) {
    const long child =
        arch::CloneOnStack(CLONE_VM | CLONE_VFORK, stack + sizeof(stack),
                           nullptr, &RunProbe, &plan);
    if (child < 0) return static_cast<int32_t>(-child);
    int status = 0;
    if (waitpid(static_cast<pid_t>(child), &status, __WALL) != child) {
      return errno;
    }
    if (!DiedAsItShould(plan.probe, status)) {
      *failed_probe = plan.probe;
      return EPERM;
    }
  }
  return 0;
}

}  // namespace picklebox::sandbox
