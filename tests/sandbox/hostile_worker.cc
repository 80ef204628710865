// A worker that does what its request names: mostly what no worker should.
// Compiled for tests only. Each misdeed is the shortest form of what code that
// an attacker runs inside the jail would try first.

#include <fcntl.h>
#include <linux/futex.h>
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
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "sandbox/arch.h"
#include "sandbox/worker.h"

namespace {

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

void AbseilLogs(Work& work) {
  syscall(SYS_write, 2, "gone", 4);  // what its fatal log does before abort()
  Answer(work, "dropped");
}

// --- system calls ---

void Execve(Work&) { arch::Syscall(SYS_execve, Word("/bin/sh"), 0, 0); }
void Fork(Work&) { arch::Syscall(SYS_fork); }
void Clone3(Work&) {
  unsigned long arguments[11] = {};
  arch::Syscall(SYS_clone3, Word(arguments), sizeof(arguments));
}
void Ptrace(Work&) { arch::Syscall(SYS_ptrace, PTRACE_TRACEME); }
void KillParent(Work&) { arch::Syscall(SYS_kill, 1, SIGKILL); }
void Open(Work&) { arch::Syscall(SYS_open, Word("/etc/passwd"), O_RDONLY); }
void Socket(Work&) { arch::Syscall(SYS_socket, AF_INET, SOCK_STREAM, 0); }
void Mmap(Work&) { arch::Syscall(SYS_mmap, 0, 4096, 3, 0x22, -1, 0); }
void Brk(Work&) { arch::Syscall(SYS_brk, 0); }
void Int80(Work&) { arch::Int80(arch::kInt80Getpid); }
void X32(Work&) {
  arch::Syscall(static_cast<long>(arch::kX32Bit | SYS_exit_group), 0);
}
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

// Every number once, to be asked for one at a time: the input is the number.
void AnyCall(Work& work) {
  long number;
  std::memcpy(&number, work.input.data(), sizeof(number));
  const long result = arch::Syscall(number, 3, 1, 0, 0, 0, 0);
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
void ExecuteData(Work& work) {
  work.result[0] = 0xc3;
  reinterpret_cast<void (*)()>(work.result)();
}

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
void Reserve(Work& work) {
  const bool too_much = work.arena->Reserve(size_t{1} << 50) == nullptr;
  auto* block = static_cast<volatile char*>(work.arena->Reserve(1 << 20));
  const bool zero = block != nullptr && block[0] == 0 && block[1048575] == 0;
  Answer(work, too_much && zero ? "ok" : "?");
}
void Spin(Work&) {
  for (;;) asm volatile("");
}
void ExitSilently(Work&) { arch::Syscall(SYS_exit_group, 0); }
void ExitSeven(Work&) { arch::Syscall(SYS_exit_group, 7); }

// --- lies ---

void ClaimTooMuch(Work& work) { work.written = work.capacity + 1; }
void ClaimAll(Work& work) { work.written = ~size_t{0}; }
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
    {"abseil logs", AbseilLogs},
    {"execve", Execve},
    {"fork", Fork},
    {"clone3", Clone3},
    {"ptrace", Ptrace},
    {"kill", KillParent},
    {"open", Open},
    {"socket", Socket},
    {"mmap", Mmap},
    {"brk", Brk},
    {"int80", Int80},
    {"x32", X32},
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
    {"any call", AnyCall},
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
    {"recurse", Recurse},
    {"smash", Smash},
    {"abort", Abort},
    {"assert", Assert},
    {"glibcxx assert", GlibcxxAssert},
    {"terminate", Terminate},
    {"throw", Throw},
    {"bomb new", BombNew},
    {"bomb malloc", BombMalloc},
    {"reserve", Reserve},
    {"spin", Spin},
    {"exit silently", ExitSilently},
    {"exit 7", ExitSeven},
    {"claim too much", ClaimTooMuch},
    {"claim all", ClaimAll},
    {"garbage", Garbage},
    {"forge code", ForgeCode},
    {"forge setup", ForgeSetup},
};

void Misbehave(Work& work) {
  const std::string_view name(
      reinterpret_cast<const char*>(work.request.data()), work.request.size());
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
