// A worker that does what its request names: mostly what no worker should.
// Compiled for tests only. Each misdeed is the shortest form of what code that
// an attacker runs inside the jail would try first.

#include <fcntl.h>
#include <linux/futex.h>
#include <malloc.h>
#include <sched.h>
#include <signal.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#undef NDEBUG
#include <cassert>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <new>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "sandbox/arch.h"
#include "sandbox/protocol.h"
#include "sandbox/worker.h"
#include "tests/sandbox/raw_call.h"

namespace {

using picklebox::sandbox::Entry;
using picklebox::sandbox::RawCall;
using picklebox::sandbox::ReadInputAt;
using picklebox::sandbox::Work;
namespace arch = picklebox::sandbox::arch;

bool prepared = false;

void Answer(Work& work, std::string_view text) {
  std::memcpy(work.result, text.data(), text.size());
  work.written = text.size();
}

template <typename T>
long Word(T* pointer) {
  return reinterpret_cast<long>(pointer);
}

// --- well-behaved ---

void Echo(Work& work) {
  std::memcpy(work.result, work.input.data(), work.input.size());
  work.written = work.input.size();
}

void Nothing(Work&) {}

void Shared(Work& work) {
  Answer(work, {reinterpret_cast<const char*>(work.shared.data()),
                work.shared.size()});
}

void Prepared(Work& work) { Answer(work, prepared ? "yes" : "no"); }

void Fill(Work& work) {
  std::memset(work.result, 'x', work.capacity);
  work.written = work.capacity;
}

void FutexWake(Work& work) {
  int word = 0;
  const long r =
      arch::Syscall(SYS_futex, Word(&word), FUTEX_WAKE | FUTEX_PRIVATE_FLAG, 1);
  Answer(work, r == -EFAULT ? "EFAULT" : "?");
}

void ReadWhole(Work& work) {
  uint64_t at = 0;
  while (at < work.input_size) {
    const ssize_t n = ReadInputAt(work.result + at, work.input_size - at, at);
    if (n <= 0) break;
    at += static_cast<uint64_t>(n);
  }
  work.written = at;
}

// Questions that the host must not answer, past ReadInputAt.
long AskRaw(const void* packet, size_t size) {
  return arch::Syscall(SYS_write, 3, Word(packet), static_cast<long>(size));
}
long ReadRaw(void* to, size_t size) {
  return arch::Syscall(SYS_read, 3, Word(to), static_cast<long>(size));
}
void AskOutside(Work& work) {
  const uint64_t question[] = {work.input_size - 1, 2};
  char bytes[2];
  AskRaw(question, sizeof(question));
  Answer(work, ReadRaw(bytes, 2) == 0 ? "hung up" : "?");
}
void AskWrap(Work& work) {
  const uint64_t question[] = {~uint64_t{0}, 2};
  char bytes[2];
  AskRaw(question, sizeof(question));
  Answer(work, ReadRaw(bytes, 2) == 0 ? "hung up" : "?");
}
void AskTooMuch(Work& work) {
  const uint64_t question[] = {0, uint64_t{1} << 40};
  char bytes[2];
  AskRaw(question, sizeof(question));
  Answer(work, ReadRaw(bytes, 2) == 0 ? "hung up" : "?");
}
void AskNonsense(Work& work) {
  char bytes[2];
  AskRaw("abc", 3);
  Answer(work, ReadRaw(bytes, 2) == 0 ? "hung up" : "?");
}
// Asks and never listens, until the host has hung up.
void AskFlood(Work&) {
  const uint64_t question[] = {0, 60000};
  while (AskRaw(question, sizeof(question)) == sizeof(question)) {
  }
}

void Library(Work& work) {
  std::string out;
  try {
    throw std::runtime_error("caught ");
  } catch (const std::exception& e) {
    out = e.what();
  }
  char number[32];
  std::snprintf(number, sizeof(number), "%.3f", 2.5);
  std::vector<std::string> many;
  for (int i = 0; i < 1000; ++i) many.push_back(out + number);
  Answer(work, many.back());
}

// All ways to memory that libc and C++ have lead to the arena. Answers with the
// ways that gave something else than was asked for.
void Allocate(Work& work) {
  constexpr size_t kSize = 100;
  std::string wrong;
  // Volatile: a compiler may take it that memory is given that nobody uses.
  volatile size_t odd = 3;
  void* volatile refused = memalign(odd, kSize);
  if (refused != nullptr) wrong += " odd memalign";
  void* block = nullptr;
  if (posix_memalign(&block, odd, kSize) != EINVAL) wrong += " odd posix";
  const auto use = [&wrong](const char* way, void* taken, size_t alignment) {
    if (taken == nullptr || Word(taken) % alignment != 0 ||
        malloc_usable_size(taken) < kSize) {
      wrong += std::string(" ") + way;
      return taken;
    }
    std::memset(taken, 1, kSize);
    return taken;
  };
  free(use("memalign", memalign(64, kSize), 64));
  free(use("aligned_alloc", aligned_alloc(128, kSize), 128));
  if (posix_memalign(&block, 4096, kSize) != 0) wrong += " posix_memalign";
  free(use("posix_memalign", block, 4096));
  free(use("valloc", valloc(kSize), 4096));
  free(use("pvalloc", pvalloc(kSize), 4096));
  free(use("realloc", realloc(calloc(3, 5), kSize), 16));
  constexpr std::align_val_t kAligned{256};
  constexpr std::nothrow_t kNothrow;
  operator delete(use("new", operator new(kSize), 16));
  operator delete[](use("new[]", operator new[](kSize), 16));
  operator delete(use("aligned", operator new(kSize, kAligned), 256), kAligned);
  operator delete[](use("aligned[]", operator new[](kSize, kAligned), 256),
                    kAligned);
  operator delete(use("nothrow", operator new(kSize, kNothrow), 16), kNothrow);
  operator delete[](use("nothrow[]", operator new[](kSize, kNothrow), 16),
                    kNothrow);
  operator delete(
      use("aligned nothrow", operator new(kSize, kAligned, kNothrow), 256),
      kAligned, kNothrow);
  operator delete[](
      use("aligned nothrow[]", operator new[](kSize, kAligned, kNothrow), 256),
      kAligned, kNothrow);
  Answer(work, "wrong:" + wrong);
}

void AbseilLogs(Work& work) {
  syscall(SYS_write, 2, "gone", 4);  // what its fatal log does before abort()
  Answer(work, "dropped");
}

// --- system calls ---

void MinusOne(Work&) { arch::Syscall(-1); }
void Stop(Work&) { arch::Syscall(SYS_kill, 0, SIGSTOP); }
void Disarm(Work&) {
  unsigned long off[4] = {};
  arch::Syscall(SYS_setitimer, ITIMER_REAL, Word(off), 0);
}
void FutexWait(Work&) {
  int word = 0;
  arch::Syscall(SYS_futex, Word(&word), FUTEX_WAIT | FUTEX_PRIVATE_FLAG, 0);
}
void WriteAll(Work&) {
  for (long fd = 0; fd < 1024; ++fd) arch::Syscall(SYS_write, fd, Word("x"), 1);
}
void ReadOtherFd(Work&) {
  char byte;
  arch::Syscall(SYS_pread64, 4, Word(&byte), 1, 0);
}
void ReadDirtyFd(Work&) {
  char byte;
  arch::Syscall(SYS_pread64, (1L << 32) | 3, Word(&byte), 1, 0);
}
void Sigreturn(Work&) { arch::Syscall(SYS_rt_sigreturn); }

void Vsyscall(Work&) {
  constexpr uintptr_t kGettimeofday = 0xffffffffff600000;
  // NOLINTNEXTLINE(performance-no-int-to-ptr): the kernel put it there.
  reinterpret_cast<long (*)(void*, void*)>(kGettimeofday)(nullptr, nullptr);
}

long Int80(long number, const int64_t* a) {
  long result;
  asm volatile("int $0x80"
               : "=a"(result)
               : "a"(number), "b"(a[0]), "c"(a[1]), "d"(a[2]), "S"(a[3]),
                 "D"(a[4])
               : "memory", "r8", "r9", "r10", "r11");
  return result;
}

alignas(4096) char zeros[4096];
constexpr char kPath[] = "/etc/passwd";

int64_t Address(int64_t argument, const Work& work) {
  switch (argument) {
    case picklebox::sandbox::kAPath:
      return Word(kPath);
    case picklebox::sandbox::kZeros:
      return Word(zeros);
    case picklebox::sandbox::kItsCode:
      return reinterpret_cast<long>(&Address) & ~4095L;
    case picklebox::sandbox::kItsResult:
      return Word(work.result) & ~4095L;
    default:
      return argument;
  }
}

// Any call at all: it is in the request, behind the deed's name.
void Call(Work& work) {
  RawCall call;
  std::memcpy(&call, work.request.data() + work.request.size() - sizeof(call),
              sizeof(call));
  int64_t a[6];
  for (int i = 0; i < 6; ++i) a[i] = Address(call.arguments[i], work);
  long number = call.number;
  if (call.entry == Entry::kX32) number |= static_cast<long>(arch::kX32Bit);
  const long result =
      call.entry == Entry::kInt80
          ? Int80(number, a)
          : arch::Syscall(number, a[0], a[1], a[2], a[3], a[4], a[5]);
  std::memcpy(work.result, &result, sizeof(result));
  work.written = sizeof(result);
}

// --- faults ---

void Null(Work&) { *static_cast<volatile int*>(nullptr) = 1; }
void Kernel(Work&) { *reinterpret_cast<volatile int*>(0xffffffff81000000) = 1; }
void NotCanonical(Work&) {
  *reinterpret_cast<volatile int*>(0x4141414141414141) = 1;
}
void Ud2(Work&) { arch::Trap(); }
void Halt(Work&) { asm volatile("hlt"); }
void DivideByZero(Work&) {
  asm volatile("xorl %%ecx, %%ecx; divl %%ecx" ::: "eax", "ecx", "edx", "cc");
}
void WriteInput(Work& work) {
  *const_cast<volatile uint8_t*>(work.request.data()) = 0;
}
void WriteShared(Work& work) {
  *const_cast<volatile uint8_t*>(work.shared.data()) = 0;
}
void Overrun(Work& work) {
  volatile uint8_t* p = work.result;
  for (;; p += 4096) *p = 1;
}
void Underrun(Work& work) {
  volatile uint8_t* p = work.result;
  for (;; p -= 4096) *p = 1;
}
void Abort(Work&);
void Jump(const void* code) {
  void (*run)();
  std::memcpy(&run, &code, sizeof(run));
  run();
}
void ExecuteData(Work& work) {
  work.result[0] = 0xc3;
  Jump(work.result);
}
void ExecuteInput(Work& work) { Jump(work.request.data()); }
void ExecuteArena(Work& work) {
  auto* code = static_cast<uint8_t*>(work.arena->Reserve(4096));
  code[0] = 0xc3;
  Jump(code);
}
void ExecuteStack(Work&) {
  volatile uint8_t code[] = {0xc3};
  Jump(const_cast<const uint8_t*>(code));
}
void WriteCode(Work&) {
  *reinterpret_cast<volatile char*>(reinterpret_cast<uintptr_t>(&Abort)) = 0;
}
void Port(Work&) { asm volatile("inb $0x80, %%al" ::: "eax"); }
void Msr(Work&) { asm volatile("wrmsr" ::"a"(0), "c"(0x174), "d"(0)); }
void Break(Work&) { asm volatile("int3"); }

__attribute__((noinline)) int Deep(volatile int* depth) {
  volatile char frame[512];
  frame[0] = static_cast<char>(*depth);
  *depth = *depth + 1;
  return *depth == 0 ? 0 : Deep(depth) + frame[0];
}
void Recurse(Work&) {
  volatile int depth = 1;
  Deep(&depth);
}

// More than is left, and far more than the guard page, in one step. Of a frame
// in which only one place is used, clang leaves the rest away.
__attribute__((noinline)) int LongFrame(volatile int* depth) {
  volatile char frame[900 << 10];
  const int at = *depth * 1000;
  frame[at] = static_cast<char>(at);
  *depth = *depth - 1;
  return *depth == 0 ? frame[at] : LongFrame(depth) + frame[at];
}
void LongFrames(Work&) {
  volatile int depth = 3;
  LongFrame(&depth);
}

__attribute__((noinline)) void SmashFrame(size_t length) {
  char small[16];
  volatile char* p = small;
  for (size_t i = 0; i < length; ++i) p[i] = 'A';
}
void Smash(Work& work) { SmashFrame(work.request.size() * 16); }
void Abort(Work&) { std::abort(); }
void Assert(Work& work) { assert(work.capacity == 0); }
void GlibcxxAssert(Work&) {
  const std::vector<int> none;
  volatile size_t at = 3;
  volatile int x = none[at];
  static_cast<void>(x);
}
void Terminate(Work&) { std::terminate(); }
void Throw(Work&) { throw 1; }

// --- resources ---

// Keeps the compiler from proving that a block is never looked at.
void Touch(void* block, size_t size) {
  std::memset(block, 1, size);
  asm volatile("" ::"r"(block) : "memory");
}
void BombNew(Work&) {
  for (;;) Touch(new char[1 << 20], 1 << 20);
}
void BombMalloc(Work& work) {
  size_t n = 0;
  for (;; ++n) {
    void* block = std::malloc(1 << 20);
    if (block == nullptr) break;
    Touch(block, 1 << 20);
  }
  Answer(work, std::to_string(n));
}
// A chain of small blocks, each holding the next: what a nested value is.
void BombDeep(Work&) {
  struct Cell {
    Cell* inner;
    char text[40];
  };
  for (Cell* outer = nullptr;;) {
    outer = new Cell{outer, {}};
    asm volatile("" ::"r"(outer) : "memory");
  }
}
void Reserve(Work& work) {
  const bool too_much = work.arena->Reserve(size_t{1} << 50) == nullptr;
  auto* block = static_cast<volatile char*>(work.arena->Reserve(1 << 20));
  const bool zero = block != nullptr && block[0] == 0 && block[1048575] == 0;
  Answer(work, too_much && zero ? "ok" : "?");
}
void Spin(Work&) {
  for (;;) asm volatile("");
}
void Wakes(Work&) {
  int word = 0;
  for (;;) {
    arch::Syscall(SYS_futex, Word(&word), FUTEX_WAKE | FUTEX_PRIVATE_FLAG, 1);
  }
}
void Faults(Work& work) {
  constexpr size_t kBytes = 32 << 20;
  auto* block = static_cast<volatile char*>(work.arena->Reserve(kBytes));
  for (size_t i = 0;; i = (i + 4096) % kBytes) block[i] = block[i] + 1;
}
void ExitSilently(Work&) { arch::Syscall(SYS_exit_group, 0); }
void ExitSeven(Work&) { arch::Syscall(SYS_exit_group, 7); }

// --- lies ---

void ClaimTooMuch(Work& work) { work.written = work.capacity + 1; }
void ClaimAll(Work& work) { work.written = ~size_t{0}; }
// The slate, as its layout is: taken, done, written.
void Sign(Work& work, uint64_t written) {
  auto* slate = reinterpret_cast<uint64_t*>(work.result - 64);
  slate[1] = picklebox::sandbox::kSlateDone;
  slate[2] = written;
}
// First one answer, then another: what counts is what stands there at the end.
void AnswerTwice(Work& work) {
  std::memcpy(work.result, "first", 5);
  Sign(work, 5);
  std::memcpy(work.result, "other", 5);
  Sign(work, 5);
  arch::Syscall(SYS_exit_group, 0);
}
void HalfAnAnswer(Work& work) {
  std::memcpy(work.result, "half", 4);
  Sign(work, 8);
  arch::Trap();
}
void UnsignedAnswer(Work& work) {
  std::memcpy(work.result, "whole", 5);
  Sign(work, 5);
  reinterpret_cast<uint64_t*>(work.result - 64)[1] ^= 1;
  arch::Syscall(SYS_exit_group, 0);
}
// Gives somebody else time to do something to the result.
void Slowly(Work& work) {
  Echo(work);
  for (uint64_t i = 0; i < 400'000'000; ++i) asm volatile("");
}
void Garbage(Work& work) {
  // The slate too, over and over: it lies just before the result.
  for (size_t i = 0; i < 64; ++i) (work.result - 64)[i] = 0xff;
  std::memset(work.result, 0xff, work.capacity);
  arch::Syscall(SYS_exit_group, 0);
}
void ForgeCode(Work& work) {
  for (size_t i = 0; i < 64; ++i) (work.result - 64)[i] = 0xff;
  arch::Syscall(SYS_exit_group, 73);
}
void ForgeSetup(Work&) { arch::Syscall(SYS_exit_group, 70); }

struct Deed {
  std::string_view name;
  void (*run)(Work&);
};

constexpr Deed kDeeds[] = {
    {"echo", Echo},
    {"nothing", Nothing},
    {"shared", Shared},
    {"prepared", Prepared},
    {"fill", Fill},
    {"futex wake", FutexWake},
    {"read", ReadWhole},
    {"library", Library},
    {"allocate", Allocate},
    {"abseil logs", AbseilLogs},
    {"minus one", MinusOne},
    {"stop", Stop},
    {"disarm", Disarm},
    {"futex wait", FutexWait},
    {"write all", WriteAll},
    {"ask outside", AskOutside},
    {"ask wrap", AskWrap},
    {"ask too much", AskTooMuch},
    {"ask nonsense", AskNonsense},
    {"ask flood", AskFlood},
    {"read other fd", ReadOtherFd},
    {"read dirty fd", ReadDirtyFd},
    {"sigreturn", Sigreturn},
    {"vsyscall", Vsyscall},
    {"null", Null},
    {"kernel", Kernel},
    {"not canonical", NotCanonical},
    {"ud2", Ud2},
    {"hlt", Halt},
    {"divide", DivideByZero},
    {"write input", WriteInput},
    {"write shared", WriteShared},
    {"overrun", Overrun},
    {"underrun", Underrun},
    {"execute data", ExecuteData},
    {"execute input", ExecuteInput},
    {"execute arena", ExecuteArena},
    {"execute stack", ExecuteStack},
    {"write code", WriteCode},
    {"port", Port},
    {"msr", Msr},
    {"break", Break},
    {"recurse", Recurse},
    {"long frame", LongFrames},
    {"smash", Smash},
    {"abort", Abort},
    {"assert", Assert},
    {"glibcxx assert", GlibcxxAssert},
    {"terminate", Terminate},
    {"throw", Throw},
    {"bomb new", BombNew},
    {"bomb deep", BombDeep},
    {"bomb malloc", BombMalloc},
    {"reserve", Reserve},
    {"spin", Spin},
    {"wakes", Wakes},
    {"faults", Faults},
    {"exit silently", ExitSilently},
    {"exit 7", ExitSeven},
    {"claim too much", ClaimTooMuch},
    {"claim all", ClaimAll},
    {"answer twice", AnswerTwice},
    {"half an answer", HalfAnAnswer},
    {"unsigned answer", UnsignedAnswer},
    {"slowly", Slowly},
    {"garbage", Garbage},
    {"forge code", ForgeCode},
    {"forge setup", ForgeSetup},
};

void Misbehave(Work& work) {
  const std::string_view name(
      reinterpret_cast<const char*>(work.request.data()), work.request.size());
  if (name.substr(0, 5) == "call ") return Call(work);
  for (const Deed& deed : kDeeds) {
    if (deed.name == name) return deed.run(work);
  }
  Answer(work, "no such deed");
}

bool SetUp(std::span<const uint8_t> shared) {
  prepared = true;
  const std::string_view text(reinterpret_cast<const char*>(shared.data()),
                              shared.size());
  return text != "refuse";
}

}  // namespace

int main(int argc, char** argv) {
  return picklebox::sandbox::ZygoteMain(argc, argv, &Misbehave, &SetUp);
}
