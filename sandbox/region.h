#ifndef PICKLEBOX_SANDBOX_REGION_H_
#define PICKLEBOX_SANDBOX_REGION_H_

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "sandbox/fd.h"
#include "sandbox/job.h"
#include "sandbox/protocol.h"

namespace picklebox::sandbox {

// The memfd of one job, on the host's side (layout: sandbox/protocol.h).
//
//   Create   the size is sealed before anyone else has the descriptor: no
//            SIGBUS in the host, no race about lengths
//   ...      the worker writes, ends, is reaped
//   Close    the seal gate: F_SEAL_WRITE succeeds only when no writable mapping
//            exists anywhere, so success is the proof that nobody can write
//   slate, TakeResult     only behind the gate
class Region {
 public:
  static absl::StatusOr<Region> Create(const Job& job);

  int fd() const { return fd_.get(); }
  const Assignment& assignment() const { return assignment_; }

  // Shuts the gate. An error means that something still maps the memfd for
  // writing, and that nothing in it may be looked at.
  absl::Status Close();
  // A copy of what the worker noted. Untrusted.
  absl::StatusOr<Slate> ReadSlate() const;
  // Puts the first `size` bytes of the result into `sealed`. The caller has
  // checked `size` against the capacity.
  absl::Status TakeResult(uint64_t size, Sealed* sealed) const;

 private:
  Region() = default;

  Fd fd_;
  Assignment assignment_;
};

}  // namespace picklebox::sandbox

#endif  // PICKLEBOX_SANDBOX_REGION_H_
