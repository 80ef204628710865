// Globals, calls, state, persistent ids, buffers.
#include <string>

#include "gtest/gtest.h"
#include "tests/vm/program.h"
#include "vm/machine.h"

namespace picklebox::vm {
namespace {

std::string Root(const std::string& pickle, const Options& options = {}) {
  const Result result = Execute(pickle, options);
  EXPECT_EQ(result.said, "");
  return result.root;
}

std::string Said(const std::string& pickle, const Options& options = {}) {
  return Execute(pickle, options).said;
}

const std::string kGlobal = "ca\nb\n";  // 5 bytes

TEST(Globals, AreNamedByLines) {
  EXPECT_EQ(Root("cos\nsystem\n."), "0 global os:system py2");
  EXPECT_EQ(Root("\x80\x03"
                 "cos\nsystem\n."),
            "0 global os:system");
  EXPECT_EQ(Root("\x80\x04"
                 "cos\na.b\n."),
            "0 global os:a.b dotted");
  EXPECT_EQ(Root("ca\rb\nc d\n."), "0 global a\rb:c d py2");
  EXPECT_EQ(Root("c\xc3\xa9\nb\n."), "0 global \xc3\xa9:b py2");
  Options options;
  options.fix_imports = false;
  EXPECT_EQ(Root("cos\nsystem\n.", options), "0 global os:system");
}

TEST(Globals, NeedNames) {
  EXPECT_EQ(Said("c\nb\n."), "truncated@0");
  EXPECT_EQ(Said("ca\n\n."), "truncated@0");
  EXPECT_EQ(Said("ca\nb"), "truncated@0");
  EXPECT_EQ(Said("c\xff\nb\n."), "bad-utf8@0");
  EXPECT_EQ(Said("ca\n\xed\xa0\x80\n."), "bad-utf8@0");  // a surrogate
}

TEST(Globals, AreNamedByStrings) {
  EXPECT_EQ(Root(Text("os") + Text("system") + "\x93."),
            "2 global os:system py2");
  EXPECT_EQ(Root("\x80\x04" + Text("os") + Text("a.b") + "\x93."),
            "2 global os:a.b dotted");
  EXPECT_EQ(Root(Text("") + Text("") + "\x93."), "2 global : py2");
  const std::string text(300, 'x');
  EXPECT_EQ(Root(Counted("X", 4, text) + Text("b") + "\x93."),
            "2 global " + text + ":b py2");
}

TEST(Globals, AreNamedByNothingElse) {
  EXPECT_EQ(Said(Text("os") + "N\x93."), "wrong-type@5");
  EXPECT_EQ(Said("N" + Text("os") + "\x93."), "wrong-type@5");
  EXPECT_EQ(Said(Counted("C", 1, "os") + Text("x") + "\x93."), "wrong-type@7");
}

TEST(Globals, ComeFromExtensionCodes) {
  EXPECT_EQ(Root("\x82\x07."), "0 extension 7");
  EXPECT_EQ(Root("\x83" + Number(700, 2) + "."), "0 extension 700");
  EXPECT_EQ(Root("\x84" + Number(70000, 4) + "."), "0 extension 70000");
  EXPECT_EQ(Said("\x82" + Number(0, 1) + "."), "bad-number@0");
  EXPECT_EQ(Said("\x84\xff\xff\xff\xff."), "bad-number@0");
}

TEST(Calls, TakeATuple) {
  EXPECT_EQ(Root(kGlobal + ")R."), "2 call 0 1");
  EXPECT_EQ(Root(kGlobal + kGlobal + "R."), "2 call 0 1");  // seen later
  EXPECT_EQ(Said("N)R."), "wrong-type@2");
  EXPECT_EQ(Said(kGlobal + "NR."), "wrong-type@6");
  EXPECT_EQ(Execute(kGlobal + "]R.", Compat()).said, "wrong-type@6");
}

TEST(Objects, AreMadeByFourOpcodes) {
  EXPECT_EQ(Root(kGlobal + ")\x81."), "2 new newobj 0 1");
  EXPECT_EQ(Root(kGlobal + ")}\x92."), "3 new newobj_ex 0 1 2");
  EXPECT_EQ(Root("(" + kGlobal + "NNo."), "4 new obj 0 3");
  EXPECT_EQ(Root("(NNia\nb\n."), "4 new inst 2 3");
  EXPECT_EQ(Execute("(NNia\nb\n.").nodes,
            "0 none; 1 none; 2 global a:b py2; 3 tuple [0 1]; "
            "4 new inst 2 3");
}

TEST(Objects, AreMadeOfClassesAndTuples) {
  EXPECT_EQ(Said("N)\x81."), "wrong-type@2");
  EXPECT_EQ(Said(kGlobal + "N\x81."), "wrong-type@6");
  EXPECT_EQ(Said("N)}\x92."), "wrong-type@3");
  EXPECT_EQ(Said(kGlobal + ")N\x92."), "wrong-type@7");
  EXPECT_EQ(Said("(No."), "wrong-type@2");
  EXPECT_EQ(Said("(o."), "stack-underflow@1");
  EXPECT_EQ(Said("(i\xc3\xa9\nb\n."), "bad-utf8@1");
  EXPECT_EQ(Said("(ia\n"), "truncated@1");
}

TEST(State, IsSetOnObjects) {
  EXPECT_EQ(Execute(kGlobal + ")R}b.").nodes,
            "0 global a:b py2; 1 tuple []; 2 call 0 1; 3 dict; 4 build 2 3");
  EXPECT_EQ(Root(kGlobal + ")R}b."), "2 call 0 1");
  EXPECT_EQ(Root("NNb."), "0 none");  // nothing is set
}

TEST(State, IsNotSetOnValues) {
  EXPECT_EQ(Execute("]}b.", Compat()).said, "wrong-type@2");
  // What was tried stays in the graph, for the judge.
  EXPECT_EQ(Execute("]}b.", Compat()).nodes, "0 list; 1 dict; 2 build 0 1");
}

TEST(Changes, GoToObjects) {
  EXPECT_EQ(Execute(kGlobal + ")RNa.").nodes,
            "0 global a:b py2; 1 tuple []; 2 call 0 1; 3 none; "
            "4 append 2 [3]");
  EXPECT_EQ(Execute(kGlobal + ")R]]s.").nodes,
            "0 global a:b py2; 1 tuple []; 2 call 0 1; 3 list; 4 list; "
            "5 set_items 2 [3 4]");
  EXPECT_EQ(Execute(kGlobal + ")R(]\x90.").nodes,
            "0 global a:b py2; 1 tuple []; 2 call 0 1; 3 list; "
            "4 add_items 2 [3]");
}

TEST(PersistentIds, AreLinesOrValues) {
  EXPECT_EQ(Execute("Pab\n.").nodes, "0 str 'ab'; 1 persistent 0");
  EXPECT_EQ(Root("P\n."), "1 persistent 0");
  EXPECT_EQ(Root("NQ."), "1 persistent 0");
  EXPECT_EQ(Said("P\xc3\xa9\n."), "bad-utf8@0");
  EXPECT_EQ(Said("Pab"), "truncated@0");
}

TEST(Buffers, AreTakenInTurn) {
  Options options;
  options.buffers = 2;
  EXPECT_EQ(Execute("\x97\x97\x86.", options).nodes,
            "0 buffer 0; 1 buffer 1; 2 tuple [0 1]");
  EXPECT_EQ(Said("\x97\x97\x97.", options), "buffer-missing@2");
  EXPECT_EQ(Said("\x97."), "buffer-missing@0");
}

TEST(Buffers, AreMadeReadOnly) {
  Options options;
  options.buffers = 1;
  EXPECT_EQ(Root("\x97\x98.", options), "1 readonly 0");
  EXPECT_EQ(Root("\x97\x98\x98.", options), "1 readonly 0");
  EXPECT_EQ(Root(Counted("\x96", 8, "a") + "\x98."), "1 readonly 0");
  EXPECT_EQ(Root(Counted("C", 1, "a") + "\x98."), "0 bytes 'a'");
  EXPECT_EQ(Said("N\x98."), "wrong-type@1");
}

}  // namespace
}  // namespace picklebox::vm
