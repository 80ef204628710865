// The filters, those of this processor and those of another, evaluated.
#include "sandbox/filter.h"

#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>

#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "sandbox/bpf.h"

namespace picklebox::sandbox {
namespace {

namespace aarch64 {
#include "sandbox/filter_programs_aarch64.inc"
}  // namespace aarch64

using Program = std::vector<sock_filter>;

constexpr uint16_t kReturn = BPF_RET | BPF_K;
constexpr uint32_t kKill = SECCOMP_RET_KILL_PROCESS;
constexpr uint32_t kAllow = SECCOMP_RET_ALLOW;
constexpr uint32_t kFault = SECCOMP_RET_ERRNO | EFAULT;
constexpr uint64_t kWakePrivate = 129;

// From the kernel's tables, not from the headers of this machine.
constexpr CallNumbers kX86Numbers = {AUDIT_ARCH_X86_64, 231, 202, 17, 0, 1};
constexpr CallNumbers kAarch64Numbers = {
    AUDIT_ARCH_AARCH64, 94, 98, 67, 63, 64};

struct Case {
  std::string name;
  std::span<const sock_filter> program;
  Profile profile;
  CallNumbers numbers;
};

std::vector<Case> Cases() {
  return {
      {"NativeCompute", Filter(Profile::kCompute), Profile::kCompute,
       kNativeNumbers},
      {"NativeRead", Filter(Profile::kReadInput), Profile::kReadInput,
       kNativeNumbers},
      {"NativeAsk", Filter(Profile::kAskInput), Profile::kAskInput,
       kNativeNumbers},
      {"Aarch64Compute", aarch64::kComputeFilter, Profile::kCompute,
       kAarch64Numbers},
      {"Aarch64Read", aarch64::kReadInputFilter, Profile::kReadInput,
       kAarch64Numbers},
      {"Aarch64Ask", aarch64::kAskInputFilter, Profile::kAskInput,
       kAarch64Numbers},
  };
}

void PrintTo(const Case& tested, std::ostream* out) { *out << tested.name; }

class FilterTest : public testing::TestWithParam<Case> {
 protected:
  static seccomp_data Call(uint32_t nr) {
    seccomp_data call = {};
    call.nr = static_cast<int>(nr);
    call.arch = GetParam().numbers.audit_arch;
    return call;
  }
  static std::optional<uint32_t> Ask(const seccomp_data& call) {
    return Evaluate(GetParam().program, call);
  }
  static bool IsSound(const Program& program, Rigour rigour) {
    return FilterIsSound(program, GetParam().profile, rigour,
                         GetParam().numbers);
  }
  static Program Copy() {
    return Program(GetParam().program.begin(), GetParam().program.end());
  }
};

INSTANTIATE_TEST_SUITE_P(Filters, FilterTest, testing::ValuesIn(Cases()),
                         [](const auto& tested) { return tested.param.name; });

TEST_P(FilterTest, IsSound) {
  EXPECT_TRUE(IsSound(Copy(), Rigour::kSample));
  EXPECT_TRUE(IsSound(Copy(), Rigour::kExhaustive));
}

TEST_P(FilterTest, AllowsOneNumberWithoutArguments) {
  const uint32_t exit_group = GetParam().numbers.exit_group;
  for (uint32_t nr = 0; nr < 1 << 16; ++nr) {
    ASSERT_EQ(Ask(Call(nr)), nr == exit_group ? kAllow : kKill) << nr;
    ASSERT_EQ(Ask(Call(~nr)), kKill) << nr;
  }
  for (int bit = 0; bit < 32; ++bit) {
    EXPECT_EQ(Ask(Call(exit_group ^ 1u << bit)), kKill) << bit;
  }
}

// All there are, which takes two minutes a filter: PICKLEBOX_EXHAUSTIVE=1.
TEST_P(FilterTest, AllowsOneNumberOfAll) {
  if (getenv("PICKLEBOX_EXHAUSTIVE") == nullptr) {
    GTEST_SKIP() << "takes two minutes a filter: PICKLEBOX_EXHAUSTIVE=1";
  }
  const CallNumbers& numbers = GetParam().numbers;
  const bool reads = GetParam().profile == Profile::kReadInput;
  const bool asks = GetParam().profile == Profile::kAskInput;
  uint32_t nr = 0;
  do {
    seccomp_data call = Call(nr);
    call.args[0] = kInputFd;
    call.args[1] = kWakePrivate;
    const bool allowed = nr == numbers.exit_group ||
                         (reads && nr == numbers.pread64) ||
                         (asks && (nr == numbers.read || nr == numbers.write));
    ASSERT_EQ(Ask(call), allowed               ? kAllow
                         : nr == numbers.futex ? kFault
                                               : kKill)
        << nr;
  } while (++nr != 0);
}

TEST_P(FilterTest, WakesAreRefusedAndAllOtherFutexesKill) {
  seccomp_data call = Call(GetParam().numbers.futex);
  for (uint64_t operation = 0; operation < 512; ++operation) {
    call.args[1] = operation;
    EXPECT_EQ(Ask(call), operation == kWakePrivate ? kFault : kKill)
        << operation;
  }
  for (int bit = 0; bit < 64; ++bit) {
    call.args[1] = kWakePrivate ^ uint64_t { 1 } << bit;
    EXPECT_EQ(Ask(call), kKill) << bit;
  }
}

TEST_P(FilterTest, ReadsOneDescriptorOnly) {
  const CallNumbers& numbers = GetParam().numbers;
  for (const uint32_t nr : {numbers.pread64, numbers.read, numbers.write}) {
    seccomp_data call = Call(nr);
    const bool may =
        GetParam().profile ==
        (nr == numbers.pread64 ? Profile::kReadInput : Profile::kAskInput);
    for (uint64_t fd = 0; fd < 1024; ++fd) {
      call.args[0] = fd;
      EXPECT_EQ(Ask(call), may && fd == kInputFd ? kAllow : kKill) << fd;
    }
    for (int bit = 0; bit < 64; ++bit) {
      call.args[0] = kInputFd ^ uint64_t { 1 } << bit;
      EXPECT_EQ(Ask(call), kKill) << bit;
    }
  }
}

TEST_P(FilterTest, LooksAtTheArchitectureFirst) {
  std::set<uint32_t> foreign = {AUDIT_ARCH_X86_64,  AUDIT_ARCH_I386,
                                AUDIT_ARCH_ARM,     AUDIT_ARCH_AARCH64,
                                AUDIT_ARCH_RISCV64, 0,
                                0xffffffff};
  for (int bit = 0; bit < 32; ++bit) {
    foreign.insert(GetParam().numbers.audit_arch ^ 1u << bit);
  }
  foreign.erase(GetParam().numbers.audit_arch);
  for (const uint32_t arch : foreign) {
    for (uint32_t nr = 0; nr < 1024; ++nr) {
      seccomp_data call = Call(nr);
      call.arch = arch;
      call.args[0] = kInputFd;
      call.args[1] = kWakePrivate;
      ASSERT_EQ(Ask(call), kKill) << arch << " " << nr;
    }
  }
}

// Calls at which two programs with these constants could answer differently:
// each word of a call is a constant of the programs, or next to one, or one bit
// away from one.
std::vector<seccomp_data> TellingCalls(const Program& a, const Program& b) {
  std::set<uint32_t> words = {0, kInputFd, kWakePrivate, 0xffffffff};
  for (const Program* program : {&a, &b}) {
    for (const sock_filter& instruction : *program) {
      if (BPF_CLASS(instruction.code) == BPF_JMP) words.insert(instruction.k);
    }
  }
  std::set<uint32_t> near = words;
  for (const uint32_t word : words) {
    near.insert({word - 1, word + 1, word ^ 0x40000000u, word ^ 0x80000000u});
  }
  std::vector<seccomp_data> calls;
  const auto add = [&](uint32_t arch, uint32_t nr, uint64_t first,
                       uint64_t second) {
    seccomp_data call = {};
    call.arch = arch;
    call.nr = static_cast<int>(nr);
    call.args[0] = first;
    call.args[1] = second;
    calls.push_back(call);
  };
  for (const uint32_t arch : words) {
    for (const uint32_t nr : near) {
      for (const uint64_t high : {uint64_t{0}, uint64_t{1} << 32}) {
        add(arch, nr, high | kInputFd, kWakePrivate);
        add(arch, nr, kInputFd, high | kWakePrivate);
        add(arch, nr, high, high);
        add(arch, nr, 2, 128);
        add(arch, nr, 4, 130);
        add(arch, nr, 1, 1);
      }
    }
  }
  return calls;
}

bool Differ(const Program& a, const Program& b) {
  for (const seccomp_data& call : TellingCalls(a, b)) {
    if (Evaluate(a, call) != Evaluate(b, call)) return true;
  }
  return false;
}

// Every way of getting one instruction wrong.
std::vector<Program> Mutants(const Program& sound) {
  std::vector<Program> mutants;
  const auto change = [&](size_t at, const auto& how) {
    Program mutant = sound;
    how(mutant[at]);
    mutants.push_back(mutant);
  };
  for (size_t at = 0; at < sound.size(); ++at) {
    for (int bit = 0; bit < 32; ++bit) {
      change(at, [bit](sock_filter& i) { i.k ^= 1u << bit; });
    }
    change(at, [](sock_filter& i) { i = {kReturn, 0, 0, kAllow}; });
    change(at, [](sock_filter& i) { i = {kReturn, 0, 0, kFault}; });
    change(at, [](sock_filter& i) { std::swap(i.jt, i.jf); });
    change(at, [](sock_filter& i) { ++i.jt; });
    change(at, [](sock_filter& i) { ++i.jf; });
    change(at, [](sock_filter& i) { i.jt = i.jf = 0; });
    for (const uint16_t operation : {BPF_JEQ, BPF_JGT, BPF_JGE, BPF_JSET}) {
      if (BPF_CLASS(sound[at].code) != BPF_JMP) break;
      change(at, [operation](sock_filter& i) {
        i.code = static_cast<uint16_t>(BPF_JMP | BPF_K | operation);
      });
    }
    Program shorter = sound;
    shorter.erase(shorter.begin() + static_cast<ptrdiff_t>(at));
    mutants.push_back(shorter);
  }
  return mutants;
}

std::string Text(const Program& program) {
  std::string text;
  for (const sock_filter& i : program) {
    char line[64];
    std::snprintf(line, sizeof(line), "{0x%02x, %u, %u, 0x%08x}\n", i.code,
                  i.jt, i.jf, i.k);
    text += line;
  }
  return text;
}

TEST_P(FilterTest, EveryMutantThatDiffersIsUnsound) {
  const Program sound = Copy();
  int different = 0, alike = 0;
  for (const Program& mutant : Mutants(sound)) {
    const bool differs = Differ(sound, mutant);
    (differs ? different : alike) += 1;
    EXPECT_NE(IsSound(mutant, Rigour::kExhaustive), differs) << Text(mutant);
  }
  EXPECT_GT(different, alike);
}

TEST(FiltersTest, ProfilesAreNotInterchangeable) {
  for (const Case& is : Cases()) {
    for (const Case& said : Cases()) {
      EXPECT_EQ(FilterIsSound(is.program, said.profile, Rigour::kSample,
                              said.numbers),
                is.name == said.name)
          << is.name << " as " << said.name;
    }
  }
}

#if defined(__x86_64__)
TEST(FiltersTest, TheNumbersAreThoseOfTheKernel) {
  EXPECT_EQ(kNativeNumbers.audit_arch, kX86Numbers.audit_arch);
  EXPECT_EQ(kNativeNumbers.exit_group, kX86Numbers.exit_group);
  EXPECT_EQ(kNativeNumbers.futex, kX86Numbers.futex);
  EXPECT_EQ(kNativeNumbers.pread64, kX86Numbers.pread64);
  EXPECT_EQ(kNativeNumbers.read, kX86Numbers.read);
  EXPECT_EQ(kNativeNumbers.write, kX86Numbers.write);
}
#endif

}  // namespace
}  // namespace picklebox::sandbox
