#include "fuzz/opcode_mutator.h"

#include <algorithm>
#include <optional>

#include "absl/strings/str_cat.h"
#include "vm/opcode.h"

namespace picklebox::fuzz {
namespace {

using vm::Operand;

// Names and numbers that some code looks for.
constexpr absl::string_view kWords[] = {
    "builtins", "range",          "os",          "system",    "__builtin__",
    "set",      "getattr",        "a.b",         "__class__", "collections",
    "deque",    "datetime",       "OrderedDict", "numpy",     "ndarray",
    "copyreg",  "_reconstructor", "x",           "\xc3\xa9",  "\xed\xa0\x80"};
constexpr absl::string_view kLines[] = {"0",
                                        "1",
                                        "00",
                                        "01",
                                        "-1",
                                        "255",
                                        "010",
                                        "0x10",
                                        "1_0",
                                        " 1",
                                        "1L",
                                        "7L",
                                        "9223372036854775808",
                                        "-9223372036854775809",
                                        "1.5",
                                        "inf",
                                        "-nan",
                                        "1e400",
                                        "'a'",
                                        "\"\\x41\\n\"",
                                        "''",
                                        "'\\'",
                                        "\\u0041\\ud800",
                                        "\\\\u0041"};

// What picklers and attackers write. An opcode alone seldom does anything.
constexpr absl::string_view kPhrases[] = {"]",
                                          "}",
                                          ")",
                                          "\x8f",
                                          "(",
                                          "N",
                                          "\x88",
                                          "K\x01",
                                          "\x8c\x01"
                                          "a",
                                          "](K\x01K\x02"
                                          "e",
                                          "}(\x8c\x01"
                                          "aK\x01u",
                                          "\x8f(K\x01K\x02\x90",
                                          "(K\x01\x91",
                                          "(K\x01l",
                                          "(K\x01K\x02t",
                                          "(K\x01K\x02"
                                          "d",
                                          "cbuiltins\nrange\n",
                                          "\x8c\x08"
                                          "builtins\x8c\x03"
                                          "set\x93",
                                          "cos\nsystem\n",
                                          "ccollections\nOrderedDict\n",
                                          "K\x01\x85R",
                                          ")R",
                                          ")\x81",
                                          ")}\x92",
                                          "}b",
                                          "}\x8c\x01"
                                          "aK\x01sb",
                                          "}\x8c\x09__class__K\x01sb",
                                          "N}\x86"
                                          "b",
                                          "(cbuiltins\nset\no",
                                          "(K\x01ibuiltins\nset\n",
                                          "P1\n",
                                          "K\x01Q",
                                          "\x82\x01",
                                          "\x97",
                                          "\x97\x98",
                                          "\x94",
                                          "0",
                                          "2",
                                          "1",
                                          "."};

std::string Bytes(uint64_t value, int size) {
  std::string bytes;
  for (int i = 0; i < size; ++i) {
    bytes.push_back(static_cast<char>(value >> (8 * i)));
  }
  return bytes;
}

uint64_t Number(absl::string_view bytes) {
  uint64_t value = 0;
  for (size_t i = bytes.size(); i-- > 0;) {
    value = value << 8 | static_cast<uint8_t>(bytes[i]);
  }
  return value;
}

// Bytes of the opcode at the start of `rest`; nullopt if it cannot be read.
std::optional<size_t> SizeOf(absl::string_view rest) {
  const vm::OpcodeInfo* const info =
      vm::FindOpcode(static_cast<uint8_t>(rest[0]));
  if (info == nullptr) return std::nullopt;
  size_t size = 1 + vm::FixedOperandSize(info->operand);
  if (size > rest.size()) return std::nullopt;
  if (info->operand >= Operand::kLong1) {
    const uint64_t counted = Number(rest.substr(1, size - 1));
    if (counted > rest.size() - size) return std::nullopt;
    return size + counted;
  }
  if (info->operand < Operand::kDecimal) return size;
  for (int lines = info->operand == Operand::kTwoLines ? 2 : 1; lines > 0;
       --lines) {
    const size_t newline = rest.find('\n', size);
    if (newline == absl::string_view::npos) return std::nullopt;
    size = newline + 1;
  }
  return size;
}

// About how many memo entries are written before `end`.
uint64_t CountMemo(absl::string_view pickle,
                   const std::vector<size_t>& boundaries, size_t end) {
  uint64_t count = 0;
  for (size_t i = 0; i + 1 < boundaries.size() && boundaries[i] < end; ++i) {
    switch (static_cast<vm::Opcode>(pickle[boundaries[i]])) {
      case vm::Opcode::kMemoize:
      case vm::Opcode::kPut:
      case vm::Opcode::kBinput:
      case vm::Opcode::kLongBinput:
        ++count;
        break;
      default:
        break;
    }
  }
  return count;
}

}  // namespace

std::vector<size_t> OpcodeMutator::Boundaries(absl::string_view pickle) {
  std::vector<size_t> boundaries = {0};
  while (boundaries.back() < pickle.size()) {
    const std::optional<size_t> size = SizeOf(pickle.substr(boundaries.back()));
    if (!size) break;
    boundaries.push_back(boundaries.back() + *size);
  }
  return boundaries;
}

std::string OpcodeMutator::MemoIndex(uint64_t memo, bool written) {
  if (OneIn(8)) return absl::StrCat(random_() % 70000);
  if (!written) return absl::StrCat(memo);
  return absl::StrCat(memo == 0 ? 0 : random_() % memo);
}

std::string OpcodeMutator::Counted(int length_bytes, bool text) {
  std::string body;
  if (text || OneIn(2)) {
    body = std::string(kWords[Below(std::size(kWords))]);
    // Text beyond 256 bytes stays in the input.
    if (OneIn(6) && length_bytes > 1) body.resize(250 + Below(20), 'x');
  } else {
    body.resize(Below(12));
    for (char& c : body) c = static_cast<char>(random_());
  }
  return Bytes(body.size(), length_bytes) + body;
}

std::string OpcodeMutator::Line() {
  return absl::StrCat(kLines[Below(std::size(kLines))], "\n");
}

// An opcode of the table with an operand that can be read.
std::string OpcodeMutator::Opcode(uint64_t memo) {
  const vm::OpcodeInfo& info = vm::Opcodes()[Below(vm::Opcodes().size())];
  const bool writes = info.name.find("PUT") != absl::string_view::npos;
  const bool indexed =
      writes || info.name.find("GET") != absl::string_view::npos;
  std::string out(1, static_cast<char>(info.opcode));
  const uint64_t index =
      indexed ? std::stoull(MemoIndex(memo, !writes)) : random_();
  switch (info.operand) {
    case Operand::kNone:
      return out;
    case Operand::kU8:
      if (info.opcode == vm::Opcode::kProto) return out + Bytes(Below(7), 1);
      return out + Bytes(index, 1);
    case Operand::kU16:
      return out + Bytes(index, 2);
    case Operand::kI32:
    case Operand::kU32:
      return out + Bytes(OneIn(2) ? index : index % 300, 4);
    case Operand::kU64:
      return out + Bytes(Below(64), 8);
    case Operand::kFloat64:
      return out + Bytes(random_() * uint64_t{random_()}, 8);
    case Operand::kDecimal:
      return out + (indexed ? absl::StrCat(index, "\n") : Line());
    case Operand::kDecimalLong:
    case Operand::kFloatText:
    case Operand::kQuotedLine:
    case Operand::kEscapedLine:
    case Operand::kLine:
      return out + Line();
    case Operand::kTwoLines:
      return absl::StrCat(out, kWords[Below(std::size(kWords))], "\n",
                          kWords[Below(std::size(kWords))], "\n");
    case Operand::kLong1:
    case Operand::kString1:
    case Operand::kBytes1:
      return out + Counted(1, false);
    case Operand::kUtf8x1:
      return out + Counted(1, true);
    case Operand::kLong4:
    case Operand::kString4:
    case Operand::kBytes4:
      return out + Counted(4, false);
    case Operand::kUtf8x4:
      return out + Counted(4, true);
    case Operand::kBytes8:
      return out + Counted(8, false);
    case Operand::kUtf8x8:
      return out + Counted(8, true);
  }
  return out;
}

std::string OpcodeMutator::Phrase(uint64_t memo) {
  if (memo > 0 && OneIn(4))
    return absl::StrCat("g", MemoIndex(memo, true), "\n");
  return std::string(kPhrases[Below(std::size(kPhrases))]);
}

std::string OpcodeMutator::Opcodes(uint64_t memo) {
  std::string out;
  for (uint32_t left = 1 + Below(4); left > 0; --left) {
    out += OneIn(2) ? Phrase(memo) : Opcode(memo);
  }
  return out;
}

std::string OpcodeMutator::Mutate(absl::string_view pickle) {
  const std::vector<size_t> boundaries = Boundaries(pickle);
  const uint32_t count = static_cast<uint32_t>(boundaries.size());
  const uint32_t from = Below(count);
  const uint32_t to = std::min(count - 1, from + 1 + Below(8));
  const absl::string_view before = pickle.substr(0, boundaries[from]);
  const absl::string_view range =
      pickle.substr(boundaries[from], boundaries[to] - boundaries[from]);
  const absl::string_view after = pickle.substr(boundaries[to]);
  const uint64_t memo = CountMemo(pickle, boundaries, boundaries[from]);
  switch (Below(6)) {
    case 0:  // double
      return absl::StrCat(before, range, range, after);
    case 1:  // drop
      return absl::StrCat(before, after);
    case 2: {  // copy to another place
      const size_t place = boundaries[Below(count)];
      return absl::StrCat(pickle.substr(0, place), range, pickle.substr(place));
    }
    case 3:  // replace
      return absl::StrCat(before, Opcodes(memo), after);
    default:  // insert
      return absl::StrCat(before, Opcodes(memo), range, after);
  }
}

std::string OpcodeMutator::CrossOver(absl::string_view first,
                                     absl::string_view second) {
  const std::vector<size_t> here = Boundaries(first);
  const std::vector<size_t> there = Boundaries(second);
  return absl::StrCat(
      first.substr(0, here[Below(static_cast<uint32_t>(here.size()))]),
      second.substr(there[Below(static_cast<uint32_t>(there.size()))]));
}

}  // namespace picklebox::fuzz
