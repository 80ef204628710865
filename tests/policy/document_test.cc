// docs/policy-language.md: each example compiles, and those of the hard cases
// let pass what they say and nothing beside it.
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/policy/pickle.h"

namespace picklebox::policy {
namespace {

using ::testing::IsEmpty;

std::vector<std::string> Examples() {
  std::ifstream in(PICKLEBOX_SOURCE_DIR "/docs/policy-language.md");
  const std::string text((std::istreambuf_iterator<char>(in)), {});
  const std::string open = "\n```toml\n";
  std::vector<std::string> examples;
  for (size_t at = text.find(open); at != std::string::npos;
       at = text.find(open, at + 1)) {
    const size_t begin = at + open.size();
    examples.push_back(text.substr(begin, text.find("```", begin) - begin));
  }
  return examples;
}

// The example that speaks of `word`.
std::string ExampleText(const std::string& word) {
  for (const std::string& example : Examples()) {
    if (example.find(word) != std::string::npos) return example;
  }
  ADD_FAILURE() << word;
  return "";
}
Policy Example(const std::string& word) {
  return MakePolicy(ExampleText(word));
}

TEST(DocumentTest, EveryExampleCompiles) {
  EXPECT_GT(Examples().size(), 7u);
  for (const std::string& example : Examples()) {
    const auto policy = Policy::FromToml(example, "example.toml");
    EXPECT_TRUE(policy.ok()) << policy.status() << example;
  }
}

TEST(DocumentTest, Partial) {
  Pickle p(Example("functools:partial"));
  const auto partial = [&](const char* first, const char* second,
                           bool binds = false) {
    const NodeId made = p.Call("functools:partial", {p.Global(first)});
    const NodeId bound = binds ? p->Tuple({p->Int(1)}) : p->Tuple({});
    const NodeId keywords = p->Dict();
    p->SetItems(keywords, {p->Str("depth"), p->Int(3)}, 1);
    p.Build(made, p->Tuple({p.Global(second), bound, keywords, p->None()}));
  };
  partial("acme.ranking:score", "acme.ranking:score");
  EXPECT_THAT(p.Findings(), IsEmpty());
  const uint64_t before = p.judge().denials();
  partial("acme.ranking:score", "functools:partial");
  EXPECT_EQ(p.judge().denials(), before + 1);
  partial("functools:partial", "acme.ranking:score");
  EXPECT_EQ(p.judge().denials(), before + 2);
  partial("acme.ranking:score", "acme.ranking:score", /*binds=*/true);
  EXPECT_EQ(p.judge().denials(), before + 3);
}

TEST(DocumentTest, TensorsAndStateDicts) {
  Pickle p(MakePolicy(
      "persistent_ids = true\n[[allow]]\nglobal = \"collections:OrderedDict\"\n"
      "uses = [\"reference\", \"call\"]\n" +
      ExampleText("torch._utils:_rebuild_tensor_v2")));
  const NodeId storage = p->Persistent(p->Str("0"), 1);
  const NodeId hooks = p.Call("collections:OrderedDict");
  const NodeId one = p->Tuple({p->Int(1)});
  p.Call("torch._utils:_rebuild_tensor_v2",
         {storage, p->Int(0), one, one, p->Bool(false), hooks});
  EXPECT_EQ(p.judge().denials(), 0u);
  p.Call("torch:FloatStorage", {p->Int(1 << 30)});
  p.Call("torch._utils:_rebuild_tensor_v2", {one, p->Int(0), one, one});
  EXPECT_EQ(p.judge().denials(), 2u);

  Pickle dicts(MakePolicy(ExampleText("'_metadata'")));
  const NodeId state = dicts->Dict();
  const NodeId inner = dicts.Call("collections:OrderedDict");
  dicts->SetItems(state, {dicts->Str("_metadata"), inner}, 1);
  dicts.Build(dicts.Call("collections:OrderedDict"), state);
  EXPECT_EQ(dicts.judge().denials(), 0u);
  dicts.Build(dicts.Call("collections:OrderedDict"), dicts->Dict());
  const NodeId other = dicts->Dict();
  dicts->SetItems(other, {dicts->Str("keys"), inner}, 1);
  dicts.Build(dicts.Call("collections:OrderedDict"), other);
  EXPECT_EQ(dicts.judge().denials(), 1u);
}

TEST(DocumentTest, Getters) {
  Pickle p(Example("operator:attrgetter"));
  p.Call("operator:attrgetter", {p->Str("price")});
  p.Call("operator:itemgetter", {p->Int(3)});
  EXPECT_THAT(p.Findings(), IsEmpty());
  p.Call("operator:attrgetter", {p->Str("__class__")});
  p.Call("operator:attrgetter", {p->Str("price"), p->Str("weight")});
  p.Call("operator:itemgetter", {p->Str("x")});
  EXPECT_EQ(p.judge().denials(), 3u);
}

TEST(DocumentTest, ClassesOfOnesOwn) {
  Pickle p(Example("acme.models:Colour"));
  const auto settings = [&](const char* key, bool texts) {
    const NodeId tags = p->List();
    const NodeId tag = texts ? p->Str("x") : p->Int(1);
    p->Append(tags, {&tag, 1}, 0);
    const NodeId state = p->Dict();
    const NodeId pairs[] = {p->Str(key), p->Str("n"), p->Str("tags"), tags};
    p->SetItems(state, pairs, 0);
    p.Build(p.New("acme.models:Settings"), state);
  };
  const NodeId colour = p.Call("acme.models:Colour", {p->Int(2)});
  p->AddItems(p->Set(), {&colour, 1}, 0);
  p.New("acme.models:Point", NewForm::kNewObj, {p->Int(1), p->Float(0)});
  settings("name", true);
  EXPECT_THAT(p.Findings(), IsEmpty());
  p.Call("acme.models:Colour", {p->Int(4)});
  p.New("acme.models:Point", NewForm::kNewObj, {p->Int(1)});
  settings("other", true);
  settings("name", false);
  EXPECT_EQ(p.judge().denials(), 4u);
}

}  // namespace
}  // namespace picklebox::policy
