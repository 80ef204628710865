// Every rule of core, numpy and sklearn that says what is given to it,
// attacked: other arguments, other states. (profiles_test.cc has other uses and
// other names.)
#include <algorithm>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "policy/shape_text.h"
#include "tests/policy/fitting.h"
#include "tests/policy/pickle.h"

namespace picklebox::policy {
namespace {

class AttackTest : public ::testing::Test {
 protected:
  AttackTest()
      : policy_(MakePolicy("extends = [\"core\", \"numpy\", \"sklearn\"]\n")),
        table_(PolicyTable::Open(policy_.compiled()).value()),
        p_(policy_, Options()),
        fitting_(&p_, table_) {}

  static JudgeOptions Options() {
    JudgeOptions options;
    options.max_globals = 100'000;
    return options;
  }

  template <typename Attempt>
  uint64_t Denials(Attempt attempt) {
    const uint64_t before = p_.judge().denials();
    attempt();
    return p_.judge().denials() - before;
  }

  // Whether an object of no interest, which a SimpleNamespace is, fits: as the
  // language has it, in other words than the matcher's.
  bool TakesObject(uint32_t number) const {
    const Shape shape = table_.shape(number);
    if ((shape.kinds & KindBit(NodeKind::kCall)) != 0) return true;
    for (uint32_t i = 0; i < shape.part_count; ++i) {
      const ShapePart part = table_.part(shape.first_part + i);
      if (part.kind == PartKind::kMade && part.qualname == "SimpleNamespace")
        return true;
    }
    return false;
  }

  // Whether some list of arguments takes objects only, so many.
  bool TakesObjects(uint32_t number, size_t count) const {
    const Shape shape = table_.shape(number);
    for (uint32_t i = 0; i < shape.part_count; ++i) {
      const ShapePart part = table_.part(shape.first_part + i);
      size_t taken = 0;
      bool fits = true;
      for (uint32_t j = 0; j < part.item_count && taken < count; ++j) {
        fits = fits && TakesObject(part.first_item + j);
        const bool rest =
            table_.shape(part.first_item + j).repeat == Repeat::kAny;
        taken = rest ? count : taken + 1;
      }
      if (fits && taken == count && Required(part) <= count) return true;
    }
    return false;
  }

  size_t Required(const ShapePart& part) const {
    size_t count = 0;
    for (uint32_t i = 0; i < part.item_count; ++i)
      count += table_.shape(part.first_item + i).repeat == Repeat::kOnce;
    return count;
  }

  uint64_t Give(const Rule& rule, Uses use, const std::vector<NodeId>& args) {
    return Denials([&] {
      const NodeId global = fitting_.Global(rule);
      if (use == kCall) {
        p_.Call(global, args);
      } else {
        p_->New(NewForm::kNewObj, global, p_->Tuple(args), kNoNode, 1);
      }
    });
  }

  Policy policy_;
  PolicyTable table_;
  Pickle p_;
  Fitting fitting_;
};

TEST_F(AttackTest, OtherArgumentsAreDenied) {
  int attacked = 0;
  for (int i = 0; i < table_.rule_count(); ++i) {
    const Rule rule = table_.rule(i);
    for (const Uses use : {kCall, kNew}) {
      const uint32_t shape =
          use == kCall ? rule.shapes.call : rule.shapes.create;
      if (shape == kNoShape || (rule.uses & use) == 0) continue;
      const std::string name = absl::StrCat(Spell(rule.module, rule.qualname),
                                            use == kCall ? " call" : " new");
      ++attacked;
      EXPECT_TRUE(Give(rule, use, fitting_.Arguments(rule, use)) == 0 ||
                  Fitting::IsBeyond(rule))
          << name;
      for (size_t count : {0, 1, 2, 3, 4, 50}) {
        std::vector<NodeId> objects;
        for (size_t j = 0; j < count; ++j)
          objects.push_back(p_.Call("types:SimpleNamespace"));
        const bool allowed = TakesObjects(shape, count);
        const uint64_t denials = Give(rule, use, objects);
        EXPECT_TRUE(allowed || denials > 0) << name << " of " << count;
        EXPECT_TRUE(!allowed || rule.checks != 0 || denials == 0)
            << name << " of " << count;
      }
      // What fits, and one thing more at the end.
      std::vector<NodeId> more = fitting_.Arguments(rule, use);
      more.resize(more.size() + 40, p_->Float(1));
      const std::string text = ArgumentsText(table_, shape);
      if (text.find('*') == std::string::npos) {
        EXPECT_GT(Give(rule, use, more), 0u) << name;
      }
    }
  }
  EXPECT_GT(attacked, 40);
}

TEST_F(AttackTest, OtherStatesAreDenied) {
  int attacked = 0;
  for (int i = 0; i < table_.rule_count(); ++i) {
    const Rule rule = table_.rule(i);
    if ((rule.uses & kBuild) == 0) continue;
    if (rule.shapes.state == kNoShape && rule.checks == 0) continue;
    ++attacked;
    const std::string name = Spell(rule.module, rule.qualname);
    const uint64_t fits = Denials([&] {
      const NodeId state = fitting_.State(rule);
      p_.Build(fitting_.Make(rule), state);
    });
    EXPECT_TRUE(fits == 0 || Fitting::IsBeyond(rule)) << name;
    const std::vector<NodeId> wrong = {p_->Int(7), p_->Str("x"),
                                       p_.Call("types:SimpleNamespace"),
                                       p_->Tuple({p_->Str("a")})};
    for (const NodeId state : wrong) {
      EXPECT_GT(Denials([&] { p_.Build(fitting_.Make(rule), state); }), 0u)
          << name << " " << NodeKindName(p_->source().kind(state));
    }
  }
  EXPECT_GT(attacked, 8);
}

// What calls its arguments calls nothing that the policy does not allow to be
// called.
TEST_F(AttackTest, CallablesAndClassesAreHeldToThePolicy) {
  int attacked = 0;
  for (int i = 0; i < table_.rule_count(); ++i) {
    const Rule rule = table_.rule(i);
    if (rule.shapes.call == kNoShape) continue;
    const std::string text = ArgumentsText(table_, rule.shapes.call);
    if (text.find("callable") == std::string::npos &&
        text.find("class") == std::string::npos) {
      continue;
    }
    ++attacked;
    for (const char* name : {"numpy:memmap", "os:system", "builtins:eval"}) {
      std::vector<NodeId> args = fitting_.Arguments(rule, kCall);
      args.resize(std::max<size_t>(args.size(), 1));
      args[0] = p_.Global(name);
      EXPECT_GT(Give(rule, kCall, args), 0u)
          << Spell(rule.module, rule.qualname) << " " << name;
    }
  }
  EXPECT_GT(attacked, 4);
}

struct AliasRow {
  absl::string_view module;
  absl::string_view name;  // empty: any
  absl::string_view canonical;
};
constexpr AliasRow kAliasRows[] = {
#define PICKLEBOX_ALIAS_TREE(from, to) {from, "", to},
#define PICKLEBOX_ALIAS_MODULE(from, to) {from, "", to},
#define PICKLEBOX_ALIAS_NAME(from, name, to, to_name) {from, name, to},
#include "policy/aliases.def"
#undef PICKLEBOX_ALIAS_TREE
#undef PICKLEBOX_ALIAS_MODULE
#undef PICKLEBOX_ALIAS_NAME
};

// The other names of a rule's global.
std::vector<std::string> AliasesOf(const Rule& rule) {
  std::vector<std::string> aliases;
  for (const AliasRow& row : kAliasRows) {
    const bool below =
        absl::StartsWith(rule.module, absl::StrCat(row.canonical, "."));
    if (rule.module != row.canonical && !below) continue;
    const CanonicalName name = Canonical(
        absl::StrCat(row.module, rule.module.substr(row.canonical.size())),
        row.name.empty() ? rule.qualname : row.name, false);
    if (name.module != rule.module || name.qualname != rule.qualname) continue;
    aliases.push_back(Spell(
        absl::StrCat(row.module, rule.module.substr(row.canonical.size())),
        row.name.empty() ? rule.qualname : row.name));
  }
  return aliases;
}

// What is denied under the canonical name is denied under every other one.
TEST_F(AttackTest, AnAliasOpensNoMoreThanItsName) {
  int attacked = 0;
  for (int i = 0; i < table_.rule_count(); ++i) {
    const Rule rule = table_.rule(i);
    for (const std::string& alias : AliasesOf(rule)) {
      ++attacked;
      for (const size_t count : {0, 1, 3}) {
        const auto give = [&](const std::string& name) {
          return Denials([&] {
            std::vector<NodeId> objects;
            for (size_t j = 0; j < count; ++j)
              objects.push_back(p_.Call("types:SimpleNamespace"));
            const NodeId made = p_.Call(p_.Global(name), objects);
            p_.Build(made, p_->Int(7));
            p_->Append(made, {p_->Int(7)}, 1);
          });
        };
        EXPECT_EQ(give(alias), give(Spell(rule.module, rule.qualname)))
            << alias << " of " << count;
      }
    }
  }
  EXPECT_GT(attacked, 300);
}

}  // namespace
}  // namespace picklebox::policy
