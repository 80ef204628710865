#ifndef PICKLEBOX_SANDBOX_BPF_H_
#define PICKLEBOX_SANDBOX_BPF_H_

#include <linux/filter.h>
#include <linux/seccomp.h>

#include <cstdint>
#include <optional>
#include <span>

// A small interpreter for the classic BPF that seccomp runs, so that a filter
// can be asked what it would do before anything depends on it.
//
//   seccomp_data call{.nr = __NR_openat, .arch = AUDIT_ARCH_X86_64};
//   if (Evaluate(filter, call) != SECCOMP_RET_KILL_PROCESS) return Refuse();
//
// It has the kernel's semantics and none of its own: every jump goes forward,
// so a run ends after at most as many steps as there are instructions. What
// the kernel's verifier would refuse (a jump past the end, a load outside
// seccomp_data or unaligned, an unknown opcode, no final return) gives nullopt
// when the run gets there. Pure functions, safe from any thread.

namespace picklebox::sandbox {

// The value that `program` returns for `call` (SECCOMP_RET_*), or nullopt if
// it is not a program that the kernel would take.
std::optional<uint32_t> Evaluate(std::span<const sock_filter> program,
                                 const seccomp_data& call);

}  // namespace picklebox::sandbox

#endif  // PICKLEBOX_SANDBOX_BPF_H_
