// Code by digest: what makes code and functions, classes of functions, and what
// an attacker would do with them.
#include <array>
#include <functional>
#include <string>
#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "graph/canonical_form.h"
#include "gtest/gtest.h"
#include "policy/codes.h"
#include "tests/policy/pickle.h"

namespace picklebox::policy {
namespace {

using graph::Digest;
using graph::FormTag;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

// The code that the tests make, of Python 3.12's layout: `return CONSTANT`.
struct Made {
  int64_t constant = 1;
  std::string bytecode = std::string("\x97\x00S\x00", 4);
  std::string lines = std::string("\x80\x00", 2);
  std::string filename = "a.py";
  int64_t first_line = 1;
  int64_t stack = 1;
};

Digest IntDigest(int64_t number) {
  std::string bytes;
  for (int i = 0; i < 8; ++i)
    bytes.push_back(static_cast<char>(static_cast<uint64_t>(number) >> 8 * i));
  return graph::DigestOfText(FormTag::kInt, graph::MinimalInt(bytes));
}

std::string DigestOf(const Made& made) {
  graph::CodeForm form;
  form.layout = 2;
  form.counts = {0, 0, 0, 0, made.stack, 3};
  const Digest empty = graph::DigestOfItems(FormTag::kTuple, {});
  form.parts = {
      graph::DigestOfText(FormTag::kStr, "f"),
      graph::DigestOfText(FormTag::kBytes, made.bytecode),
      graph::DigestOfText(FormTag::kBytes, ""),
      graph::DigestOfItems(FormTag::kTuple, {IntDigest(made.constant)}),
      empty,
      empty,
      empty,
      empty};
  const Digest digest = graph::DigestOfCode(form);
  return absl::BytesToHexString(absl::string_view(
      reinterpret_cast<const char*>(digest.data()), digest.size()));
}

// The shipped profiles, with the code of `Made()`.
Policy Allowing(const std::string& more = "") {
  return MakePolicy(absl::StrCat(R"(
extends = ["default", "dill", "cloudpickle"]
[[allow_code]]
name = "f"
digest = ")",
                                 DigestOf(Made()), R"("
python = ["3.12"]
)",
                                 more));
}

class CodeTest : public ::testing::Test {
 protected:
  explicit CodeTest() : p(Allowing()) {}

  static NodeId PartsIn(Pickle& pickle, const Made& made) {
    const NodeId empty = pickle->Tuple({});
    return pickle->Tuple(
        {pickle->Int(0), pickle->Int(0), pickle->Int(0), pickle->Int(0),
         pickle->Int(made.stack), pickle->Int(3), pickle->Bytes(made.bytecode),
         pickle->Tuple({pickle->Int(made.constant)}), empty, empty,
         pickle->Str(made.filename), pickle->Str("f"), pickle->Str("f"),
         pickle->Int(made.first_line), pickle->Bytes(made.lines),
         pickle->Bytes(""), empty, empty});
  }
  NodeId Parts(const Made& made) { return PartsIn(p, made); }
  NodeId Code(const Made& made = {}) {
    const NodeId maker = p.Global("dill._dill:_create_code");
    return p->Call(maker, Parts(made), p.at());
  }
  NodeId Main() { return p.Global("__builtin__:__main__"); }
  NodeId Function(NodeId code) {
    return p.Call("dill._dill:_create_function",
                  {code, Main(), p->Str("f"), p->None(), p->None()});
  }
  NodeId DictOf(absl::string_view key, NodeId value) {
    const NodeId dict = p->Dict();
    const NodeId pair[] = {p->Str(key), value};
    p->SetItems(dict, pair, 0);
    return dict;
  }
  // The first finding: its code, detail and message.
  std::string Found() { return First(p); }
  static std::string First(Pickle& pickle) {
    const FileReport report = pickle.Report();
    if (report.findings.empty()) return "";
    const Finding& finding = report.findings.front();
    return absl::StrCat(Info(finding.code).name, " ", finding.detail, ": ",
                        finding.message);
  }

  Pickle p;
};

TEST_F(CodeTest, FunctionOfAllowedCodeIsClean) {
  Function(Code());
  EXPECT_THAT(p.Findings(), IsEmpty());
}

// What says where code lies is no part of its digest.
TEST_F(CodeTest, FileAndLinesDoNotMatter) {
  Made moved;
  moved.filename = "elsewhere.py";
  moved.first_line = 99;
  moved.lines = "";
  Function(Code(moved));
  EXPECT_THAT(p.Findings(), IsEmpty());
}

TEST_F(CodeTest, ChangedConstantIsDenied) {
  Made changed;
  changed.constant = 2;
  Function(Code(changed));
  EXPECT_THAT(Found(), HasSubstr("embedded-code"));
}

TEST_F(CodeTest, ChangedStackSizeIsDenied) {
  Made changed;
  changed.stack = 0;
  Function(Code(changed));
  EXPECT_THAT(Found(), HasSubstr("embedded-code"));
}

TEST_F(CodeTest, ChangedInstructionIsDenied) {
  Made changed;
  changed.bytecode[1] = 1;
  Function(Code(changed));
  EXPECT_THAT(Found(), HasSubstr("embedded-code"));
}

// Without the high bit in front, CPython looks for it before the table.
TEST_F(CodeTest, TableOfLinesThatIsNoneIsDenied) {
  for (const std::string& lines :
       {std::string("\x00\x00", 2), std::string("\x80", 1),
        std::string("\xe8\x7f", 2), std::string("\xf0\x01\x01", 3)}) {
    EXPECT_FALSE(IsLineTable(lines, 2)) << absl::CEscape(lines);
  }
  EXPECT_TRUE(IsLineTable(std::string("\x80\x00\xe8\x01\xf8", 5), 2));
  EXPECT_FALSE(IsLineTable("x", 1));
  Made broken;
  broken.lines = std::string("\x00\x00", 2);
  Function(Code(broken));
  EXPECT_THAT(Found(), HasSubstr("embedded-code"));
}

// Long texts are places in the input, which may change after it was judged.
TEST_F(CodeTest, CodeOfWhichAPartLiesOutsideOfTheGraphIsDenied) {
  const NodeId empty = p->Tuple({});
  const NodeId code =
      p.Call("dill._dill:_create_code",
             {p->Int(0), p->Int(0), p->Int(0), p->Int(0), p->Int(1), p->Int(3),
              p->BytesExtent({0, 4}), p->Tuple({p->Int(1)}), empty, empty,
              p->Str("a.py"), p->Str("f"), p->Str("f"), p->Int(1),
              p->Bytes(Made().lines), p->Bytes(""), empty, empty});
  Function(code);
  EXPECT_THAT(Found(), HasSubstr("embedded-code"));
}

TEST_F(CodeTest, CodeOfAnotherPythonIsDeniedWhereItWouldRun) {
  const auto denied = [](uint32_t python) {
    JudgeOptions options;
    options.python = python;
    const PolicyTable table = PolicyTable::Open(Allowing().compiled()).value();
    Pickle pickle(Allowing(), options);
    const NodeId empty = pickle->Tuple({});
    pickle.Call(
        "dill._dill:_create_code",
        {pickle->Int(0), pickle->Int(0), pickle->Int(0), pickle->Int(0),
         pickle->Int(1), pickle->Int(3), pickle->Bytes(Made().bytecode),
         pickle->Tuple({pickle->Int(1)}), empty, empty, pickle->Str("a.py"),
         pickle->Str("f"), pickle->Str("f"), pickle->Int(1),
         pickle->Bytes(Made().lines), pickle->Bytes(""), empty, empty});
    return !pickle.Findings().empty();
  };
  EXPECT_FALSE(denied(0));
  EXPECT_FALSE(denied(12));
  EXPECT_TRUE(denied(11));
  EXPECT_TRUE(denied(13));
  EXPECT_TRUE(denied(40));
}

TEST_F(CodeTest, FunctionOfWhatIsNoCodeIsDenied) {
  const NodeId made = p.Call("dill._dill:_create_cell", {p->Int(1)});
  Function(made);
  EXPECT_THAT(Found(), HasSubstr("_create_function is called"));
}

// types.FunctionType may be called, and be nobody's value: who has it makes
// functions of whatever he is given.
TEST_F(CodeTest, TypesThatMakeCodeAreNoValues) {
  const NodeId name = p->Str("FunctionType");
  const NodeId type = p.Call("dill._dill:_load_type", {name});
  EXPECT_THAT(p.Findings(), IsEmpty());
  p->Tuple({type});
  EXPECT_THAT(Found(), HasSubstr("types:FunctionType"));
}

TEST_F(CodeTest, TypesThatAreNotListedAreDenied) {
  p.Call("dill._dill:_load_type", {p->Str("ModuleType")});
  EXPECT_THAT(Found(), HasSubstr("types:ModuleType"));
}

TEST_F(CodeTest, TypeByANameThatIsNoTextIsDenied) {
  p.Call("dill._dill:_load_type",
         {p.Call("dill._dill:_create_cell", {p->Int(1)})});
  EXPECT_THAT(Found(), HasSubstr("dill._dill:_load_type"));
}

TEST_F(CodeTest, StateCannotPutOtherCodeIntoAFunction) {
  const NodeId function = Function(Code());
  const NodeId other = Code();
  p.Build(function, p->Tuple({p->None(), DictOf("__code__", other)}));
  EXPECT_THAT(Found(), HasSubstr("state-denied"));
}

TEST_F(CodeTest, StateMayNameAndDescribeAFunction) {
  const NodeId function = Function(Code());
  p.Build(function,
          p->Tuple({DictOf("x", p->Int(1)), DictOf("__doc__", p->Str("d"))}));
  EXPECT_THAT(p.Findings(), IsEmpty());
}

TEST_F(CodeTest, BuiltinsOfTheFilesChoiceAreDenied) {
  p.Call("dill._dill:_create_function",
         {Code(), DictOf("__builtins__", p->Dict()), p->Str("f"), p->None(),
          p->None()});
  EXPECT_THAT(Found(), HasSubstr("arguments-denied"));
}

// A function's globals are filled by code: what a shape says of them does not
// hold, neither for what is judged later nor for what was judged before.
TEST_F(CodeTest, GlobalsOfAFunctionAreNothingElse) {
  const NodeId globals = DictOf("x", p->Int(1));
  p.Call("dill._dill:_create_function",
         {Code(), globals, p->Str("f"), p->None(), p->None()});
  EXPECT_THAT(p.Findings(), IsEmpty());
  const NodeId again = Function(Code());
  p.Build(again, globals);
  EXPECT_THAT(Found(), HasSubstr("state-denied"));
}

// Where no shape says what is called with what.
TEST_F(CodeTest, WhatIsNoCodeBecomesNoFunction) {
  Pickle bare(
      MakePolicy("[[allow]]\nglobal = \"types:FunctionType\"\n"
                 "uses = [\"call\"]\n"));
  bare.Call("types:FunctionType", {bare->Str("f"), bare->Dict()});
  EXPECT_THAT(First(bare), HasSubstr("makes a function of what is no code"));
}

TEST_F(CodeTest, WhatACheckHasSeenIsNoGlobals) {
  Pickle checked(
      Allowing("[[allow]]\nglobal = \"acme:SVC\"\n"
               "uses = [\"new\", \"build\"]\n"
               "check = [\"sklearn.svm\"]\n"));
  const NodeId state = checked->Dict();
  const NodeId pair[] = {checked->Str("x"), checked->Int(1)};
  checked->SetItems(state, pair, 0);
  checked.Build(checked.New("acme:SVC"), state);
  EXPECT_THAT(checked.Findings(), IsEmpty());
  const NodeId code = checked->Call(checked.Global("dill._dill:_create_code"),
                                    PartsIn(checked, Made()), checked.at());
  checked.Call(
      "dill._dill:_create_function",
      {code, state, checked->Str("f"), checked->None(), checked->None()});
  EXPECT_THAT(First(checked), HasSubstr("checked for something else"));
}

TEST_F(CodeTest, GlobalsOfAFunctionAreNoStateOfAnObject) {
  const NodeId globals = DictOf("x", p->Int(1));
  p.Call("dill._dill:_create_function",
         {Code(), globals, p->Str("f"), p->None(), p->None()});
  const NodeId object = p.New("sklearn.pipeline:Pipeline");
  p.Build(object, globals);
  EXPECT_THAT(Found(), HasSubstr("state-key"));
}

TEST_F(CodeTest, WhatWasCheckedBeforeIsNoGlobals) {
  const NodeId state = DictOf("x", p->Int(1));
  p.Build(Function(Code()), state);
  EXPECT_THAT(p.Findings(), IsEmpty());
  p.Call("types:FunctionType", {Code(), state, p->Str("f")});
  EXPECT_THAT(p.Findings(), ::testing::Not(IsEmpty()));
}

TEST_F(CodeTest, SetattrFillsCellsAndNothingElse) {
  const auto setattr = [this] {
    return p.Call("builtins:getattr",
                  {p.Global("dill:_dill"), p->Str("_setattr"),
                   p.Global("builtins:setattr")});
  };
  const NodeId cell = p.Call("dill._dill:_create_cell", {p->None()});
  p.Call(setattr(), {cell, p->Str("cell_contents"), p->Int(1)});
  EXPECT_THAT(p.Findings(), IsEmpty());
  p.Call(setattr(), {Function(Code()), p->Str("__code__"), Code()});
  EXPECT_THAT(Found(), HasSubstr("arguments-denied"));
}

TEST_F(CodeTest, ArgumentsOfGetattrAreNoValues) {
  const NodeId args = p->Tuple({p.Global("dill:_dill"), p->Str("_setattr"),
                                p.Global("builtins:setattr")});
  p->Call(p.Global("builtins:getattr"), args, 1);
  EXPECT_THAT(p.Findings(), ::testing::Not(IsEmpty()));  // not next to it
}

TEST_F(CodeTest, ArgumentsAreNotUsedTwice) {
  const NodeId getattr = p.Global("builtins:getattr");
  const NodeId args = p->Tuple({p.Global("dill:_dill"), p->Str("_setattr"),
                                p.Global("builtins:setattr")});
  p->Call(getattr, args, 1);
  EXPECT_THAT(p.Findings(), IsEmpty());
  p->Tuple({args});
  EXPECT_THAT(Found(), HasSubstr("second time"));
}

TEST_F(CodeTest, SetattrIsNoValue) {
  p->Tuple({p.Global("builtins:setattr")});
  EXPECT_THAT(Found(), HasSubstr("builtins:setattr"));
}

// The last thing in a pickle, which no call explains.
TEST_F(CodeTest, GlobalsOfTheProgramAreNoValue) {
  p->Tuple({Main()});
  EXPECT_THAT(Found(), HasSubstr("__main__"));
}

// Named in the shape, and a value beside that.
TEST_F(CodeTest, GlobalsOfTheProgramAreNoValueBesideThat) {
  const NodeId main = Main();
  const NodeId list = p->List();
  const NodeId items[] = {main};
  const NodeId code = Code();
  p->Append(list, items, 0);
  p.Call("dill._dill:_create_function",
         {code, main, p->Str("f"), p->None(), p->None()});
  EXPECT_THAT(Found(), HasSubstr("__main__"));
}

TEST_F(CodeTest, ClassOfFunctionsAndItsObjectsAreClean) {
  const NodeId type = p.Call("dill._dill:_load_type", {p->Str("type")});
  const NodeId object = p.Call("dill._dill:_load_type", {p->Str("object")});
  const NodeId body = DictOf("f", Function(Code()));
  const NodeId cls = p.Call("dill._dill:_create_type",
                            {type, p->Str("C"), p->Tuple({object}), body});
  const NodeId made =
      p->New(NewForm::kNewObj, cls, p->Tuple({}), kNoNode, p.at());
  p.Build(made, p.Dict("x"));
  EXPECT_THAT(p.Findings(), IsEmpty());
}

TEST_F(CodeTest, ClassHoldsNoGlobalsAndNoOtherBases) {
  const auto cls = [this](NodeId base, NodeId value) {
    const NodeId type = p.Call("dill._dill:_load_type", {p->Str("type")});
    p.Call("dill._dill:_create_type",
           {type, p->Str("C"), p->Tuple({base}), DictOf("__del__", value)});
  };
  cls(p.Global("builtins:object"), p.Global("builtins:list"));
  EXPECT_THAT(Found(), HasSubstr("_create_type is called"));
}

TEST_F(CodeTest, ClassOverNativeStateIsDenied) {
  const NodeId type = p.Call("dill._dill:_load_type", {p->Str("type")});
  p.Call("dill._dill:_create_type",
         {type, p->Str("C"), p->Tuple({p.Global("sklearn.tree._tree:Tree")}),
          p->Dict()});
  EXPECT_THAT(Found(), HasSubstr("_create_type is called"));
}

// setattr(cls, "__bases__", ...) would bring in what the call did not.
TEST_F(CodeTest, BasesAreNotChangedLater) {
  const NodeId type = p.Global("builtins:type");
  const NodeId cls =
      p.Call("cloudpickle.cloudpickle:_make_skeleton_class",
             {type, p->Str("C"), p->Tuple({p.Global("builtins:object")}),
              p->Dict(), p->Str("id"), p->None()});
  EXPECT_THAT(p.Findings(), IsEmpty());
  p.Call(
      "cloudpickle.cloudpickle:_class_setstate",
      {cls, p->Tuple({DictOf("__bases__",
                             p->Tuple({p.Global("sklearn.tree._tree:Tree")})),
                      p->Dict()})});
  EXPECT_THAT(Found(), HasSubstr("_class_setstate is called"));
}

TEST_F(CodeTest, ObjectOfAnObjectIsDenied) {
  const NodeId type = p.Global("builtins:type");
  const NodeId cls = p.Call(
      "cloudpickle.cloudpickle:_make_skeleton_class",
      {type, p->Str("C"), p->Tuple({}), p->Dict(), p->Str("id"), p->None()});
  const NodeId made =
      p->New(NewForm::kNewObj, cls, p->Tuple({}), kNoNode, p.at());
  p->New(NewForm::kNewObj, made, p->Tuple({}), kNoNode, p.at());
  EXPECT_THAT(Found(), HasSubstr("call-of-value"));
}

// A list that a frozenset was made of grows: the constant does not.
TEST_F(CodeTest, WhatIsAddedToAListLaterIsNoConstant) {
  const auto digest_of = [](bool late) {
    Pickle pickle(Allowing());
    const NodeId list = pickle->List();
    const auto add = [&](int64_t number) {
      const NodeId items[] = {pickle->Int(number)};
      pickle->Append(list, items, 0);
    };
    add(1);
    if (!late) add(2);
    const NodeId set = pickle.Call("builtins:frozenset", {list});
    if (late) add(2);
    const NodeId empty = pickle->Tuple({});
    pickle.Call("dill._dill:_create_code",
                {pickle->Int(0), pickle->Int(0), pickle->Int(0), pickle->Int(0),
                 pickle->Int(1), pickle->Int(3), pickle->Bytes(Made().bytecode),
                 pickle->Tuple({set}), empty, empty, pickle->Str("a.py"),
                 pickle->Str("f"), pickle->Str("f"), pickle->Int(1),
                 pickle->Bytes(Made().lines), pickle->Bytes(""), empty, empty});
    return First(pickle);  // which holds the digest
  };
  EXPECT_NE(digest_of(false), digest_of(true));
}

// NumPy takes the state of an array from dill's call as it takes it from BUILD.
TEST_F(CodeTest, StateOfAnArrayInACallIsChecked) {
  const auto array = [this](const std::string& bytes) {
    const NodeId dtype =
        p.Call("numpy:dtype", {p->Str("f8"), p->Bool(false), p->Bool(true)});
    const NodeId none = p->None();
    p.Build(dtype, p->Tuple({p->Int(3), p->Str("<"), none, none, none,
                             p->Int(-1), p->Int(-1), p->Int(0)}));
    const NodeId state = p->Tuple({p->Int(1), p->Tuple({p->Int(1)}), dtype,
                                   p->Bool(false), p->Bytes(bytes)});
    p.Call("dill._dill:_create_array",
           {p.Global("numpy._core.multiarray:_reconstruct"),
            p->Tuple({p.Global("numpy:ndarray"), p->Tuple({p->Int(0)}),
                      p->Bytes("b")}),
            state, none});
  };
  array(std::string(8, '\0'));
  EXPECT_THAT(p.Findings(), IsEmpty());
  array(std::string(4, '\0'));
  EXPECT_THAT(Found(), HasSubstr("value-denied dill.array"));
}

TEST_F(CodeTest, MarshalDataAreDeniedWhoeverListsThem) {
  Pickle pickle(Allowing(R"(
[[allow]]
global = "marshal:loads"
uses   = ["call"]
)"));
  pickle.Call("marshal:loads", {pickle->Bytes("N")});
  EXPECT_THAT(pickle.Findings(), ::testing::Not(IsEmpty()));
}

// A rule may hand a constructor over: then nobody sees what it is called with.
TEST_F(CodeTest, ConstructorsOfCodeAreNotHandedOver) {
  Pickle pickle(Allowing(R"(
[[allow]]
global = "m:apply"
uses   = ["call"]
call   = ["callable"]
[[allow]]
global = "types:CodeType"
uses   = ["reference", "call"]
)"));
  pickle.Call("m:apply", {pickle.Global("types:CodeType")});
  EXPECT_THAT(pickle.Findings(), ::testing::Not(IsEmpty()));
}

TEST(AllowCode, MistakesAreReported) {
  const auto mistake = [](absl::string_view text) {
    return std::string(Policy::FromToml(text, "x.toml").status().message());
  };
  const std::string digest(64, 'a');
  EXPECT_THAT(mistake("[[allow_code]]\n"), HasSubstr("needs 'digest'"));
  EXPECT_THAT(mistake("[[allow_code]]\ndigest = 'A0'\npython = ['3.12']\n"),
              HasSubstr("64 digits"));
  EXPECT_THAT(
      mistake(absl::StrCat("[[allow_code]]\ndigest = '", digest, "'\n")),
      HasSubstr("needs 'python'"));
  EXPECT_THAT(mistake(absl::StrCat("[[allow_code]]\ndigest = '", digest,
                                   "'\npython = ['2.7']\n")),
              HasSubstr("'2.7' is no version"));
  EXPECT_THAT(mistake(absl::StrCat("[[allow_code]]\ndigest = '", digest,
                                   "'\npython = []\n")),
              HasSubstr("names no version"));
  // The same function in two files is printed for each of them.
  EXPECT_EQ(mistake(absl::StrCat("[[allow_code]]\ndigests = ['", digest, "', '",
                                 digest, "']\npython = ['3.12']\n")),
            "");
  EXPECT_THAT(mistake("[[allow_code]]\nname = 'f'\npython = ['3.12']\n"),
              HasSubstr("no meaning without 'digest'"));
  EXPECT_THAT(mistake("[[allow_code]]\nname = 'f'\nwho = 'x'\n"),
              HasSubstr("who"));
  EXPECT_EQ(mistake("[[allow_code]]\nname = 'f'\nfile = '**/a.py'\n"), "");
}

}  // namespace
}  // namespace picklebox::policy
