#ifndef PICKLEBOX_SANDBOX_BROKER_H_
#define PICKLEBOX_SANDBOX_BROKER_H_

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "sandbox/capability.h"
#include "sandbox/job.h"

// The parent side of the jail: runs each job in a fresh process that can do
// nothing but compute.
//
//   auto broker = Broker::Start({.worker_path =
//   "/usr/lib/.../picklebox-worker"}); if (!broker.ok()) return
//   broker.status(); Job job; job.request = question; job.input = bytes; auto
//   sealed = (*broker)->Run(job); if (!sealed.ok()) return sealed.status(); //
//   we could not do our job if (!sealed->done()) Report(sealed->ending(),
//   sealed->detail()); else Verify(sealed->bytes());                    //
//   untrusted, but immutable
//
//   host (threads) == socket pair ==> zygote, one a slot ==> worker, one a job
//
// A zygote is started when the first job needs its slot, and replaced after any
// ending but kDone and after 10,000 jobs, so that nothing a worker finds out
// about its address space is of use to a later one.
//
// Zygotes are child processes of the host and send it SIGCHLD when they go. A
// host that reaps all its children, or ignores them, does not disturb a broker;
// a host that blocks until it has no child left has to end its brokers first.
//
// What the jail rests on is required, and Start fails without it; there is no
// mode in which a job runs unprotected. What the host may or may not offer
// (namespaces, Landlock ...) is in capabilities() and can be made required by
// name.

namespace picklebox::sandbox {

class Broker {
 public:
  struct Options {
    // A static executable around ZygoteMain (sandbox/worker.h). Opened once:
    // replacing the file later does not matter to this broker.
    std::string worker_path;
    // Jobs at a time; more callers wait. 0: one a processor.
    int slots = 0;
    // Given to every worker, read-only; copied by Start.
    absl::Span<const uint8_t> shared;
    // Names of capabilities without which Start is to fail, beyond those that
    // are required anyway. "network_namespace" and "mount_namespace" are made
    // only if they are named here.
    std::vector<std::string> require;
  };

  // Starts the first zygote and lets it prove that the jail holds.
  //   FailedPrecondition  a required protection is missing (the message names
  //                       it), or the executable is not a worker of this build
  //   NotFound            no worker_path
  //   InvalidArgument     an unknown name in `require`
  //   others              out of descriptors, memory, processes
  static absl::StatusOr<std::unique_ptr<Broker>> Start(const Options& options);

  // Ends the zygotes and reaps them. No Run may be under way.
  ~Broker();
  Broker(const Broker&) = delete;
  Broker& operator=(const Broker&) = delete;

  // Runs one job to its end; blocks, for about 0.15 ms plus the work, and at
  // most for the wall budget and two seconds, plus the wait for a free slot.
  // Thread-safe. Whatever becomes of the worker is an Ending; a status is a
  // failure of ours:
  //   InvalidArgument     the job contradicts itself (sandbox/job.h)
  //   ResourceExhausted   out of descriptors, memory or processes
  //   FailedPrecondition  called in a forked child of the process that called
  //                       Start, which needs a broker of its own
  //   Internal, ...       a zygote cannot be restarted, or the seal gate held
  // The broker works afterwards in any case.
  absl::StatusOr<Sealed> Run(const Job& job);

  // What protects this broker's workers: for `picklebox doctor`.
  const Capabilities& capabilities() const;

 private:
  class State;
  explicit Broker(std::unique_ptr<State> state);

  std::unique_ptr<State> state_;
};

}  // namespace picklebox::sandbox

#endif  // PICKLEBOX_SANDBOX_BROKER_H_
