// The operands of the author.
#include <algorithm>

#include "absl/strings/str_cat.h"
#include "tests/conformance/differ/author.h"
#include "tests/conformance/differ/words.h"

namespace picklebox::differ {

using vm::Opcode;

namespace {

// The last kForeignWords are not ASCII.
constexpr size_t kForeignWords = 3;
constexpr absl::string_view kWords[] = {"a",
                                        "b",
                                        "__class__",
                                        "builtins",
                                        "__builtin__",
                                        "list",
                                        "xrange",
                                        "os",
                                        "path.join",
                                        "collections",
                                        "OrderedDict",
                                        "copy_reg",
                                        "_reconstructor",
                                        "numpy.core.multiarray",
                                        "<locals>",
                                        "x y",
                                        "\xc3\xa9",
                                        "\xe2\x82\xac",
                                        "\xf0\x9f\x98\x80"};
constexpr absl::string_view kNastyWords[] = {"",
                                             "a\\x41",
                                             "a\\u0041b",
                                             "\\\\u0041",
                                             "\\ud800",
                                             "\\",
                                             "\xff",
                                             "\xc3",
                                             "\xed\xa0\x80",
                                             "\xed\xb0\x80",
                                             "a\rb",
                                             "a\r",
                                             "a\0b",
                                             "\xef\xbb\xbf",
                                             "\xc0\x80",
                                             "\\U0001",
                                             "\\U00110000x",
                                             "\\N{DASH}",
                                             "'",
                                             "a\x85"};

constexpr absl::string_view kNastyNumbers[] = {"",
                                               "00",
                                               "01",
                                               "02",
                                               "-1",
                                               "+1",
                                               "+0",
                                               "-0",
                                               " 1",
                                               "1 ",
                                               "\t7",
                                               "7\v",
                                               "010",
                                               "08",
                                               "0x1f",
                                               "-0x1",
                                               "0X",
                                               "0b11",
                                               "0o17",
                                               "1_000",
                                               "0_1",
                                               "_1",
                                               "1__0",
                                               "1L",
                                               "12L",
                                               "-5L",
                                               "LL",
                                               "L",
                                               "00\r",
                                               "01\r",
                                               "1\r",
                                               "9223372036854775807",
                                               "9223372036854775808",
                                               "-9223372036854775808",
                                               "-9223372036854775809",
                                               "123456789012345678901234567890",
                                               "0x8000000000000000",
                                               "0777777777777777777777",
                                               "01777777777777777777777",
                                               "1.5",
                                               "-0.0",
                                               "1e400",
                                               "-1e400",
                                               ".5",
                                               "5.",
                                               "+.5",
                                               "1e-5",
                                               "1e-400",
                                               "4.9e-324",
                                               "inf",
                                               "-Infinity",
                                               "nan",
                                               "-nan",
                                               "NAN",
                                               "infin",
                                               "1_0.5",
                                               " 1.5",
                                               "1.5 ",
                                               "0x1p3",
                                               "e5",
                                               "1e",
                                               "1.5f",
                                               "\xd9\xa1"};
constexpr absl::string_view kNulNumbers[] = {
    {"1\0x", 3}, {"\0001", 2}, {"01\0", 3}, {"1.5\0z", 5}, {"\0", 1}};

constexpr absl::string_view kEscapes[] = {
    "\\n",   "\\x41", "\\xe9", "\\101", "\\0",  "\\\\",    "\\'",
    "\\400", "\\a",   "\\q",   "\\",    "\\x4", "\\u0041", "\\8"};

std::string BigEndian(uint64_t value) {
  std::string bytes = LittleEndian(value, 8);
  std::reverse(bytes.begin(), bytes.end());
  return bytes;
}

}  // namespace

std::string Author::Payload(Content content) {
  if (Nasty() && dice_.OneIn(2)) return std::string(dice_.Pick(kNastyWords));
  if (content != Content::kBytes && !dice_.OneIn(20)) {
    const size_t words =
        std::size(kWords) - (content == Content::kAscii ? kForeignWords : 0);
    return std::string(kWords[dice_.Below(words)]);
  }
  // Around the lengths at which something changes.
  constexpr uint64_t kLengths[] = {0,  1,   2,   3,   7,   8,   9,    15,
                                   16, 63,  64,  127, 128, 255, 256,  257,
                                   0,  300, 999, 1,   2,   3,   4095, 4096};
  const uint64_t length =
      dice_.OneIn(4) ? dice_.Pick(kLengths) : dice_.Below(12);
  if (content != Content::kBytes)
    return std::string(length, static_cast<char>('a' + length % 26));
  std::string bytes(length, '\0');
  for (char& c : bytes) c = static_cast<char>(dice_.Next() >> 24);
  return bytes;
}

// Strings of Python 2 are ASCII more often than not.
std::string Author::Payload(vm::Operand operand) {
  switch (operand) {
    case vm::Operand::kQuotedLine:
    case vm::Operand::kString1:
    case vm::Operand::kString4:
      return Payload(dice_.OneIn(20) ? Content::kText : Content::kAscii);
    case vm::Operand::kLine:
      return Payload(Content::kAscii);
    case vm::Operand::kTwoLines:
    case vm::Operand::kEscapedLine:
    case vm::Operand::kUtf8x1:
    case vm::Operand::kUtf8x4:
    case vm::Operand::kUtf8x8:
      return Payload(Content::kText);
    default:
      return Payload(Content::kBytes);
  }
}

std::string Author::Counted(size_t width, absl::string_view payload) {
  if (width == 1) payload = payload.substr(0, 255);
  uint64_t length = payload.size();
  if (Nasty() && dice_.OneIn(10)) {
    constexpr uint64_t kWrong[] = {1, 2, 3, 200, uint64_t{0} - 1};
    length += dice_.Pick(kWrong);
  }
  return absl::StrCat(LittleEndian(length, width), payload);
}

std::string Author::Line(vm::Operand operand) {
  if (operand == vm::Operand::kQuotedLine) {
    const char* const quote = dice_.OneIn(3) ? "\"" : "'";
    std::string inside = Payload(operand);
    if (dice_.OneIn(3)) absl::StrAppend(&inside, dice_.Pick(kEscapes));
    if (Nasty() && dice_.OneIn(3)) return inside + "\n";
    return absl::StrCat(quote, inside, quote, "\n");
  }
  if (operand == vm::Operand::kLine || operand == vm::Operand::kTwoLines ||
      operand == vm::Operand::kEscapedLine) {
    std::string text = Payload(operand);
    text.erase(std::remove(text.begin(), text.end(), '\n'), text.end());
    return text + "\n";
  }
  if (Nasty()) {
    return absl::StrCat(
        dice_.OneIn(6) ? dice_.Pick(kNulNumbers) : dice_.Pick(kNastyNumbers),
        "\n");
  }
  const int64_t number = static_cast<int64_t>(dice_.Next()) >> dice_.Below(64);
  if (operand == vm::Operand::kFloatText)
    return absl::StrCat(static_cast<double>(number) / 1024, "\n");
  if (operand == vm::Operand::kDecimalLong)
    return absl::StrCat(number, dice_.OneIn(9) ? "" : "L", "\n");
  return absl::StrCat(number, "\n");
}

// The index of a memo entry: one that is there, or the next one.
std::string Author::Index(Opcode opcode, size_t width) {
  if (ReadsMemo(opcode)) {
    index_ = memo_.empty() ? 0 : memo_[dice_.Below(memo_.size())].index;
    if (Nasty() && dice_.OneIn(8)) index_ = dice_.Below(300);
  } else {
    index_ = memo_.size();
    if (Nasty()) {
      constexpr uint64_t kOdd[] = {0,   1,   2,    3,     5,     7,
                                   255, 256, 1000, 65535, 65536, 100'000};
      index_ = dice_.Pick(kOdd);
    }
  }
  if (width == 0) {
    if (Nasty() && dice_.OneIn(4)) {
      index_ = uint64_t{0} - 1;  // whatever that means
      return Line(vm::Operand::kDecimal);
    }
    return absl::StrCat(index_, "\n");
  }
  if (width < 8) index_ &= (uint64_t{1} << (8 * width)) - 1;
  return LittleEndian(index_, width);
}

std::string Author::Operand(const vm::OpcodeInfo& info) {
  if (ReadsMemo(info.opcode) || WritesMemo(info.opcode))
    return Index(info.opcode, vm::FixedOperandSize(info.operand));
  if (IsExtension(info.opcode) && !Nasty()) {
    const size_t width = vm::FixedOperandSize(info.operand);
    uint64_t code = dice_.Pick(kExtensions).code;
    if (width < 8 && code >> (8 * width) != 0) code = kExtensions[0].code;
    return LittleEndian(code, width);
  }
  switch (info.operand) {
    case vm::Operand::kNone:
      return "";
    case vm::Operand::kU8:
      if (info.opcode == Opcode::kProto)
        return LittleEndian(dice_.Below(dice_.OneIn(9) ? 9 : 6), 1);
      return LittleEndian(dice_.Next(), 1);
    case vm::Operand::kU16:
      return LittleEndian(dice_.OneIn(2) ? dice_.Below(3) : dice_.Next(), 2);
    case vm::Operand::kI32:
    case vm::Operand::kU32:
      return LittleEndian(dice_.OneIn(2) ? dice_.Below(3) : dice_.Next(), 4);
    case vm::Operand::kU64:
      return LittleEndian(dice_.Below(40), 8);
    case vm::Operand::kFloat64: {
      constexpr uint64_t kBits[] = {0x3ff0000000000000u, 0x8000000000000000u,
                                    0x7ff0000000000000u, 0x7ff8000000000000u,
                                    0x7ff0000000000001u, 0xfff8000000000123u,
                                    0x0000000000000001u, 0};
      return BigEndian(dice_.OneIn(2) ? dice_.Pick(kBits) : dice_.Next());
    }
    case vm::Operand::kDecimal:
    case vm::Operand::kDecimalLong:
    case vm::Operand::kFloatText:
    case vm::Operand::kQuotedLine:
    case vm::Operand::kEscapedLine:
    case vm::Operand::kLine:
      if (info.opcode == Opcode::kInt && dice_.OneIn(6))
        return dice_.OneIn(2) ? "00\n" : "01\n";
      return Line(info.operand);
    case vm::Operand::kTwoLines: {
      // Of INST, names are ASCII.
      const vm::Operand line = info.opcode == Opcode::kInst
                                   ? vm::Operand::kLine
                                   : vm::Operand::kTwoLines;
      const std::string module = Line(line);
      return module + Line(line);
    }
    case vm::Operand::kLong1:
    case vm::Operand::kString1:
    case vm::Operand::kBytes1:
    case vm::Operand::kUtf8x1:
      return Counted(1, Payload(info.operand));
    case vm::Operand::kLong4:
    case vm::Operand::kString4:
    case vm::Operand::kBytes4:
    case vm::Operand::kUtf8x4:
      return Counted(4, Payload(info.operand));
    case vm::Operand::kBytes8:
    case vm::Operand::kUtf8x8:
      return Counted(8, Payload(info.operand));
  }
  return "";
}

}  // namespace picklebox::differ
