#include "sandbox/fatal.h"

#include <unistd.h>

#include <cerrno>
#include <cstdarg>
#include <exception>

#include "sandbox/arch.h"

namespace picklebox::sandbox {
namespace {

constinit Slate* slate = nullptr;

}  // namespace

void SetSlate(Slate* where) { slate = where; }
Slate* CurrentSlate() { return slate; }

void Leave(int exit_code) {
  arch::Syscall(SYS_exit_group, exit_code);
  arch::Trap();
}

void GiveUp(Surrender reason) {
  if (slate != nullptr) slate->surrender = reason;
  Leave(kExitAbort);
}

void OutOfMemory() { Leave(kExitOutOfMemory); }

}  // namespace picklebox::sandbox

// In place of libc's and libstdc++'s own, which would write to stderr first.
// NOLINTBEGIN(bugprone-reserved-identifier)

using picklebox::sandbox::GiveUp;
using picklebox::sandbox::Surrender;

extern "C" {

[[noreturn]] void abort() noexcept { GiveUp(Surrender::kAbort); }

[[noreturn]] void __stack_chk_fail() { GiveUp(Surrender::kStackProtector); }

[[noreturn]] void __chk_fail() { GiveUp(Surrender::kFortify); }

[[noreturn]] void __fortify_fail(const char*) { GiveUp(Surrender::kFortify); }

// What libc itself says before it aborts.
[[noreturn]] void __libc_fatal(const char*) { GiveUp(Surrender::kLibc); }
[[noreturn]] void __libc_message(int, const char*, ...) {
  GiveUp(Surrender::kLibc);
}

[[noreturn]] void __assert_fail(const char*, const char*, unsigned,
                                const char*) noexcept {
  GiveUp(Surrender::kAssertion);
}

[[noreturn]] void __cxa_pure_virtual() { GiveUp(Surrender::kPureVirtual); }

// libc's generic gate. Abseil's fatal log writes to stderr through it before
// it aborts; that write is dropped, so that the abort is what gets reported.
long syscall(long number, ...) noexcept {
  va_list list;
  va_start(list, number);
  long a[6];
  for (long& argument : a) argument = va_arg(list, long);
  va_end(list);
  if (number == SYS_write && (a[0] == STDOUT_FILENO || a[0] == STDERR_FILENO)) {
    return a[2];
  }
  const long result = picklebox::sandbox::arch::Syscall(number, a[0], a[1],
                                                        a[2], a[3], a[4], a[5]);
  if (result >= -4095 && result < 0) {
    errno = static_cast<int>(-result);
    return -1;
  }
  return result;
}

}  // extern "C"

namespace std {

void __glibcxx_assert_fail(const char*, int, const char*,
                           const char*) noexcept {
  GiveUp(Surrender::kAssertion);
}

}  // namespace std

// NOLINTEND(bugprone-reserved-identifier)
