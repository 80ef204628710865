#include "vm/disassembler.h"

#include <algorithm>
#include <bit>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "base/bytes.h"
#include "base/text.h"
#include "vm/opcode.h"

namespace picklebox::vm {
namespace {

constexpr size_t kShownText = 48;  // bytes of an operand
constexpr size_t kShownStack = 8;  // values
constexpr size_t kPeek = 256;      // bytes looked at for an operand
constexpr int kStackColumn = 44;

uint64_t Number(absl::string_view bytes) {
  uint64_t value = 0;
  for (size_t i = bytes.size(); i-- > 0;)
    value = value << 8 | static_cast<uint8_t>(bytes[i]);
  return value;
}

std::string Quoted(absl::string_view text, uint64_t size,
                   absl::string_view prefix) {
  const absl::string_view shown = text.substr(0, kShownText);
  return absl::StrCat(
      prefix, "'", base::EscapeAscii(shown, '\''), "'",
      shown.size() < size ? absl::StrCat("... (", size, " bytes)") : "");
}

std::string FirstLine(absl::string_view text) {
  const absl::string_view line = text.substr(0, text.find('\n'));
  const bool cut = line.size() > kShownText || line.size() == text.size();
  return absl::StrCat(base::EscapeAscii(line.substr(0, kShownText)),
                      cut ? "..." : "");
}

}  // namespace

std::string FormatOperand(absl::string_view bytes) {
  const OpcodeInfo* info =
      bytes.empty() ? nullptr : FindOpcode(static_cast<uint8_t>(bytes[0]));
  if (info == nullptr) return "";
  const absl::string_view rest = bytes.substr(1);
  const uint8_t fixed = FixedOperandSize(info->operand);
  if (rest.size() < fixed) return "(cut off)";
  const uint64_t number = Number(rest.substr(0, fixed));
  const absl::string_view payload = rest.substr(fixed);
  switch (info->operand) {
    case Operand::kNone:
      return "";
    case Operand::kU8:
    case Operand::kU16:
    case Operand::kU32:
    case Operand::kU64:
      return absl::StrCat(number);
    case Operand::kI32:
      return absl::StrCat(static_cast<int32_t>(number));
    case Operand::kFloat64:
      return absl::StrFormat("%.17g",
                             std::bit_cast<double>(__builtin_bswap64(number)));
    case Operand::kDecimal:
    case Operand::kDecimalLong:
    case Operand::kFloatText:
    case Operand::kQuotedLine:
    case Operand::kEscapedLine:
    case Operand::kLine:
      return FirstLine(rest);
    case Operand::kTwoLines: {
      const size_t newline = rest.find('\n');
      const absl::string_view second =
          newline == absl::string_view::npos ? "" : rest.substr(newline + 1);
      return absl::StrCat(FirstLine(rest), " ", FirstLine(second));
    }
    case Operand::kLong1:
    case Operand::kLong4:
      return absl::StrFormat("(%d bytes)", static_cast<int32_t>(number));
    case Operand::kString1:
    case Operand::kString4:
    case Operand::kUtf8x1:
    case Operand::kUtf8x4:
    case Operand::kUtf8x8:
      return Quoted(payload.substr(0, number), number, "");
    case Operand::kBytes1:
    case Operand::kBytes4:
    case Operand::kBytes8:
      return Quoted(payload.substr(0, number), number, "b");
  }
  return "";
}

void Disassembler::Before(const Machine& machine, uint64_t offset) {
  Finish();
  const base::Window& in = machine.window();
  const absl::string_view bytes(reinterpret_cast<const char*>(in.p),
                                std::min(in.shown(), kPeek));
  const OpcodeInfo* info =
      bytes.empty() ? nullptr : FindOpcode(static_cast<uint8_t>(bytes[0]));
  opcode_ = absl::StrFormat(
      "%8d: %02x %-16s %s", offset, bytes.empty() ? 0 : *in.p,
      info == nullptr ? "(no opcode)" : info->name, FormatOperand(bytes));
  pending_ = true;
  memo_before_ = machine.memo_count();
}

void Disassembler::After(const Machine& machine, uint64_t) {
  const absl::Span<const NodeId> stack = machine.stack();
  const absl::Span<const uint32_t> marks = machine.marks();
  const size_t from =
      stack.size() > kShownStack ? stack.size() - kShownStack : 0;
  std::string shown = from > 0 ? "... " : "";
  size_t mark = static_cast<size_t>(
      std::lower_bound(marks.begin(), marks.end(), from) - marks.begin());
  for (size_t i = from; i <= stack.size(); ++i) {
    for (size_t shown_marks = 0; mark < marks.size() && marks[mark] == i;
         ++mark) {
      if (++shown_marks <= kShownStack) absl::StrAppend(&shown, "( ");
    }
    if (i < stack.size()) {
      absl::StrAppend(
          &shown, NodeKindName(machine.builder().ledger().kind(stack[i])), " ");
    }
  }
  const bool stored = machine.memo_count() > memo_before_;
  Put(shown, stored ? absl::StrCat("memo ", memo_before_) : "");
}

void Disassembler::Put(absl::string_view stack, absl::string_view memo) {
  std::string line = absl::StrFormat("%-*s | %s%s%s", kStackColumn, opcode_,
                                     stack, memo.empty() ? "" : "  ", memo);
  absl::StripTrailingAsciiWhitespace(&line);
  line_(absl::StrCat(line, "\n"));
  pending_ = false;
}

void Disassembler::Finish() {
  if (pending_) line_(absl::StrCat(opcode_, "\n"));
  pending_ = false;
}

}  // namespace picklebox::vm
