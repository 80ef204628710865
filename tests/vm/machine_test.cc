// The machine, opcode by opcode: literals, containers, stack and memo; frames
// and the doubts. Objects are in objects_test.cc, limits in limits_test.cc.
#include "vm/machine.h"

#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/vm/program.h"

namespace picklebox::vm {
namespace {

// Runs `pickle`, which must come to its end without a finding.
Result Good(const std::string& pickle, const Options& options = {}) {
  Result result = Execute(pickle, options);
  EXPECT_TRUE(result.outcome.stopped);
  EXPECT_EQ(result.said, "");
  EXPECT_EQ(result.outcome.end, pickle.size());
  return result;
}

// The findings of `pickle`, which must not come to its end.
std::string Fault(const std::string& pickle, const Options& options = {}) {
  const Result result = Execute(pickle, options);
  EXPECT_FALSE(result.outcome.stopped);
  EXPECT_EQ(result.outcome.root, kNoNode);
  return result.said;
}

// ---- literals

TEST(Machine, PushesConstants) {
  EXPECT_EQ(Good("N.").root, "0 none");
  EXPECT_EQ(Good("\x88.").root, "0 bool 1");
  EXPECT_EQ(Good("\x89.").root, "0 bool 0");
  EXPECT_EQ(Good(").").root, "0 tuple []");
  EXPECT_EQ(Good("].").root, "0 list");
  EXPECT_EQ(Good("}.").root, "0 dict");
  EXPECT_EQ(Good("\x8f.").root, "0 set");
}

TEST(Machine, PushesIntegers) {
  EXPECT_EQ(Good("K\xff.").root, "0 int 255");
  EXPECT_EQ(Good("M\xff\xff.").root, "0 int 65535");
  EXPECT_EQ(Good("J\xff\xff\xff\xff.").root, "0 int -1");
  EXPECT_EQ(Good("I12\n.").root, "0 int 12");
  EXPECT_EQ(Good("I01\n.").root, "0 bool 1");
  EXPECT_EQ(Good("L-12L\n.").root, "0 int -12");
  EXPECT_EQ(Good(Counted("\x8a", 1, "") + ".").root, "0 int 0");
  EXPECT_EQ(Good(Counted("\x8a", 1, "\xff") + ".").root, "0 int -1");
  EXPECT_EQ(Good(Counted("\x8a", 1, Raw("\x01\0\0\0\0\0\0\0\0\0")) + ".").root,
            "0 int 1");
  EXPECT_EQ(Good(Counted("\x8b", 4, Raw("\0\0\0\0\0\0\0\x80\0")) + ".").root,
            "0 int big 9");
}

TEST(Machine, RefusesBadIntegers) {
  EXPECT_EQ(Fault("NIx\n."), "bad-number@1");
  EXPECT_EQ(Fault("L1LL\n."), "bad-number@0");
  EXPECT_EQ(Fault("I\n."), "truncated@0");
  EXPECT_EQ(Fault("I12"), "truncated@0");
  EXPECT_EQ(Fault("\x8b\xff\xff\xff\xff."), "bad-number@0");
  EXPECT_EQ(Fault("\x8a\x05"
                  "ab"),
            "truncated@0");
}

TEST(Machine, PushesFloats) {
  EXPECT_EQ(Good(Raw("G\x3f\xf8\0\0\0\0\0\0.")).root, "0 float 1.5");
  EXPECT_EQ(Good("F1.5\n.").root, "0 float 1.5");
  EXPECT_EQ(Fault("Fx\n."), "bad-number@0");
  EXPECT_EQ(Fault("F\n."), "truncated@0");
  EXPECT_EQ(Fault("G1234567"), "truncated@0");
}

TEST(Machine, PushesText) {
  EXPECT_EQ(Good(Text("ab") + ".").root, "0 str 'ab'");
  EXPECT_EQ(Good(Counted("X", 4, "ab") + ".").root, "0 str 'ab'");
  EXPECT_EQ(Good(Counted("\x8d", 8, "ab") + ".").root, "0 str 'ab'");
  EXPECT_EQ(Good("Va\\u0062\n.").root, "0 str 'ab'");
  EXPECT_EQ(Good("V\n.").root, "0 str ''");
  EXPECT_EQ(Good(Text("\xed\xa0\x80") + ".").root, "0 str '\xed\xa0\x80'");
}

TEST(Machine, RefusesBadText) {
  EXPECT_EQ(Fault(Text("a\xff") + "."), "bad-utf8@0");
  EXPECT_EQ(Fault(Counted("X", 4, "\xc0\x80") + "."), "bad-utf8@0");
  EXPECT_EQ(Fault(Counted("\x8d", 8, std::string(300, 'a') + "\xc3") + "."),
            "bad-utf8@0");
  EXPECT_EQ(Fault("V\\u12\n."), "bad-escape@0");
  EXPECT_EQ(Fault("Vab"), "truncated@0");
  EXPECT_EQ(Fault("X\x05" + Raw("\0\0\0") + "abcd"), "truncated@0");
  EXPECT_EQ(Fault("\x8d" + Number(~uint64_t{0}, 8) + "abcd"), "truncated@0");
}

TEST(Machine, LeavesLongTextWhereItIs) {
  const std::string text(257, 'x');
  EXPECT_EQ(Good(Counted("X", 4, text) + ".").root, "0 str @5+257");
  EXPECT_EQ(Good(Counted("\x8e", 8, text) + ".").root, "0 bytes @9+257");
  EXPECT_EQ(Good(Counted("\x96", 8, text) + ".").root, "0 bytearray @9+257");
  EXPECT_EQ(Good("V" + text + "\n.").root, "0 str @1+257");
  EXPECT_EQ(Good("S'" + text + "'\n.").root, "0 str @2+257");
  // What is decoded is not in the input.
  EXPECT_EQ(Good("V\\u0041" + text + "\n.").root, "0 str 'A" + text + "'");
}

TEST(Machine, PushesBytes) {
  EXPECT_EQ(Good(Counted("C", 1, "a\xff") + ".").root, "0 bytes 'a\xff'");
  EXPECT_EQ(Good(Counted("B", 4, "ab") + ".").root, "0 bytes 'ab'");
  EXPECT_EQ(Good(Counted("\x8e", 8, "ab") + ".").root, "0 bytes 'ab'");
  EXPECT_EQ(Good(Counted("\x96", 8, "ab") + ".").root, "0 bytearray 'ab'");
  EXPECT_EQ(Fault("B\xff\xff\xff\xff."), "truncated@0");
}

TEST(Machine, DecodesPython2Strings) {
  EXPECT_EQ(Good("S'a\\x62'\n.").root, "0 str 'ab'");
  EXPECT_EQ(Good("S\"ab\"\n.").root, "0 str 'ab'");
  EXPECT_EQ(Good(Counted("T", 4, "ab") + ".").root, "0 str 'ab'");
  EXPECT_EQ(Good(Counted("U", 1, "ab") + ".").root, "0 str 'ab'");
  EXPECT_EQ(Fault(Counted("U", 1, "\xe9") + "."), "bad-text@0");
  Options options;
  options.encoding = Encoding::kLatin1;
  EXPECT_EQ(Good(Counted("U", 1, "\xe9") + ".", options).root,
            "0 str '\xc3\xa9'");
  options.encoding = Encoding::kBytes;
  EXPECT_EQ(Good(Counted("U", 1, "\xe9") + ".", options).root,
            "0 bytes '\xe9'");
  options.encoding = Encoding::kUnknown;
  EXPECT_EQ(Fault(Counted("U", 1, "a") + ".", options), "bad-codec@0");
  EXPECT_EQ(Good("U" + Number(0, 1) + ".", options).root, "0 str ''");
}

TEST(Machine, RefusesUnquotedStrings) {
  EXPECT_EQ(Fault("Sab\n."), "bad-string@0");
  EXPECT_EQ(Fault("S'ab\"\n."), "bad-string@0");
  EXPECT_EQ(Fault("S'\n."), "bad-string@0");
  EXPECT_EQ(Fault("S\n."), "bad-string@0");
  EXPECT_EQ(Fault("S'\\x'\n."), "bad-escape@0");
}

// ---- containers

TEST(Machine, MakesTuples) {
  EXPECT_EQ(Good("N\x85.").root, "1 tuple [0]");
  EXPECT_EQ(Good("NN\x86.").root, "2 tuple [0 1]");
  EXPECT_EQ(Good("NNN\x87.").root, "3 tuple [0 1 2]");
  EXPECT_EQ(Good("(t.").root, "0 tuple []");
  EXPECT_EQ(Good("(NNNNt.").root, "4 tuple [0 1 2 3]");
}

TEST(Machine, MakesLists) {
  EXPECT_EQ(Good("(l.").nodes, "0 list");
  EXPECT_EQ(Good("(NNl.").nodes, "0 none; 1 none; 2 list; 3 append 2 [0 1]");
  EXPECT_EQ(Good("]Na.").nodes, "0 list; 1 none; 2 append 0 [1]");
  EXPECT_EQ(Good("](NNe.").nodes, "0 list; 1 none; 2 none; 3 append 0 [1 2]");
  EXPECT_EQ(Good("](e.").nodes, "0 list");
}

TEST(Machine, MakesDicts) {
  EXPECT_EQ(Good("(d.").nodes, "0 dict");
  EXPECT_EQ(Good("(NNd.").nodes, "0 none; 1 none; 2 dict; 3 set_items 2 [0 1]");
  EXPECT_EQ(Good("}NNs.").nodes, "0 dict; 1 none; 2 none; 3 set_items 0 [1 2]");
  EXPECT_EQ(Good("}(NNu.").nodes,
            "0 dict; 1 none; 2 none; 3 set_items 0 [1 2]");
  EXPECT_EQ(Fault("(Nd."), "odd-items@2");
  EXPECT_EQ(Fault("}(Nu."), "odd-items@3");
  EXPECT_EQ(Fault("(]Nd."), "unhashable-key@3");
}

TEST(Machine, MakesSets) {
  EXPECT_EQ(Good("\x8f(NK\x01\x90.").nodes,
            "0 set; 1 none; 2 int 1; 3 add_items 0 [1 2]");
  EXPECT_EQ(Good("(N\x91.").root, "1 frozenset [0]");
  EXPECT_EQ(Fault("(]\x91."), "unhashable-key@2");
  EXPECT_EQ(Fault("(]\x85\x91."), "unhashable-key@3");
}

TEST(Machine, KeepsTheItemsBeforeABadKey) {
  const Result result = Execute("}(NN]Nu.");
  EXPECT_EQ(result.said, "unhashable-key@6");
  EXPECT_EQ(result.nodes,
            "0 dict; 1 none; 2 none; 3 list; 4 none; 5 set_items 0 [1 2]");
}

TEST(Machine, AddsItemsOnlyToWhatTakesThem) {
  EXPECT_EQ(Fault("NNa."), "wrong-type@2");
  EXPECT_EQ(Fault("N(Ne."), "wrong-type@3");
  EXPECT_EQ(Fault("NNNs."), "wrong-type@3");
  EXPECT_EQ(Fault("](N\x90."), "wrong-type@3");
  EXPECT_EQ(Good("]NNs.").root, "0 list");  // an element is replaced
  EXPECT_EQ(Good(Counted("\x96", 8, "a") + "K\x01"
                                           "a.")
                .root,
            "0 bytearray 'a'");
}

// ---- stack, marks, memo

TEST(Machine, PopsAndDoubles) {
  EXPECT_EQ(Good("NK\x01"
                 "0.")
                .root,
            "0 none");
  EXPECT_EQ(Good("N2\x86.").root, "1 tuple [0 0]");
  EXPECT_EQ(Good("N(0.").root, "0 none");  // POP takes the mark
  EXPECT_EQ(Good("N(NN1.").root, "0 none");
}

TEST(Machine, ReportsUnderflow) {
  EXPECT_EQ(Fault("."), "stack-underflow@0");
  EXPECT_EQ(Fault("0"), "stack-underflow@0");
  EXPECT_EQ(Fault("2"), "stack-underflow@0");
  EXPECT_EQ(Fault("\x85."), "stack-underflow@0");
  EXPECT_EQ(Fault("N\x86."), "stack-underflow@1");
  EXPECT_EQ(Fault("NN\x87."), "stack-underflow@2");
  EXPECT_EQ(Fault("Na"), "stack-underflow@1");
  EXPECT_EQ(Fault("NNs"), "stack-underflow@2");
  EXPECT_EQ(Fault("NR"), "stack-underflow@1");
  EXPECT_EQ(Fault("Nb"), "stack-underflow@1");
  EXPECT_EQ(Fault("N\x93"), "stack-underflow@1");
  EXPECT_EQ(Fault("N\x81"), "stack-underflow@1");
  EXPECT_EQ(Fault("NN\x92"), "stack-underflow@2");
  EXPECT_EQ(Fault("Q"), "stack-underflow@0");
  EXPECT_EQ(Fault("\x98"), "stack-underflow@0");
  EXPECT_EQ(Fault("\x94"), "stack-underflow@0");
  EXPECT_EQ(Fault("q" + Number(0, 1)), "stack-underflow@0");
  EXPECT_EQ(Fault("p0\n"), "stack-underflow@0");
}

TEST(Machine, DoesNotReachAcrossAMark) {
  EXPECT_EQ(Fault("N(."), "stack-underflow@2");
  EXPECT_EQ(Fault("N(2"), "stack-underflow@2");
  EXPECT_EQ(Fault("N(\x85."), "stack-underflow@2");
  EXPECT_EQ(Fault("N(N\x86."), "stack-underflow@3");
  EXPECT_EQ(Fault("](Na"), "stack-underflow@3");
  EXPECT_EQ(Fault("N(Nb"), "stack-underflow@3");
  EXPECT_EQ(Fault("N(NR"), "stack-underflow@3");
  EXPECT_EQ(Fault("N(q" + Number(0, 1)), "stack-underflow@2");
  EXPECT_EQ(Fault("N(\x94"), "stack-underflow@2");
  EXPECT_EQ(Fault("N(Q"), "stack-underflow@2");
  EXPECT_EQ(Fault("(e"), "stack-underflow@1");
  EXPECT_EQ(Fault("(u"), "stack-underflow@1");
  EXPECT_EQ(Fault("(\x90"), "stack-underflow@1");
  EXPECT_EQ(Fault("](((NNe"), "stack-underflow@6");
  EXPECT_EQ(Fault("(Ne"), "stack-underflow@2");
  EXPECT_EQ(Fault("(NNu"), "stack-underflow@3");
  EXPECT_EQ(Fault("]((Ne"), "stack-underflow@4");
  EXPECT_EQ(Fault("}((NNu"), "stack-underflow@5");
  EXPECT_EQ(Fault("}(NNs"), "stack-underflow@4");
  EXPECT_EQ(Fault("N((\x90"), "stack-underflow@3");
}

// An entry that is written again holds what was written last.
TEST(Machine, AnEntryOfTheMemoIsOverwritten) {
  const Result r =
      Execute("]q" + Raw("\0") + "0Nq" + Raw("\0") + "0h" + Raw("\0") + ".");
  EXPECT_EQ(r.root, "1 none");
  EXPECT_EQ(r.said, "ambiguous/memo-overwrite@5");
}

TEST(Machine, WantsAMark) {
  for (const char op : {'t', 'l', 'd', 'e', 'u', '1', 'o', '\x90', '\x91'}) {
    EXPECT_EQ(Fault(std::string("N") + op), "mark-missing@1") << op;
  }
  EXPECT_EQ(Fault("Nia\nb\n"), "mark-missing@1");
}

TEST(Machine, RemembersInTheMemo) {
  EXPECT_EQ(Good("]\x94h" + Number(0, 1) + "\x86.").root, "1 tuple [0 0]");
  EXPECT_EQ(Good("]q\x05h\x05\x86.").root, "1 tuple [0 0]");
  EXPECT_EQ(
      Good("]r" + Number(70000, 4) + "j" + Number(70000, 4) + "\x86.").root,
      "1 tuple [0 0]");
  EXPECT_EQ(Good("]p007\ng7\n\x86.").root, "1 tuple [0 0]");
  EXPECT_EQ(Good("]p4294967\ng4294967\n\x86.").root, "1 tuple [0 0]");
}

TEST(Machine, NumbersMemoizeByFilledEntries) {
  // Entry 5 is the first, so that MEMOIZE writes entry 1.
  EXPECT_EQ(Good("]q\x05}\x94h\x01h\x05(0\x86\x87.").root, "3 tuple [0 1 2]");
  EXPECT_EQ(Good("]q\x05}\x94h\x01h\x05(0\x86\x87.").nodes,
            "0 list; 1 dict; 2 tuple [1 0]; 3 tuple [0 1 2]");
}

TEST(Machine, ReportsMissingMemoEntries) {
  EXPECT_EQ(Fault("Nh\x07."), "memo-missing@1");
  EXPECT_EQ(Fault("Nj" + Number(1 << 30, 4) + "."), "memo-missing@1");
  EXPECT_EQ(Fault("Ng7\n."), "memo-missing@1");
  EXPECT_EQ(Fault("Ng-1\n."), "memo-missing@1");
  EXPECT_EQ(Fault("Np-1\n."), "memo-negative@1");
  EXPECT_EQ(Fault("Npx\n."), "bad-number@1");
  EXPECT_EQ(Fault("Ng\n."), "truncated@1");
}

// ---- protocol, frames, the end

TEST(Machine, ReportsBadOpcodes) {
  EXPECT_EQ(Fault("NN\xff."), "bad-opcode@2");
  EXPECT_EQ(Fault("NNNNNNNNNNNNNNNN\x99NNNNNNNNNNNN."), "bad-opcode@16");
}

TEST(Machine, ReportsTheEnd) {
  const Result result = Execute("NN");
  EXPECT_EQ(result.said, "truncated@2");
  EXPECT_EQ(result.outcome.end, 2u);
  EXPECT_EQ(result.outcome.opcodes, 2u);
  EXPECT_EQ(Fault(""), "truncated@0");
  EXPECT_EQ(Fault("NJ123"), "truncated@1");
}

TEST(Machine, KeepsTheHighestProtocol) {
  EXPECT_EQ(Good("\x80\x04N.").outcome.protocol, 4);
  EXPECT_EQ(Execute("\x80\x04\x80\x02N.", Compat()).outcome.protocol, 4);
  EXPECT_EQ(Fault("\x80\x06N."), "protocol-unsupported@0");
}

TEST(Machine, StopsBehindStop) {
  const Result result = Execute("N.garbage");
  EXPECT_TRUE(result.outcome.stopped);
  EXPECT_EQ(result.outcome.end, 2u);
  EXPECT_EQ(result.outcome.opcodes, 2u);
}

TEST(Machine, TakesWholeFrames) {
  EXPECT_EQ(Good(Frame("N.")).root, "0 none");
  EXPECT_EQ(Good(Frame("") + Frame("N.")).root, "0 none");
  EXPECT_EQ(Good(Frame("N") + ".").root, "0 none");
  EXPECT_EQ(Good("\x80\x04" + Frame(Text("abcdefghijklmn") + ".")).root,
            "0 str 'abcdefghijklmn'");
}

TEST(Machine, RefusesImpossibleFrames) {
  EXPECT_EQ(Fault("\x95" + Number(uint64_t{1} << 63, 8) + "N."), "frame-bad@0");
}

TEST(Machine, ReadsOnBehindAFrameThatIsTooLong) {
  const Result result = Execute("\x95" + Number(100, 8) + "N.");
  EXPECT_FALSE(result.outcome.stopped);
  EXPECT_EQ(result.nodes, "0 none");
  EXPECT_THAT(result.said,
              testing::StartsWith("frame-short@0; ambiguous/frame-short@"));
}

// ---- doubts: said in strict, silent in compat, with the same graph

struct DoubtCase {
  const char* name;
  std::string pickle;
  const char* said;  // in strict
};

void PrintTo(const DoubtCase& c, std::ostream* out) { *out << c.name; }

class DoubtTest : public testing::TestWithParam<DoubtCase> {};

TEST_P(DoubtTest, IsSaidInStrictOnly) {
  const Result strict = Execute(GetParam().pickle);
  EXPECT_EQ(strict.said, GetParam().said);
  const Result compat = Execute(GetParam().pickle, Compat());
  EXPECT_EQ(compat.nodes, strict.nodes);
  EXPECT_EQ(compat.root, strict.root);
  EXPECT_EQ(compat.outcome.stopped, strict.outcome.stopped);
  for (const Finding& finding : compat.findings) {
    EXPECT_NE(finding.code, Code::kAmbiguous);
  }
}

INSTANTIATE_TEST_SUITE_P(
    All, DoubtTest,
    testing::Values(
        DoubtCase{"number_text", "I010\n.", "ambiguous/number-text@0"},
        DoubtCase{"float_text", "F1.5 \n.",
                  "ambiguous/number-text@0; bad-number@0"},
        DoubtCase{"index_text", "Np" + Raw("1\0") + "\n.",
                  "ambiguous/number-text@1"},
        DoubtCase{"name_escape", "ca\\x62\nb\n.", "ambiguous/name-escape@0"},
        DoubtCase{"persid_escape", "Pa\\x62\n.", "ambiguous/name-escape@0"},
        DoubtCase{"frame_split", "\x95" + Number(1, 8) + "K\x01.",
                  "ambiguous/frame-split@9"},
        DoubtCase{"frame_nested", "\x95" + Number(12, 8) + Frame("N") + "0N.",
                  "ambiguous/frame-nested@9"},
        DoubtCase{"stop_in_frame", "\x95" + Number(3, 8) + "N.N",
                  "ambiguous/stop-in-frame@10"},
        DoubtCase{"late_proto", "N\x80\x02.", "ambiguous/late-proto@1"},
        DoubtCase{"memo_overwrite", "Nq\x01q\x01.",
                  "ambiguous/memo-overwrite@3"},
        DoubtCase{"leftover_stack", "NN.", "ambiguous/leftover-stack@2"},
        DoubtCase{"pending_mark", "(N.", "ambiguous/pending-mark@2"},
        DoubtCase{"empty_append", "N(e.", "ambiguous/empty-change@2"},
        DoubtCase{"empty_add", "N(\x90.", "ambiguous/empty-change@2"},
        DoubtCase{"call_arguments", "ca\nb\n]R.",
                  "ambiguous/arguments@6; wrong-type@6"},
        DoubtCase{"class_arguments", "ca\nb\n]\x81.",
                  "ambiguous/arguments@6; wrong-type@6"},
        DoubtCase{"state_form", "K\x01}b.",
                  "ambiguous/state-form@3; wrong-type@3"}),
    [](const testing::TestParamInfo<DoubtCase>& row) {
      return std::string(row.param.name);
    });

// Where C itself reads two things, no mode has an answer.
TEST(Machine, SaysInAnyModeThatAnOperandCrossesAFrame) {
  const std::string fixed = "\x95" + Number(2, 8) + "M\x01\x02.";
  const std::string counted = "\x95" + Number(4, 8) + Text("abcd") + ".";
  const std::string by_one = "\x95" + Number(5, 8) + Text("abcd") + ".";
  const std::string line = "\x95" + Number(2, 8) + "I12\n.";
  EXPECT_EQ(Execute("\x95" + Number(6, 8) + Text("abcd") + ".").said, "");
  for (const std::string& pickle : {fixed, counted, by_one, line}) {
    EXPECT_EQ(Execute(pickle).said, "ambiguous/frame-crossed@9");
    EXPECT_EQ(Execute(pickle, Compat()).said, "ambiguous/frame-crossed@9");
  }
}

TEST(Machine, SaysEachDoubtOnce) {
  EXPECT_EQ(Execute("I010\nI010\n\x86.").said, "ambiguous/number-text@0");
}

TEST(Doubts, HaveNamesOfTheirOwn) {
  for (int i = 0; i < kDoubts; ++i) {
    for (int k = 0; k < i; ++k) {
      EXPECT_NE(DoubtName(static_cast<Doubt>(i)),
                DoubtName(static_cast<Doubt>(k)));
    }
  }
}

// ---- several pickles

TEST(Machine, RunsOnePickleAfterAnother) {
  const std::string file = "]\x94.(h" + Number(0, 1) + ".N.";
  base::Window in(BytesOf(file));
  Bench bench(&in);
  const Result first = bench.Run();
  EXPECT_TRUE(first.outcome.stopped);
  EXPECT_EQ(first.outcome.end, 3u);
  // Memo, marks and stack are new.
  const Result second = bench.Run(first.outcome.end);
  EXPECT_EQ(second.said, "memo-missing@4");
  EXPECT_EQ(second.outcome.begin, 3u);
  const Result third = bench.Run(7);
  EXPECT_TRUE(third.outcome.stopped);
  EXPECT_EQ(third.nodes, "0 none");
  EXPECT_EQ(third.said, "");
  EXPECT_EQ(third.outcome.end, file.size());
}

TEST(Machine, ForgetsTheProtocolAndTheFrame) {
  const std::string file =
      "\x80\x04\x95" + Number(3, 8) + "N.N" + "c__builtin__\nx\n.";
  base::Window in(BytesOf(file));
  Bench bench(&in, Compat());
  EXPECT_EQ(bench.Run().outcome.protocol, 4);
  const Result second = bench.Run(14);
  EXPECT_EQ(second.outcome.protocol, 0);
  EXPECT_EQ(second.root, "0 global __builtin__:x py2");
}

}  // namespace
}  // namespace picklebox::vm
