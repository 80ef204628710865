#ifndef PICKLEBOX_SANDBOX_PROTOCOL_H_
#define PICKLEBOX_SANDBOX_PROTOCOL_H_

#include <cstddef>
#include <cstdint>

// What the host, the zygote and the worker say to each other.
//
//   host                          zygote                        worker
//    |-- clone, exec ------------->|                              |
//    |-- Hello + shared memfd ---->|                              |
//    |<------------------- Ready --|-- fork --------------------->|
//    |                             |                              | waits
//    |-- Assignment + job memfd [+ input fd or socket] ---------->|
//    |                             |                              | maps, locks
//    |        (Refusal only if that fails) <----------------------| down,
//    works, |                             |<----------------------- exit |
//    |<------------------- Ended --|-- fork the next ------------>|
//
// One SOCK_SEQPACKET socket pair a slot; one struct a packet; descriptors by
// SCM_RIGHTS. An input that the host gives in pieces has a socket pair of its
// own: the worker sends a Question, the host the bytes, in one packet each.
// The forked worker reads its assignment itself, straight from the
// host, so that neither a fork nor a message of the zygote stands between a
// job and its start. Both ends are the same build (kVersion is compared), on
// the same machine: structs travel as they are.
//
// The job's memfd, its size sealed by the host before anyone else sees it:
//
//   0                     result_offset (page)   + 64
//   | request | input |  | Slate               | result ... capacity |
//   '---- read-only ---'  '------------ writable by the worker ------'

namespace picklebox::sandbox {

inline constexpr uint32_t kMagic = 0x6b6c6370;  // "pclk"
inline constexpr uint32_t kVersion = 1;

// Descriptors. The zygote has the control socket three times so that a stray
// write of some library to stdout or stderr is a broken packet that the host
// notices, not bytes in somebody's memfd.
inline constexpr int kControlFd = 0;
inline constexpr int kInputFd = 3;  // the worker's only one, if it has any

inline constexpr char kZygoteArgument[] = "--zygote";

inline constexpr uint64_t kPage = 4096;
inline constexpr uint64_t kInputAlignment = 64;
constexpr uint64_t InputOffset(uint64_t request_size) {
  return (request_size + kInputAlignment - 1) / kInputAlignment *
         kInputAlignment;
}
inline constexpr uint64_t kStackLimit = uint64_t{1} << 20;

// How a worker says why it went. Hints for people: a worker that was taken
// over can exit with any of them, and harms only the story about its own file.
enum ExitCode : int {
  kExitDone = 0,
  kExitSetup = 70,  // a Refusal was sent, no byte of the job was looked at
  kExitOutOfMemory = 71,
  kExitStackOverflow = 72,
  kExitFault = 73,
  kExitAbort = 74,
};

// host -> zygote, once, with the shared memfd.
struct Hello {
  uint32_t magic = kMagic;
  uint32_t version = kVersion;
  uint64_t shared_size = 0;
  uint8_t self_test = 0;   // run the probes before Ready
  uint8_t drop_uid = 0;    // the host is root: go to an unused uid
  uint8_t may_chroot = 0;  // root, or alone in a user namespace
  uint8_t reserved[5] = {};
};

// What a zygote does for itself once. The first group must succeed.
enum class Step : uint32_t {
  kHello,  // the handshake itself
  kSeccompActions,
  kNoNewPrivileges,
  kNotDumpable,
  kResourceLimits,
  kSignalHandlers,
  kSharedMapping,
  kFilterCheck,
  kSelfTest,
  kPrepare,  // the worker executable's own preparation
  kRequiredEnd,
  // Best effort from here on.
  kEmptyRoot = kRequiredEnd,
  kUnusedUid,
  kNoCapabilities,
  kLandlock,
  kNoExecutableMemory,
  kEnd,
};
inline constexpr int kSteps = static_cast<int>(Step::kEnd);

// The calls that probes make in the self-test, each of which must be the last.
inline constexpr int kProbes = 4;
inline constexpr const char* kProbeNames[kProbes] = {
    "getppid", "socket", "int80 getpid", "x32 getpid"};

// zygote -> host, once. outcome[step] is 0 (on), an errno, or kSkipped.
inline constexpr int32_t kSkipped = -1;
struct Ready {
  uint32_t magic = kMagic;
  uint32_t version = kVersion;
  int32_t outcome[kSteps] = {};
  int32_t landlock_abi = 0;
  int32_t failed_probe = -1;  // which one, when kSelfTest failed
};

// Where in its arena a worker asks for huge pages.
enum class HugePages : uint8_t { kNowhere, kHeap, kEverywhere };

// host -> worker, one per job, with the job's memfd and perhaps an input fd.
struct Assignment {
  uint32_t magic = kMagic;
  uint8_t has_input_fd = 0;
  HugePages huge_pages = HugePages::kNowhere;
  uint8_t asks_for_input = 0;  // the input fd is a socket for Questions
  uint8_t reserved = 0;
  uint64_t request_size = 0;
  uint64_t copied_input_size = 0;  // bytes in the memfd, after the request
  uint64_t input_size = 0;         // what the worker may believe in
  uint64_t result_offset = 0;
  uint64_t result_capacity = 0;
  uint64_t memory = 0;
  uint64_t wall_ns = 0;
  uint64_t cpu_ns = 0;
};

// worker -> host, on the input's socket: so many bytes, at most kMostAsked,
// from there on. The answer has exactly so many, or the socket is closed.
inline constexpr uint64_t kMostAsked = 64 << 10;
struct Question {
  uint64_t offset = 0;
  uint64_t size = 0;
};

// How a worker's preparation can fail, before it has seen the job.
enum class Preparation : uint32_t {
  kAssignment,
  kMapJob,
  kMapArena,
  kDescriptors,
  kLimits,
  kTimers,
  kParent,
  kNotDumpable,
  kNoNewPrivileges,
  kSeccomp,
};

// worker -> host, instead of working.
struct Refusal {
  uint32_t magic = kMagic;
  Preparation step = Preparation::kAssignment;
  int32_t error = 0;
};

// The same, when the socket is closed already.
struct LateRefusal {
  Preparation step;
  int32_t error;
};

// zygote -> host, when a worker has been reaped.
struct Ended {
  uint32_t magic = kMagic;
  int32_t wait_status = 0;
  uint64_t cpu_ns = 0;
  uint64_t peak_rss = 0;  // bytes
};

// Where a fault struck, as far as the worker's handler could tell.
enum class FaultPlace : uint32_t {
  kUnknown,
  kNullPage,
  kStack,
  kJobGuard,    // just outside the request, the input or the result
  kArenaGuard,  // just outside the arena
  kReadOnlyJob,
  kNotCanonical,
  kEnd,
};

// Why a worker gave up by itself (kExitAbort).
enum class Surrender : uint32_t {
  kNone,
  kAbort,
  kStackProtector,
  kTerminate,
  kAssertion,
  kFortify,
  kLibc,
  kPureVirtual,
  kUncaughtException,
  kEnd,
};

// The head of the writable region: what the worker leaves for the host, which
// reads it only behind the seal gate and copies it before it looks.
inline constexpr uint64_t kSlateDone = 0x21656e6f642e6270;  // "pb.done!"
struct Slate {
  uint64_t taken;    // non-zero: a worker has begun with this job
  uint64_t done;     // kSlateDone after the worker function returned
  uint64_t written;  // bytes of result; not trusted, checked by the host
  uint32_t fault_signal;
  FaultPlace fault_place;
  Surrender surrender;
  LateRefusal refusal;  // with kExitSetup
  uint32_t reserved[5];
};
static_assert(sizeof(Slate) == 64);  // kResultAlignment

// The profiles a worker can be locked into.
enum class Profile { kCompute = 0, kReadInput = 1, kAskInput = 2 };
inline constexpr Profile kProfiles[] = {Profile::kCompute, Profile::kReadInput,
                                        Profile::kAskInput};

}  // namespace picklebox::sandbox

#endif  // PICKLEBOX_SANDBOX_PROTOCOL_H_
