#ifndef PICKLEBOX_SANDBOX_LOCKDOWN_H_
#define PICKLEBOX_SANDBOX_LOCKDOWN_H_

#include <sys/types.h>

#include <optional>

#include "sandbox/protocol.h"

// From a fresh fork to a process that can only compute. The order matters:
// memory while mapping is still possible, then descriptors, limits, timers,
// the parent's death (an uid change would clear it, and a fork has), and the
// filter last. Nothing that an attacker wrote is read before LockIn returns.

namespace picklebox::sandbox {

// The mapped regions of a job, guard ranges between them:
//   | guard | request, input (read-only) | slate, result | guard | arena |
//   guard |
struct JobMemory {
  const uint8_t* readable = nullptr;
  Slate* slate = nullptr;
  uint8_t* result = nullptr;
  char* arena = nullptr;
};

struct Mishap {
  Preparation step;
  int error;
};

// Makes the calling process die with `parent`, its parent. False: it is dead
// already, or the kernel refused (errno).
bool TieToParent(pid_t parent);

// Maps the job's memfd and the arena.
std::optional<Mishap> MapJob(const Assignment& assignment, int job_fd,
                             JobMemory* memory);

// Everything after that: closes all descriptors (input_fd, unless negative,
// becomes kInputFd), sets limits and timers, ties the process to `parent` and
// loads the filter. On success the process has lost every system call that
// Filter(profile) does not allow.
std::optional<Mishap> LockIn(int input_fd, Profile profile, uint64_t wall_ns,
                             uint64_t cpu_ns, pid_t parent);

}  // namespace picklebox::sandbox

#endif  // PICKLEBOX_SANDBOX_LOCKDOWN_H_
