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
constexpr uint32_t kX32Bit = 0x40000000;

// What the table in filter.h promises for one call.
uint32_t Promised(const seccomp_data& call, Profile profile,
                  const CallNumbers& numbers) {
  const auto nr = static_cast<uint32_t>(call.nr);
  if (call.arch != numbers.audit_arch) return SECCOMP_RET_KILL_PROCESS;
  if (nr == numbers.exit_group) return SECCOMP_RET_ALLOW;
  if (nr == numbers.futex && call.args[1] == kWakePrivate) {
    return SECCOMP_RET_ERRNO | EFAULT;
  }
  if (profile == Profile::kReadInput && nr == numbers.pread64 &&
      call.args[0] == kInputFd) {
    return SECCOMP_RET_ALLOW;
  }
  if (profile == Profile::kAskInput &&
      (nr == numbers.read || nr == numbers.write) && call.args[0] == kInputFd) {
    return SECCOMP_RET_ALLOW;
  }
  return SECCOMP_RET_KILL_PROCESS;
}

// Asks one program, and compares with what is promised.
class Examiner {
 public:
  Examiner(std::span<const sock_filter> program, Profile profile,
           const CallNumbers& numbers)
      : program_(program), profile_(profile), numbers_(numbers) {}

  bool Keeps(uint32_t number, uint32_t audit_arch, uint64_t first,
             uint64_t second) const {
    seccomp_data call = {};
    call.nr = static_cast<int>(number);
    call.arch = audit_arch;
    call.args[0] = first;
    call.args[1] = second;
    // A dirty word in every argument that no rule may look at.
    for (int i = 2; i < 6; ++i) call.args[i] = 0x8000000300000081 + i;
    return Evaluate(program_, call) == Promised(call, profile_, numbers_);
  }
  bool Keeps(uint32_t number, uint64_t first, uint64_t second) const {
    return Keeps(number, numbers_.audit_arch, first, second);
  }

 private:
  const std::span<const sock_filter> program_;
  const Profile profile_;
  const CallNumbers& numbers_;
};

// Every number, with the arguments that come closest to being let through, as
// it is and disguised.
bool KeepsNumbers(const Examiner& examiner, Rigour rigour,
                  const CallNumbers& native) {
  const uint32_t foreign[] = {AUDIT_ARCH_I386,
                              AUDIT_ARCH_ARM,
                              AUDIT_ARCH_AARCH64,
                              AUDIT_ARCH_X86_64,
                              0,
                              0xffffffff,
                              native.audit_arch - 1,
                              native.audit_arch + 1};
  const bool sample = rigour == Rigour::kSample;
  for (uint32_t n = 0; n < (sample ? 512 : 1024); ++n) {
    if (!examiner.Keeps(n, kInputFd, kWakePrivate)) return false;
    // Coprime to any table's stride, and it meets the numbers with rules.
    if (sample && n % 29 != 0 && n != native.exit_group && n != native.futex &&
        n != native.pread64 && n != native.read && n != native.write) {
      continue;
    }
    for (const uint32_t number : {n | kX32Bit, ~n, n | 0x80000000}) {
      if (!examiner.Keeps(number, kInputFd, kWakePrivate)) return false;
    }
    for (const uint32_t audit_arch : foreign) {
      if (!examiner.Keeps(n, audit_arch, kInputFd, kWakePrivate)) return false;
    }
  }
  return true;
}

}  // namespace

const CallNumbers kNativeNumbers = {
    .audit_arch = arch::kAuditArch,
    .exit_group = SYS_exit_group,
    .futex = SYS_futex,
    .pread64 = SYS_pread64,
    .read = SYS_read,
    .write = SYS_write,
};

std::span<const sock_filter> Filter(Profile profile) {
  if (profile == Profile::kReadInput) return kReadInputFilter;
  if (profile == Profile::kAskInput) return kAskInputFilter;
  return kComputeFilter;
}

bool FilterIsSound(std::span<const sock_filter> program, Profile profile,
                   Rigour rigour, const CallNumbers& numbers) {
  const Examiner examiner(program, profile, numbers);
  if (!KeepsNumbers(examiner, rigour, numbers)) return false;
  const uint64_t step = rigour == Rigour::kSample ? 7 : 1;
  for (const uint32_t number : {numbers.futex, numbers.pread64, numbers.read,
                                numbers.write, numbers.exit_group}) {
    for (const uint64_t high : {uint64_t{0}, kHighBit, ~uint64_t{0} << 32}) {
      for (uint64_t low = 0; low < 256; low += step) {
        if (!examiner.Keeps(number, high | low, high | low)) return false;
      }
      if (!examiner.Keeps(number, high | kInputFd, kWakePrivate) ||
          !examiner.Keeps(number, kInputFd, high | kWakePrivate)) {
        return false;
      }
    }
  }
  return true;
}

}  // namespace picklebox::sandbox
