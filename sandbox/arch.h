#ifndef PICKLEBOX_SANDBOX_ARCH_H_
#define PICKLEBOX_SANDBOX_ARCH_H_

#include <linux/audit.h>
#include <sys/syscall.h>

#include <cstdint>

// All that depends on the processor: the numbers the filter is checked
// against, where a signal frame keeps its registers, and how to make a system
// call without libc. A new architecture is one more block here, plus a run of
// the tests on a real machine; until then it is not claimed.

namespace picklebox::sandbox::arch {

#if defined(__x86_64__)

inline constexpr uint32_t kAuditArch = AUDIT_ARCH_X86_64;
inline constexpr bool kHasInt80 = true;
// The bit that marks the x32 flavour of a system call. An exact allowlist
// refuses it without a rule of its own.
inline constexpr uint32_t kX32Bit = 0x40000000;

inline long Syscall(long number, long a = 0, long b = 0, long c = 0, long d = 0,
                    long e = 0, long f = 0) {
  register long r10 asm("r10") = d;
  register long r8 asm("r8") = e;
  register long r9 asm("r9") = f;
  long result;
  asm volatile("syscall"
               : "=a"(result)
               : "a"(number), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8), "r"(r9)
               : "rcx", "r11", "memory");
  return result;
}

// The same call through the 32-bit gate, where the filter sees another
// architecture.
inline long Int80(long number) {
  long result;
  asm volatile("int $0x80"
               : "=a"(result)
               : "a"(number)
               : "memory", "r8", "r9", "r10", "r11");
  return result;
}
inline constexpr long kInt80Getpid = 20;

template <typename Context>
uintptr_t StackPointer(const Context& context) {
  return static_cast<uintptr_t>(context.uc_mcontext.gregs[15]);  // REG_RSP
}

[[noreturn]] inline void Trap() {
  for (;;) asm volatile("ud2");
}

#else
#error "picklebox's sandbox has no table for this architecture: see arch.h"
#endif

}  // namespace picklebox::sandbox::arch

#endif  // PICKLEBOX_SANDBOX_ARCH_H_
