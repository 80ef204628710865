#ifndef PICKLEBOX_SANDBOX_PROCESS_H_
#define PICKLEBOX_SANDBOX_PROCESS_H_

#include <sys/types.h>

// fork() without libc's preparations, which a process with one thread, no
// atfork handlers and a malloc of its own does not need. Returns 0 in the
// child; in the parent the pid, or -1 with errno. The child sends no signal
// when it ends: wait with __WALL, or poll *pidfd (close-on-exec; may be null).

namespace picklebox::sandbox {

pid_t ForkWorker(int* pidfd);

}  // namespace picklebox::sandbox

#endif  // PICKLEBOX_SANDBOX_PROCESS_H_
