// Writes a dictionary for libFuzzer: every opcode of the table, and words that
// the machine and the judge look for.
//
//   make_dictionary OUT
#include <cstdio>
#include <fstream>
#include <string>

#include "absl/strings/ascii.h"
#include "absl/strings/str_format.h"
#include "vm/opcode.h"

namespace {

constexpr absl::string_view kWords[] = {"builtins\nrange\n",
                                        "os\nsystem\n",
                                        "__builtin__\nset\n",
                                        "collections\n",
                                        "__setstate__",
                                        "__class__",
                                        "numpy",
                                        "\x80\x04\x95",
                                        "\x80\x02",
                                        "L\n",
                                        "0x",
                                        "\\u0041",
                                        "\\x41",
                                        "\xed\xa0\x80",
                                        "\xf4\x90\x80\x80"};

std::string Escaped(absl::string_view bytes) {
  std::string out;
  for (const char c : bytes) {
    absl::StrAppendFormat(&out, "\\x%02x", static_cast<uint8_t>(c));
  }
  return out;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) {
    std::fputs("usage: make_dictionary OUT\n", stderr);
    return 4;
  }
  std::ofstream out(argv[1]);
  for (const picklebox::vm::OpcodeInfo& info : picklebox::vm::Opcodes()) {
    // An operand of zeros: a number, or a length of nothing.
    std::string bytes(1, static_cast<char>(info.opcode));
    bytes.append(picklebox::vm::FixedOperandSize(info.operand), '\0');
    out << absl::AsciiStrToLower(info.name) << "=\"" << Escaped(bytes)
        << "\"\n";
  }
  for (const absl::string_view word : kWords) {
    out << "\"" << Escaped(word) << "\"\n";
  }
  out.close();
  return out.good() ? 0 : 1;
}
