#include <algorithm>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "base/memory.h"
#include "fuzz/bodies/bodies.h"
#include "fuzz/bodies/check.h"
#include "graph/builder.h"
#include "vm/disassembler.h"
#include "vm/machine.h"

namespace picklebox::fuzz {
namespace {

// Text of at most 48 bytes is shown, twice for a pair of names, and a byte
// takes up to ten characters.
constexpr size_t kLongestOperand = 1024;
constexpr size_t kLongestLine = kLongestOperand + 512;

struct Listing {
  vm::Outcome outcome;
  std::vector<std::string> lines;
};

Listing List(absl::Span<const uint8_t> input, bool traced) {
  base::HeapMemory memory;
  std::vector<uint8_t> out(input.size() * 8 + 4096);
  report::FindingLog log(16);
  graph::GraphBuilder builder(memory, absl::MakeSpan(out),
                              input.size() * 2 + 16, Limits().key, nullptr);
  const vm::Options options;
  base::Window window(input);
  Listing listing;
  const auto line = [&listing](absl::string_view text) {
    listing.lines.emplace_back(text);
  };
  vm::Disassembler disassembler(line);
  vm::Machine machine(options, memory, &window, &builder, &log,
                      traced ? &disassembler : nullptr);
  listing.outcome = machine.Run();
  if (traced) disassembler.Finish();
  return listing;
}

}  // namespace

void FuzzDecoder(absl::Span<const uint8_t> input) {
  const absl::string_view text(reinterpret_cast<const char*>(input.data()),
                               input.size());
  for (size_t at = 0; at < std::min<size_t>(text.size(), 64); ++at) {
    const std::string operand = vm::FormatOperand(text.substr(at));
    FUZZ_CHECK(IsPrintable(operand, false), operand);
    FUZZ_CHECK(operand.size() <= kLongestOperand, operand);
  }
  const Listing silent = List(input, false);
  const Listing traced = List(input, true);
  FUZZ_CHECK(silent.outcome.end == traced.outcome.end &&
                 silent.outcome.opcodes == traced.outcome.opcodes &&
                 silent.outcome.root == traced.outcome.root,
             "a listing changes what is listed");
  // A line an opcode, and one where the file ends before one.
  const uint64_t opcodes = traced.outcome.opcodes;
  FUZZ_CHECK(
      traced.lines.size() == opcodes,
      absl::StrCat(traced.lines.size(), " lines, ", opcodes, " opcodes"));
  for (const std::string& line : traced.lines) {
    FUZZ_CHECK(IsPrintable(line, true), line);
    FUZZ_CHECK(line.size() <= kLongestLine, line);
    FUZZ_CHECK(line.find('\n') == line.size() - 1, line);
  }
}

}  // namespace picklebox::fuzz
