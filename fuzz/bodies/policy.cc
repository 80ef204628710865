#include "picklebox/policy.h"

#include <algorithm>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "base/memory.h"
#include "fuzz/bodies/bodies.h"
#include "fuzz/bodies/check.h"
#include "fuzz/bodies/input.h"
#include "graph/builder.h"
#include "policy/judge.h"
#include "policy/shape_text.h"
#include "policy/table.h"

namespace picklebox::fuzz {
namespace {

// Reads all that a table has. Its shapes are spelled if it was compiled here:
// in a worker, which may have been given any other, nobody spells.
void WalkTable(const policy::PolicyTable& table, bool compiled_here) {
  size_t size = table.name().size();
  for (int i = 0; i < table.rule_count(); ++i) {
    const policy::Rule rule = table.rule(i);
    size += rule.origin.size() + rule.reason.size();
    for (const uint32_t shape :
         {rule.shapes.call, rule.shapes.create, rule.shapes.keywords,
          rule.shapes.state, rule.shapes.items}) {
      if (shape != policy::kNoShape && compiled_here)
        size += policy::ShapeText(table, shape).size() +
                policy::ArgumentsText(table, shape).size() +
                policy::EntriesText(table, shape).size();
    }
    const int found = table.Find(rule.module, rule.qualname);
    FUZZ_CHECK(found >= policy::kNoRule && found < table.rule_count(),
               absl::StrCat("rule ", found));
  }
  for (uint32_t i = 0; i < table.extension_count(); ++i) {
    const policy::ExtensionRule extension = table.extension(i);
    size += extension.module.size() + extension.qualname.size();
  }
  (void)table.limits();
  (void)table.Find("os", std::string(size % 16, 'x'));
}

// Holds a few values to whatever rules a table has for them.
void JudgeBy(const policy::PolicyTable& table) {
  base::HeapMemory memory;
  std::vector<uint8_t> out(1 << 16);
  policy::Judge judge(table, {});
  graph::GraphBuilder builder(memory, absl::MakeSpan(out), 1 << 12, 1 << 12,
                              &judge);
  for (int i = 0; i < std::min(table.rule_count(), 64); ++i) {
    const policy::Rule rule = table.rule(i);
    // A machine's names lie somewhere even if they are empty.
    const std::string module(rule.module);
    const std::string qualname(rule.qualname);
    const NodeId global = builder.Global({module, qualname, false, true}, 1);
    const NodeId list = builder.List();
    const NodeId text = builder.Str("latin1");
    const NodeId pair = builder.Tuple({list, text});
    const NodeId dict = builder.Dict();
    builder.Append(list, {builder.Int(7), pair}, 2);
    builder.SetItems(dict, {text, global}, 3);
    const NodeId args = builder.Tuple({text, global, pair, dict, list});
    const NodeId made = builder.Call(global, args, 4);
    const NodeId object =
        builder.New(NewForm::kNewObjEx, global, builder.Tuple({}), dict, 5);
    builder.Build(made, dict, 6);
    builder.Build(object, pair, 7);
    builder.Append(made, {text}, 8);
    builder.SetItems(object, {text, made}, 9);
    builder.Append(list, {object}, 10);
  }
}

void CheckText(absl::string_view text) {
  const absl::StatusOr<Policy> policy = Policy::FromToml(text, "fuzz.toml");
  if (!policy.ok()) {
    FUZZ_CHECK(absl::IsInvalidArgument(policy.status()),
               policy.status().ToString());
    FUZZ_CHECK(!policy.status().message().empty(), "an error says what it is");
    return;
  }
  const absl::StatusOr<policy::PolicyTable> table =
      policy::PolicyTable::Open(policy->compiled());
  FUZZ_CHECK(table.ok(), table.status().ToString());
  FUZZ_CHECK(table->rule_count() == policy->rule_count(), "rules");
  FUZZ_CHECK(table->name() == policy->name(), "name");
  for (int i = 0; i < table->rule_count(); ++i) {
    const policy::Rule rule = table->rule(i);
    if ((rule.flags & policy::kPattern) != 0) continue;
    FUZZ_CHECK(table->Find(rule.module, rule.qualname) == i,
               absl::StrCat(rule.module, ":", rule.qualname));
  }
  WalkTable(*table, true);
  const absl::StatusOr<Policy> again = Policy::FromToml(text, "fuzz.toml");
  FUZZ_CHECK(again.ok() && again->compiled() == policy->compiled(),
             "the same text twice");
  for (const PolicyOverride& part : policy->overrides()) {
    const absl::StatusOr<policy::PolicyTable> of_part =
        policy::PolicyTable::Open(part.policy.compiled());
    FUZZ_CHECK(of_part.ok(), of_part.status().ToString());
    WalkTable(*of_part, true);
  }
  (void)policy->OverrideFor("legacy/a.pkl");
}

}  // namespace

void FuzzPolicy(absl::Span<const uint8_t> input) {
  if (input.empty()) return;
  const bool compiled = (input.front() & 1) != 0;
  input.remove_prefix(1);
  if (!compiled) {
    CheckText({reinterpret_cast<const char*>(input.data()), input.size()});
    return;
  }
  const absl::StatusOr<std::vector<policy::PolicyTable>> tables =
      policy::PolicyTable::OpenAll(input);
  if (!tables.ok()) return;
  for (const policy::PolicyTable& table : *tables) {
    WalkTable(table, false);
    JudgeBy(table);
  }
}

}  // namespace picklebox::fuzz
