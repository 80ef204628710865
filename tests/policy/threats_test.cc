// Known dangers: what must be recognised, and what must not.
#include "picklebox/threats.h"

#include <algorithm>
#include <fstream>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "picklebox/policy_rules.h"

namespace picklebox {
namespace {

using ::testing::IsEmpty;

// The class of "module:qualname"; "" if it is none.
std::string Class(absl::string_view global, Uses uses = kCall | kNew) {
  const std::pair<absl::string_view, absl::string_view> parts =
      absl::StrSplit(global, absl::MaxSplits(':', 1));
  const DangerClass* const danger = FindDanger(parts.first, parts.second, uses);
  return danger == nullptr ? "" : std::string(danger->name);
}

// The lines of a file of this checkout that are no comments.
std::vector<std::string> Lines(const std::string& path) {
  std::ifstream in(absl::StrCat(PICKLEBOX_SOURCE_DIR, "/", path));
  std::vector<std::string> lines;
  for (std::string line; std::getline(in, line);) {
    if (!line.empty() && line[0] != '#') lines.push_back(line);
  }
  return lines;
}

TEST(Threats, ClassesAreNamedAndExplained) {
  std::set<absl::string_view> names;
  for (const DangerClass& danger : DangerClasses()) {
    EXPECT_TRUE(names.insert(danger.name).second) << danger.name;
    EXPECT_THAT(std::string(danger.name),
                ::testing::MatchesRegex("[a-z]+(-[a-z]+)*"));
    EXPECT_TRUE(absl::EndsWith(danger.text, ".")) << danger.text;
    EXPECT_GT(danger.text.size(), 40u);
  }
  EXPECT_GE(names.size(), 10u);
}

TEST(Threats, WhatIsListedIsFound) {
  const std::vector<absl::string_view> known = KnownDangers();
  EXPECT_GT(known.size(), 400u);
  EXPECT_TRUE(std::is_sorted(known.begin(), known.end()));
  for (const absl::string_view name : known) EXPECT_NE(Class(name), "") << name;
}

TEST(Threats, CallablesOfTheStandardLibraryAndOfPackagesAreDangerous) {
  const std::vector<std::string> globals =
      Lines("tests/policy/dangerous_globals.txt");
  EXPECT_GT(globals.size(), 2000u);
  std::vector<std::string> missed;
  for (const std::string& global : globals) {
    if (Class(global).empty()) missed.push_back(global);
  }
  EXPECT_THAT(missed, IsEmpty());
}

// The corpus attacks with these.
TEST(Threats, WhatTheCorpusAttacksWithIsDangerous) {
  const std::vector<std::string> rows = Lines("corpus/attacks/families.tsv");
  ASSERT_GT(rows.size(), 100u);
  for (size_t i = 1; i < rows.size(); ++i) {
    const std::vector<std::string> columns = absl::StrSplit(rows[i], '\t');
    EXPECT_NE(Class(columns[2]), "") << columns[2];
  }
}

TEST(Threats, BenignGlobalsAreNot) {
  const std::vector<std::string> globals =
      Lines("tests/policy/benign_globals.txt");
  EXPECT_GT(globals.size(), 700u);
  std::vector<std::string> wrong;
  for (const std::string& global : globals) {
    if (!Class(global).empty())
      wrong.push_back(absl::StrCat(global, " ", Class(global)));
  }
  EXPECT_THAT(wrong, IsEmpty());
}

TEST(Threats, ClassesThatPeopleWriteAreNot) {
  for (const absl::string_view global : {"acme.models:Ranker",
                                         "acme.models:Ranker.Config",
                                         "__main__:Model",
                                         "__main__:MyTransformer",
                                         "myproject.pipeline:FeatureUnionPlus",
                                         "ranking.features:normalise",
                                         "train:add_interactions",
                                         "preprocessing.text:tokenize_and_stem",
                                         "src.model:Net",
                                         "utils:Args",
                                         "models.common:Conv",
                                         "net:ResNet50",
                                         "acme.io.records:Record",
                                         "acme.system:Settings",
                                         "acme.network:Layer",
                                         "test:Model",
                                         "tests.helpers:Dummy",
                                         "acme.loading:DataModule",
                                         "acme:rank_by_price",
                                         "acme.eval:EvalMetrics",
                                         "project.shell_models:ShellElement"}) {
    EXPECT_EQ(Class(global), "") << global;
  }
}

TEST(Threats, TheClassSaysWhatHappens) {
  const std::map<std::string, std::string> kCases = {
      {"builtins:eval", "exec-code"},
      {"types:FunctionType", "exec-code"},
      {"dill._dill:_create_function", "exec-code"},
      {"os:system", "process"},
      {"subprocess:Popen", "process"},
      {"posix:execv", "process"},
      {"ctypes:CDLL", "native-code"},
      {"importlib:import_module", "import"},
      {"pydoc:locate", "import"},
      {"pickle:loads", "unpickle"},
      {"joblib:load", "unpickle"},
      {"torch:load", "unpickle"},
      {"urllib.request:urlopen", "network"},
      {"requests:get", "network"},
      {"shutil:rmtree", "file"},
      {"builtins:open", "file"},
      {"functools:partial", "call"},
      {"builtins:getattr", "attr"},
      {"gc:get_objects", "attr"},
      {"sys:setrecursionlimit", "state"},
      {"copyreg:add_extension", "state"},
      {"numpy.lib.stride_tricks:as_strided", "mem-unsafe"},
      {"time:sleep", "dos"},
  };
  for (const auto& [global, danger] : kCases)
    EXPECT_EQ(Class(global), danger) << global;
}

// No list has these; their names say what they do.
TEST(Threats, UnknownNamesOfADangerousFamily) {
  const std::map<std::string, std::string> kCases = {
      {"foo._internal:_spawn_proc", "process"},
      {"foo.utils:run_command", "process"},
      {"foo.utils:runShellCommand", "process"},
      {"foo:_popen2", "process"},
      {"foo.bar:os_system", "process"},
      {"torch.utils.brand_new:run_traced", "exec-code"},
      {"foo:exec_in_namespace", "exec-code"},
      {"foo:safe_eval", "exec-code"},
      {"foo.code:_make_function", "exec-code"},
      {"foo:dynamic_import", "import"},
      {"foo.registry:class_from_name", "import"},
      {"foo.io:load_from_cache", "unpickle"},
      {"foo:read_pickle", "unpickle"},
      {"foo.serde:deserialize", "unpickle"},
      {"foo.native:load_library", "native-code"},
      {"foo:download_weights", "network"},
      {"foo.web:HTTPClient", "network"},
      {"foo:write_text", "file"},
      {"foo.disk:rmtree", "file"},
      {"foo.obj:deep_getattr", "attr"},
      {"foo:Thing.__init__.__globals__", "attr"},
      {"foo:monkey_patch", "state"},
      {"foo.mem:from_pointer", "mem-unsafe"},
      {"foo.async_:call_later", "call"},
  };
  for (const auto& [global, danger] : kCases)
    EXPECT_EQ(Class(global), danger) << global;
}

TEST(Threats, OtherWaysToTheSameThing) {
  const std::map<std::string, std::string> kCases = {
      {"torch:serialization.os.system", "process"},  // through an import
      {"tempfile:_os.remove", "file"},
      {"random:_os.system", "process"},
      {"numpy:core._ufunc_reconstruct", "import"},  // a module's module
      {"six.moves:builtins.eval", "exec-code"},
      {"os:environ.clear", "state"},  // an attribute of one
      {"posix:system", "process"},
      {"__builtin__:eval", "exec-code"},
      {"_pickle:loads", "unpickle"},
      {"pip._vendor.requests:get", "process"},  // a copy within a package
      {"acme._vendor.requests:get", "network"},
      {"acme.third_party.subprocess32:Popen", "process"},
      {"joblib.externals.cloudpickle.cloudpickle:subimport", "exec-code"},
  };
  for (const auto& [global, danger] : kCases)
    EXPECT_EQ(Class(global), danger) << global;
}

TEST(Threats, WhatIsDeniedIsGraded) {
  GlobalReport global;
  global.module = global.raw_module = "os";
  global.qualname = global.raw_qualname = "system";
  global.uses = kReference | kCall;
  EXPECT_EQ(GradeOf(global), Grade::kAllowed);
  EXPECT_EQ(DangerOf(global), nullptr);
  global.denied = kCall;
  EXPECT_EQ(GradeOf(global), Grade::kDangerous);
  EXPECT_EQ(DangerOf(global)->name, "process");
  global.module = global.raw_module = "acme";
  global.qualname = global.raw_qualname = "Ranker";
  EXPECT_EQ(GradeOf(global), Grade::kUnknown);
  EXPECT_EQ(GradeName(GradeOf(global)), "unknown");
}

// Naming a plain type is nothing; calling it with a number takes memory.
TEST(Threats, SomeAreDangerousOnlyInUse) {
  EXPECT_EQ(Class("builtins:bytearray", kReference), "");
  EXPECT_EQ(Class("builtins:bytearray", kReference | kCall), "dos");
  EXPECT_EQ(Class("os:system", kReference), "process");
}

// Names come out of files.
TEST(Threats, HostileNames) {
  EXPECT_EQ(Class(":"), "");
  EXPECT_EQ(Class("*:*"), "");
  EXPECT_EQ(Class("a.b:"), "");
  EXPECT_EQ(Class("a:....."), "");
  EXPECT_EQ(Class(absl::StrCat("a:", std::string(1 << 20, '.'))), "");
  EXPECT_EQ(Class(absl::StrCat("a:", std::string(1 << 20, '_'))), "");
  EXPECT_EQ(Class(std::string("\0:\xff\n", 4)), "");
  std::string stars = "numpy:";
  for (int i = 0; i < 100'000; ++i) stars += "a_B.";
  EXPECT_EQ(Class(stars), "");
}

// What the shipped profiles grant is not dangerous; what can be misused (by a
// number that is too large, a function as an argument) is granted in part.
TEST(Threats, ProfilesAreNotDangerous) {
  const std::set<std::string> kMisusable = {"call", "attr", "state",
                                            "mem-unsafe", "dos"};
  // Their rules say with which arguments.
  const std::set<std::string> kInPart = {"zoneinfo:ZoneInfo._unpickle",
                                         "zoneinfo:ZoneInfo", "numpy:memmap",
                                         "typing:NamedTuple"};
  // What makes functions: of code whose digest a policy has, and of arguments
  // that the rule says. The makers of code themselves are held to the digests.
  const std::set<std::string> kByValue = {"by_value", "cloudpickle", "dill"};
  const std::set<std::string> kMakers = {"types:CodeType",
                                         "dill._dill:_create_code"};
  size_t names = 0;
  size_t misusable = 0;
  std::vector<std::string> wrong;
  for (const std::string& profile : Policy::ShippedProfiles()) {
    const Policy policy = NamedPolicy(profile).value();
    for (const PolicyRule& rule : policy.rules()) {
      if (rule.uses == 0) continue;
      ++names;
      const std::string name = absl::StrCat(rule.module, ":", rule.qualname);
      const std::string danger = Class(name, rule.uses);
      const bool in_part =
          !rule.call.empty() || rule.type_lookup || kMakers.count(name) > 0;
      if (kByValue.count(profile) > 0 && danger == "exec-code" && in_part)
        continue;
      if (kMisusable.count(danger) > 0) {
        ++misusable;
      } else if (!danger.empty() && kInPart.count(name) == 0) {
        wrong.push_back(absl::StrCat(name, " ", danger));
      }
    }
  }
  EXPECT_GT(names, 500u);
  EXPECT_LT(misusable, names / 10);
  EXPECT_THAT(wrong, IsEmpty());
}

}  // namespace
}  // namespace picklebox
