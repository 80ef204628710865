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

// clone(2) of a child that runs body(argument) on a stack of its own, ending at
// stack_end (16-byte aligned), and exits with its value. The child's pid, or
// -errno. Not libc's clone: under a sanitizer that is something else.
inline long CloneOnStack(long flags, void* stack_end, int* pidfd,
                         int (*body)(void*), void* argument) {
  register long r10 asm("r10") = 0;
  register long r8 asm("r8") = 0;
  register void* r12 asm("r12") = reinterpret_cast<void*>(body);
  register void* r13 asm("r13") = argument;
  long result;
  asm volatile(
      "syscall\n"
      "testq %%rax, %%rax\n"
      "jnz 1f\n"
      "xorl %%ebp, %%ebp\n"
      "movq %%r13, %%rdi\n"
      "callq *%%r12\n"
      "movl %%eax, %%edi\n"
      "movl %[exit], %%eax\n"
      "syscall\n"
      "ud2\n"
      "1:\n"
      : "=a"(result)
      : "a"(long{SYS_clone}), "D"(flags), "S"(stack_end), "d"(pidfd), "r"(r10),
        "r"(r8), "r"(r12), "r"(r13), [exit] "i"(SYS_exit)
      : "rcx", "r11", "memory");
  return result;
}

// A call through the 32-bit gate, where the filter sees another architecture.
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
