#include "sandbox/hardening.h"

#include <fcntl.h>
#include <linux/capability.h>
#include <linux/landlock.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <sys/auxv.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <initializer_list>
#include <utility>

#include "sandbox/arch.h"
#include "sandbox/fatal.h"

#ifndef PR_SET_MDWE
#define PR_SET_MDWE 65
#define PR_MDWE_REFUSE_EXEC_GAIN 1
#endif

namespace picklebox::sandbox {
namespace {

// Nobody's uid: above what distributions, containers and user namespaces hand
// out. Where only few ids are mapped, "nobody" has to do.
constexpr uid_t kUnusedUid = 2147418112;
constexpr uid_t kNobody = 65534;

int32_t Outcome(bool ok) { return ok ? 0 : (errno != 0 ? errno : EPERM); }

int32_t KernelOutcome(long result) {
  return result < 0 ? static_cast<int32_t>(-result) : 0;
}

int32_t CheckSeccompActions() {
  for (const uint32_t action :
       {uint32_t{SECCOMP_RET_KILL_PROCESS}, uint32_t{SECCOMP_RET_ERRNO}}) {
    const long result = arch::Syscall(SYS_seccomp, SECCOMP_GET_ACTION_AVAIL, 0,
                                      reinterpret_cast<long>(&action));
    if (result != 0) return KernelOutcome(result);
  }
  return 0;
}

int EnterDeadDirectory(void*) {
  return chroot("/proc/self/fdinfo") == 0 && chdir("/") == 0 ? 0 : 1;
}

// An empty root without a mount: a helper that shares our root directory moves
// it to a directory of /proc that is its own, and dies. What is left is a
// directory without entries that nothing can be created in.
int32_t EnterEmptyRoot() {
  alignas(16) static char stack[8192];
  const long child = arch::CloneOnStack(CLONE_FS | CLONE_VM | CLONE_VFORK,
                                        stack + sizeof(stack), nullptr,
                                        &EnterDeadDirectory, nullptr);
  if (child < 0) return KernelOutcome(child);
  int status = 0;
  if (waitpid(static_cast<pid_t>(child), &status, __WALL) != child) {
    return errno;
  }
  return WIFEXITED(status) && WEXITSTATUS(status) == 0 ? 0 : EPERM;
}

// Raw calls: a single-threaded process needs none of what libc adds.
int32_t DropUid() {
  const long groups = arch::Syscall(SYS_setgroups, 0, 0);
  if (groups != 0) return KernelOutcome(groups);
  long result = -1;
  for (const long id : {long{kUnusedUid}, long{kNobody}}) {
    result = arch::Syscall(SYS_setresgid, id, id, id);
    if (result == 0) result = arch::Syscall(SYS_setresuid, id, id, id);
    if (result == 0) break;
  }
  return KernelOutcome(result);
}

int32_t DropCapabilities() {
  __user_cap_header_struct header = {_LINUX_CAPABILITY_VERSION_3, 0};
  __user_cap_data_struct none[_LINUX_CAPABILITY_U32S_3] = {};
  return KernelOutcome(arch::Syscall(SYS_capset,
                                     reinterpret_cast<long>(&header),
                                     reinterpret_cast<long>(none)));
}

// Every access right that the running kernel knows, granted nowhere.
int32_t DenyFiles(int32_t* abi) {
  const long version = arch::Syscall(SYS_landlock_create_ruleset, 0, 0,
                                     LANDLOCK_CREATE_RULESET_VERSION);
  if (version < 0) return KernelOutcome(version);
  *abi = static_cast<int32_t>(version);
  // The ruleset attribute by version; what a kernel does not know it refuses.
  constexpr int kFileRights[] = {0, 13, 14, 15, 15, 16};
  const struct {
    uint64_t files, network, scope;
  } handled = {
      (uint64_t{1} << kFileRights[version > 5 ? 5 : version]) - 1,
      version >= 4 ? uint64_t{3} : 0,
      version >= 6 ? uint64_t{3} : 0,
  };
  const long size = version >= 6 ? 24 : version >= 4 ? 16 : 8;
  const long ruleset = arch::Syscall(SYS_landlock_create_ruleset,
                                     reinterpret_cast<long>(&handled), size, 0);
  if (ruleset < 0) return KernelOutcome(ruleset);
  const long result = arch::Syscall(SYS_landlock_restrict_self, ruleset, 0);
  close(static_cast<int>(ruleset));
  return KernelOutcome(result);
}

// The last page that the stack may grow to. The program's name, whose address
// the kernel hands over as a number, lies at the very top.
char* StackLow() {
  const uintptr_t top = (getauxval(AT_EXECFN) + kPage) & ~uintptr_t{kPage - 1};
  return reinterpret_cast<char*>(  // NOLINT(performance-no-int-to-ptr)
      top - kStackLimit + kPage);
}

// Limits that are the same for all jobs. The stack is grown to its limit now,
// by touching its end, since a worker's address space may not grow at all.
int32_t SetLimits() {
  for (const auto& [resource, value] :
       {std::pair{RLIMIT_CORE, rlim_t{0}}, std::pair{RLIMIT_FSIZE, rlim_t{0}},
        std::pair{RLIMIT_STACK, rlim_t{kStackLimit}}}) {
    const rlimit limit = {value, value};
    if (setrlimit(resource, &limit) != 0) return errno;
  }
  char* low = StackLow();
  *reinterpret_cast<volatile char*>(low) = 0;
  SetStackLow(low);
  return 0;
}

}  // namespace

bool Harden(const Hello& hello, Ready* ready) {
  const auto at = [ready](Step step) -> int32_t& {
    return ready->outcome[static_cast<int>(step)];
  };
  at(Step::kSeccompActions) = CheckSeccompActions();
  at(Step::kEmptyRoot) = hello.may_chroot ? EnterEmptyRoot() : kSkipped;
  at(Step::kUnusedUid) = hello.drop_uid ? DropUid() : kSkipped;
  at(Step::kNoCapabilities) = DropCapabilities();
  at(Step::kNoNewPrivileges) =
      Outcome(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0);
  at(Step::kLandlock) = DenyFiles(&ready->landlock_abi);
  at(Step::kNoExecutableMemory) =
      Outcome(prctl(PR_SET_MDWE, PR_MDWE_REFUSE_EXEC_GAIN, 0, 0, 0) == 0);
  at(Step::kNotDumpable) = Outcome(prctl(PR_SET_DUMPABLE, 0) == 0);
  at(Step::kResourceLimits) = SetLimits();
  at(Step::kSignalHandlers) = Outcome(InstallFaultHandlers());
  for (const Step step :
       {Step::kSeccompActions, Step::kNoNewPrivileges, Step::kNotDumpable,
        Step::kResourceLimits, Step::kSignalHandlers}) {
    if (at(step) != 0) return false;
  }
  return true;
}

}  // namespace picklebox::sandbox
