#include <signal.h>
#include <sys/resource.h>

#include <iterator>

#include "sandbox/arch.h"
#include "sandbox/fatal.h"

namespace picklebox::sandbox {
namespace {

constinit Landscape landscape;
constinit const char* stack_low = nullptr;

constexpr uintptr_t kNullPageEnd = 65536;
constexpr uintptr_t kGuardReach = 1 << 20;
constexpr int kSignals[] = {SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGTRAP};

alignas(16) constinit char handler_stack[16384] = {};

uintptr_t At(const void* p) { return reinterpret_cast<uintptr_t>(p); }

bool Within(uintptr_t address, uintptr_t from, uintptr_t to) {
  return from <= address && address < to;
}

bool Beside(uintptr_t address, const char* from, const char* to) {
  return from != nullptr &&
         (Within(address, At(from) - kGuardReach, At(from)) ||
          Within(address, At(to), At(to) + kGuardReach));
}

FaultPlace Place(uintptr_t address, uintptr_t stack_pointer) {
  const uintptr_t low = At(stack_low);
  // Either the frame that did not fit any more was touched below the stack, or
  // a call pushed its return address there.
  if (Within(address, low - kGuardReach, low + kPage) ||
      Within(stack_pointer, low - kGuardReach, low)) {
    return FaultPlace::kStack;
  }
  if (address < kNullPageEnd) return FaultPlace::kNullPage;
  if (landscape.job != nullptr &&
      Within(address, At(landscape.job), At(landscape.result))) {
    return FaultPlace::kReadOnlyJob;
  }
  if (Beside(address, landscape.job, landscape.job_end)) {
    return FaultPlace::kJobGuard;
  }
  if (Beside(address, landscape.arena, landscape.arena_end)) {
    return FaultPlace::kArenaGuard;
  }
  return FaultPlace::kUnknown;
}

void OnFault(int signal, siginfo_t* info, void* context) {
  const auto* frame = static_cast<const ucontext_t*>(context);
  const uintptr_t address = At(info->si_addr);
  FaultPlace place = FaultPlace::kUnknown;
  if (signal == SIGSEGV && info->si_code == SI_KERNEL) {
    place = FaultPlace::kNotCanonical;
  } else if (signal == SIGSEGV || signal == SIGBUS) {
    place = Place(address, arch::StackPointer(*frame));
  }
  if (Slate* slate = CurrentSlate()) {
    slate->fault_signal = static_cast<uint32_t>(signal);
    slate->fault_place = place;
  }
  Leave(place == FaultPlace::kStack ? kExitStackOverflow : kExitFault);
}

}  // namespace

void SetLandscape(const Landscape& where) { landscape = where; }
void SetStackLow(const char* low) { stack_low = low; }

bool InstallFaultHandlers() {
  const stack_t stack = {
      .ss_sp = handler_stack, .ss_flags = 0, .ss_size = sizeof(handler_stack)};
  if (sigaltstack(&stack, nullptr) != 0) return false;
  struct sigaction action = {};
  action.sa_sigaction = &OnFault;
  action.sa_flags = SA_SIGINFO | SA_ONSTACK | SA_NODEFER;
  for (const int signal : kSignals) {
    if (sigaction(signal, &action, nullptr) != 0) return false;
  }
  return true;
}

}  // namespace picklebox::sandbox
