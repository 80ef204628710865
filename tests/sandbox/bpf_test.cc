#include "sandbox/bpf.h"

#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>

#include <cstddef>
#include <optional>
#include <vector>

#include "gtest/gtest.h"
#include "sandbox/arch.h"

namespace picklebox::sandbox {
namespace {

using Program = std::vector<sock_filter>;

constexpr uint16_t kLoad = BPF_LD | BPF_W | BPF_ABS;
constexpr uint16_t kReturn = BPF_RET | BPF_K;
constexpr uint16_t kReturnA = BPF_RET | BPF_A;

seccomp_data Call(int nr, uint32_t audit_arch = arch::kAuditArch) {
  seccomp_data call = {};
  call.nr = nr;
  call.arch = audit_arch;
  return call;
}

std::optional<uint32_t> Execute(const Program& program) {
  seccomp_data call = Call(7);
  call.instruction_pointer = 0x1122334455667788;
  for (int i = 0; i < 6; ++i) call.args[i] = 0x0102030400000000u + i;
  return Evaluate(program, call);
}

TEST(BpfTest, LoadsEachWordOfTheCall) {
  EXPECT_EQ(Execute({{kLoad, 0, 0, 0}, {kReturnA, 0, 0, 0}}), 7u);
  EXPECT_EQ(Execute({{kLoad, 0, 0, 4}, {kReturnA, 0, 0, 0}}), arch::kAuditArch);
  EXPECT_EQ(Execute({{kLoad, 0, 0, 8}, {kReturnA, 0, 0, 0}}), 0x55667788u);
  EXPECT_EQ(Execute({{kLoad, 0, 0, 12}, {kReturnA, 0, 0, 0}}), 0x11223344u);
  EXPECT_EQ(Execute({{kLoad, 0, 0, 56}, {kReturnA, 0, 0, 0}}), 5u);
  EXPECT_EQ(Execute({{kLoad, 0, 0, 60}, {kReturnA, 0, 0, 0}}), 0x01020304u);
}

TEST(BpfTest, RefusesLoadsOutsideTheCall) {
  for (const uint32_t k : {1u, 2u, 62u, 64u, 68u, 0xfffffffcu, 0xffffffffu}) {
    EXPECT_EQ(Execute({{kLoad, 0, 0, k}, {kReturnA, 0, 0, 0}}), std::nullopt)
        << k;
  }
}

TEST(BpfTest, Arithmetic) {
  const struct {
    uint16_t operation;
    uint32_t a, k;
    std::optional<uint32_t> result;
  } cases[] = {
      {BPF_ADD, 0xffffffff, 2, 1},    {BPF_SUB, 1, 2, 0xffffffff},
      {BPF_MUL, 0x10000, 0x10000, 0}, {BPF_DIV, 7, 2, 3},
      {BPF_DIV, 7, 0, std::nullopt},  {BPF_AND, 0xff0, 0x0ff, 0x0f0},
      {BPF_OR, 0xf00, 0x00f, 0xf0f},  {BPF_XOR, 0xff, 0x0f, 0xf0},
      {BPF_LSH, 1, 31, 0x80000000},   {BPF_LSH, 1, 32, std::nullopt},
      {BPF_RSH, 0x80000000, 31, 1},   {BPF_NEG, 1, 0, 0xffffffff},
      {BPF_MOD, 7, 4, std::nullopt},  // seccomp does not have it
  };
  for (const auto& c : cases) {
    const auto code = static_cast<uint16_t>(BPF_ALU | c.operation);
    EXPECT_EQ(Execute({{BPF_LD | BPF_IMM, 0, 0, c.a},
                       {static_cast<uint16_t>(code | BPF_K), 0, 0, c.k},
                       {kReturnA, 0, 0, 0}}),
              c.result)
        << c.operation;
    EXPECT_EQ(Execute({{BPF_LD | BPF_IMM, 0, 0, c.a},
                       {BPF_LDX | BPF_IMM, 0, 0, c.k},
                       {static_cast<uint16_t>(code | BPF_X), 0, 0, 0},
                       {kReturnA, 0, 0, 0}}),
              c.result)
        << c.operation << " by X";
  }
}

TEST(BpfTest, ScratchAndRegisters) {
  EXPECT_EQ(Execute({{BPF_LD | BPF_IMM, 0, 0, 5},
                     {BPF_ST, 0, 0, 15},
                     {BPF_LD | BPF_IMM, 0, 0, 6},
                     {BPF_LDX | BPF_MEM, 0, 0, 15},
                     {BPF_STX, 0, 0, 0},
                     {BPF_LD | BPF_MEM, 0, 0, 0},
                     {kReturnA, 0, 0, 0}}),
            5u);
  EXPECT_EQ(Execute({{BPF_ST, 0, 0, 16}, {kReturn, 0, 0, 1}}), std::nullopt);
  EXPECT_EQ(Execute({{BPF_LD | BPF_IMM, 0, 0, 9},
                     {BPF_MISC | BPF_TAX, 0, 0, 0},
                     {BPF_LD | BPF_IMM, 0, 0, 0},
                     {BPF_MISC | BPF_TXA, 0, 0, 0},
                     {kReturnA, 0, 0, 0}}),
            9u);
  EXPECT_EQ(Execute({{BPF_LD | BPF_W | BPF_LEN, 0, 0, 0}, {kReturnA, 0, 0, 0}}),
            sizeof(seccomp_data));
}

TEST(BpfTest, JumpsGoWhereTheySay) {
  const auto branch = [](uint16_t operation, uint32_t k) {
    return Execute(
        {{kLoad, 0, 0, 0},  // 7
         {static_cast<uint16_t>(BPF_JMP | operation | BPF_K), 1, 2, k},
         {kReturn, 0, 0, 100},
         {kReturn, 0, 0, 101},    // taken
         {kReturn, 0, 0, 102}});  // not taken
  };
  EXPECT_EQ(branch(BPF_JEQ, 7), 101u);
  EXPECT_EQ(branch(BPF_JEQ, 8), 102u);
  EXPECT_EQ(branch(BPF_JGT, 6), 101u);
  EXPECT_EQ(branch(BPF_JGT, 7), 102u);
  EXPECT_EQ(branch(BPF_JGE, 7), 101u);
  EXPECT_EQ(branch(BPF_JGE, 8), 102u);
  EXPECT_EQ(branch(BPF_JSET, 4), 101u);
  EXPECT_EQ(branch(BPF_JSET, 8), 102u);
  EXPECT_EQ(Execute({{BPF_JMP | BPF_JA, 0, 0, 1},
                     {kReturn, 0, 0, 1},
                     {kReturn, 0, 0, 2}}),
            2u);
}

TEST(BpfTest, RefusesToRunOffTheEnd) {
  EXPECT_EQ(Execute({}), std::nullopt);
  EXPECT_EQ(Execute({{kLoad, 0, 0, 0}}), std::nullopt);
  EXPECT_EQ(Execute({{BPF_JMP | BPF_JA, 0, 0, 0xffffffff}, {kReturn, 0, 0, 1}}),
            std::nullopt);
  EXPECT_EQ(Execute({{BPF_JMP | BPF_JEQ, 255, 255, 0}, {kReturn, 0, 0, 1}}),
            std::nullopt);
  EXPECT_EQ(Execute({{0xffff, 0, 0, 0}, {kReturn, 0, 0, 1}}), std::nullopt);
}

}  // namespace
}  // namespace picklebox::sandbox
