#include "sandbox/verdict.h"

#include <signal.h>
#include <sys/wait.h>

#include <cstring>
#include <iterator>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"

namespace picklebox::sandbox {
namespace {

using Verdict = std::pair<Ending, std::string>;

const char* SignalName(int signal) {
  const char* name = sigabbrev_np(signal);
  return name == nullptr ? "?" : name;
}

// Words for what a slate says; a number out of range says nothing.
const char* PlaceText(FaultPlace place) {
  static constexpr const char* kTexts[] = {
      "at an address of no known region", "through a null pointer",
      "at the end of the stack",          "just outside the job's memory",
      "just outside the arena",           "writing to the request or the input",
      "at an address that cannot exist",
  };
  static_assert(std::size(kTexts) == static_cast<size_t>(FaultPlace::kEnd));
  const auto index = static_cast<size_t>(place);
  return index < std::size(kTexts) ? kTexts[index] : kTexts[0];
}

const char* SurrenderText(Surrender reason) {
  static constexpr const char* kTexts[] = {
      "for no stated reason",
      "abort() was called",
      "a stack canary was broken",
      "std::terminate() was called",
      "an assertion failed",
      "a checked libc call was out of bounds",
      "libc found its own state damaged",
      "a pure virtual function was called",
      "an exception left the worker function",
  };
  static_assert(std::size(kTexts) == static_cast<size_t>(Surrender::kEnd));
  const auto index = static_cast<size_t>(reason);
  return index < std::size(kTexts) ? kTexts[index] : kTexts[0];
}

const char* PreparationText(Preparation step) {
  static constexpr const char* kTexts[] = {
      "reading the assignment", "mapping the job",     "mapping the arena",
      "closing descriptors",    "setting limits",      "setting timers",
      "following the parent",   "becoming undumpable", "no_new_privs",
      "loading the filter"};
  const auto index = static_cast<size_t>(step);
  return index < std::size(kTexts) ? kTexts[index] : "?";
}

std::string TimeText(uint64_t ns) {
  return absl::FormatDuration(absl::Nanoseconds(static_cast<int64_t>(ns)));
}

std::string FaultText(const Slate& slate) {
  return absl::StrCat("fault (SIG",
                      SignalName(static_cast<int>(slate.fault_signal & 63)),
                      ") ", PlaceText(slate.fault_place));
}

Verdict JudgeSignal(int signal, const Ended& ended, const Assignment& a) {
  switch (signal) {
    case SIGSYS:
      return {Ending::kViolation,
              "tried a system call that workers do not have"};
    case SIGALRM:
      return {Ending::kWallTime,
              absl::StrCat("still running after ", TimeText(a.wall_ns))};
    case SIGPROF:
    case SIGXCPU:
      return {Ending::kCpuTime,
              absl::StrCat("used up ", TimeText(a.cpu_ns), " of processor")};
    case SIGKILL:
      // RLIMIT_CPU's hard limit kills like anybody else.
      if (ended.cpu_ns >= a.cpu_ns) {
        return {Ending::kCpuTime,
                absl::StrCat("used up ", TimeText(a.cpu_ns), " of processor")};
      }
      return {Ending::kKilled,
              "killed from outside, or by the kernel for lack of memory"};
    default:
      return {Ending::kCrash, absl::StrCat("died of SIG", SignalName(signal))};
  }
}

Verdict JudgeDone(const Slate& slate, const Assignment& a) {
  if (slate.done != kSlateDone) {
    return {Ending::kBadResult, "exited without a result"};
  }
  if (slate.written > a.result_capacity) {
    return {Ending::kBadResult,
            "claims to have written more than its result region holds"};
  }
  return {Ending::kDone, "done"};
}

Verdict JudgeExit(int code, const Slate& slate, const Assignment& a) {
  switch (code) {
    case kExitDone:
      return JudgeDone(slate, a);
    case kExitOutOfMemory:
      return {Ending::kOutOfMemory,
              absl::StrCat("needed more than ", a.memory >> 20, " MiB")};
    case kExitStackOverflow:
      return {Ending::kStackOverflow,
              absl::StrCat("needed more than ", kStackLimit >> 10,
                           " KiB of stack")};
    case kExitFault:
      return {Ending::kCrash, FaultText(slate)};
    case kExitAbort:
      return {Ending::kCrash, SurrenderText(slate.surrender)};
    case kExitSetup:
      return {Ending::kExit, absl::StrCat("could not lock itself in: ",
                                          PreparationText(slate.refusal.step),
                                          ", errno ", slate.refusal.error)};
    default:
      return {Ending::kExit, absl::StrCat("exited with code ", code)};
  }
}

}  // namespace

Sealed Judge(const Ended& ended, const Slate& slate,
             const Assignment& assignment) {
  const int status = ended.wait_status;
  Verdict verdict = WIFSIGNALED(status)
                        ? JudgeSignal(WTERMSIG(status), ended, assignment)
                        : JudgeExit(WEXITSTATUS(status), slate, assignment);
  return Sealed(verdict.first, std::move(verdict.second),
                {.cpu = absl::Nanoseconds(static_cast<int64_t>(ended.cpu_ns)),
                 .peak_rss = ended.peak_rss});
}

}  // namespace picklebox::sandbox
