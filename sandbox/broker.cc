#include "sandbox/broker.h"

#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <condition_variable>
#include <mutex>
#include <optional>
#include <thread>
#include <utility>

#include "absl/strings/str_cat.h"
#include "sandbox/input_server.h"
#include "sandbox/launch.h"
#include "sandbox/protocol.h"
#include "sandbox/region.h"
#include "sandbox/verdict.h"

namespace picklebox::sandbox {
namespace {

constexpr int kJobsPerZygote = 10'000;
// The worker's own timer enforces the wall budget. If nothing is heard for this
// much longer, the zygote is stuck (stopped, starved) and is killed.
constexpr absl::Duration kPatience = absl::Seconds(2);
constexpr int kAlways = CLONE_NEWPID | CLONE_NEWIPC | CLONE_NEWUTS;

absl::StatusOr<Fd> OpenWorker(const std::string& path) {
  Fd fd(open(path.c_str(), O_PATH | O_CLOEXEC));
  if (!fd) return absl::ErrnoToStatus(errno, absl::StrCat("worker ", path));
  // Not among the descriptors that a zygote's own take the place of.
  if (fd.get() <= STDERR_FILENO) {
    fd.Reset(fcntl(fd.get(), F_DUPFD_CLOEXEC, STDERR_FILENO + 1));
    if (!fd) return absl::ErrnoToStatus(errno, "worker descriptor");
  }
  return fd;
}

absl::StatusOr<Fd> SealShared(absl::Span<const uint8_t> shared) {
  if (shared.empty()) return Fd();
  Fd fd(memfd_create("picklebox-shared", MFD_CLOEXEC | MFD_ALLOW_SEALING));
  if (!fd) return absl::ErrnoToStatus(errno, "memfd_create");
  while (!shared.empty()) {
    const ssize_t n = write(fd.get(), shared.data(), shared.size());
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return absl::ErrnoToStatus(errno, "filling the shared memfd");
    shared.remove_prefix(static_cast<size_t>(n));
  }
  if (fcntl(fd.get(), F_ADD_SEALS,
            F_SEAL_GROW | F_SEAL_SHRINK | F_SEAL_WRITE | F_SEAL_SEAL) != 0) {
    return absl::ErrnoToStatus(errno, "sealing the shared memfd");
  }
  return fd;
}

// The seal gate, tried on a job that nobody gets.
absl::Status ProveSeals() {
  absl::StatusOr<Region> region = Region::Create(Job());
  absl::Status status = region.ok() ? region->Close() : region.status();
  if (status.ok() || absl::IsResourceExhausted(status)) return status;
  return absl::FailedPreconditionError(
      absl::StrCat("no sealed memory: ", status.message()));
}

int Wanted(const std::vector<std::string>& require, std::string_view name,
           int flag) {
  return std::find(require.begin(), require.end(), name) == require.end()
             ? 0
             : flag;
}

absl::Status Refused(const Ready& ready, const Capabilities& capabilities) {
  for (const Capability& c : capabilities) {
    if (!c.required || c.on) continue;
    std::string message =
        absl::StrCat("the jail is not safe on this host: ", c.name, " (",
                     c.explanation, ")");
    if (ready.failed_probe >= 0 && ready.failed_probe < kProbes) {
      absl::StrAppend(&message, "; ", kProbeNames[ready.failed_probe],
                      " was not stopped");
    }
    return absl::FailedPreconditionError(message);
  }
  return absl::FailedPreconditionError(
      "the worker executable is of another version");
}

}  // namespace

class Broker::State {
 public:
  absl::Status Open(const Options& options);
  absl::StatusOr<Sealed> Run(const Job& job);
  const Capabilities& capabilities() const { return capabilities_; }

 private:
  struct Slot {
    std::unique_ptr<Zygote> zygote;
    int jobs = 0;
  };
  // A free slot for as long as it lives.
  class Lease {
   public:
    explicit Lease(State* state) : state_(state), slot_(state->Acquire()) {}
    ~Lease() { state_->Release(slot_); }
    Lease(const Lease&) = delete;
    Lease& operator=(const Lease&) = delete;
    Slot* operator->() const { return slot_; }
    Slot& operator*() const { return *slot_; }

   private:
    State* const state_;
    Slot* const slot_;
  };
  // nullopt: no worker got to see the job, try again with a new zygote.
  using Attempt = std::optional<Sealed>;

  absl::StatusOr<std::unique_ptr<Zygote>> FirstZygote(const Options& options);
  absl::Status EnsureZygote(Slot& slot);
  absl::StatusOr<Attempt> TryOnce(Slot& slot, const Job& job);
  absl::StatusOr<Attempt> Conclude(const Ended& ended, Region& region);
  Slot* Acquire();
  void Release(Slot* slot);

  const pid_t owner_ = getpid();
  Recipe recipe_;
  Capabilities capabilities_;
  std::vector<Slot> slots_;
  std::mutex mutex_;  // guards free_
  std::condition_variable given_back_;
  // The slot that was given back last goes first: its caches are warm.
  std::vector<Slot*> free_;
};

absl::Status Broker::State::Open(const Options& options) {
  for (const std::string& name : options.require) {
    if (!IsCapability(name)) {
      return absl::InvalidArgumentError(
          absl::StrCat("no capability is called ", name));
    }
  }
  absl::StatusOr<Fd> worker = OpenWorker(options.worker_path);
  if (!worker.ok()) return worker.status();
  recipe_.executable = *std::move(worker);
  absl::StatusOr<Fd> shared = SealShared(options.shared);
  if (!shared.ok()) return shared.status();
  recipe_.shared = *std::move(shared);
  recipe_.shared_size = options.shared.size();

  if (absl::Status status = ProveSeals(); !status.ok()) return status;

  const int count = options.slots > 0
                        ? options.slots
                        : std::max(1u, std::thread::hardware_concurrency());
  slots_.resize(count);
  absl::StatusOr<std::unique_ptr<Zygote>> zygote = FirstZygote(options);
  if (!zygote.ok()) return zygote.status();
  slots_[0].zygote = *std::move(zygote);
  for (size_t i = slots_.size(); i-- > 0;) free_.push_back(&slots_[i]);
  return absl::OkStatus();
}

// Finds out which namespaces this host grants, with the self-test on.
absl::StatusOr<std::unique_ptr<Zygote>> Broker::State::FirstZygote(
    const Options& options) {
  const bool root = geteuid() == 0;
  const int wanted =
      kAlways | Wanted(options.require, "network_namespace", CLONE_NEWNET) |
      Wanted(options.require, "mount_namespace", CLONE_NEWNS) |
      Wanted(options.require, "user_namespace", CLONE_NEWUSER);
  absl::Status refused;
  for (const int namespaces :
       {root ? wanted : wanted | CLONE_NEWUSER, wanted | CLONE_NEWUSER, 0}) {
    recipe_.namespaces = namespaces;
    recipe_.drop_uid = root && !(namespaces & CLONE_NEWUSER);
    recipe_.may_chroot = recipe_.drop_uid;
    absl::StatusOr<std::unique_ptr<Zygote>> zygote =
        Zygote::Launch(recipe_, /*self_test=*/true);
    if (!zygote.ok()) {
      refused = zygote.status();
      continue;
    }
    capabilities_ = Describe((*zygote)->ready(), namespaces);
    if (!(*zygote)->serves()) {
      return Refused((*zygote)->ready(), capabilities_);
    }
    for (const Capability& c : capabilities_) {
      if (!c.on && Wanted(options.require, c.name, 1)) {
        return absl::FailedPreconditionError(absl::StrCat(
            "required by the caller: ", c.name, " (", c.explanation, ")"));
      }
    }
    return zygote;
  }
  return refused;
}

absl::Status Broker::State::EnsureZygote(Slot& slot) {
  if (slot.zygote != nullptr && slot.jobs < kJobsPerZygote) {
    return absl::OkStatus();
  }
  slot.zygote.reset();
  slot.jobs = 0;
  absl::StatusOr<std::unique_ptr<Zygote>> zygote =
      Zygote::Launch(recipe_, /*self_test=*/false);
  if (!zygote.ok()) return zygote.status();
  if (!(*zygote)->serves()) {
    return Refused((*zygote)->ready(),
                   Describe((*zygote)->ready(), recipe_.namespaces));
  }
  slot.zygote = *std::move(zygote);
  return absl::OkStatus();
}

absl::StatusOr<Sealed> Broker::State::Run(const Job& job) {
  if (getpid() != owner_) {
    return absl::FailedPreconditionError(
        "this broker belongs to the process that forked this one");
  }
  const Lease slot(this);
  constexpr int kAttempts = 2;
  for (int i = 0; i < kAttempts; ++i) {
    absl::StatusOr<Attempt> attempt = TryOnce(*slot, job);
    if (!attempt.ok()) return attempt.status();
    if (attempt->has_value()) return **std::move(attempt);
  }
  return Sealed(Ending::kKilled, "killed from outside before it could begin",
                {});
}

absl::StatusOr<Broker::State::Attempt> Broker::State::TryOnce(Slot& slot,
                                                              const Job& job) {
  absl::StatusOr<Region> region = Region::Create(job);
  if (!region.ok()) return region.status();
  if (absl::Status status = EnsureZygote(slot); !status.ok()) return status;
  ++slot.jobs;
  const Assignment& assignment = region->assignment();
  const absl::Duration deadline =
      absl::Nanoseconds(static_cast<int64_t>(assignment.wall_ns)) + kPatience;
  InputServer server(job);
  if (job.read) {
    if (absl::Status status = server.Open(); !status.ok()) return status;
  }
  const int input_fd = job.read ? server.theirs().get() : job.input_fd;
  absl::StatusOr<Zygote::Outcome> outcome =
      slot.zygote->Perform(assignment, region->fd(), input_fd, deadline,
                           job.read ? &server : nullptr);
  // Whatever is not a clean end costs the zygote its place.
  std::unique_ptr<Zygote> retired = std::move(slot.zygote);
  if (!outcome.ok()) {
    if (absl::IsUnavailable(outcome.status())) return Attempt();
    return outcome.status();
  }
  switch (outcome->event) {
    case Zygote::Event::kRefused:
      return absl::ErrnoToStatus(outcome->refusal.error,
                                 "a worker could not map its job");
    case Zygote::Event::kSilent:
      return Sealed(Ending::kWallTime, "stopped or starved: no sign of its end",
                    {});
    case Zygote::Event::kGone:
      return Sealed(Ending::kKilled, "the process that forks workers has died",
                    {});
    case Zygote::Event::kEnded:
      break;
  }
  absl::StatusOr<Attempt> attempt = Conclude(outcome->ended, *region);
  if (attempt.ok() && attempt->has_value() && (*attempt)->done()) {
    slot.zygote = std::move(retired);
  }
  return attempt;
}

// The worker has been reaped: shut the gate, then look.
absl::StatusOr<Broker::State::Attempt> Broker::State::Conclude(
    const Ended& ended, Region& region) {
  const bool killed =
      WIFSIGNALED(ended.wait_status) && WTERMSIG(ended.wait_status) == SIGKILL;
  if (absl::Status status = region.Close(); !status.ok()) {
    // A worker was killed just before it took the job, and the next took it
    // and has it still. It goes with its zygote.
    if (killed) return Attempt();
    return status;
  }
  const absl::StatusOr<Slate> slate = region.ReadSlate();
  if (!slate.ok()) return slate.status();
  if (killed && slate->taken == 0) return Attempt();
  Sealed sealed = Judge(ended, *slate, region.assignment());
  if (sealed.done()) {
    const absl::Status status = region.TakeResult(slate->written, &sealed);
    if (!status.ok()) return status;
  }
  return sealed;
}

Broker::State::Slot* Broker::State::Acquire() {
  std::unique_lock<std::mutex> lock(mutex_);
  given_back_.wait(lock, [this] { return !free_.empty(); });
  Slot* slot = free_.back();
  free_.pop_back();
  return slot;
}

void Broker::State::Release(Slot* slot) {
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    free_.push_back(slot);
  }
  given_back_.notify_one();
}

absl::StatusOr<std::unique_ptr<Broker>> Broker::Start(const Options& options) {
  auto state = std::make_unique<State>();
  if (absl::Status status = state->Open(options); !status.ok()) return status;
  return std::unique_ptr<Broker>(new Broker(std::move(state)));
}

Broker::Broker(std::unique_ptr<State> state) : state_(std::move(state)) {}
Broker::~Broker() = default;

absl::StatusOr<Sealed> Broker::Run(const Job& job) { return state_->Run(job); }

const Capabilities& Broker::capabilities() const {
  return state_->capabilities();
}

}  // namespace picklebox::sandbox
