// Shapes held to graphs. Each case is judged twice, by a builder and by a
// verifier (pickle.h).
#include "policy/matcher.h"

#include <chrono>
#include <functional>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "policy/shape_text.h"
#include "tests/policy/pickle.h"

namespace picklebox::policy {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

// A policy in which m:f has this shape for its state, and more.
std::string PolicyOf(absl::string_view shape) {
  return absl::StrCat(R"(
name = "test"
[[allow]]
globals = ["m:c", "n:c", "m:other", "numpy._core.multiarray:_reconstruct", "_codecs:encode"]
uses = ["reference", "call", "new", "extend"]
[[allow]]
globals = ["m:r", "m:Zone"]
uses = ["reference"]
[[allow]]
global = "m:getattr"
uses = []
attribute = true
[[allow]]
global = "m:Zone.make"
uses = ["reference"]
[[extension]]
code = 5
global = "m:c"
[[allow]]
global = "m:f"
uses = ["reference", "call", "build"]
setstate = true
state = )",
                      TomlString(shape), "\n");
}

using Make = std::function<NodeId(Pickle&)>;

// Whether what `make` makes is a state of this shape.
bool Fits(absl::string_view shape, const Make& make) {
  JudgeOptions options;
  options.persistent_ids = true;
  Pickle p(MakePolicy(PolicyOf(shape)), options);
  const NodeId value = make(p);
  const uint64_t before = p.judge().denials();
  p.Build(p.Call("m:f"), value);
  EXPECT_EQ(p.Report().findings.empty(), p.judge().denials() == 0);
  return p.judge().denials() == before;
}

const struct Value {
  const char* shape;
  NodeId (*make)(Pickle&);
} kValues[] = {
    {"none", [](Pickle& p) { return p->None(); }},
    {"bool", [](Pickle& p) { return p->Bool(true); }},
    {"int", [](Pickle& p) { return p->Int(7); }},
    {"float", [](Pickle& p) { return p->Float(0); }},
    {"str", [](Pickle& p) { return p->Str("x"); }},
    {"bytes", [](Pickle& p) { return p->Bytes("x"); }},
    {"bytearray", [](Pickle& p) { return p->ByteArray("x"); }},
    {"tuple", [](Pickle& p) { return p->Tuple({p->Int(1)}); }},
    {"list", [](Pickle& p) { return p->List(); }},
    {"dict", [](Pickle& p) { return p.Dict("x"); }},
    {"set", [](Pickle& p) { return p->Set(); }},
    {"frozenset", [](Pickle& p) { return p->FrozenSet({}); }},
    {"global", [](Pickle& p) { return p.Global("m:r"); }},
    {"made", [](Pickle& p) { return p.Call("m:c"); }},
    {"persistent", [](Pickle& p) { return p->Persistent(p->Int(1), 1); }},
    {"buffer", [](Pickle& p) { return p->Buffer(0, 1); }},
};

TEST(MatcherTest, EachKindIsItself) {
  for (const Value& value : kValues) {
    EXPECT_TRUE(Fits("any", value.make)) << value.shape;
    for (const Value& shape : kValues) {
      EXPECT_EQ(Fits(shape.shape, value.make), value.make == shape.make)
          << value.shape << " as " << shape.shape;
    }
  }
  EXPECT_TRUE(Fits("made", [](Pickle& p) { return p.New("m:c"); }));
  EXPECT_TRUE(
      Fits("buffer", [](Pickle& p) { return p->Readonly(p->Buffer(0, 1)); }));
}

TEST(MatcherTest, WhatStandsForAGlobalIsOne) {
  const Make attribute = [](Pickle& p) {
    return p.Call("m:getattr", {p.Global("m:Zone"), p->Str("make")});
  };
  EXPECT_TRUE(Fits("global", attribute));
  EXPECT_TRUE(Fits("global(m:Zone.make)", attribute));
  EXPECT_FALSE(Fits("made", attribute));
  EXPECT_FALSE(Fits("made(m:getattr)", attribute));
  const Make extension = [](Pickle& p) { return p->Extension(5, 1); };
  EXPECT_TRUE(Fits("global", extension));
  EXPECT_TRUE(Fits("global(m:c)", extension));
  EXPECT_FALSE(Fits("made", extension));
}

TEST(MatcherTest, Literals) {
  const Make text = [](Pickle& p) { return p->Str("latin1"); };
  EXPECT_TRUE(Fits("'latin1'", text));
  EXPECT_TRUE(Fits("'utf-8'|'latin1'", text));
  EXPECT_FALSE(Fits("'latin'", text));
  EXPECT_FALSE(Fits("'Latin1'", text));
  EXPECT_FALSE(Fits("b'latin1'", text));
  EXPECT_TRUE(Fits("b'b'", [](Pickle& p) { return p->Bytes("b"); }));
  EXPECT_FALSE(Fits("'b'", [](Pickle& p) { return p->Bytes("b"); }));
  EXPECT_FALSE(Fits("b'b'", [](Pickle& p) { return p->ByteArray("b"); }));
  EXPECT_FALSE(Fits("''", [](Pickle& p) { return p->StrExtent({0, 500}); }));
  EXPECT_TRUE(Fits("''", [](Pickle& p) { return p->Str(""); }));
  EXPECT_TRUE(Fits("true", [](Pickle& p) { return p->Bool(true); }));
  EXPECT_FALSE(Fits("false", [](Pickle& p) { return p->Bool(true); }));
  EXPECT_FALSE(Fits("1", [](Pickle& p) { return p->Bool(true); }));
}

// Protocol 2 writes bytes as a text that is encoded. Of ASCII, these are the
// same bytes; of other letters, Latin-1 has one byte where the literal has two.
TEST(MatcherTest, LiteralBytesThatAreEncodedText) {
  const auto encoded = [](const char* text) {
    return [text](Pickle& p) {
      return p.Call("_codecs:encode", {p->Str(text), p->Str("latin1")});
    };
  };
  EXPECT_TRUE(Fits("b'ab'", encoded("ab")));
  EXPECT_FALSE(Fits("b'ab'", encoded("ac")));
  EXPECT_FALSE(Fits("'ab'", encoded("ab")));
  EXPECT_FALSE(Fits("b'\xc3\xa9'", encoded("\xc3\xa9")));
  EXPECT_TRUE(Fits("bytes", encoded("\xc3\xa9")));
}

TEST(MatcherTest, Integers) {
  const auto integer = [](int64_t value) {
    return [value](Pickle& p) { return p->Int(value); };
  };
  EXPECT_TRUE(Fits("5", integer(5)));
  EXPECT_FALSE(Fits("5", integer(6)));
  EXPECT_TRUE(Fits("-1", integer(-1)));
  EXPECT_TRUE(Fits("0..624", integer(0)));
  EXPECT_TRUE(Fits("0..624", integer(624)));
  EXPECT_FALSE(Fits("0..624", integer(625)));
  EXPECT_FALSE(Fits("0..624", integer(-1)));
  EXPECT_TRUE(
      Fits("-9223372036854775808..9223372036854775807", integer(INT64_MIN)));
  const Make big = [](Pickle& p) {
    const std::vector<uint8_t> bytes(20, 1);
    return p->Int(absl::MakeConstSpan(bytes));
  };
  EXPECT_TRUE(Fits("int", big));
  EXPECT_FALSE(Fits("-9223372036854775808..9223372036854775807", big));
  EXPECT_FALSE(Fits("0..624", [](Pickle& p) { return p->Float(0); }));
}

TEST(MatcherTest, NamesAndWhatTheyMade) {
  EXPECT_TRUE(Fits("global(m:r)", [](Pickle& p) { return p.Global("m:r"); }));
  EXPECT_FALSE(Fits("global(m:c)", [](Pickle& p) { return p.Global("m:r"); }));
  EXPECT_FALSE(Fits("global(m:r)", [](Pickle& p) { return p->Str("m:r"); }));
  EXPECT_TRUE(Fits("made(m:c)", [](Pickle& p) { return p.Call("m:c"); }));
  EXPECT_TRUE(Fits("made(m:c)", [](Pickle& p) { return p.New("m:c"); }));
  EXPECT_FALSE(Fits("made(m:c)", [](Pickle& p) { return p.Call("m:other"); }));
  EXPECT_FALSE(Fits("made(m:c)", [](Pickle& p) { return p.Call("n:c"); }));
  EXPECT_FALSE(Fits("global(m:c)", [](Pickle& p) { return p.Global("n:c"); }));
  EXPECT_FALSE(Fits("made(m:c)", [](Pickle& p) { return p.Global("m:c"); }));
  EXPECT_TRUE(Fits("made(numpy.core.multiarray:_reconstruct)", [](Pickle& p) {
    return p.Call("numpy.core.multiarray:_reconstruct");
  }));
  EXPECT_TRUE(Fits("array", [](Pickle& p) {
    return p.Call("numpy.core.multiarray:_reconstruct");
  }));
  EXPECT_FALSE(Fits("array", [](Pickle& p) { return p.Call("m:c"); }));
}

TEST(MatcherTest, Tuples) {
  const auto tuple = [](int ints, int texts) {
    return [=](Pickle& p) {
      std::vector<NodeId> items;
      for (int i = 0; i < ints; ++i) items.push_back(p->Int(i));
      for (int i = 0; i < texts; ++i) items.push_back(p->Str("x"));
      return p->Tuple(items);
    };
  };
  EXPECT_TRUE(Fits("tuple[]", tuple(0, 0)));
  EXPECT_FALSE(Fits("tuple[]", tuple(1, 0)));
  EXPECT_TRUE(Fits("tuple[int, str]", tuple(1, 1)));
  EXPECT_FALSE(Fits("tuple[int, str]", tuple(1, 0)));
  EXPECT_FALSE(Fits("tuple[int, str]", tuple(0, 1)));
  EXPECT_FALSE(Fits("tuple[int, str]", tuple(1, 2)));
  EXPECT_TRUE(Fits("tuple[int, str?]", tuple(1, 0)));
  EXPECT_TRUE(Fits("tuple[int, str?]", tuple(1, 1)));
  EXPECT_FALSE(Fits("tuple[int, str?]", tuple(2, 0)));
  EXPECT_TRUE(Fits("tuple[int?, int?, str*]", tuple(0, 0)));
  EXPECT_TRUE(Fits("tuple[int?, int?, str*]", tuple(2, 3)));
  EXPECT_FALSE(Fits("tuple[int?, int?, str*]", tuple(1, 3)));
  EXPECT_TRUE(Fits("tuple[int*]", tuple(100, 0)));
  EXPECT_FALSE(Fits("tuple[int*]", tuple(100, 1)));
  EXPECT_TRUE(Fits("tuple[str]|tuple[int]", tuple(1, 0)));
  EXPECT_TRUE(Fits("tuple[tuple[int*], str]", [](Pickle& p) {
    return p->Tuple({p->Tuple({p->Int(1)}), p->Str("x")});
  }));
  EXPECT_FALSE(Fits("tuple[tuple[int*], str]", [](Pickle& p) {
    return p->Tuple({p->Tuple({p->Str("y")}), p->Str("x")});
  }));
  EXPECT_TRUE(Fits("frozenset[int]", [](Pickle& p) {
    return p->FrozenSet({p->Int(1), p->Int(2)});
  }));
  EXPECT_FALSE(Fits("frozenset[int]", [](Pickle& p) {
    return p->FrozenSet({p->Int(1), p->Str("x")});
  }));
  EXPECT_TRUE(Fits("frozenset[]", [](Pickle& p) { return p->FrozenSet({}); }));
}

NodeId ListOf(Pickle& p, const std::vector<NodeId>& items) {
  const NodeId list = p->List();
  if (!items.empty()) p->Append(list, items, 0);
  return list;
}

TEST(MatcherTest, WhatAContainerHolds) {
  EXPECT_TRUE(Fits("list[int]", [](Pickle& p) { return p->List(); }));
  EXPECT_TRUE(Fits("list[int]", [](Pickle& p) {
    return ListOf(p, {p->Int(1), p->Int(2)});
  }));
  EXPECT_FALSE(Fits("list[int]", [](Pickle& p) {
    return ListOf(p, {p->Int(1), p->Str("x")});
  }));
  EXPECT_FALSE(
      Fits("list[]", [](Pickle& p) { return ListOf(p, {p->Int(1)}); }));
  EXPECT_TRUE(Fits("list[]", [](Pickle& p) { return p->List(); }));
  EXPECT_TRUE(Fits("dict['x': int]", [](Pickle& p) { return p.Dict("x"); }));
  EXPECT_FALSE(Fits("dict['x': int]", [](Pickle& p) { return p.Dict("y"); }));
  EXPECT_FALSE(Fits("dict['x': str]", [](Pickle& p) { return p.Dict("x"); }));
  EXPECT_TRUE(
      Fits("dict['y': str, str: int]", [](Pickle& p) { return p.Dict("x"); }));
  // The first entry with that key counts.
  EXPECT_FALSE(
      Fits("dict['x': str, str: int]", [](Pickle& p) { return p.Dict("x"); }));
  EXPECT_FALSE(Fits("dict[]", [](Pickle& p) { return p.Dict("x"); }));
  EXPECT_TRUE(Fits("set[int]", [](Pickle& p) {
    const NodeId set = p->Set();
    const NodeId item = p->Int(1);
    p->AddItems(set, {&item, 1}, 0);
    return set;
  }));
  EXPECT_FALSE(Fits("set[str]", [](Pickle& p) {
    const NodeId set = p->Set();
    const NodeId item = p->Int(1);
    p->AddItems(set, {&item, 1}, 0);
    return set;
  }));
}

TEST(MatcherTest, NestedContainersToo) {
  const Make good = [](Pickle& p) {
    return ListOf(p, {ListOf(p, {p->Str("k"), p->Int(1)})});
  };
  EXPECT_TRUE(Fits("list[list[str|int]]", good));
  EXPECT_FALSE(Fits("list[list[str]]", good));
  // Filled after it was added.
  const Make late = [](Pickle& p) {
    const NodeId inner = p->List();
    const NodeId outer = ListOf(p, {inner});
    const NodeId item = p->Float(1);
    p->Append(inner, {&item, 1}, 0);
    return outer;
  };
  EXPECT_FALSE(Fits("list[list[str|int]]", late));
  EXPECT_TRUE(Fits("list[list[float]]", late));
}

class LaterTest : public ::testing::Test {
 protected:
  LaterTest() : p_(MakePolicy(PolicyOf("list[int|list[str]]"))) {}
  Pickle p_;
};

TEST_F(LaterTest, WhatIsAddedLaterIsHeldToTheShape) {
  const NodeId list = p_->List();
  p_.Build(p_.Call("m:f"), list);
  const NodeId good = p_->Int(1);
  p_->Append(list, {&good, 1}, 0);
  EXPECT_EQ(p_.judge().denials(), 0u);
  const NodeId bad = p_->Str("x");
  p_->Append(list, {&bad, 1}, 0);
  EXPECT_EQ(p_.judge().denials(), 1u);
  EXPECT_THAT(p_.Findings(), ElementsAre("state-denied@30"));
  EXPECT_THAT(p_.Report().findings[0].message, HasSubstr("later"));
}

// The short ways for changes of plain data once did not know of watched
// containers: what was added later was seen by nobody.
TEST_F(LaterTest, TheShortWaysOfTheBuilderAndTheVerifierAreNoWayAround) {
  Pickle p(MakePolicy(PolicyOf("tuple[list[int], dict[str: int]]")));
  const NodeId list = p->List();
  const NodeId dict = p->Dict();
  const NodeId text = p->Str("x");
  const NodeId pair[] = {text, text};
  EXPECT_TRUE(p->AppendPlain(p->List(), {&text, 1}));
  EXPECT_TRUE(p->SetPlainItems(p->Dict(), pair));
  p.Build(p.Call("m:f"), p->Tuple({list, dict}));
  EXPECT_FALSE(p->AppendPlain(list, {&text, 1}));
  EXPECT_FALSE(p->SetPlainItems(dict, pair));
  p->SetItems(dict, pair, 0);
  EXPECT_EQ(p.judge().denials(), 1u);
  EXPECT_THAT(p.Findings(), ElementsAre("state-denied@30"));
}

TEST_F(LaterTest, AndWhatIsAddedToWhatIsAddedLater) {
  const NodeId list = p_->List();
  const NodeId inner = p_->List();
  p_.Build(p_.Call("m:f"), list);
  p_->Append(list, {&inner, 1}, 0);
  const NodeId good = p_->Str("x");
  p_->Append(inner, {&good, 1}, 0);
  EXPECT_EQ(p_.judge().denials(), 0u);
  const NodeId bad = p_->Int(1);
  p_->Append(inner, {&bad, 1}, 0);
  EXPECT_EQ(p_.judge().denials(), 1u);
  EXPECT_THAT(p_.Findings(), ElementsAre("state-denied@30"));
}

TEST_F(LaterTest, ACycleEnds) {
  const NodeId list = p_->List();
  const NodeId item = p_->Int(1);
  p_->Append(list, {&item, 1}, 0);
  p_->Append(list, {&list, 1}, 0);
  p_.Build(p_.Call("m:f"), list);  // holds an int where a str must be
  EXPECT_EQ(p_.judge().denials(), 1u);
  EXPECT_THAT(p_.Findings(), ElementsAre("state-denied@30"));
}

TEST(MatcherTest, WhatAMadeObjectHolds) {
  const auto made = [](std::vector<std::string> keys, bool filled) {
    return [=](Pickle& p) {
      const NodeId value = filled ? p.Call("m:c", {p->Int(1)}) : p.Call("m:c");
      for (const std::string& key : keys) {
        const NodeId pair[] = {p->Str(key), p->Int(1)};
        p->SetItems(value, pair, 1);
      }
      return value;
    };
  };
  EXPECT_TRUE(Fits("made(m:c)[]", made({}, false)));
  EXPECT_FALSE(Fits("made(m:c)[]", made({}, true)));
  EXPECT_FALSE(Fits("made(m:c)[]", made({"a"}, false)));
  EXPECT_TRUE(Fits("made(m:c)[str: int]", made({"a", "b"}, false)));
  EXPECT_FALSE(Fits("made(m:c)['a': int]", made({"a", "b"}, false)));
  EXPECT_FALSE(Fits("made(m:c)[int]", made({"a"}, false)));
  EXPECT_FALSE(Fits("made(m:other)[]", made({}, false)));
}

TEST(MatcherTest, WhatIsAddedLaterToAMadeObject) {
  Pickle p(MakePolicy(PolicyOf("made(m:c)[str: int]")));
  const NodeId made = p.Call("m:c");
  p.Build(p.Call("m:f"), made);
  const NodeId good[] = {p->Str("a"), p->Int(1)};
  p->SetItems(made, good, 55);
  EXPECT_EQ(p.judge().denials(), 0u);
  const NodeId bad[] = {p->Str("a"), p.Global("m:r")};
  p->SetItems(made, bad, 66);
  EXPECT_EQ(p.judge().denials(), 1u);
  EXPECT_THAT(p.Findings(), ElementsAre("state-denied@50"));
}

TEST(MatcherTest, CallablesAndClassesAreHeldToThePolicy) {
  const Make c = [](Pickle& p) { return p.Global("m:c"); };
  const Make r = [](Pickle& p) { return p.Global("m:r"); };
  const Make made = [](Pickle& p) { return p.Call("m:c"); };
  for (const char* shape : {"callable", "class", "tuple|callable|none"}) {
    EXPECT_TRUE(Fits(shape, c)) << shape;
    EXPECT_FALSE(Fits(shape, r)) << shape;
    EXPECT_FALSE(Fits(shape, made)) << shape;
  }
  EXPECT_TRUE(Fits("list[callable]",
                   [](Pickle& p) { return ListOf(p, {p.Global("m:c")}); }));
  EXPECT_FALSE(Fits("list[callable]",
                    [](Pickle& p) { return ListOf(p, {p.Global("m:r")}); }));
  // An alternative that does not fit asks for nothing.
  EXPECT_TRUE(Fits("tuple[callable, int]|tuple[global, str]", [](Pickle& p) {
    return p->Tuple({p.Global("m:r"), p->Str("x")});
  }));
}

TEST(MatcherTest, ArgumentsOfCallsAndOfNew) {
  constexpr char kText[] = R"(
[[allow]]
global = "m:f"
uses = ["reference", "call", "new"]
call = [["str"], ["str", "'latin1'"]]
new = ["int"]
[[allow]]
global = "m:kw"
uses = ["reference", "new"]
new = []
kwargs = "dict['x': int]"
)";
  Pickle p(MakePolicy(kText));
  p.Call("m:f", {p->Str("x")});
  p.Call("m:f", {p->Str("x"), p->Str("latin1")});
  p.New("m:f", NewForm::kNewObj, {p->Int(1)});
  p.New("m:f", NewForm::kObj, {p->Str("x")});  // which calls it
  const auto keywords = [&](absl::string_view name, NodeId dict) {
    p->New(NewForm::kNewObjEx, p.Global(name), p->Tuple({}), dict, 77);
  };
  keywords("m:kw", p.Dict("x"));
  keywords("m:kw", p->Dict());
  EXPECT_THAT(p.Findings(), IsEmpty());

  p.Call("m:f", {p->Str("x"), p->Str("hex")});    // at 110
  p.Call("m:f", {});                              // said once
  p.New("m:f", NewForm::kNewObj, {p->Str("x")});  // at 150
  p.New("m:f", NewForm::kInst, {p->Int(1)});      // a call
  keywords("m:kw", p.Dict("y"));
  EXPECT_EQ(p.judge().denials(), 5u);
  const FileReport report = p.Report();
  ASSERT_THAT(p.Findings(), ElementsAre("arguments-denied call@120",
                                        "arguments-denied new@160",
                                        "arguments-denied kwargs@77"));
  EXPECT_EQ(report.findings[0].message,
            "m:f is called with [\"'x'\", \"'hex'\"], where test.toml:3 allows "
            "[[\"str\"], [\"str\", \"'latin1'\"]]");
  EXPECT_THAT(report.findings[2].message, HasSubstr("holds 'y'"));
}

TEST(MatcherTest, KeywordsAreNoneUnlessTheRuleSays) {
  Pickle p(
      MakePolicy("[[allow]]\nglobal = \"m:f\"\nuses = [\"new\"]\nnew = []\n"));
  const NodeId dict = p->Dict();
  p->New(NewForm::kNewObjEx, p.Global("m:f"), p->Tuple({}), dict, 77);
  EXPECT_EQ(p.judge().denials(), 0u);
  const NodeId pair[] = {p->Str("x"), p->Int(1)};
  p->SetItems(dict, pair, 0);
  EXPECT_THAT(p.Findings(), ElementsAre("arguments-denied kwargs@77"));
}

TEST(MatcherTest, Items) {
  Pickle p(MakePolicy(
      "[[allow]]\nglobal = \"m:d\"\nuses = [\"call\", \"extend\"]\nitems = "
      "\"str: int\"\n[[allow]]\nglobal = \"m:l\"\nuses = [\"call\", "
      "\"extend\"]\nitems = \"int\"\n"));
  const NodeId dict = p.Call("m:d");
  const NodeId list = p.Call("m:l");
  const NodeId one = p->Int(1);
  const NodeId pair[] = {p->Str("x"), one};
  const NodeId wrong[] = {one, one};
  p->SetItems(dict, pair, 1);
  p->Append(list, {&one, 1}, 2);
  p->AddItems(list, {&one, 1}, 3);
  EXPECT_THAT(p.Findings(), IsEmpty());
  p->SetItems(dict, wrong, 4);
  p->Append(dict, {&one, 1}, 5);
  p->SetItems(list, pair, 6);
  EXPECT_EQ(p.judge().denials(), 3u);
  EXPECT_THAT(p.Findings(),
              ElementsAre("items-denied shape@4", "items-denied shape@6"));
}

TEST(MatcherTest, AStateIsHeldToItsShapeAndToTheNamesOfAttributes) {
  const char* text =
      "[[allow]]\nglobal = \"m:f\"\nuses = [\"new\", \"build\"]\nstate = "
      "\"dict\"\n";
  Pickle p(MakePolicy(text));
  p.Build(p.New("m:f"), p.Dict("x"));
  EXPECT_THAT(p.Findings(), IsEmpty());
  p.Build(p.New("m:f"), p->None());
  p.Build(p.New("m:f"), p.Dict("__class__"));
  EXPECT_THAT(p.Findings(), ElementsAre("state-denied@60", "state-key key@90"));
}

// A tuple of a million items, given to a call again and again, and a list far
// back that is looked for again and again.
TEST(MatcherTest, WorkIsCharged) {
  const auto start = std::chrono::steady_clock::now();
  Pickle p(
      MakePolicy("[[allow]]\nglobal = \"m:f\"\nuses = [\"call\"]\ncall = "
                 "[[\"tuple[int*]\"], [\"list[int]\", \"list[int]\"]]\n"));
  const NodeId function = p.Global("m:f");
  const NodeId one = p->Int(1);
  const std::vector<NodeId> ones(100'000, one);
  const NodeId args = p->Tuple({p->Tuple(ones)});
  std::vector<NodeId> lists;
  for (int i = 0; i < 2000; ++i) lists.push_back(p->List());
  for (int i = 0; i < 2000; ++i) p->Call(function, args, 9);
  const uint64_t denials = p.judge().denials();
  EXPECT_GT(denials, 0u);
  for (int i = 0; i < 100'000; ++i) p->Int(i);
  for (const NodeId list : lists) p->Call(function, p->Tuple({list, list}), 10);
  EXPECT_GT(p.judge().denials(), denials);
  EXPECT_THAT(p.Report().findings[0].message, HasSubstr("too much to look at"));
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(10));
}

// As many lists as calls, each looked into at its own place: that is linear.
TEST(MatcherTest, HonestWorkIsNot) {
  Pickle p(
      MakePolicy("[[allow]]\nglobal = \"m:f\"\nuses = [\"call\"]\ncall = "
                 "[\"list[list[int]]\"]\n"));
  const NodeId function = p.Global("m:f");
  for (int i = 0; i < 30'000; ++i) {
    const NodeId inner = ListOf(p, {p->Int(i)});
    const NodeId outer = ListOf(p, {inner, ListOf(p, {p->Int(i)})});
    p->Call(function, p->Tuple({outer}), 1);
  }
  EXPECT_THAT(p.Findings(), IsEmpty());
}

}  // namespace
}  // namespace picklebox::policy
