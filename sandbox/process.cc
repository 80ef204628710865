#include "sandbox/process.h"

#include <sched.h>

#include <cerrno>

#include "sandbox/arch.h"

namespace picklebox::sandbox {

pid_t ForkWorker(int* pidfd) {
  const long flags = pidfd == nullptr ? 0 : CLONE_PIDFD;
  // The third argument is where the pidfd goes on every architecture.
  const long pid =
      arch::Syscall(SYS_clone, flags, 0, reinterpret_cast<long>(pidfd));
  if (pid >= 0) return static_cast<pid_t>(pid);
  errno = static_cast<int>(-pid);
  return -1;
}

}  // namespace picklebox::sandbox
