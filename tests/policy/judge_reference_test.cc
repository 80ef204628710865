// What stands for a global without naming it: persistent ids, extension codes,
// classes and callables in arguments, attributes.
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "policy/judge.h"
#include "tests/policy/judge_fixture.h"
#include "tests/policy/pickle.h"

namespace picklebox::policy {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;

using JudgeReferenceTest = JudgeTest;

TEST_F(JudgeReferenceTest, PersistentIds) {
  p->Persistent(p->Str("x"), 7);
  EXPECT_THAT(p.judge().findings(), SizeIs(1));
  EXPECT_EQ(p.judge().findings()[0].code, Code::kPersistentDenied);
  EXPECT_EQ(p.judge().findings()[0].offset, 7u);

  JudgeOptions options;
  options.persistent_ids = true;
  Pickle by_option(MakePolicy(kPolicy), options);
  by_option->Persistent(by_option->Str("x"), 0);
  EXPECT_THAT(by_option.Findings(), IsEmpty());

  Pickle by_policy(MakePolicy("persistent_ids = true"));
  by_policy->Persistent(by_policy->Str("x"), 0);
  EXPECT_THAT(by_policy.Findings(), IsEmpty());
}

TEST_F(JudgeReferenceTest, AnExtensionIsTheGlobalBehindIt) {
  const NodeId extension = p->Extension(5, 1);
  p.Call(extension, {});
  EXPECT_THAT(p.Findings(), IsEmpty());
  p.Call(p->Extension(6, 20), {});
  EXPECT_THAT(p.judge().globals(), SizeIs(2));
  EXPECT_EQ(p.judge().globals()[1].denied, kReference | kCall);
}

TEST_F(JudgeReferenceTest, AnUnmappedExtensionIsDenied) {
  const NodeId extension = p->Extension(7, 1);
  p.Call(extension, {});
  EXPECT_THAT(p.Findings(),
              ElementsAre("extension-denied@1", "call-of-value call@10"));
}

TEST_F(JudgeReferenceTest, ExtensionsOfTheLoaderWin) {
  JudgeOptions options;
  options.extensions = {{5, "os", "system"}, {7, "m", "c"}};
  Pickle q(MakePolicy(kPolicy), options);
  q->Extension(5, 1);
  q->Extension(7, 2);
  EXPECT_THAT(q.Findings(), ElementsAre("global-denied@1"));
}

TEST_F(JudgeReferenceTest, ClassesInArgumentsAreHeldToThePolicy) {
  const NodeId made =
      p.Call("m:reconstruct", {p.Global("m:nb"), p.Global("m:n"), p->None()});
  p.Build(made, p.Dict("x"));
  EXPECT_THAT(p.Findings(), IsEmpty());  // built as what m:nb made
}

TEST_F(JudgeReferenceTest, AClassThatMayOnlyBeNamedIsNotMade) {
  const NodeId made =
      p.Call("m:reconstruct", {p.Global("m:r"), p.Global("m:r")});
  p.Build(made, p.Dict("x"));
  EXPECT_EQ(p.judge().globals()[0].qualname, "r");
  EXPECT_EQ(p.judge().globals()[0].denied, kNew | kBuild);
}

TEST_F(JudgeReferenceTest, WhatIsMadeThereIsAGlobalToo) {
  const NodeId made = p.Call("m:c");
  p.Call("m:reconstruct", {made, p.Global("m:n")});
  p.Call("m:reconstruct", {p.Global("m:n"), made});
  EXPECT_EQ(p.judge().denials(), 2u);
  const FileReport report = p.Report();
  EXPECT_THAT(p.Findings(), ElementsAre("arguments-denied call@50"));
  EXPECT_THAT(report.findings[0].message,
              HasSubstr("m:reconstruct is called with [\"made(m:c)\", "
                        "\"global(m:n)\"]"));
}

TEST_F(JudgeReferenceTest, CallablesInArgumentsAreHeldToThePolicy) {
  p.Call("m:apply", {p.Global("m:r"), p.Global("m:c")});
  p.Call("m:apply", {p.Global("m:r"), p->None()});
  p.Call("m:apply", {});
  EXPECT_THAT(p.Findings(), IsEmpty());
  p.Call("m:apply", {p.Global("m:c"), p.Global("m:r")});
  EXPECT_THAT(p.Findings(), ElementsAre("use-denied call@130"));
}

TEST_F(JudgeReferenceTest, AnAttributeOfAGlobalIsADottedGlobal) {
  const NodeId method =
      p.Call("m:getattr", {p.Global("m:Zone"), p->Str("_unpickle")});
  const NodeId zone = p.Call(method, {p->Str("UTC")});
  p->AddItems(p->Set(), {&zone, 1}, 0);
  const FileReport report = p.Report();
  EXPECT_THAT(report.findings, IsEmpty());
  ASSERT_THAT(report.globals, SizeIs(3));
  EXPECT_EQ(report.globals[1].qualname, "getattr");
  EXPECT_TRUE(report.globals[1].allowed());
  EXPECT_EQ(report.globals[2].qualname, "Zone._unpickle");
  EXPECT_EQ(report.globals[2].uses, kReference | kCall);
}

TEST_F(JudgeReferenceTest, OtherAttributesAreDenied) {
  for (const char* name :
       {"clear_cache", "__init__", "_unpickle.x", "", "_Unpickle"}) {
    Pickle q(MakePolicy(kPolicy));
    q.Call("m:getattr", {q.Global("m:Zone"), q->Str(name)});
    EXPECT_THAT(q.Findings(), SizeIs(1)) << name;
    EXPECT_EQ(q.judge().denials(), 1u) << name;
  }
}

// getattr(Zone, "part.inner") asks Zone for one attribute of that name, and not
// for what the policy allows as m:Zone.part.inner.
TEST_F(JudgeReferenceTest, ADotInTheNameOfAnAttributeLeadsNowhere) {
  p.Call("m:getattr", {p.Global("m:Zone"), p->Str("part.inner")});
  EXPECT_EQ(p.judge().denials(), 1u);
  EXPECT_THAT(p.Findings(), ElementsAre("use-denied call@30"));
}

TEST_F(JudgeReferenceTest, AnAttributeIsNamedByPlainData) {
  const NodeId made = p.Call("m:c");
  const NodeId zone = p.Global("m:Zone");
  p.Call("m:getattr", {made, p->Str("_unpickle")});
  p.Call("m:getattr", {zone, made});
  p.Call("m:getattr", {zone, p->StrExtent({1, 2})});
  p.Call("m:getattr", {zone, p->Str("_unpickle"), p->None()});
  p.Call("m:getattr", {zone, p->Bytes("_unpickle")});
  EXPECT_EQ(p.judge().denials(), 5u);
  EXPECT_THAT(p.Findings(), ElementsAre("use-denied call@50"));
  EXPECT_THAT(p.Report().findings[0].message, Not(HasSubstr("[[allow]]")));
}

TEST_F(JudgeReferenceTest, AttributesOfAttributesAreWholeNames) {
  const NodeId inner = p.Call("m:getattr", {p.Global("m:Zone"), p->Str("x")});
  const NodeId name = p->Str("_unpickle");
  p.Call("m:getattr", {inner, name});
  std::vector<std::string> names;
  for (const JudgedGlobal& global : p.judge().globals())
    names.push_back(global.qualname);
  EXPECT_THAT(names,
              ElementsAre("Zone", "getattr", "Zone.x", "Zone.x._unpickle"));
}

TEST_F(JudgeReferenceTest, NoStateIsSetOnAnAttribute) {
  const NodeId method =
      p.Call("m:getattr", {p.Global("m:Zone"), p->Str("_unpickle")});
  p.Build(method, p.Dict("x"));
  EXPECT_THAT(p.Findings(), ElementsAre("state-on-global@40"));
}

}  // namespace
}  // namespace picklebox::policy
