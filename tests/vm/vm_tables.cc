// Shows the tables and readers of the machine to tests that are written in
// Python.
//
//   vm_tables opcodes            a line an opcode: name, byte, protocol,
//   operand
//                                size, stack before, stack after; tabs between
//   vm_tables int|long|memo|float
//                                reads lines of hexadecimal text, writes a line
//                                for each: agreed, then what was read
//   vm_tables text ENCODING ERRORS
//   vm_tables string|unicode     likewise: the UTF-8, or the bytes, in hex
#include <cstdint>
#include <cstdio>
#include <iostream>
#include <optional>
#include <string>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "vm/codec.h"
#include "vm/number.h"
#include "vm/opcode.h"

namespace picklebox::vm {
namespace {

constexpr uint64_t kMaxBytes = 64 << 10;

void PutOpcodes() {
  for (const OpcodeInfo& info : Opcodes()) {
    std::cout << absl::StreamFormat(
        "%s\t%d\t%d\t%d\t%d\t%s\t%s\n", info.name,
        static_cast<int>(info.opcode), info.protocol,
        static_cast<int>(info.operand), FixedOperandSize(info.operand),
        info.before, info.after);
  }
}

std::string Show(const IntegerText& number) {
  const std::string agreed = number.agreed ? "agreed " : "disputed ";
  if (number.fault == NumberFault::kTooLong) return agreed + "too-long";
  if (number.fault != NumberFault::kNone) return agreed + "none";
  if (number.is_bool) return agreed + (number.value != 0 ? "True" : "False");
  std::string bytes;
  if (number.fits) {
    bytes.assign(reinterpret_cast<const char*>(&number.value),
                 sizeof(number.value));
  } else {
    bytes.assign(number.bytes.begin(), number.bytes.end());
  }
  return absl::StrCat(agreed, absl::BytesToHexString(bytes));
}

std::string Show(const FloatText& number) {
  const std::string agreed = number.agreed ? "agreed " : "disputed ";
  if (number.fault != NumberFault::kNone) return agreed + "none";
  return absl::StrFormat("%s%.17g", agreed, number.value);
}

std::string Show(const std::optional<std::string>& text) {
  return text ? "=" + absl::BytesToHexString(*text) : "none";
}

// The answer for one text; empty for an unknown question.
std::string Answer(int argc, char** argv, const std::string& text) {
  const std::string what = argv[1];
  if (what == "int") return Show(ParseInt(text, kMaxBytes));
  if (what == "long") return Show(ParseLong(text, kMaxBytes));
  if (what == "memo") return Show(ParseMemoIndex(text));
  if (what == "float") return Show(ParseFloat(text));
  if (what == "string") return Show(UnescapeString(text));
  if (what == "unicode") return Show(DecodeRawUnicodeEscape(text));
  if (what == "text" && argc == 4) {
    return Show(DecodeText(text, FindEncoding(argv[2]), FindOnError(argv[3])));
  }
  return "";
}

int Main(int argc, char** argv) {
  if (argc < 2) return 4;
  if (std::string(argv[1]) == "opcodes") {
    PutOpcodes();
    return 0;
  }
  for (std::string line; std::getline(std::cin, line);) {
    const std::string answer = Answer(argc, argv, absl::HexStringToBytes(line));
    if (answer.empty()) return 4;
    std::cout << answer << "\n";
  }
  return 0;
}

}  // namespace
}  // namespace picklebox::vm

int main(int argc, char** argv) { return picklebox::vm::Main(argc, argv); }
