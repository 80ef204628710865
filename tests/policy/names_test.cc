#include "policy/names.h"

#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace picklebox::policy {
namespace {

std::string Of(absl::string_view module, absl::string_view name, bool python2) {
  const CanonicalName canonical = Canonical(module, name, python2);
  return Spell(canonical.module, canonical.qualname);
}

struct Pair {
  const char* module;
  const char* name;
  const char* new_module;
  const char* new_name;
};
constexpr Pair kPairs[] = {
#define PICKLEBOX_PYTHON2_NAME(...) {__VA_ARGS__},
#define PICKLEBOX_PYTHON2_MODULE(...)
#include "policy/python2_names.def"
#undef PICKLEBOX_PYTHON2_NAME
#undef PICKLEBOX_PYTHON2_MODULE
};
struct Module {
  const char* from;
  const char* to;
};
constexpr Module kModules[] = {
#define PICKLEBOX_PYTHON2_NAME(...)
#define PICKLEBOX_PYTHON2_MODULE(...) {__VA_ARGS__},
#include "policy/python2_names.def"
#undef PICKLEBOX_PYTHON2_NAME
#undef PICKLEBOX_PYTHON2_MODULE
};

TEST(NamesTest, TheTablesAreWhole) {
  EXPECT_EQ(std::size(kPairs), 88);
  EXPECT_EQ(std::size(kModules), 55);
}

TEST(NamesTest, EveryPython2PairIsMappedBelowProtocol3Only) {
  for (const Pair& pair : kPairs) {
    // The alias table comes second: IOError and EnvironmentError are OSError.
    const CanonicalName wanted =
        Canonical(pair.new_module, pair.new_name, false);
    EXPECT_EQ(Of(pair.module, pair.name, true),
              Spell(wanted.module, wanted.qualname));
    EXPECT_EQ(Of(pair.module, pair.name, false), Spell(pair.module, pair.name));
  }
}

TEST(NamesTest, EveryPython2ModuleIsMappedForOtherNames) {
  for (const Module& module : kModules) {
    EXPECT_EQ(Of(module.from, "no_such_name", true),
              Spell(module.to, "no_such_name"));
    EXPECT_EQ(Of(module.from, "no_such_name", false),
              Spell(module.from, "no_such_name"));
  }
}

TEST(NamesTest, Python2NamesAreMappedOnce) {
  EXPECT_EQ(Of("cPickle", "loads", true), "pickle:loads");
  EXPECT_EQ(Of("dbm", "open", true), "dbm.ndbm:open");
  EXPECT_EQ(Of("anydbm", "open", true), "dbm:open");  // and not on to dbm.ndbm
  EXPECT_EQ(Of("itertools", "imap", true), "builtins:map");
}

TEST(NamesTest, ModulesMatchWhole) {
  EXPECT_EQ(Of("__builtin__.x", "set", true), "__builtin__.x:set");
  EXPECT_EQ(Of("__builtin_", "set", true), "__builtin_:set");
  EXPECT_EQ(Of("__BUILTIN__", "set", true), "__BUILTIN__:set");
  EXPECT_EQ(Of("", "", true), ":");
}

TEST(NamesTest, AliasesOfNumPy) {
  EXPECT_EQ(Of("numpy.core.multiarray", "scalar", false),
            "numpy._core.multiarray:scalar");
  EXPECT_EQ(Of("numpy._core.multiarray", "scalar", false),
            "numpy._core.multiarray:scalar");
  EXPECT_EQ(Of("numpy.core", "x", false), "numpy._core:x");
  EXPECT_EQ(Of("numpy.core.records", "recarray", false), "numpy:recarray");
  EXPECT_EQ(Of("numpy.rec", "recarray", false), "numpy:recarray");
}

TEST(NamesTest, ATreeEndsAtADot) {
  EXPECT_EQ(Of("numpy.corex", "x", false), "numpy.corex:x");
  EXPECT_EQ(Of("numpy.core_", "x", false), "numpy.core_:x");
  EXPECT_EQ(Of("xnumpy.core", "x", false), "xnumpy.core:x");
}

TEST(NamesTest, OtherAliases) {
  EXPECT_EQ(Of("_io", "BytesIO", false), "io:BytesIO");
  EXPECT_EQ(Of("_io.x", "BytesIO", false), "_io.x:BytesIO");
  EXPECT_EQ(Of("cStringIO", "StringIO", true), "io:StringIO");
  EXPECT_EQ(Of("scipy.sparse.csr", "csr_matrix", false),
            "scipy.sparse._csr:csr_matrix");
  EXPECT_EQ(Of("sklearn.utils", "Bunch", false), "sklearn.utils._bunch:Bunch");
  EXPECT_EQ(Of("sklearn.utils", "Bunchy", false), "sklearn.utils:Bunchy");
  EXPECT_EQ(Of("exceptions", "IOError", true), "builtins:OSError");
  EXPECT_EQ(Of("sklearn.ensemble.forest", "RandomForestClassifier", false),
            "sklearn.ensemble._forest:RandomForestClassifier");
  EXPECT_EQ(Of("sklearn.tree.tree", "DecisionTreeClassifier", false),
            "sklearn.tree._classes:DecisionTreeClassifier");
  EXPECT_EQ(Of("sklearn.neighbors.dist_metrics", "EuclideanDistance", false),
            "sklearn.metrics._dist_metrics:EuclideanDistance");
  EXPECT_EQ(Of("pandas.core.index", "Index", false),
            "pandas.core.indexes.base:Index");
  EXPECT_EQ(Of("pandas.core.index", "os", false), "pandas.core.index:os");
}

TEST(NamesTest, TypesOfTorchScriptAreOne) {
  EXPECT_EQ(Of("__torch__", "Net", false), "__torch__:ScriptType");
  EXPECT_EQ(Of("__torch__.a.___torch_mangle_0", "Net", true),
            "__torch__:ScriptType");
  EXPECT_EQ(Of("__torch__", "Net.forward", false), "__torch__:Net.forward");
  EXPECT_EQ(Of("__torch__x", "Net", false), "__torch__x:Net");
  EXPECT_EQ(Of("x.__torch__", "Net", false), "x.__torch__:Net");
  EXPECT_EQ(Of("__TORCH__", "Net", false), "__TORCH__:Net");
}

TEST(NamesTest, CanonicalNamesStay) {
  for (const char* name :
       {"numpy", "builtins", "sklearn.utils._bunch", "pathlib"}) {
    EXPECT_EQ(Of(name, "x", false), Spell(name, "x"));
  }
}

}  // namespace
}  // namespace picklebox::policy
