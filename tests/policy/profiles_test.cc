// The shipped profiles: each rule admits what it says and nothing beside it.
#include <string>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/policy/fitting.h"
#include "tests/policy/pickle.h"

namespace picklebox::policy {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

class ProfilesTest : public ::testing::Test {
 protected:
  ProfilesTest()
      : table_(PolicyTable::Open(Policy::Default().compiled()).value()),
        p_(Policy::Default(), Options()),
        fitting_(&p_, table_) {}

  static JudgeOptions Options() {
    JudgeOptions options;
    options.max_globals = 100'000;
    return options;
  }

  // How many denials `attempt` leads to.
  template <typename Attempt>
  uint64_t Denials(Attempt attempt) {
    const uint64_t before = p_.judge().denials();
    attempt();
    return p_.judge().denials() - before;
  }

  // The uses of the global of `rule` that were denied so far.
  Uses DeniedUses(const Rule& rule) const {
    Uses denied = 0;
    for (const JudgedGlobal& global : p_.judge().globals()) {
      if (global.module == rule.module && global.qualname == rule.qualname)
        denied |= global.denied;
    }
    return denied;
  }

  void Use(const Rule& rule, Uses use) {
    const NodeId item = p_->Int(1);
    const std::vector<NodeId> args = fitting_.Arguments(rule, use);
    switch (use) {
      case kReference:
        p_->Tuple({fitting_.Global(rule)});
        break;
      case kCall:
        p_.Call(fitting_.Global(rule), args);
        break;
      case kNew:
        p_->New(NewForm::kNewObj, fitting_.Global(rule), p_->Tuple(args),
                kNoNode, 1);
        break;
      case kBuild: {
        const NodeId state = fitting_.State(rule);
        p_.Build(fitting_.Make(rule), state);
        break;
      }
      default:
        p_->Append(fitting_.Make(rule), {&item, 1}, 1);
    }
  }

  PolicyTable table_;
  Pickle p_;
  Fitting fitting_;
};

constexpr Uses kAllUses[] = {kReference, kCall, kNew, kBuild, kExtend};

TEST_F(ProfilesTest, EveryRuleSaysWhyItIsSafe) {
  ASSERT_GT(table_.rule_count(), 1000);
  for (int i = 0; i < table_.rule_count(); ++i) {
    EXPECT_NE(table_.rule(i).reason, "") << table_.rule(i).origin;
  }
}

TEST_F(ProfilesTest, EveryRuleAdmitsItsUsesAndNoOther) {
  for (int i = 0; i < table_.rule_count(); ++i) {
    const Rule rule = table_.rule(i);
    const std::string name = Spell(rule.module, rule.qualname);
    for (const Uses use : kAllUses) {
      const uint64_t denials = Denials([&] { Use(rule, use); });
      // Shapes may ask for other arguments: that is no matter of the use.
      const bool allowed = (rule.uses & use) != 0;
      EXPECT_TRUE(allowed ? (DeniedUses(rule) & use) == 0 : denials > 0)
          << name << " " << ListUses(use) << " by " << rule.origin;
    }
  }
}

TEST_F(ProfilesTest, NoRuleAdmitsItsNeighbours) {
  for (int i = 0; i < table_.rule_count(); ++i) {
    const Rule rule = table_.rule(i);
    const std::string module(rule.module);
    const std::string name(rule.qualname);
    // All types of TorchScript are one; what names one is never clean.
    if (module == "__torch__") continue;
    std::string swapped = name;
    for (char& c : swapped)
      c = absl::ascii_islower(c) ? absl::ascii_toupper(c)
                                 : absl::ascii_tolower(c);
    const std::string neighbours[] = {
        absl::StrCat(module, ":", name, ".x"),
        absl::StrCat(module, ":", name, ".__init__"),
        absl::StrCat(module, ":", name, ".__class__"),
        absl::StrCat(module, ":", name, "__"),
        absl::StrCat(module, ":", name, " "),
        absl::StrCat(module, ".x:", name),
        absl::StrCat("x.", module, ":", name),
        absl::StrCat(module, ":x.", name),
        absl::StrCat(absl::AsciiStrToUpper(module), ":", name),
    };
    for (const std::string& neighbour : neighbours) {
      EXPECT_GT(Denials([&] { p_.Global(neighbour, true); }), 0u) << neighbour;
    }
    if (swapped != name && table_.Find(module, swapped) == kNoRule) {
      EXPECT_GT(
          Denials([&] { p_.Global(absl::StrCat(module, ":", swapped), true); }),
          0u)
          << swapped;
    }
    EXPECT_GT(Denials([&] {
                p_.Build(p_.Global(Spell(module, name), true), p_.Dict("x"));
              }),
              0u);
  }
}

TEST_F(ProfilesTest, ClassesThatReadTheirStateThemselvesAreFew) {
  for (int i = 0; i < table_.rule_count(); ++i) {
    const Rule rule = table_.rule(i);
    if ((rule.uses & kBuild) == 0 || (rule.flags & kSetState) != 0) continue;
    const std::string name = Spell(rule.module, rule.qualname);
    const NodeId target = fitting_.Make(rule);
    EXPECT_GT(Denials([&] { p_.Build(target, p_.Dict("__class__")); }), 0u)
        << name;
  }
}

// What calls its arguments, evaluates, imports, opens or starts something is in
// none of the profiles, under no spelling.
TEST_F(ProfilesTest, NothingDangerousIsListed) {
  for (const char* name : {"builtins:eval",
                           "builtins:exec",
                           "builtins:compile",
                           "builtins:__import__",
                           "builtins:open",
                           "builtins:map",
                           "builtins:filter",
                           "builtins:type",
                           "builtins:iter",
                           "builtins:sorted",
                           "builtins:max",
                           "builtins:setattr",
                           "builtins:input",
                           "builtins:memoryview",
                           "builtins:super",
                           "builtins:property",
                           "os:system",
                           "posix:system",
                           "nt:system",
                           "subprocess:Popen",
                           "io:open",
                           "io:FileIO",
                           "_io:open",
                           "_io:FileIO",
                           "operator:attrgetter",
                           "operator:methodcaller",
                           "functools:reduce",
                           "itertools:starmap",
                           "types:FunctionType",
                           "types:CodeType",
                           "types:MethodType",
                           "copyreg:add_extension",
                           "copyreg:pickle",
                           "copyreg:__newobj__",
                           "pickle:loads",
                           "_pickle:loads",
                           "codecs:encode",
                           "codecs:decode",
                           "_codecs:decode",
                           "_codecs:register",
                           "collections:namedtuple",
                           "pathlib:os.system",
                           "random:_os.system",
                           "uuid:os.system",
                           "uuid:_get_command_stdout",
                           "datetime:sys.modules",
                           "re:copyreg.add_extension",
                           "collections:_sys.modules",
                           "numpy:load",
                           "numpy:fromfile",
                           "numpy:vectorize",
                           "numpy:frompyfunc",
                           "numpy:fromfunction",
                           "numpy:save",
                           "numpy:seterrcall",
                           "numpy:fromregex",
                           "numpy:loadtxt",
                           "numpy:genfromtxt",
                           "numpy:DataSource",
                           "numpy.core:_ufunc_reconstruct",
                           "numpy._core:_ufunc_reconstruct",
                           "numpy.core.multiarray:overrides.os.system",
                           "numpy.testing._private.utils:runstring",
                           "numpy.f2py.crackfortran:getlincoef",
                           "numpy.ctypeslib:load_library",
                           "joblib:load",
                           "joblib.numpy_pickle:load",
                           "sklearn.utils:os.system",
                           "sklearn.datasets._base:load_files",
                           "sklearn.datasets._openml:fetch_openml",
                           "sklearn.metrics._dist_metrics:PyFuncDistance",
                           "sklearn.neighbors._dist_metrics:PyFuncDistance",
                           "scipy.stats._distn_infrastructure:rv_frozen",
                           "scipy.stats._continuous_distns:norm_gen"}) {
    EXPECT_GT(Denials([&] { p_.Global(name, true); }), 0u) << name;
  }
}

TEST_F(ProfilesTest, AnArrayFileIsNotOpenedByWayOfAConstructor) {
  const NodeId path = p_->Str("/tmp/x");
  p_.Call("numpy.random._pickle:__randomstate_ctor",
          {path, p_.Global("numpy:memmap")});  // at 30
  const NodeId memmap = p_.Global("numpy:memmap");
  p_.Call("copyreg:_reconstructor", {memmap, memmap, path});
  p_.Call("collections:defaultdict", {memmap});
  EXPECT_EQ(p_.judge().globals().size(), 4u);
  EXPECT_THAT(p_.Findings(),
              ElementsAre("use-denied call@60", "arguments-denied call@30"));
  EXPECT_EQ(p_.judge().denials(), 4u);
}

TEST_F(ProfilesTest, StateDoesNotPlantAndThenCallAMethod) {
  const NodeId made = p_.Call("types:SimpleNamespace");
  p_.Build(made, p_.Dict("__setstate__"));
  p_.Build(made, p_->Tuple({}));
  EXPECT_THAT(p_.Findings(), ElementsAre("state-key key@30", "state-twice@40"));
}

TEST_F(ProfilesTest, AZoneIsReadAsPythonWritesIt) {
  const NodeId zone_class = p_.Global("zoneinfo:ZoneInfo");
  const NodeId method =
      p_.Call("builtins:getattr", {zone_class, p_->Str("_unpickle")});
  p_.Call(method, {p_->Str("Europe/Berlin"), p_->Int(1)});
  p_.Call(p_.Global("zoneinfo:ZoneInfo._unpickle", true),
          {p_->Str("Europe/Berlin"), p_->Int(1)});
  EXPECT_THAT(p_.Findings(), IsEmpty());
}

TEST_F(ProfilesTest, AnArrayOfNumPy1AndOf2) {
  for (const char* module :
       {"numpy.core.multiarray", "numpy._core.multiarray"}) {
    const NodeId empty = p_->Tuple({p_->Int(0)});
    const NodeId array =
        p_.Call(absl::StrCat(module, ":_reconstruct"),
                {p_.Global("numpy:ndarray"), empty, p_->Bytes("b")});
    const NodeId dtype = p_.Call(
        "numpy:dtype", {p_->Str("f8"), p_->Bool(false), p_->Bool(true)});
    const NodeId none = p_->None();
    const NodeId minus = p_->Int(-1);
    p_.Build(dtype, p_->Tuple({p_->Int(3), p_->Str("<"), none, none, none,
                               minus, minus, p_->Int(0)}));
    p_.Build(array, p_->Tuple({p_->Int(1), empty, dtype, p_->Bool(false),
                               p_->Bytes("")}));
  }
  EXPECT_THAT(p_.Findings(), IsEmpty());
}

// A few bytes must not become terabytes: neither by a number nor by a range.
TEST_F(ProfilesTest, NothingAllocatesAsMuchAsANumberSays) {
  const auto denied = [&](const char* name, const std::vector<NodeId>& args) {
    return Denials([&] { p_.Call(name, args); }) > 0;
  };
  const NodeId number = p_->Int(int64_t{1} << 40);
  const NodeId range = p_.Call("builtins:range", {number});
  ASSERT_EQ(p_.judge().denials(), 0u);
  for (const char* name :
       {"builtins:bytes", "builtins:bytearray", "builtins:list",
        "builtins:tuple", "builtins:set", "builtins:frozenset", "builtins:dict",
        "collections:deque", "collections:Counter", "collections:UserList",
        "numpy:zeros", "numpy:empty", "numpy:arange", "itertools:repeat"}) {
    EXPECT_TRUE(denied(name, {number})) << name;
    EXPECT_TRUE(denied(name, {range})) << name;
  }
  const NodeId ndarray = p_.Global("numpy:ndarray");
  EXPECT_TRUE(denied("numpy._core.multiarray:_reconstruct",
                     {ndarray, p_->Tuple({number}), p_->Bytes("b")}));
  EXPECT_TRUE(denied("numpy:ndarray", {p_->Tuple({number})}));
  EXPECT_TRUE(denied("array:array", {p_->Str("d"), range}));
  EXPECT_TRUE(denied("torch:FloatStorage", {number}));
  EXPECT_TRUE(denied("torch:UntypedStorage", {number}));
}

// pandas makes arrays and lists of what it finds in its settings.
TEST_F(ProfilesTest, PandasMakesNoArrayOfARange) {
  const NodeId range = p_.Call("builtins:range", {p_->Int(int64_t{1} << 40)});
  const NodeId slice =
      p_.Call("builtins:slice", {p_->Int(0), p_->Int(2), p_->Int(1)});
  const auto called = [&](const char* name, const std::vector<NodeId>& args) {
    return Denials([&] { p_.Call(name, args); });
  };
  const auto list_of = [&](NodeId item) {
    const NodeId list = p_->List();
    p_->Append(list, {item}, 1);
    return list;
  };
  EXPECT_GT(called("pandas.core.indexes.frozen:FrozenList", {range}), 0u);
  EXPECT_EQ(called("pandas.core.indexes.frozen:FrozenList", {p_->List()}), 0u);
  EXPECT_GT(called("pandas._libs.internals:BlockPlacement", {range}), 0u);
  EXPECT_EQ(called("pandas._libs.internals:BlockPlacement", {slice}), 0u);
  EXPECT_GT(called("pandas._libs.sparse:IntIndex", {p_->Int(9), range}), 0u);
  const auto index = [&](const char* key, NodeId value) {
    return Denials([&] {
      const NodeId settings = p_->Dict();
      p_->SetItems(settings, {p_->Str(key), value}, 1);
      p_.Call("pandas.core.indexes.base:_new_Index",
              {p_.Global("pandas:Index"), settings});
    });
  };
  for (const char* key : {"data", "left", "right", "codes", "name", "names"})
    EXPECT_GT(index(key, range), 0u) << key;
  EXPECT_GT(index("codes", list_of(range)), 0u);
  EXPECT_EQ(index("names", list_of(p_->None())), 0u);
  EXPECT_EQ(index("name", p_->Str("a")), 0u);
  const auto blocks = [&](NodeId places) {
    return Denials([&] {
      const NodeId given = p_->Dict();
      p_->SetItems(given, {p_->Str("start"), p_->Int(0)}, 1);
      p_->SetItems(given, {p_->Str("stop"), p_->Int(2)}, 1);
      p_->SetItems(given, {p_->Str("step"), p_->Int(1)}, 1);
      const NodeId axis = p_.Call("pandas.core.indexes.base:_new_Index",
                                  {p_.Global("pandas:RangeIndex"), given});
      const NodeId block = p_->Dict();
      p_->SetItems(block, {p_->Str("mgr_locs"), places}, 1);
      p_->SetItems(block, {p_->Str("values"), axis}, 1);
      const NodeId state = p_->Dict();
      p_->SetItems(state, {p_->Str("blocks"), list_of(block)}, 1);
      p_->SetItems(state, {p_->Str("axes"), list_of(axis)}, 1);
      const NodeId versions = p_->Dict();
      p_->SetItems(versions, {p_->Str("0.14.1"), state}, 1);
      const NodeId manager =
          p_.Call("pandas.core.internals.managers:BlockManager");
      const NodeId none = p_->None();
      p_.Build(manager, p_->Tuple({none, none, none, versions}));
    });
  };
  EXPECT_GT(blocks(range), 0u);
  EXPECT_EQ(blocks(slice), 0u);
}

// Bound arguments are held to a shape twice, and nothing else is bound.
TEST_F(ProfilesTest, PartialKeepsTheFunctionsOfModelsOnly) {
  const auto make = [&](const char* called, const char* kept, bool args,
                        NodeId key, NodeId value) {
    return Denials([&] {
      const NodeId partial = p_.Call("functools:partial", {p_.Global(called)});
      const NodeId settings = p_->Dict();
      p_->SetItems(settings, {key, value}, 1);
      const NodeId bound =
          args ? p_->Tuple({p_->Int(int64_t{1} << 40)}) : p_->Tuple({});
      p_.Build(partial,
               p_->Tuple({p_.Global(kept), bound, settings, p_->None()}));
    });
  };
  const char* const layer = "torch.nn.modules.normalization:LayerNorm";
  const char* const check = "sklearn.utils.validation:check_array";
  const NodeId eps = p_->Str("eps");
  const NodeId finite = p_->Str("force_all_finite");
  EXPECT_EQ(make(layer, layer, false, eps, p_->Float(1)), 0u);
  EXPECT_EQ(make(check, check, false, finite, p_->Bool(false)), 0u);
  EXPECT_GT(make(layer, layer, true, eps, p_->Float(1)), 0u);
  EXPECT_GT(make(layer, layer, false, eps, p_->Int(1)), 0u);
  EXPECT_GT(make(layer, layer, false, finite, p_->Bool(false)), 0u);
  for (const char* other :
       {"os:system", "builtins:bytearray", "numpy._core.numeric:_frombuffer"}) {
    EXPECT_GT(make(other, layer, false, eps, p_->Float(1)), 0u) << other;
    EXPECT_GT(make(layer, other, false, eps, p_->Float(1)), 0u) << other;
  }
}

}  // namespace
}  // namespace picklebox::policy
