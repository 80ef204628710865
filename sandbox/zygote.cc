#include <poll.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <exception>
#include <optional>

#include "sandbox/fatal.h"
#include "sandbox/filter.h"
#include "sandbox/hardening.h"
#include "sandbox/input.h"
#include "sandbox/lockdown.h"
#include "sandbox/malloc.h"
#include "sandbox/process.h"
#include "sandbox/self_test.h"
#include "sandbox/worker.h"

namespace picklebox::sandbox {
namespace {

constexpr int kMaxFds = 2;

// One packet with its descriptors. Nothing is received twice, so what does not
// fit is an error.
struct Packet {
  ssize_t size = 0;  // 0: the host has hung up
  int fds[kMaxFds] = {-1, -1};
};

template <typename T>
Packet Receive(T* body) {
  iovec vector = {body, sizeof(T)};
  alignas(cmsghdr) char control[CMSG_SPACE(kMaxFds * sizeof(int))];
  msghdr message = {};
  message.msg_iov = &vector;
  message.msg_iovlen = 1;
  message.msg_control = control;
  message.msg_controllen = sizeof(control);
  Packet packet;
  do {
    packet.size = recvmsg(kControlFd, &message, MSG_CMSG_CLOEXEC);
  } while (packet.size < 0 && errno == EINTR);
  if (packet.size <= 0) return packet;
  if (message.msg_flags & (MSG_CTRUNC | MSG_TRUNC)) packet.size = -1;
  const cmsghdr* header = CMSG_FIRSTHDR(&message);
  if (header != nullptr && header->cmsg_type == SCM_RIGHTS) {
    std::memcpy(packet.fds, CMSG_DATA(header), header->cmsg_len - CMSG_LEN(0));
  }
  return packet;
}

template <typename T>
bool Send(const T& body) {
  ssize_t sent;
  do {
    sent = send(kControlFd, &body, sizeof(body), MSG_NOSIGNAL);
  } while (sent < 0 && errno == EINTR);
  return sent == sizeof(body);
}

[[noreturn]] void Refuse(Mishap mishap) {
  Send(Refusal{.step = mishap.step, .error = mishap.error});
  _exit(kExitSetup);
}

// The life of one worker, from the fork to its end.
class Life {
 public:
  Life(std::span<const uint8_t> shared, Worker worker, pid_t zygote)
      : shared_(shared), worker_(worker), zygote_(zygote) {}

  [[noreturn]] void Live() {
    if (!TieToParent(zygote_)) _exit(kExitSetup);
    Assignment assignment;
    const Packet packet = Receive(&assignment);
    if (packet.size == 0) _exit(kExitDone);
    if (packet.size != sizeof(assignment) || assignment.magic != kMagic ||
        packet.fds[0] < 0 ||
        (packet.fds[1] >= 0) != (assignment.has_input_fd != 0)) {
      Refuse({Preparation::kAssignment, EPROTO});
    }
    JobMemory memory;
    if (auto mishap = MapJob(assignment, packet.fds[0], &memory)) {
      Refuse(*mishap);
    }
    memory.slate->taken = 1;
    SetSlate(memory.slate);
    Arena* arena = UseArena(memory.arena, memory.arena + assignment.memory);
    // LockIn closes the way for a Refusal before it can fail at its last steps:
    // the error goes onto the slate then.
    const Profile profile = packet.fds[1] < 0           ? Profile::kCompute
                            : assignment.asks_for_input ? Profile::kAskInput
                                                        : Profile::kReadInput;
    AskForInput(profile == Profile::kAskInput);
    if (auto mishap = LockIn(packet.fds[1], profile, assignment.wall_ns,
                             assignment.cpu_ns, zygote_)) {
      memory.slate->refusal = {.step = mishap->step, .error = mishap->error};
      _exit(kExitSetup);
    }
    Perform(assignment, memory, arena);
  }

 private:
  [[noreturn]] void Perform(const Assignment& assignment,
                            const JobMemory& memory, Arena* arena) {
    Work work;
    work.shared = shared_;
    work.request = {memory.readable, assignment.request_size};
    work.input = {memory.readable + InputOffset(assignment.request_size),
                  assignment.copied_input_size};
    work.input_size = assignment.input_size;
    work.has_input_fd = assignment.has_input_fd != 0;
    work.result = memory.result;
    work.capacity = assignment.result_capacity;
    work.arena = arena;
    try {
      worker_(work);
    } catch (const std::bad_alloc&) {
      OutOfMemory();
    } catch (...) {
      GiveUp(Surrender::kUncaughtException);
    }
    memory.slate->written = work.written;
    memory.slate->done = kSlateDone;
    Leave(kExitDone);
  }

  const std::span<const uint8_t> shared_;
  const Worker worker_;
  const pid_t zygote_;
};

// Waits until the worker has ended, or kills it because the host is gone.
bool Supervise(pid_t worker, int pidfd) {
  pollfd waits[] = {{pidfd, POLLIN, 0}, {kControlFd, POLLRDHUP, 0}};
  while (waits[0].revents == 0) {
    if (poll(waits, 2, -1) < 0 && errno != EINTR) return false;
    if (waits[1].revents != 0) {
      kill(worker, SIGKILL);
      return false;
    }
  }
  return true;
}

uint64_t Nanoseconds(const timeval& time) {
  return (static_cast<uint64_t>(time.tv_sec) * 1'000'000 + time.tv_usec) * 1000;
}

bool ReportEnd(pid_t worker) {
  rusage usage = {};
  Ended ended;
  if (wait4(worker, &ended.wait_status, __WALL, &usage) != worker) return false;
  ended.cpu_ns = Nanoseconds(usage.ru_utime) + Nanoseconds(usage.ru_stime);
  ended.peak_rss = static_cast<uint64_t>(usage.ru_maxrss) * 1024;
  return Send(ended);
}

int Serve(std::span<const uint8_t> shared, Worker worker) {
  const pid_t self = getpid();
  for (;;) {
    int pidfd = -1;
    const pid_t pid = ForkWorker(&pidfd);
    if (pid < 0) return 1;  // the host sees us go and starts another
    if (pid == 0) Life(shared, worker, self).Live();
    const bool on = Supervise(pid, pidfd) && ReportEnd(pid);
    close(pidfd);
    if (!on) return 0;
  }
}

void* MapShared(int fd, uint64_t size) {
  return mmap(nullptr, size, PROT_READ, MAP_SHARED, fd, 0);
}

void ResetSignals() {
  // Blocked until a worker unblocks its own: nothing that a terminal sends to
  // a whole group ends the zygote before its host.
  sigset_t all;
  sigfillset(&all);
  sigprocmask(SIG_SETMASK, &all, nullptr);
  for (const int signal : {SIGALRM, SIGPROF, SIGXCPU, SIGSYS, SIGPIPE}) {
    ::signal(signal, SIG_DFL);
  }
}

// True if the host's greeting came and everything required is on.
bool GetReady(Prepare prepare, Ready* ready, std::span<const uint8_t>* shared) {
  const auto fail = [ready](Step step, int error) {
    ready->outcome[static_cast<int>(step)] = error != 0 ? error : EPERM;
    return false;
  };
  Hello hello;
  const Packet packet = Receive(&hello);
  if (packet.size != sizeof(hello) || hello.magic != kMagic ||
      hello.version != kVersion) {
    return fail(Step::kHello, EPROTO);
  }
  if (!Harden(hello, ready)) return false;
  if (hello.shared_size != 0) {
    void* mapped = MapShared(packet.fds[0], hello.shared_size);
    if (mapped == MAP_FAILED) return fail(Step::kSharedMapping, errno);
    close(packet.fds[0]);
    *shared = {static_cast<const uint8_t*>(mapped), hello.shared_size};
  }
  if (hello.self_test) {
    for (const Profile profile : kProfiles) {
      if (!FilterIsSound(Filter(profile), profile, Rigour::kSample)) {
        return fail(Step::kFilterCheck, EINVAL);
      }
    }
    const int32_t probes = RunProbes(&ready->failed_probe);
    if (probes != 0) return fail(Step::kSelfTest, probes);
  }
  if (prepare != nullptr && !prepare(*shared)) {
    return fail(Step::kPrepare, EINVAL);
  }
  return true;
}

[[noreturn]] void OnTerminate() { GiveUp(Surrender::kTerminate); }

}  // namespace

int ZygoteMain(int argc, char** argv, Worker worker, Prepare prepare) {
  if (argc != 2 || std::strcmp(argv[1], kZygoteArgument) != 0) return 2;
  setsid();
  ResetSignals();
  std::set_terminate(&OnTerminate);
  Ready ready;
  std::span<const uint8_t> shared;
  const bool on = GetReady(prepare, &ready, &shared);
  if (!Send(ready) || !on) return 1;
  return Serve(shared, worker);
}

}  // namespace picklebox::sandbox
