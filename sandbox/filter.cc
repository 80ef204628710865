#include "sandbox/filter.h"

#include <cerrno>
#include <cstdint>
#include <initializer_list>
#include <optional>

#include "sandbox/arch.h"
#include "sandbox/bpf.h"

namespace picklebox::sandbox {
namespace {

// Written by filter_gen: kComputeFilter[], kReadInputFilter[] and
// kAskInputFilter[].
#include "sandbox/filter_programs.inc"

constexpr uint64_t kWakePrivate = 129;  // FUTEX_WAKE | FUTEX_PRIVATE_FLAG
constexpr uint64_t kHighBit = uint64_t{1} << 32;

// What the table in filter.h promises for one call.
uint32_t Promised(const seccomp_data& call, Profile profile) {
  if (call.arch != arch::kAuditArch) return SECCOMP_RET_KILL_PROCESS;
  if (call.nr == SYS_exit_group) return SECCOMP_RET_ALLOW;
  if (call.nr == SYS_futex && call.args[1] == kWakePrivate) {
    return SECCOMP_RET_ERRNO | EFAULT;
  }
  if (profile == Profile::kReadInput && call.nr == SYS_pread64 &&
      call.args[0] == kInputFd) {
    return SECCOMP_RET_ALLOW;
  }
  if (profile == Profile::kAskInput &&
      (call.nr == SYS_read || call.nr == SYS_write) &&
      call.args[0] == kInputFd) {
    return SECCOMP_RET_ALLOW;
  }
  return SECCOMP_RET_KILL_PROCESS;
}

bool Keeps(std::span<const sock_filter> program, Profile profile,
           uint32_t number, uint32_t audit_arch, uint64_t first,
           uint64_t second) {
  seccomp_data call = {};
  call.nr = static_cast<int>(number);
  call.arch = audit_arch;
  call.args[0] = first;
  call.args[1] = second;
  // A dirty word in every argument that no rule may look at.
  for (int i = 2; i < 6; ++i) call.args[i] = 0x8000000300000081 + i;
  return Evaluate(program, call) == Promised(call, profile);
}

}  // namespace

std::span<const sock_filter> Filter(Profile profile) {
  if (profile == Profile::kReadInput) return kReadInputFilter;
  if (profile == Profile::kAskInput) return kAskInputFilter;
  return kComputeFilter;
}

bool FilterIsSound(std::span<const sock_filter> program, Profile profile,
                   Rigour rigour) {
  constexpr uint32_t kForeign[] = {AUDIT_ARCH_I386, AUDIT_ARCH_ARM,
                                   AUDIT_ARCH_AARCH64, 0, arch::kAuditArch ^ 1};
  const bool sample = rigour == Rigour::kSample;
  const uint32_t numbers = sample ? 512 : 1024;
  for (uint32_t n = 0; n < numbers; ++n) {
    // The arguments that come closest to being let through.
    if (!Keeps(program, profile, n, arch::kAuditArch, kInputFd, kWakePrivate)) {
      return false;
    }
    // Coprime to any table's stride, and it meets the numbers with rules.
    if (sample && n % 29 != 0 && n != SYS_exit_group && n != SYS_futex &&
        n != SYS_pread64 && n != SYS_read && n != SYS_write) {
      continue;
    }
    for (const uint32_t number : {n | arch::kX32Bit, ~n, n | 0x80000000}) {
      if (!Keeps(program, profile, number, arch::kAuditArch, kInputFd,
                 kWakePrivate)) {
        return false;
      }
    }
    for (const uint32_t audit_arch : kForeign) {
      if (!Keeps(program, profile, n, audit_arch, kInputFd, kWakePrivate)) {
        return false;
      }
    }
  }
  const uint64_t step = sample ? 7 : 1;
  for (const uint32_t number :
       {uint32_t{SYS_futex}, uint32_t{SYS_pread64}, uint32_t{SYS_read},
        uint32_t{SYS_write}, uint32_t{SYS_exit_group}}) {
    for (uint64_t low = 0; low < 256; low += step) {
      for (const uint64_t high : {uint64_t{0}, kHighBit, ~uint64_t{0} << 32}) {
        if (!Keeps(program, profile, number, arch::kAuditArch, high | low,
                   high | low)) {
          return false;
        }
      }
    }
  }
  for (const uint64_t high : {kHighBit, ~uint64_t{0} << 32}) {
    if (!Keeps(program, profile, SYS_pread64, arch::kAuditArch, high | kInputFd,
               0) ||
        !Keeps(program, profile, SYS_read, arch::kAuditArch, high | kInputFd,
               0) ||
        !Keeps(program, profile, SYS_write, arch::kAuditArch, high | kInputFd,
               0) ||
        !Keeps(program, profile, SYS_futex, arch::kAuditArch, 0,
               high | kWakePrivate)) {
      return false;
    }
  }
  return true;
}

}  // namespace picklebox::sandbox
