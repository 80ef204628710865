// What files need: of names and versions that the graphs of a scan hold. The
// files are written by real libraries (corpus/), and where a name must be one
// that no library writes any more, by hand.
#include "picklebox/requirements.h"

#include <fstream>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/types/span.h"
#include "box/portability_tables.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace picklebox {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

Requirements Needs(const std::string& bytes) {
  ScannerOptions options;
  options.worker_path = PICKLEBOX_WORKER;
  const auto scanner = Scanner::Create(std::move(options));
  EXPECT_TRUE(scanner.ok()) << scanner.status();
  return RequirementsOf((*scanner)->ScanBytes(
      {reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size()}, "x.pkl"));
}

std::string Corpus(const std::string& path) {
  std::ifstream file(absl::StrCat(PICKLEBOX_SOURCE_DIR, "/corpus/", path),
                     std::ios::binary);
  std::string bytes(std::istreambuf_iterator<char>(file), {});
  EXPECT_FALSE(bytes.empty()) << path;
  return bytes;
}

const NeededModule* Find(const Requirements& needs, absl::string_view name) {
  for (const NeededModule& module : needs.modules) {
    if (module.name == name) return &module;
  }
  return nullptr;
}

std::vector<std::string> Messages(const Requirements& needs, Portability kind) {
  std::vector<std::string> messages;
  for (const PortabilityNote& note : needs.notes) {
    if (note.kind == kind)
      messages.push_back(absl::StrCat(note.global, ": ", note.message));
  }
  return messages;
}

TEST(RequirementsTest, APipelineNamesItsLibrariesAndTheirVersions) {
  const Requirements needs = Needs(Corpus("benign/sklearn-pipeline.pkl"));
  EXPECT_TRUE(needs.complete);
  EXPECT_FALSE(needs.misses());
  const NeededModule* const sklearn = Find(needs, "sklearn");
  ASSERT_NE(sklearn, nullptr);
  EXPECT_EQ(sklearn->distribution, "scikit-learn");
  EXPECT_THAT(sklearn->recorded, HasSubstr("1."));
  EXPECT_THAT(sklearn->globals, Contains("sklearn.pipeline:Pipeline"));
  std::string pip;
  WritePip(needs, [&pip](absl::string_view text) {
    pip.append(text.data(), text.size());
  });
  EXPECT_THAT(pip,
              HasSubstr(absl::StrCat("scikit-learn==", sklearn->recorded)));
}

TEST(RequirementsTest, WhatExistsOnlyInTheProgramThatWroteItIsMissing) {
  const Requirements needs = Needs(Corpus("code/py311/pipeline-pickle.pkl"));
  EXPECT_TRUE(needs.misses());
  EXPECT_THAT(
      Messages(needs, Portability::kOnlyWhereMade),
      ElementsAre(HasSubstr("__main__:scale: AttributeError: Can't get "
                            "attribute 'scale' on <module '__main__'>")));
  EXPECT_EQ(Find(needs, "__main__")->provider, Provider::kNowhere);
}

TEST(RequirementsTest, TheMainModuleThatDillWritesIsNotMissing) {
  const Requirements needs = Needs(Corpus("code/py311/pipeline-dill.pkl"));
  EXPECT_FALSE(needs.misses());
  EXPECT_THAT(needs.traces, Contains(HasSubstr("by value (dill._dill)")));
}

TEST(RequirementsTest, LocalNamesAreMissing) {
  const Requirements needs = Needs(
      "\x80\x04\x8c\x04"
      "acme\x8c\x0c"
      "f.<locals>.g\x93.");
  EXPECT_TRUE(needs.misses());
  EXPECT_THAT(Messages(needs, Portability::kOnlyWhereMade),
              ElementsAre(HasSubstr("made within a function")));
}

TEST(RequirementsTest, UnknownModulesAreSaidToBeUnknown) {
  const Requirements needs = Needs("cacme_models\nRanker\n.");
  EXPECT_FALSE(needs.misses());
  EXPECT_THAT(Messages(needs, Portability::kUnknownModule),
              ElementsAre(HasSubstr("No module named 'acme_models'")));
}

TEST(RequirementsTest, OldNamesBoundTheVersionFromAbove) {
  const Requirements needs = Needs(
      "\x80\x03"
      "csklearn.tree.tree\nDecisionTreeClassifier\n.");
  EXPECT_EQ(Find(needs, "sklearn")->below, "0.24");
  EXPECT_THAT(Messages(needs, Portability::kOldName),
              ElementsAre(HasSubstr("No module named 'sklearn.tree.tree' from "
                                    "scikit-learn 0.24 on")));
}

TEST(RequirementsTest, NewNamesBoundTheVersionFromBelow) {
  const Requirements needs = Needs(
      "\x80\x03"
      "cnumpy._core.multiarray\nscalar\n.");
  EXPECT_EQ(Find(needs, "numpy")->at_least, "1.26.1");
  EXPECT_THAT(Messages(needs, Portability::kNewName),
              ElementsAre(HasSubstr("before numpy 1.26.1")));
  // A module whose name only begins like that one is another.
  EXPECT_THAT(Needs("cnumpy._cores\nscalar\n.").notes, IsEmpty());
}

TEST(RequirementsTest, ProtocolAndNamesTellOfPythons) {
  const Requirements two = Needs(
      "\x80\x02"
      "c__builtin__\nset\n.");
  EXPECT_EQ(two.python, "2.3");
  EXPECT_THAT(two.traces, ElementsAre(HasSubstr("names of Python 2")));
  EXPECT_THAT(Needs("\x80\x02"
                    "cbuiltins\nset\n.")
                  .traces,
              ElementsAre(HasSubstr("Python 2 cannot load it")));
  EXPECT_EQ(Needs("\x80\x05N.").python, "3.8");
}

TEST(RequirementsTest, VersionsAreToldWhereTheyLookLikeVersions) {
  // {"lib_version": "1.2", "other_version": "no", "version": "3"}
  const Requirements needs = Needs(
      "\x80\x04}(\x8c\x0blib_version\x8c\x03"
      "1.2\x8c\x0dother_version"
      "\x8c\x02no\x8c\x07version\x8c\x01"
      "3u.");
  ASSERT_EQ(needs.versions.size(), 1);
  EXPECT_EQ(needs.versions[0].key, "lib_version");
  EXPECT_EQ(needs.versions[0].version, "1.2");
}

TEST(RequirementsTest, WhatIsCutOffIsNotComplete) {
  EXPECT_FALSE(Needs("\x80\x04]").complete);
}

TEST(RequirementsTest, FunctionsByReferenceByValueAndLambdasAreToldApart) {
  const Requirements plain = Needs(Corpus("code/py38/pipeline-pickle.pkl"));
  ASSERT_EQ(plain.functions.size(), 1);
  EXPECT_FALSE(plain.functions[0].by_value);
  EXPECT_EQ(plain.functions[0].name, "__main__:scale");
  const auto by_value = [](const std::string& path) {
    std::vector<NeededFunction> found;
    for (const NeededFunction& function : Needs(Corpus(path)).functions) {
      if (function.by_value) found.push_back(function);
    }
    return found;
  };
  const auto runner = by_value("code/py38/runner-cloudpickle.pkl");
  ASSERT_EQ(runner.size(), 1);
  EXPECT_EQ(runner[0].form, CodeForm::kFunction);
  EXPECT_EQ(runner[0].name, "runner(command)");
  EXPECT_THAT(runner[0].versions, Contains(8));
  EXPECT_THAT(runner[0].pythons, HasSubstr("Python 3.8"));
  const auto lambda = by_value("code/py313/lambda-dill.pkl");
  ASSERT_FALSE(lambda.empty());
  EXPECT_EQ(lambda[0].form, CodeForm::kLambda);
  EXPECT_THAT(lambda[0].versions, Contains(13));
}

TEST(RequirementsTest, DillsNamespaceOfMainIsNoFunction) {
  for (const NeededFunction& function :
       Needs(Corpus("code/py311/pipeline-dill.pkl")).functions) {
    EXPECT_NE(function.name, "__builtin__:__main__");
  }
}

TEST(RequirementsTest, AStateThatAReleaseChangedIsToldByTheRecordedVersion) {
  const Requirements needs =
      Needs(Corpus("benign/sklearn/1.0.2/variant-gb-init-p4.pkl"));
  EXPECT_THAT(Messages(needs, Portability::kChangedState),
              ElementsAre(HasSubstr("node array from the pickle has an "
                                    "incompatible dtype from scikit-learn 1.3 "
                                    "on")));
  // Only NumPy 2 names the class of a generator.
  const Requirements generator =
      Needs("\x80\x04\x8c\x13numpy.random._pcg64\x8c\x05PCG64\x93.");
  EXPECT_THAT(Messages(generator, Portability::kChangedState),
              ElementsAre(HasSubstr("is not a known BitGenerator module. "
                                    "before numpy 2.0")));
  EXPECT_EQ(Find(generator, "numpy")->at_least, "2.0");
  // Without a version in the file, nobody knows.
  EXPECT_THAT(Needs("\x80\x03"
                    "csklearn.tree._tree\nTree\n.")
                  .notes,
              IsEmpty());
}

TEST(PortabilityTablesTest, DistributionsAreSorted) {
  for (size_t i = 1; i < std::size(box::kDistributions); ++i)
    EXPECT_LT(box::kDistributions[i - 1].module, box::kDistributions[i].module);
}

}  // namespace
}  // namespace picklebox
