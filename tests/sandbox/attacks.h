#ifndef PICKLEBOX_TESTS_SANDBOX_ATTACKS_H_
#define PICKLEBOX_TESTS_SANDBOX_ATTACKS_H_

#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/syscall.h>

#include "sandbox/job.h"
#include "tests/sandbox/raw_call.h"

// What is tried from inside of the jail, and how it must end. hostile_suite
// runs all of it in real workers and prints it as a table.

namespace picklebox::sandbox {

// Something that hostile_worker.cc does by name.
struct Misdeed {
  const char* deed;
  const char* what;
  Ending ending;
  const char* word;  // of the explanation
};

inline constexpr Misdeed kMisdeeds[] = {
    {"stop", "stops its group by SIGSTOP", Ending::kViolation, "system call"},
    {"disarm", "switches its timer off", Ending::kViolation, "system call"},
    {"sigreturn", "returns from no signal", Ending::kViolation, "system call"},
    {"futex wait", "sleeps on a futex", Ending::kViolation, "system call"},
    {"write all", "writes to every descriptor", Ending::kViolation,
     "system call"},
    {"vsyscall", "calls the kernel's old page", Ending::kViolation,
     "system call"},
    {"minus one", "call number -1", Ending::kViolation, "system call"},

    {"execute data", "runs code in its result", Ending::kCrash, "SIGSEGV"},
    {"execute input", "runs code in its input", Ending::kCrash, "SIGSEGV"},
    {"execute arena", "runs code on its heap", Ending::kCrash, "SIGSEGV"},
    {"execute stack", "runs code on its stack", Ending::kCrash, "SIGSEGV"},
    {"write code", "writes to its own code", Ending::kCrash, "SIGSEGV"},
    {"write input", "writes to its input", Ending::kCrash,
     "writing to the request"},
    {"null", "writes through a null pointer", Ending::kCrash, "null pointer"},
    {"kernel", "writes to the kernel's memory", Ending::kCrash, "SIGSEGV"},
    {"not canonical", "writes where no memory can be", Ending::kCrash,
     "cannot exist"},
    {"overrun", "writes on, past its result", Ending::kCrash,
     "outside the job"},
    {"underrun", "writes back, before its result", Ending::kCrash,
     "writing to the request"},
    {"ud2", "an instruction that is none", Ending::kCrash, "SIGILL"},
    {"hlt", "an instruction of kernels: hlt", Ending::kCrash, "SIGSEGV"},
    {"port", "an instruction of kernels: in", Ending::kCrash, "SIGSEGV"},
    {"msr", "an instruction of kernels: wrmsr", Ending::kCrash, "SIGSEGV"},
    {"break", "a breakpoint", Ending::kCrash, "SIGTRAP"},
    {"divide", "divides by zero", Ending::kCrash, "SIGFPE"},

    {"recurse", "recursion without end", Ending::kStackOverflow, "1024 KiB"},
    {"long frame", "a frame of 900 KiB, twice", Ending::kStackOverflow,
     "1024 KiB"},
    {"smash", "overwrites its frame", Ending::kCrash, "canary"},
    {"abort", "abort()", Ending::kCrash, "abort()"},
    {"assert", "a failed assertion", Ending::kCrash, "assertion"},
    {"glibcxx assert", "a vector's element 3 of 0", Ending::kCrash,
     "assertion"},
    {"terminate", "std::terminate()", Ending::kCrash, "terminate"},
    {"throw", "an exception that nobody catches", Ending::kCrash, "exception"},
    {"bomb new", "takes memory without end", Ending::kOutOfMemory, "64 MiB"},
    {"bomb deep", "a list of lists without end", Ending::kOutOfMemory,
     "64 MiB"},
    {"spin", "never answers: computes on", Ending::kWallTime, "300ms"},
    {"wakes", "never answers: wakes nobody, for ever", Ending::kWallTime,
     "300ms"},
    {"faults", "never answers: touches page after page", Ending::kWallTime,
     "300ms"},

    {"exit silently", "exits without an answer", Ending::kBadResult,
     "without a result"},
    {"exit 7", "exits with a code of nobody", Ending::kExit, "7"},
    {"half an answer", "an answer that stops in the middle", Ending::kCrash,
     "SIGILL"},
    {"unsigned answer", "an answer whose end was not said", Ending::kBadResult,
     "without a result"},
    {"claim too much", "says it wrote more than it could", Ending::kBadResult,
     "more than"},
    {"claim all", "says it wrote 2^64 bytes", Ending::kBadResult, "more than"},
    {"garbage", "ones in all that it can write", Ending::kBadResult,
     "without a result"},
    {"forge code", "pretends to a fault, in nonsense", Ending::kCrash, "fault"},
    {"forge setup", "pretends it could not lock itself in", Ending::kExit,
     "lock itself in"},
};

// Calls that would matter most, with arguments that a kernel would take. All
// must be the end of the worker.
struct CallAttempt {
  const char* what;
  RawCall call;
};

inline constexpr int64_t kNoFd = -1;
inline constexpr int64_t kRwx = PROT_READ | PROT_WRITE | PROT_EXEC;
inline constexpr int64_t kAnonymous = MAP_PRIVATE | MAP_ANONYMOUS;
inline constexpr int64_t kPageSize = 4096;

constexpr RawCall Native(int64_t number, int64_t a = 0, int64_t b = 0,
                         int64_t c = 0, int64_t d = 0, int64_t e = 0,
                         int64_t f = 0) {
  return {Entry::kNative, number, {a, b, c, d, e, f}};
}

inline constexpr CallAttempt kCallAttempts[] = {
    {"maps memory to run",
     Native(SYS_mmap, 0, kPageSize, kRwx, kAnonymous, kNoFd)},
    {"maps memory",
     Native(SYS_mmap, 0, kPageSize, PROT_READ | PROT_WRITE, kAnonymous, kNoFd)},
    {"maps its input, writable",
     Native(SYS_mmap, 0, kPageSize, PROT_WRITE, MAP_SHARED, 3)},
    {"makes its result executable",
     Native(SYS_mprotect, kItsResult, kPageSize, PROT_READ | PROT_EXEC)},
    {"makes its code writable",
     Native(SYS_mprotect, kItsCode, kPageSize, kRwx)},
    {"the same by pkey_mprotect",
     Native(SYS_pkey_mprotect, kItsCode, kPageSize, kRwx, kNoFd)},
    {"moves its result",
     Native(SYS_mremap, kItsResult, kPageSize, 2 * kPageSize, MREMAP_MAYMOVE)},
    {"attaches memory of others", Native(SYS_shmat, 0)},
    {"grows its heap", Native(SYS_brk, 0)},
    {"makes a file in memory", Native(SYS_memfd_create, kAPath, 0)},

    {"open", Native(SYS_open, kAPath, O_RDONLY)},
    {"openat", Native(SYS_openat, AT_FDCWD, kAPath, O_RDONLY)},
    {"openat2", Native(SYS_openat2, AT_FDCWD, kAPath, kZeros, 24)},
    {"open_by_handle_at", Native(SYS_open_by_handle_at, AT_FDCWD, kZeros, 0)},
    {"creat", Native(SYS_creat, kAPath, 0600)},
    {"unlink", Native(SYS_unlink, kAPath)},
    {"chroot", Native(SYS_chroot, kAPath)},
    {"mount", Native(SYS_mount, kAPath, kAPath, kAPath, 0, 0)},
    {"stat", Native(SYS_stat, kAPath, kZeros)},
    {"io_uring_setup", Native(SYS_io_uring_setup, 8, kZeros)},
    {"perf_event_open", Native(SYS_perf_event_open, kZeros, 0, -1, -1, 0)},
    {"bpf", Native(SYS_bpf, 0, kZeros, 64)},
    {"userfaultfd", Native(SYS_userfaultfd, 0)},
    {"keyctl", Native(SYS_keyctl, 0, -3, 1)},

    {"a socket of the network", Native(SYS_socket, AF_INET, SOCK_STREAM, 0)},
    {"a socket of this machine", Native(SYS_socket, AF_UNIX, SOCK_STREAM, 0)},
    {"a pair of sockets",
     Native(SYS_socketpair, AF_UNIX, SOCK_STREAM, 0, kZeros)},
    {"sends on its input", Native(SYS_sendto, 3, kZeros, 1, 0, 0, 0)},
    {"passes a descriptor", Native(SYS_sendmsg, 3, kZeros, 0)},
    {"receives a descriptor", Native(SYS_recvmsg, 3, kZeros, 0)},

    {"ptrace: traces its parent", Native(SYS_ptrace, PTRACE_ATTACH, 1, 0, 0)},
    {"ptrace: is traced", Native(SYS_ptrace, PTRACE_TRACEME, 0, 0, 0)},
    {"reads its parent's memory",
     Native(SYS_process_vm_readv, 1, kZeros, 1, kZeros, 1, 0)},
    {"writes its parent's memory",
     Native(SYS_process_vm_writev, 1, kZeros, 1, kZeros, 1, 0)},
    {"kills its parent", Native(SYS_kill, 1, SIGKILL)},
    {"stops its parent", Native(SYS_kill, 1, SIGSTOP)},
    {"kills its siblings", Native(SYS_kill, -1, SIGKILL)},
    {"kills its group", Native(SYS_kill, 0, SIGKILL)},
    {"kills by tgkill", Native(SYS_tgkill, 1, 1, SIGKILL)},
    {"takes hold of its parent", Native(SYS_pidfd_open, 1, 0)},
    {"takes its parent's descriptors", Native(SYS_pidfd_getfd, 3, 0, 0)},
    {"signals by pidfd", Native(SYS_pidfd_send_signal, 3, SIGKILL, 0, 0)},

    {"fork", Native(SYS_fork)},
    {"vfork", Native(SYS_vfork)},
    {"clone", Native(SYS_clone, SIGCHLD, 0, 0, 0, 0)},
    {"a thread",
     Native(SYS_clone, CLONE_VM | CLONE_THREAD | CLONE_SIGHAND, 0, 0, 0, 0)},
    {"clone3", Native(SYS_clone3, kZeros, 88)},
    {"execve", Native(SYS_execve, kAPath, 0, 0)},
    {"execveat", Native(SYS_execveat, 3, kAPath, 0, 0, 0)},
    {"a new user namespace", Native(SYS_unshare, CLONE_NEWUSER)},
    {"leaves its namespaces", Native(SYS_setns, 3, 0)},

    {"waits for ever: pause", Native(SYS_pause)},
    {"waits for ever: poll", Native(SYS_poll, 0, 0, -1)},
    {"gives itself time", Native(SYS_setitimer, 0, kZeros, 0)},
    {"gives itself limits", Native(SYS_prlimit64, 0, 7, kZeros, 0)},
    {"catches SIGSYS", Native(SYS_rt_sigaction, SIGSYS, kZeros, 0, 8)},
    {"blocks SIGPROF", Native(SYS_rt_sigprocmask, 0, kZeros, 0, 8)},
    {"another filter", Native(SYS_seccomp, 1, 0, kZeros)},
    {"becomes dumpable", Native(SYS_prctl, 4, 1, 0, 0, 0)},
    {"writes to a terminal", Native(SYS_ioctl, 0, 0x5412, kZeros)},
    {"sets the clock", Native(SYS_clock_settime, 0, kZeros)},
    {"exits as a thread", Native(SYS_exit, 0)},
};

// All that does something with a descriptor, given as the first argument.
inline constexpr int64_t kDescriptorCalls[] = {
    SYS_read,      SYS_write,   SYS_pread64,   SYS_pwrite64,       SYS_readv,
    SYS_writev,    SYS_lseek,   SYS_ftruncate, SYS_fcntl,          SYS_dup,
    SYS_sendto,    SYS_sendmsg, SYS_recvmsg,   SYS_shutdown,       SYS_close,
    SYS_ioctl,     SYS_splice,  SYS_vmsplice,  SYS_sendfile,       SYS_fchmod,
    SYS_fallocate, SYS_fstat,   SYS_flock,     SYS_getdents64,     SYS_fsync,
    SYS_epoll_ctl, SYS_accept,  SYS_fsetxattr, SYS_copy_file_range};

}  // namespace picklebox::sandbox

#endif  // PICKLEBOX_TESTS_SANDBOX_ATTACKS_H_
