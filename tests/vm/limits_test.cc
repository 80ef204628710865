// Each limit of the machine has its own finding, and holds where it should: the
// last allowed step passes, the next one does not.
#include <string>

#include "gtest/gtest.h"
#include "tests/vm/program.h"
#include "vm/machine.h"

namespace picklebox::vm {
namespace {

std::string Said(const std::string& pickle, const Limits& limits) {
  Options options;
  options.compat = true;
  options.limits = limits;
  return Execute(pickle, options).said;
}

TEST(Limits, Stack) {
  Limits limits;
  limits.stack = 3;
  EXPECT_EQ(Said("NNN.", limits), "");
  EXPECT_EQ(Said("NNNN.", limits), "limit-stack@3");
  EXPECT_EQ(Said("NNN2.", limits), "limit-stack@3");
  EXPECT_EQ(Said("(((N.", limits), "");
  EXPECT_EQ(Said("((((N.", limits), "limit-stack@3");
}

TEST(Limits, Memo) {
  Limits limits;
  limits.memo = 8;
  EXPECT_EQ(Said("Np7\n.", limits), "");
  EXPECT_EQ(Said("Np8\n.", limits), "limit-memo@1");
  EXPECT_EQ(Said("Nr\xff\xff\xff\xff.", limits), "limit-memo@1");
  EXPECT_EQ(Said("Nr\xff\xff\xff\xff.", Limits()), "limit-memo@1");
  EXPECT_EQ(Said("Np99999999999999999999\n.", Limits()), "limit-memo@1");
  limits.memo = 1;
  EXPECT_EQ(Said("N\x94.", limits), "");
  EXPECT_EQ(Said("N\x94\x94.", limits), "limit-memo@2");
}

TEST(Limits, Integer) {
  Limits limits;
  limits.integer = 16;
  EXPECT_EQ(Said(Counted("\x8a", 1, std::string(16, 'x')) + ".", limits), "");
  EXPECT_EQ(Said(Counted("\x8a", 1, std::string(17, 'x')) + ".", limits),
            "limit-integer@0");
  EXPECT_EQ(Said(Counted("\x8b", 4, std::string(17, 'x')) + ".", limits),
            "limit-integer@0");
  EXPECT_EQ(Said("I" + std::string(38, '1') + "\n.", limits), "");
  EXPECT_EQ(Said("I" + std::string(40, '1') + "\n.", limits),
            "limit-integer@0");
  EXPECT_EQ(Said("L" + std::string(4301, '1') + "L\n.", Limits()),
            "limit-integer@0");
}

TEST(Limits, Name) {
  Limits limits;
  limits.name = 4;
  const std::string longest(4, 'x');
  const std::string too_long(5, 'x');
  EXPECT_EQ(Said("c" + longest + "\n" + longest + "\n.", limits), "");
  EXPECT_EQ(Said("c" + too_long + "\nb\n.", limits), "limit-name@0");
  EXPECT_EQ(Said("ca\n" + too_long + "\n.", limits), "limit-name@0");
  EXPECT_EQ(Said("(ia\n" + too_long + "\n.", limits), "limit-name@1");
  EXPECT_EQ(Said(Text(longest) + Text(longest) + "\x93.", limits), "");
  EXPECT_EQ(Said(Text(too_long) + Text("b") + "\x93.", limits),
            "limit-name@10");
}

TEST(Limits, Key) {
  Limits limits;
  limits.key = 100;
  std::string nested = "}N";
  for (int i = 0; i < 80; ++i) nested += "\x85";
  EXPECT_EQ(Said(nested + "Ns.", limits), "");
  for (int i = 0; i < 40; ++i) nested += "\x85";
  EXPECT_EQ(Said(nested + "Ns.", limits), "limit-key@123");
  // Doubled 40 times: 2^40 values for a hash, 80 bytes of pickle.
  std::string doubled = "\x8f(N";
  for (int i = 0; i < 40; ++i) doubled += "2\x86";
  EXPECT_EQ(Said(doubled + "\x90.", Limits()), "limit-key@83");
}

// Looked at near the end of what is shown, and every megabyte or so.
TEST(Limits, Opcodes) {
  Limits limits;
  limits.opcodes = 10;
  EXPECT_EQ(Said("NNNN.", limits), "");
  const std::string many(3 << 20, 'N');
  Options options;
  options.limits = limits;
  const Result result = Execute(many + ".", options);
  EXPECT_FALSE(result.outcome.stopped);
  EXPECT_EQ(Describe(result.findings).substr(0, 13), "limit-opcodes");
  EXPECT_LE(result.outcome.opcodes, (1u << 20) + 10);
}

TEST(Limits, Result) {
  const std::string pickle = "](" + std::string(200, 'N') + "e.";
  base::Window in(BytesOf(pickle));
  const Result result = Bench(&in, Compat(), 150).Run();
  EXPECT_FALSE(result.outcome.stopped);
  EXPECT_EQ(Describe(result.findings).substr(0, 12), "limit-result");
  EXPECT_LE(result.encoding.size(), 150u);
}

// The run has failed, and what has failed has no root.
TEST(Limits, ResultAtStop) {
  const std::string pickle =
      Counted("X", 4, std::string(100, 'x')) + "." + std::string(20, 'N');
  base::Window in(BytesOf(pickle));
  const Result result = Bench(&in, Compat(), 100).Run();
  EXPECT_FALSE(result.outcome.stopped);
  EXPECT_EQ(result.outcome.root, kNoNode);
  EXPECT_EQ(result.said, "limit-result@105");
}

TEST(Limits, Memory) {
  // A line that is longer than the buffer of the window.
  const std::string pickle = "N0I" + std::string(9000, ' ') + "1\n.";
  class Strings final : public base::Source {
   public:
    explicit Strings(const std::string& text) : text_(text) {}
    uint64_t size() const override { return text_.size(); }
    bool ReadAt(uint64_t offset, uint8_t* to, size_t n) override {
      text_.copy(reinterpret_cast<char*>(to), n, offset);
      return true;
    }

   private:
    const std::string& text_;
  };
  Strings source(pickle);
  std::vector<uint8_t> buffer(4096);
  base::Window in(&source, buffer.data(), buffer.size());
  EXPECT_EQ(Bench(&in).Run().said, "limit-memory@2");
}

}  // namespace
}  // namespace picklebox::vm
