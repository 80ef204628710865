#ifndef PICKLEBOX_SANDBOX_LAUNCH_H_
#define PICKLEBOX_SANDBOX_LAUNCH_H_

#include <sys/types.h>

#include <cstdint>
#include <memory>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "sandbox/fd.h"
#include "sandbox/input_server.h"
#include "sandbox/protocol.h"

namespace picklebox::sandbox {

// What every zygote of a broker is started with.
struct Recipe {
  Fd executable;  // O_PATH: a file that is replaced later does not matter
  Fd shared;      // sealed memfd, or none
  uint64_t shared_size = 0;
  int namespaces = 0;  // CLONE_NEW*
  bool drop_uid = false;
  bool may_chroot = false;
};

// The host's end of one zygote: a process that is exec'd, not forked, so that
// nothing of the host is in it. Used by one thread at a time. The destructor
// ends the process and reaps it.
//
// It is a child of the host. Until the exec it has no exit signal; the exec
// gives it SIGCHLD back (the kernel does, in de_thread), so a host that waits
// for any child can see it, and may reap it: everything here goes by the pidfd
// and does not mind.
//
// After a fork() of the host, the child's copies of the control sockets are
// closed (so that the zygotes still notice when the host dies), and its Zygote
// objects are empty shells.
class Zygote {
 public:
  // Starts one and waits until it is ready. An error is a failure to start
  // it; `ready()` may still say that it refuses to serve.
  static absl::StatusOr<std::unique_ptr<Zygote>> Launch(const Recipe& recipe,
                                                        bool self_test);
  ~Zygote();
  Zygote(const Zygote&) = delete;
  Zygote& operator=(const Zygote&) = delete;

  const Ready& ready() const { return ready_; }
  // True if all required steps succeeded.
  bool serves() const;

  enum class Event {
    kEnded,    // the worker has been reaped: `ended`
    kRefused,  // it could not prepare itself: `refusal`
    kGone,     // the zygote itself has died or speaks nonsense
    kSilent,   // nothing before the deadline
  };
  struct Outcome {
    Event event = Event::kGone;
    Ended ended;
    Refusal refusal;
  };

  // Sends one job and waits for its end. Unless the event is kEnded, the zygote
  // must not be used again. An error: the job could not be sent at all, and no
  // worker has it (Unavailable: its zygote or itself was dead before).
  // `server` answers meanwhile what the worker asks; nullptr: it may not ask.
  absl::StatusOr<Outcome> Perform(const Assignment& assignment, int job_fd,
                                  int input_fd, absl::Duration deadline,
                                  InputServer* server);

 private:
  Zygote() = default;

  enum class Wait { kReadable, kGone, kTimeout };
  // `deadline`: in uptime.
  Wait WaitFor(absl::Duration deadline, InputServer* server = nullptr) const;
  absl::Status Greet(const Recipe& recipe, bool self_test);
  void Stop();

  pid_t owner_ = -1;  // the process that launched it
  Fd socket_;
  Fd pidfd_;
  Ready ready_;
};

}  // namespace picklebox::sandbox

#endif  // PICKLEBOX_SANDBOX_LAUNCH_H_
