#include "sandbox/launch.h"

#include <fcntl.h>
#include <linux/close_range.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <string_view>
#include <utility>

#include "sandbox/arch.h"
#include "sandbox/control_sockets.h"

namespace picklebox::sandbox {
namespace {

// A machine that needs longer than this to start a process is not working.
constexpr absl::Duration kStartDeadline = absl::Seconds(20);
constexpr absl::Duration kPolite = absl::Milliseconds(200);
constexpr size_t kLaunchStack = 32 << 10;
constexpr int kExecutableFd = 3;  // in the child, close-on-exec

struct LaunchPlan {
  int executable;
  int control;
  int error = 0;
};

// Between vfork and exec, in the memory of the host and on a stack of its own:
// nothing but system calls, raw ones, since a sanitizer's idea of dup or _exit
// is about the host. All signals are blocked, and stay so.
__attribute__((no_sanitize("address", "thread", "undefined"))) int Become(
    void* argument) {
  auto* plan = static_cast<LaunchPlan*>(argument);
  bool moved = true;
  for (const int fd : {kControlFd, STDOUT_FILENO, STDERR_FILENO}) {
    moved = moved && syscall(SYS_dup3, plan->control, fd, 0) == fd;
  }
  if (plan->executable != kExecutableFd) {
    moved = moved && syscall(SYS_dup3, plan->executable, kExecutableFd,
                             O_CLOEXEC) == kExecutableFd;
  }
  if (moved && syscall(SYS_close_range, kExecutableFd + 1, ~0u, 0) == 0) {
    const char* const argv[] = {"picklebox-worker", kZygoteArgument, nullptr};
    const char* const envp[] = {nullptr};
    syscall(SYS_execveat, kExecutableFd, "", argv, envp, AT_EMPTY_PATH);
  }
  plan->error = errno;
  return 1;
}

// The child of a vfork may not share a descriptor below 3 with what it
// overwrites first.
int AboveStandard(int fd) {
  if (fd < 0 || fd > STDERR_FILENO) return fd;
  const int moved = fcntl(fd, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
  const int error = errno;
  close(fd);
  errno = error;
  return moved;
}

// A kernel that lacks something is no passing shortage: there is no jail.
absl::Status StartFailure(int error, std::string_view what) {
  absl::Status status =
      absl::ErrnoToStatus(error, absl::string_view(what.data(), what.size()));
  if (absl::IsResourceExhausted(status) || error == ENOMEM || error == EAGAIN) {
    return status;
  }
  return absl::FailedPreconditionError(status.message());
}

class BlockedSignals {
 public:
  BlockedSignals() {
    sigset_t all;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before_);
  }
  ~BlockedSignals() { pthread_sigmask(SIG_SETMASK, &before_, nullptr); }

 private:
  sigset_t before_;
};

// clone(CLONE_VM|CLONE_VFORK|CLONE_PIDFD) with no exit signal. The pidfd, or
// an errno as a status.
absl::StatusOr<Fd> Spawn(LaunchPlan* plan, int namespaces) {
  void* stack = mmap(nullptr, kLaunchStack, PROT_READ | PROT_WRITE,
                     MAP_PRIVATE | MAP_ANONYMOUS | MAP_STACK, -1, 0);
  if (stack == MAP_FAILED) return absl::ErrnoToStatus(errno, "launch stack");
  int pidfd = -1;
  long child;
  {
    BlockedSignals blocked;
    child = arch::CloneOnStack(
        CLONE_VM | CLONE_VFORK | CLONE_PIDFD | namespaces,
        static_cast<char*>(stack) + kLaunchStack, &pidfd, &Become, plan);
  }
  munmap(stack, kLaunchStack);
  if (child < 0)
    return StartFailure(static_cast<int>(-child), "clone of a zygote");
  return Fd(pidfd);
}

// Time that no one sets back.
absl::Duration Uptime() {
  timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return absl::DurationFromTimespec(now);
}

timespec Timeout(absl::Duration d) {
  return absl::ToTimespec(std::max(d, absl::ZeroDuration()));
}

absl::Status SendWithFds(int socket, const void* body, size_t size,
                         const int* fds, int count) {
  iovec vector = {const_cast<void*>(body), size};
  alignas(cmsghdr) char control[CMSG_SPACE(2 * sizeof(int))] = {};
  msghdr message = {};
  message.msg_iov = &vector;
  message.msg_iovlen = 1;
  if (count > 0) {
    message.msg_control = control;
    message.msg_controllen = CMSG_SPACE(count * sizeof(int));
    cmsghdr* header = CMSG_FIRSTHDR(&message);
    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = SCM_RIGHTS;
    header->cmsg_len = CMSG_LEN(count * sizeof(int));
    std::memcpy(CMSG_DATA(header), fds, count * sizeof(int));
  }
  // One small packet is in flight at a time, so the buffer is never full.
  ssize_t sent;
  do {
    sent = sendmsg(socket, &message, MSG_NOSIGNAL | MSG_DONTWAIT);
  } while (sent < 0 && errno == EINTR);
  if (sent == static_cast<ssize_t>(size)) return absl::OkStatus();
  if (errno == EPIPE || errno == ECONNRESET || errno == ENOTCONN) {
    return absl::UnavailableError("the zygote is gone");
  }
  return absl::ErrnoToStatus(errno, "sending to a zygote");
}

ssize_t Receive(int socket, void* packet, size_t size) {
  ssize_t got;
  do {
    got = recv(socket, packet, size, 0);
  } while (got < 0 && errno == EINTR);
  return got;
}

}  // namespace

absl::StatusOr<std::unique_ptr<Zygote>> Zygote::Launch(const Recipe& recipe,
                                                       bool self_test) {
  int ends[2];
  if (!ControlSockets::MakePair(ends)) {
    return absl::ErrnoToStatus(errno, "socketpair");
  }
  std::unique_ptr<Zygote> zygote(new Zygote);
  zygote->owner_ = getpid();
  zygote->socket_.Reset(ends[0]);
  Fd theirs(AboveStandard(ends[1]));
  if (!theirs) return absl::ErrnoToStatus(errno, "moving a socket");
  // The greeting waits in the socket until the zygote is there to read it.
  if (auto status = zygote->Greet(recipe, self_test); !status.ok()) {
    return status;
  }
  LaunchPlan plan = {.executable = recipe.executable.get(),
                     .control = theirs.get()};
  absl::StatusOr<Fd> pidfd = Spawn(&plan, recipe.namespaces);
  if (!pidfd.ok()) return pidfd.status();
  zygote->pidfd_ = *std::move(pidfd);
  theirs.Reset(-1);
  if (plan.error != 0) {
    return StartFailure(plan.error, "executing the worker");
  }
  if (zygote->WaitFor(Uptime() + kStartDeadline) != Wait::kReadable) {
    return absl::FailedPreconditionError(
        "the worker executable ended, or hung, before it was ready");
  }
  Ready ready;
  const ssize_t size = Receive(zygote->socket_.get(), &ready, sizeof(ready));
  if (size <= 0) {
    return absl::FailedPreconditionError(
        "the worker ended before it was ready: it was killed, or the "
        "executable is none");
  }
  if (size != sizeof(ready) || ready.magic != kMagic ||
      ready.version != kVersion) {
    return absl::FailedPreconditionError(
        "the worker executable is of another version, or not a worker");
  }
  zygote->ready_ = ready;
  return zygote;
}

absl::Status Zygote::Greet(const Recipe& recipe, bool self_test) {
  Hello hello;
  hello.shared_size = recipe.shared_size;
  hello.self_test = self_test;
  hello.drop_uid = recipe.drop_uid;
  hello.may_chroot = recipe.may_chroot;
  const int shared = recipe.shared.get();
  return SendWithFds(socket_.get(), &hello, sizeof(hello), &shared,
                     recipe.shared ? 1 : 0);
}

bool Zygote::serves() const {
  for (int step = 0; step < static_cast<int>(Step::kRequiredEnd); ++step) {
    if (ready_.outcome[step] != 0) return false;
  }
  return true;
}

Zygote::Wait Zygote::WaitFor(absl::Duration deadline,
                             InputServer* server) const {
  for (;;) {
    // A descriptor of -1 is passed over.
    pollfd waits[] = {{socket_.get(), POLLIN, 0},
                      {pidfd_.get(), POLLIN, 0},
                      {server != nullptr ? server->fd() : -1, POLLIN, 0}};
    const timespec left = Timeout(deadline - Uptime());
    const int n = ppoll(waits, 3, &left, nullptr);
    if (n < 0 && errno != EINTR) return Wait::kGone;
    if (n == 0) return Wait::kTimeout;
    // A zygote may answer and die: the answer counts.
    if (n > 0 && (waits[0].revents & POLLIN)) return Wait::kReadable;
    if (n > 0 && waits[1].revents != 0) return Wait::kGone;
    if (n > 0 && waits[0].revents != 0) return Wait::kGone;
    if (n > 0) server->Serve();
  }
}

absl::StatusOr<Zygote::Outcome> Zygote::Perform(const Assignment& assignment,
                                                int job_fd, int input_fd,
                                                absl::Duration deadline,
                                                InputServer* server) {
  // A worker that was killed while it waited has been reported already; what is
  // to come must not be taken for the answer to this job.
  char stale;
  if (recv(socket_.get(), &stale, 1, MSG_DONTWAIT | MSG_PEEK) >= 0) {
    return absl::UnavailableError("the waiting worker is gone");
  }
  const int fds[] = {job_fd, input_fd};
  const absl::Status sent =
      SendWithFds(socket_.get(), &assignment, sizeof(assignment), fds,
                  assignment.has_input_fd ? 2 : 1);
  if (server != nullptr) server->theirs().Reset(-1);
  if (!sent.ok()) return sent;
  Outcome outcome;
  switch (WaitFor(Uptime() + deadline, server)) {
    case Wait::kTimeout:
      outcome.event = Event::kSilent;
      return outcome;
    case Wait::kGone:
      return outcome;
    case Wait::kReadable:
      break;
  }
  // Large enough for either answer and one byte more.
  alignas(Ended) char packet[std::max(sizeof(Ended), sizeof(Refusal)) + 1];
  const ssize_t size = Receive(socket_.get(), packet, sizeof(packet));
  if (size == sizeof(Ended)) {
    std::memcpy(&outcome.ended, packet, sizeof(Ended));
    if (outcome.ended.magic == kMagic) outcome.event = Event::kEnded;
  } else if (size == sizeof(Refusal)) {
    std::memcpy(&outcome.refusal, packet, sizeof(Refusal));
    if (outcome.refusal.magic == kMagic) outcome.event = Event::kRefused;
  }
  return outcome;
}

Zygote::~Zygote() {
  if (owner_ != getpid()) {
    socket_.Release();  // closed at the fork; the number may be another's
    return;
  }
  if (pidfd_) Stop();
  ControlSockets::Close(socket_.Release());
}

// Hanging up lets the zygote reap its worker, so that no orphan is left to
// whoever reaps for the host. What does not go by itself is killed, and a
// worker dies with its zygote.
void Zygote::Stop() {
  shutdown(socket_.get(), SHUT_RDWR);
  pollfd wait = {pidfd_.get(), POLLIN, 0};
  const timespec polite = Timeout(kPolite);
  if (ppoll(&wait, 1, &polite, nullptr) != 1) {
    syscall(SYS_pidfd_send_signal, pidfd_.get(), SIGKILL, nullptr, 0);
    const timespec patience = Timeout(kStartDeadline);
    if (ppoll(&wait, 1, &patience, nullptr) != 1) return;
  }
  siginfo_t info;
  while (waitid(static_cast<idtype_t>(P_PIDFD), pidfd_.get(), &info,
                WEXITED | __WALL) != 0 &&
         errno == EINTR) {
  }
}

}  // namespace picklebox::sandbox
