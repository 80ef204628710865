#ifndef PICKLEBOX_SANDBOX_JOB_H_
#define PICKLEBOX_SANDBOX_JOB_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "absl/time/time.h"
#include "absl/types/span.h"

// What goes into the jail and what comes out of it.

namespace picklebox::sandbox {

// What one worker may use up. All limits hold by construction or by the
// kernel's clock, not by the worker's good will.
struct Budget {
  // Bytes of memory: the size of the arena that malloc and Reserve share. Only
  // touched pages are real, so a generous value costs nothing; it is the
  // ceiling a memory bomb hits. 1 MiB to 1 TiB.
  uint64_t memory = uint64_t{4} << 30;
  // Time on the clock and on the processor. Stops loops, and whatever waits.
  absl::Duration wall = absl::Seconds(60);
  absl::Duration cpu = absl::Seconds(60);
  // Bytes of result: the capacity of the region that the worker writes to.
  // Only written pages are real. 1 byte to 1 TiB.
  uint64_t result = uint64_t{64} << 20;
};

// One piece of work. The broker reads it during Run only and keeps nothing.
struct Job {
  // What to do; opaque to the sandbox, copied into the job.
  absl::Span<const uint8_t> request;
  // A small input, copied into the job (it and the request: to 256 MiB) ...
  absl::Span<const uint8_t> input;
  // ... or a regular file or memfd that the worker reads with pread64. Stays
  // the caller's. It costs one more allowed system call; the copy costs about
  // 0.3 ms a MiB.
  int input_fd = -1;
  // ... or bytes that the host gives when the worker asks for some: `read`
  // fills `to` from `offset`, which is within input_size; false if it cannot,
  // and the worker gets no more. Called in Run, by the thread that called it,
  // and its time counts. Two more system calls are allowed, on one socket.
  std::function<bool(uint64_t offset, absl::Span<uint8_t> to)> read;
  // How long the input is, for the worker. 0 with `input`: all of it.
  uint64_t input_size = 0;
  Budget budget;
};

// How a worker came to its end. Only kDone has a result.
enum class Ending {
  kDone,
  kOutOfMemory,    // Budget::memory was used up
  kWallTime,       // Budget::wall was
  kCpuTime,        // Budget::cpu was
  kViolation,      // it tried a system call: SIGSYS
  kCrash,          // a fault, abort(), an uncaught exception, a broken canary
  kStackOverflow,  // 1 MiB
  kKilled,         // SIGKILL from outside: an operator, or the kernel's OOM
  kBadResult,      // it said it was done, and the result cannot be that
  kExit,           // any other exit code
};

// "done", "out of memory", ...: stable, for messages.
std::string_view EndingName(Ending ending);

struct Usage {
  absl::Duration cpu;
  uint64_t peak_rss = 0;  // bytes, pages of the result and input included
};

inline constexpr size_t kResultAlignment = 64;

// What a worker left, out of its reach: it has been reaped, and the kernel has
// confirmed that nobody can write to these bytes any more. That they are
// immutable does not make them true; they are still untrusted input. Move-only;
// safe to read from any thread; outlives the broker.
class Sealed {
 public:
  Sealed() = default;
  Sealed(Ending ending, std::string detail, Usage usage);
  Sealed(Sealed&& other) noexcept;
  Sealed& operator=(Sealed&& other) noexcept;
  ~Sealed();

  Ending ending() const { return ending_; }
  bool done() const { return ending_ == Ending::kDone; }
  // One plain ASCII sentence for people: which signal, what kind of address.
  // Chosen by the host from fixed words; no byte of it is the worker's.
  const std::string& detail() const { return detail_; }
  const Usage& usage() const { return usage_; }

  // The part of the result that the worker said it wrote, at most
  // Budget::result; aligned to kResultAlignment. Empty unless done().
  absl::Span<const uint8_t> bytes() const { return bytes_; }

 private:
  friend class Region;
  void AdoptCopy(std::unique_ptr<uint8_t[]> copy, uint64_t skip, uint64_t size);
  void AdoptMapping(void* mapping, uint64_t mapped, uint64_t skip,
                    uint64_t size);

  Ending ending_ = Ending::kKilled;
  std::string detail_;
  Usage usage_;
  absl::Span<const uint8_t> bytes_;
  std::unique_ptr<uint8_t[]> copy_;  // a small result
  void* mapping_ = nullptr;          // a large one
  uint64_t mapped_ = 0;
};

}  // namespace picklebox::sandbox

#endif  // PICKLEBOX_SANDBOX_JOB_H_
