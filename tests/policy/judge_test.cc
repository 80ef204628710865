// Every finding, every use, and the ways around a rule. Each case is judged
// twice, by a builder and by a verifier (pickle.h).
#include "policy/judge.h"

#include <chrono>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/policy/judge_fixture.h"
#include "tests/policy/pickle.h"

namespace picklebox::policy {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;

TEST_F(JudgeTest, DataIsClean) {
  const NodeId list = p->List();
  const NodeId items[] = {p->Int(1), p->Str("x"), p.Dict("k"), p->None()};
  p->Append(list, items, 0);
  EXPECT_THAT(p.Findings(), IsEmpty());
  EXPECT_THAT(p.judge().globals(), IsEmpty());
}

TEST_F(JudgeTest, EachUseIsAllowedOnItsOwn) {
  p.Call("m:c");
  p.New("m:n");
  p.Build(p.New("m:nb"), p.Dict("x"));
  p.Build(p.Call("m:cb"), p.Dict("x"));
  const NodeId item = p->Int(1);
  p->Append(p.Call("m:ce"), {&item, 1}, 9);
  p->Tuple({p.Global("m:r")});
  EXPECT_THAT(p.Findings(), IsEmpty());
  EXPECT_EQ(p.judge().denials(), 0u);
}

TEST_F(JudgeTest, EachUseIsDeniedWhereItIsNotListed) {
  p.Call("m:n");                           // 10 global, 20 call
  p.New("m:c");                            // 40
  p.Build(p.Call("m:hash"), p.Dict("x"));  // 50, 60, build 70
  const NodeId item = p->Int(1);
  p->Append(p.Call("m:cb"), {&item, 1}, 95);  // 80, 90
  p->Tuple({p.Global("m:none")});             // 100
  EXPECT_THAT(p.Findings(),
              ElementsAre("use-denied call@20", "use-denied new@40",
                          "use-denied build@70", "use-denied extend@95",
                          "use-denied reference@100"));
}

TEST_F(JudgeTest, AllUsesOfAGlobalAreToldAtOnce) {
  const NodeId global = p.Global("m:r");
  p.Call(global, {});
  p.Call(global, {});
  p->New(NewForm::kNewObj, global, p->Tuple({}), kNoNode, 30);
  p->Tuple({global});
  const FileReport report = p.Report();
  ASSERT_THAT(report.globals, SizeIs(1));
  EXPECT_EQ(report.globals[0].uses, kReference | kCall | kNew);
  EXPECT_EQ(report.globals[0].denied, kCall | kNew);
  EXPECT_EQ(report.globals[0].count, 4u);
  EXPECT_EQ(report.globals[0].policy_origin, "test.toml:7");
  EXPECT_EQ(report.globals[0].reason,
            "the policy allows reference, not call and new");
  ASSERT_THAT(report.findings, SizeIs(1));
  EXPECT_THAT(report.findings[0].message,
              HasSubstr("m:r is used for call and new, where test.toml:7 "
                        "allows reference"));
  EXPECT_EQ(report.globals[0].granted, kReference);
  EXPECT_EQ(p.judge().denials(), 3u);
}

TEST_F(JudgeTest, AnUnlistedGlobalIsDeniedEvenIfItIsNotUsed) {
  p.Global("os:system");
  const FileReport report = p.Report();
  ASSERT_THAT(report.findings, SizeIs(1));
  EXPECT_EQ(report.findings[0].code, Code::kGlobalDenied);
  EXPECT_EQ(report.findings[0].offset, 10u);
  EXPECT_THAT(
      report.findings[0].message,
      HasSubstr(
          "os:system is not listed by the policy test; the pickle uses it for "
          "reference"));
  EXPECT_FALSE(report.globals[0].allowed());
}

// Whoever scans a file of dill for the first time has to hear of its profile.
TEST_F(JudgeTest, TheShippedProfileThatListsAGlobalIsNamed) {
  p.Global("dill._dill:_create_cell");
  p.Global("dill._dill:_create_code.co_code");
  p.Global("dillydally:_create_cell");
  const FileReport report = p.Report();
  ASSERT_THAT(report.findings, SizeIs(3));
  EXPECT_THAT(report.findings[0].message,
              HasSubstr("is not listed by the policy test, but by the shipped "
                        "profile dill; the pickle uses it for reference"));
  for (const size_t other : {1, 2})
    EXPECT_THAT(report.findings[other].message, Not(HasSubstr("shipped")));
}

TEST_F(JudgeTest, AListedGlobalThatIsNotUsedIsClean) {
  p.Global("m:none");
  const FileReport report = p.Report();
  EXPECT_THAT(report.findings, IsEmpty());
  EXPECT_TRUE(report.globals[0].allowed());
}

TEST_F(JudgeTest, NamesAreExact) {
  for (const char* name :
       {"m:C", "M:c", "m:c_", "m:", "m.c:c", "m:_c", ":c", "m:c ", "m.:c"}) {
    Pickle other(MakePolicy(kPolicy));
    other.Call(name);
    EXPECT_THAT(other.Findings(), ElementsAre("global-denied@10")) << name;
  }
}

TEST_F(JudgeTest, DotsAreFollowedOnlyWhereTheUnpicklerDoes) {
  p.Global("m:Outer.Inner", true);
  EXPECT_THAT(p.Findings(), IsEmpty());
  Pickle undotted(MakePolicy(kPolicy));
  undotted.Global("m:Outer.Inner", false);
  EXPECT_THAT(undotted.Findings(), ElementsAre("global-denied dotted@10"));
  EXPECT_THAT(undotted.Report().globals[0].reason, HasSubstr("holds a dot"));
}

TEST_F(JudgeTest, ADottedNameMustBeListedWhole) {
  for (const char* name :
       {"m:Outer", "m:Outer.Inner.x", "m:c.__class__", "m:c.__call__",
        "m:Inner", "m.Outer:Inner", "m:Outer..Inner", "m:.Outer.Inner"}) {
    Pickle other(MakePolicy(kPolicy));
    other.Global(name, true);
    EXPECT_THAT(other.Findings(), ElementsAre("global-denied@10")) << name;
  }
}

TEST_F(JudgeTest, Python2NamesAreMappedBelowProtocol3) {
  p.Call(p.Global("__builtin__:xrange", false, true), {});
  const FileReport report = p.Report();
  EXPECT_THAT(report.findings, IsEmpty());
  EXPECT_EQ(report.globals[0].module, "builtins");
  EXPECT_EQ(report.globals[0].qualname, "range");
  EXPECT_EQ(report.globals[0].raw_module, "__builtin__");
  EXPECT_EQ(report.globals[0].raw_qualname, "xrange");

  Pickle later(MakePolicy(kPolicy));
  later.Call("__builtin__:xrange");
  EXPECT_THAT(later.Findings(), ElementsAre("global-denied@10"));
}

TEST_F(JudgeTest, OneSpellingMayMeanTwoThings) {
  p.Global("__builtin__:xrange", false, true);
  p.Global("__builtin__:xrange", false, false);
  p.Global("__builtin__:xrange", false, true);
  EXPECT_THAT(p.judge().globals(), SizeIs(2));
  EXPECT_THAT(p.Findings(), ElementsAre("global-denied@20"));
}

TEST_F(JudgeTest, AMappedNameIsNotSafeBecauseItLooksSo) {
  p.Global("commands:getoutput", false, true);
  const FileReport report = p.Report();
  EXPECT_THAT(
      report.findings[0].message,
      HasSubstr("subprocess:getoutput (written as commands:getoutput)"));
}

TEST_F(JudgeTest, OnlyGlobalsAreCalled) {
  const NodeId tuple = p->Tuple({});
  const NodeId made = p.Call("m:c");
  p->Call(made, tuple, 30);
  p->Call(p->Str("os.system"), tuple, 40);
  p->Call(p->Tuple({p.Global("m:c")}), tuple, 50);
  p->New(NewForm::kNewObj, made, tuple, kNoNode, 60);
  p->New(NewForm::kInst, p->Dict(), tuple, kNoNode, 70);
  EXPECT_THAT(p.Findings(),
              ElementsAre("call-of-value call@30", "call-of-value call@40",
                          "call-of-value call@50", "call-of-value newobj@60",
                          "call-of-value inst@70"));
}

TEST_F(JudgeTest, ArgumentsAreATuple) {
  const NodeId made = p.Call("m:c");
  p->Call(p.Global("m:c"), made, 40);
  p->New(NewForm::kNewObj, p.Global("m:n"), made, kNoNode, 50);
  EXPECT_THAT(p.Findings(), ElementsAre("arguments-opaque call@40",
                                        "arguments-opaque newobj@50"));
}

TEST_F(JudgeTest, KeywordArgumentsAreADict) {
  const NodeId cls = p.Global("m:n");
  p->New(NewForm::kNewObjEx, cls, p->Tuple({}), p->Dict(), 20);
  EXPECT_EQ(p.judge().denials(), 0u);
  const NodeId made = p.Call("m:c");
  p->New(NewForm::kNewObjEx, cls, p->Tuple({}), made, 50);
  EXPECT_THAT(p.judge().findings(), SizeIs(1));
  EXPECT_EQ(p.judge().findings()[0].code, Code::kArgumentsOpaque);
}

TEST_F(JudgeTest, ObjAndInstWithArgumentsAreACallToo) {
  const NodeId one = p->Int(1);
  p.New("m:n", NewForm::kNewObj, {one});
  p.New("m:n", NewForm::kObj);
  p.New("m:n", NewForm::kInst);
  p.New("m:cn", NewForm::kObj, {one});
  p.New("m:cn", NewForm::kInst, {one});
  EXPECT_EQ(p.judge().denials(), 0u);
  p.New("m:n", NewForm::kObj, {one});
  p.New("m:n", NewForm::kInst, {one});
  EXPECT_EQ(p.judge().denials(), 2u);
  EXPECT_THAT(p.Findings(), ElementsAre("use-denied call@120"));
}

TEST_F(JudgeTest, StateIsNotSetOnAGlobal) {
  p.Build(p.Global("m:nb"), p.Dict("x"));
  p->Build(p->Extension(5, 30), p.Dict("x"), 40);
  EXPECT_THAT(p.Findings(),
              ElementsAre("state-on-global@20", "state-on-global@40"));
}

TEST_F(JudgeTest, StateIsNotSetOnValues) {
  const NodeId state = p.Dict("x");
  std::vector<NodeId> values = {p->List(),    p->Dict(),       p->Int(1),
                                p->Tuple({}), p->Set(),        p->Str("s"),
                                p->None(),    p->FrozenSet({})};
  for (const NodeId value : values) p.Build(value, state);
  EXPECT_THAT(
      p.Findings(),
      ElementsAre("state-on-value list@10", "state-on-value dict@20",
                  "state-on-value int@30", "state-on-value tuple@40",
                  "state-on-value set@50", "state-on-value str@60",
                  "state-on-value none@70", "state-on-value frozenset@80"));
}

TEST_F(JudgeTest, StateIsNotSetOnWhatNobodyKnows) {
  JudgeOptions options;
  options.persistent_ids = true;
  Pickle q(MakePolicy(kPolicy), options);
  q->Build(q->Persistent(q->Int(1), 5), q.Dict("x"), 10);
  EXPECT_THAT(q.judge().findings(), SizeIs(1));
  EXPECT_EQ(q.judge().findings()[0].code, Code::kStateOnValue);
}

TEST_F(JudgeTest, StateIsSetOnce) {
  const NodeId made = p.New("m:nb");
  p.Build(made, p.Dict("x"));
  p.Build(p.New("m:nb"), p.Dict("x"));
  EXPECT_EQ(p.judge().denials(), 0u);
  p.Build(made, p.Dict("y"));
  EXPECT_THAT(p.Findings(), ElementsAre("state-twice@70"));
}

TEST_F(JudgeTest, StateKeysAreNamesOfAttributes) {
  for (const char* key : {"__class__", "__dict__", "__setstate__", "__reduce__",
                          "", "a b", "1a"}) {
    Pickle q(MakePolicy(kPolicy));
    q.Build(q.New("m:nb"), q.Dict(key));
    EXPECT_THAT(q.Findings(), ElementsAre("state-key key@30")) << key;
    Pickle own(MakePolicy(kPolicy));
    own.Build(own.Call("m:setstate"), own.Dict(key));
    EXPECT_THAT(own.Findings(), IsEmpty()) << key;
  }
  p.Build(p.New("m:nb"), p.Dict("_private"));
  p.Build(p.New("m:nb"), p.Dict("fitted_"));
  EXPECT_THAT(p.Findings(), IsEmpty());
}

TEST_F(JudgeTest, StateMayBeAPairOfDicts) {
  const auto build = [](NodeId (*make)(Pickle & q)) {
    Pickle q(MakePolicy(kPolicy));
    const NodeId state = make(q);
    q->Build(q.New("m:nb"), state, 99);
    return q.Findings();
  };
  EXPECT_THAT(build([](Pickle& q) {
                return q->Tuple({q->None(), q.Dict("slot")});
              }),
              IsEmpty());
  EXPECT_THAT(build([](Pickle& q) {
                return q->Tuple({q.Dict("x"), q->None()});
              }),
              IsEmpty());
  EXPECT_THAT(build([](Pickle& q) { return q->None(); }), IsEmpty());
  EXPECT_THAT(build([](Pickle& q) {
                return q->Tuple({q->None(), q.Dict("__class__")});
              }),
              ElementsAre("state-key key@99"));
  EXPECT_THAT(build([](Pickle& q) {
                return q->Tuple({q.Dict("__dict__"), q->None()});
              }),
              ElementsAre("state-key key@99"));
  EXPECT_THAT(build([](Pickle& q) { return q->Tuple({q.Dict("x")}); }),
              ElementsAre("state-key key@99"));
  EXPECT_THAT(build([](Pickle& q) {
                return q->Tuple({q->None(), q->Int(1)});
              }),
              ElementsAre("state-key key@99"));
}

// The keys of a dict that a call makes, and those added to it later, are seen
// by nobody: __class__ could be among them.
TEST_F(JudgeTest, StateIsNothingElse) {
  const NodeId made = p.Call("m:ce");
  p.Build(p.New("m:nb"), made);
  p.Build(p.New("m:nb"), p->List());
  p.Build(p.New("m:nb"), p->Int(0));
  EXPECT_THAT(p.Findings(),
              ElementsAre("state-key opaque@50", "state-key opaque@80",
                          "state-key opaque@110"));
}

TEST_F(JudgeTest, ItemsGoToWhatARuleAllows) {
  const NodeId item = p->Int(1);
  const NodeId pair[] = {item, item};
  p->SetItems(p->List(), pair, 11);
  p->Append(p->Dict(), {&item, 1}, 12);
  p->AddItems(p->List(), {&item, 1}, 13);
  p->SetItems(p.Global("m:ce"), pair, 14);
  p->Append(p->ByteArray("x"), {&item, 1}, 15);
  EXPECT_THAT(
      p.Findings(),
      ElementsAre("items-denied set_items@11", "items-denied append@12",
                  "items-denied add_items@13", "items-denied set_items@14",
                  "items-denied append@15"));
}

TEST_F(JudgeTest, KeysHashByValue) {
  const NodeId set = p->Set();
  std::vector<NodeId> keys = {p.Call("m:hash"),
                              p->Tuple({p.Call("m:hash"), p->Int(1)}),
                              p.Global("m:r"), p->Tuple({p.Global("m:r")})};
  p->AddItems(set, keys, 0);
  EXPECT_THAT(p.Findings(), IsEmpty());
}

TEST_F(JudgeTest, AnObjectIsNoKey) {
  const NodeId made = p.Call("m:c");  // 20
  const NodeId pair[] = {made, p->Int(1)};
  p->SetItems(p->Dict(), pair, 0);
  const NodeId nested = p->Tuple({p->Int(1), p->Tuple({p.New("m:n")})});  // 40
  p->AddItems(p->Set(), {&nested, 1}, 0);
  p->FrozenSet({made});
  EXPECT_THAT(p.Findings(),
              ElementsAre("key-foreign call@20", "key-foreign new@40",
                          "key-foreign call@20"));
}

TEST_F(JudgeTest, KeysThatAreWalkedForEverEndTheWalk) {
  std::vector<NodeId> items(5000, p.Call("m:hash"));
  const NodeId key = p->Tuple(items);
  const NodeId set = p->Set();
  const std::vector<NodeId> keys(1000, key);
  const auto start = std::chrono::steady_clock::now();
  p->AddItems(set, keys, 0);
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(5));
  EXPECT_GT(p.judge().denials(), 0u);
}

TEST_F(JudgeTest, FindingsBeyondTheLimitAreCounted) {
  JudgeOptions options;
  options.max_findings = 3;
  Pickle q(MakePolicy(kPolicy), options);
  const NodeId state = q.Dict("x");
  const NodeId list = q->List();
  for (int i = 0; i < 10; ++i) q.Build(list, state);
  EXPECT_THAT(q.judge().findings(), SizeIs(3));
  EXPECT_EQ(q.judge().more_findings(), 7u);
  EXPECT_EQ(q.judge().denials(), 10u);
  EXPECT_THAT(q.Findings(),
              ElementsAre("state-on-value list@10", "state-on-value list@20",
                          "state-on-value list@30", "limit-findings@0"));
}

TEST_F(JudgeTest, GlobalsBeyondTheLimitAreDeniedTogether) {
  JudgeOptions options;
  options.max_globals = 4;
  Pickle q(MakePolicy(kPolicy), options);
  for (int i = 0; i < 50; ++i) q.Global(absl::StrCat("evil:g", i));
  q.Call("m:c");  // listed, but beyond the limit
  EXPECT_EQ(q.judge().denials(), 48u + 4u);
  EXPECT_THAT(q.judge().globals(), SizeIs(5));
  EXPECT_TRUE(q.judge().globals()[4].several);
  EXPECT_THAT(q.Findings(), ElementsAre("global-denied@10", "global-denied@20",
                                        "global-denied@30", "global-denied@40",
                                        "limit-findings@0"));
}

TEST_F(JudgeTest, NothingIsCarriedOverToTheNextGraph) {
  const Policy policy = MakePolicy(kPolicy);
  const PolicyTable table = PolicyTable::Open(policy.compiled()).value();
  Judge judge(table, {});
  base::HeapMemory memory;
  std::vector<uint8_t> first(4096);
  std::vector<uint8_t> second(4096);
  graph::GraphBuilder builder(memory, absl::MakeSpan(first), 1000, 1000,
                              &judge);
  const NodeId made = builder.Call(
      builder.Global({"os", "system", false, false}, 1), builder.Tuple({}), 2);
  builder.Build(builder.List(), made, 3);
  EXPECT_GT(judge.denials(), 0u);
  builder.Restart(absl::MakeSpan(second));
  EXPECT_EQ(judge.denials(), 0u);
  EXPECT_THAT(judge.globals(), IsEmpty());
  EXPECT_THAT(judge.findings(), IsEmpty());
  builder.Tuple({});
  builder.List();
  const NodeId dict = builder.Dict();  // the number that the call had
  builder.Build(made, dict, 4);
  EXPECT_EQ(judge.denials(), 1u);
}

TEST_F(JudgeTest, StreamsOfOneMemberAreReportedTogether) {
  const Policy policy = MakePolicy(kPolicy);
  const PolicyTable table = PolicyTable::Open(policy.compiled()).value();
  Conclusion conclusion(table, 100);
  for (int stream = 0; stream < 3; ++stream) {
    Pickle q(policy);
    q.Call("os:system");
    conclusion.Add(q.judge(), stream < 2 ? "a" : "b");
  }
  FileReport report;
  conclusion.MoveTo(&report);
  ASSERT_THAT(report.globals, SizeIs(2));
  EXPECT_EQ(report.globals[0].member, "a");
  EXPECT_EQ(report.globals[0].count, 4u);
  EXPECT_EQ(report.globals[1].member, "b");
  EXPECT_THAT(report.findings, SizeIs(2));
}

// Objects by the million must not cost more than their share.
TEST_F(JudgeTest, FindsWhatMadeAnObjectFarBack) {
  std::vector<NodeId> made;
  const NodeId cls = p.Global("m:nb");
  const NodeId args = p->Tuple({});
  for (int i = 0; i < 20'000; ++i) {
    made.push_back(p->New(NewForm::kNewObj, cls, args, kNoNode, 20));
    p->Int(i);
  }
  const NodeId state = p.Dict("x");
  for (size_t i = 0; i < made.size(); i += 7)
    p->Build(made[made.size() - 1 - i], state, 30);
  EXPECT_EQ(p.judge().denials(), 0u);
  p->Build(made[made.size() - 1], state, 30);
  EXPECT_EQ(p.judge().denials(), 1u);
  p->Build(made[0] + 1, state, 30);  // the int behind the first object
  EXPECT_EQ(p.judge().denials(), 2u);
}

// A global that one pickle of a file uses as it may, and the next one
// otherwise.
TEST(ConclusionTest, WhatALaterPickleDoesIsDeniedAsWell) {
  const Policy policy = MakePolicy(kPolicy);
  Pickle first(policy);
  Pickle second(policy);
  first.Call("m:c");
  second.New("m:c");
  const PolicyTable table = PolicyTable::Open(policy.compiled()).value();
  Conclusion conclusion(table, 100);
  conclusion.Add(first.judge(), "");
  conclusion.Add(second.judge(), "");
  FileReport report;
  conclusion.MoveTo(&report);
  ASSERT_THAT(report.globals, SizeIs(1));
  EXPECT_EQ(report.globals[0].denied, kNew);
  ASSERT_THAT(report.findings, SizeIs(1));
  EXPECT_EQ(report.findings[0].code, Code::kUseDenied);
}

}  // namespace
}  // namespace picklebox::policy
