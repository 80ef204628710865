#include "sandbox/bpf.h"

#include <cstddef>
#include <cstring>

namespace picklebox::sandbox {
namespace {

constexpr size_t kScratchWords = BPF_MEMWORDS;

struct Machine {
  uint32_t a = 0;
  uint32_t x = 0;
  uint32_t scratch[kScratchWords] = {};
};

// Arithmetic of one BPF_ALU instruction; nullopt for an unknown operation and
// for a division by zero.
std::optional<uint32_t> Compute(uint16_t operation, uint32_t a, uint32_t b) {
  switch (operation) {
    case BPF_ADD:
      return a + b;
    case BPF_SUB:
      return a - b;
    case BPF_MUL:
      return a * b;
    case BPF_DIV:
      if (b == 0) return std::nullopt;
      return a / b;
    case BPF_AND:
      return a & b;
    case BPF_OR:
      return a | b;
    case BPF_XOR:
      return a ^ b;
    case BPF_LSH:
      if (b > 31) return std::nullopt;
      return a << b;
    case BPF_RSH:
      if (b > 31) return std::nullopt;
      return a >> b;
    case BPF_NEG:
      return 0u - a;
    default:
      return std::nullopt;
  }
}

std::optional<bool> Compare(uint16_t operation, uint32_t a, uint32_t b) {
  switch (operation) {
    case BPF_JEQ:
      return a == b;
    case BPF_JGT:
      return a > b;
    case BPF_JGE:
      return a >= b;
    case BPF_JSET:
      return (a & b) != 0;
    default:
      return std::nullopt;
  }
}

std::optional<uint32_t> Load(const seccomp_data& call, uint32_t offset) {
  if (offset % 4 != 0 || offset > sizeof(call) - 4) return std::nullopt;
  uint32_t word;
  std::memcpy(&word, reinterpret_cast<const char*>(&call) + offset, 4);
  return word;
}

// One instruction that neither jumps nor returns. False if it is not legal.
bool Step(const sock_filter& instruction, const seccomp_data& call,
          Machine& m) {
  const uint32_t k = instruction.k;
  switch (instruction.code) {
    case BPF_LD | BPF_W | BPF_ABS: {
      const std::optional<uint32_t> word = Load(call, k);
      if (!word) return false;
      m.a = *word;
      return true;
    }
    case BPF_LD | BPF_W | BPF_LEN:
      m.a = sizeof(call);
      return true;
    case BPF_LDX | BPF_W | BPF_LEN:
      m.x = sizeof(call);
      return true;
    case BPF_LD | BPF_IMM:
      m.a = k;
      return true;
    case BPF_LDX | BPF_IMM:
      m.x = k;
      return true;
    case BPF_MISC | BPF_TAX:
      m.x = m.a;
      return true;
    case BPF_MISC | BPF_TXA:
      m.a = m.x;
      return true;
    default:
      break;
  }
  const uint16_t kind = BPF_CLASS(instruction.code);
  if (kind == BPF_ALU) {
    const uint32_t operand = BPF_SRC(instruction.code) == BPF_X ? m.x : k;
    const std::optional<uint32_t> value =
        Compute(BPF_OP(instruction.code), m.a, operand);
    if (!value) return false;
    m.a = *value;
    return true;
  }
  if (k >= kScratchWords) return false;
  switch (instruction.code) {
    case BPF_LD | BPF_MEM:
      m.a = m.scratch[k];
      return true;
    case BPF_LDX | BPF_MEM:
      m.x = m.scratch[k];
      return true;
    case BPF_ST:
      m.scratch[k] = m.a;
      return true;
    case BPF_STX:
      m.scratch[k] = m.x;
      return true;
    default:
      return false;
  }
}

}  // namespace

std::optional<uint32_t> Evaluate(std::span<const sock_filter> program,
                                 const seccomp_data& call) {
  Machine m;
  // 64 bits, so that no sum of an index and a 32-bit jump wraps.
  for (uint64_t at = 0; at < program.size(); ++at) {
    const sock_filter& instruction = program[at];
    if (instruction.code == (BPF_RET | BPF_K)) return instruction.k;
    if (instruction.code == (BPF_RET | BPF_A)) return m.a;
    if (BPF_CLASS(instruction.code) != BPF_JMP) {
      if (!Step(instruction, call, m)) return std::nullopt;
      continue;
    }
    if (instruction.code == (BPF_JMP | BPF_JA)) {
      at += instruction.k;
      continue;
    }
    const uint32_t operand =
        BPF_SRC(instruction.code) == BPF_X ? m.x : instruction.k;
    const std::optional<bool> taken =
        Compare(BPF_OP(instruction.code), m.a, operand);
    if (!taken) return std::nullopt;
    at += *taken ? instruction.jt : instruction.jf;
  }
  return std::nullopt;
}

}  // namespace picklebox::sandbox
