#include "sandbox/capability.h"

#include <sched.h>

#include <cstring>

#include "absl/strings/str_cat.h"

namespace picklebox::sandbox {
namespace {

struct StepRow {
  Step step;
  const char* name;
  const char* what;
  const char* skipped;  // why it may be skipped
};

// In the order of the enumeration, kHello left out: without it nobody answers.
constexpr StepRow kSteps_[] = {
    {Step::kSeccompActions, "seccomp",
     "a worker may call exit_group and nothing else (and pread64 on its input)",
     ""},
    {Step::kNoNewPrivileges, "no_new_privileges",
     "no program can raise a worker's rights", ""},
    {Step::kNotDumpable, "not_dumpable", "no core dumps, no debugger", ""},
    {Step::kResourceLimits, "resource_limits",
     "stack, files, processes, address space and processor time are capped",
     ""},
    {Step::kSignalHandlers, "fault_handlers",
     "stack overflows and faults are told apart", ""},
    {Step::kSharedMapping, "sealed_memory",
     "what is shared is sealed and mapped read-only", ""},
    {Step::kFilterCheck, "filter_check",
     "the filters were evaluated before use and do what they say", ""},
    {Step::kSelfTest, "self_test",
     "probes that made a forbidden call were killed by SIGSYS", ""},
    {Step::kPrepare, "prepared", "the worker program has set itself up", ""},
    {Step::kEmptyRoot, "empty_root", "the root directory is an empty one",
     "needs root; landlock denies files as well"},
    {Step::kUnusedUid, "unused_uid", "workers run as a user that owns nothing",
     "not root to begin with"},
    {Step::kNoCapabilities, "no_capabilities", "all capabilities are dropped",
     ""},
    {Step::kLandlock, "landlock", "every access to files is denied", ""},
    {Step::kNoExecutableMemory, "no_executable_memory",
     "no memory can become executable", ""},
};

struct NamespaceRow {
  int flag;
  const char* name;
  const char* what;
  const char* off;
};

constexpr NamespaceRow kNamespaces[] = {
    {CLONE_NEWPID, "pid_namespace",
     "other processes are out of sight, and workers die with their zygote",
     "the kernel refused it"},
    {CLONE_NEWIPC, "ipc_namespace", "System V IPC is out of sight",
     "the kernel refused it"},
    {CLONE_NEWUTS, "uts_namespace", "the host's name is out of sight",
     "the kernel refused it"},
    {CLONE_NEWUSER, "user_namespace", "workers have no rights outside",
     "not needed for root, which goes to an unused uid; or the kernel refused "
     "it"},
    {CLONE_NEWNS, "mount_namespace", "mounts are out of sight",
     "not asked for: no file can be named by a worker"},
    {CLONE_NEWNET, "network_namespace", "no network devices",
     "not asked for: it costs milliseconds, and sockets are forbidden by the "
     "filter"},
};

Capability DescribeStep(const StepRow& row, const Ready& ready) {
  const int32_t outcome = ready.outcome[static_cast<int>(row.step)];
  Capability c;
  c.name = row.name;
  c.required = row.step < Step::kRequiredEnd;
  c.on = outcome == 0;
  if (outcome == kSkipped) {
    c.explanation = row.skipped;
  } else if (outcome != 0) {
    c.explanation = absl::StrCat("failed: errno ", outcome);
  } else {
    c.explanation = row.what;
    if (row.step == Step::kLandlock) {
      absl::StrAppend(&c.explanation, " (ABI ", ready.landlock_abi, ")");
    }
  }
  return c;
}

}  // namespace

bool IsCapability(std::string_view name) {
  for (const StepRow& row : kSteps_) {
    if (name == row.name) return true;
  }
  for (const NamespaceRow& row : kNamespaces) {
    if (name == row.name) return true;
  }
  return false;
}

Capabilities Describe(const Ready& ready, int namespaces) {
  Capabilities all;
  for (const StepRow& row : kSteps_) all.push_back(DescribeStep(row, ready));
  for (const NamespaceRow& row : kNamespaces) {
    const bool on = (namespaces & row.flag) != 0;
    all.push_back({row.name, false, on, on ? row.what : row.off});
  }
  return all;
}

}  // namespace picklebox::sandbox
