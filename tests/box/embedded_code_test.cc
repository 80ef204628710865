// What a scan tells of the code in files that dill and cloudpickle wrote:
// corpus/code, of CPython 3.6 to 3.15. With real workers.
#include "picklebox/embedded_code.h"

#include <algorithm>
#include <filesystem>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "picklebox/scanner.h"

namespace picklebox {
namespace {

using ::testing::AllOf;
using ::testing::AnyOf;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::IsSupersetOf;
using ::testing::Not;
using ::testing::SizeIs;

Scanner& TheScanner() {
  static const std::unique_ptr<Scanner> scanner = [] {
    ScannerOptions options;
    options.worker_path = PICKLEBOX_WORKER;
    return Scanner::Create(std::move(options)).value();
  }();
  return *scanner;
}

std::string PathOf(int minor, absl::string_view sample) {
  return absl::StrCat(PICKLEBOX_SOURCE_DIR, "/corpus/code/py3", minor, "/",
                      sample, ".pkl");
}

Scan ScanOf(int minor, absl::string_view sample) {
  return TheScanner().ScanFile(PathOf(minor, sample));
}

const EmbeddedCode* Find(const Scan& scan, absl::string_view name) {
  const auto found = std::find_if(
      scan.code.begin(), scan.code.end(),
      [name](const EmbeddedCode& code) { return code.name == name; });
  return found == scan.code.end() ? nullptr : &*found;
}

std::vector<std::string> Sentences(const Scan& scan) {
  std::vector<std::string> sentences;
  for (const Finding& finding : scan.report.findings) {
    if (finding.code == Code::kEmbeddedCode)
      sentences.push_back(finding.message);
  }
  return sentences;
}

TEST(EmbeddedCodeTest, EveryFileOfEveryPythonHasItsCode) {
  int files = 0;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(
           absl::StrCat(PICKLEBOX_SOURCE_DIR, "/corpus/code"))) {
    const std::string path = entry.path();
    if (entry.path().extension() != ".pkl" ||
        absl::StrContains(path, "-pickle") ||
        !absl::StrContains(path, "corpus/code/py")) {
      continue;
    }
    ++files;
    const int minor =
        std::stoi(entry.path().parent_path().filename().string().substr(3));
    const Scan scan = TheScanner().ScanFile(path);
    EXPECT_EQ(scan.report.verdict, Verdict::kDenied) << path;
    EXPECT_THAT(scan.code, Not(IsEmpty())) << path;
    EXPECT_THAT(Sentences(scan), Not(IsEmpty())) << path;
    for (const EmbeddedCode& code : scan.code) {
      EXPECT_THAT(code.versions, Contains(minor)) << path << " " << code.name;
      // Newer cloudpickles do not keep the name of the file.
      EXPECT_THAT(code.filename, AnyOf("train.py", "<dynamic-code>")) << path;
      EXPECT_THAT(code.digest, SizeIs(64)) << path;
      EXPECT_GT(code.first_line, 0) << path;
    }
  }
  EXPECT_GT(files, 120);
}

TEST(EmbeddedCodeTest, PlainPickleHasNone) {
  const Scan scan = ScanOf(11, "pipeline-pickle");
  EXPECT_THAT(scan.code, IsEmpty());
  EXPECT_THAT(Sentences(scan), IsEmpty());
}

TEST(EmbeddedCodeTest, ASentenceSaysWhatAFunctionIsAndDoes) {
  for (const int minor : {8, 11, 12, 13}) {
    for (const char* const sample : {"pipeline-dill", "pipeline-cloudpickle"}) {
      EXPECT_THAT(Sentences(ScanOf(minor, sample)),
                  ElementsAre(AllOf(HasSubstr("function scale(x), "),
                                    HasSubstr("imports os"),
                                    HasSubstr("os.environ.get, float"),
                                    HasSubstr("reads the environment"))))
          << minor << sample;
    }
  }
}

TEST(EmbeddedCodeTest, ADigestIsOfTheFunctionAndNotOfThePickler) {
  for (int minor = 7; minor <= 13; ++minor) {
    std::set<std::string> different;
    for (const char* const sample : {"lambda", "closure", "recursive",
                                     "generator", "runner", "coroutine"}) {
      const Scan dill = ScanOf(minor, absl::StrCat(sample, "-dill"));
      const Scan other = ScanOf(minor, absl::StrCat(sample, "-cloudpickle"));
      ASSERT_FALSE(dill.code.empty() || other.code.empty()) << minor << sample;
      EXPECT_EQ(dill.code[0].digest, other.code[0].digest) << minor << sample;
      different.insert(dill.code[0].digest);
    }
    EXPECT_THAT(different, SizeIs(6)) << minor;
  }
}

TEST(EmbeddedCodeTest, CallsAndDoingsAreToldForEveryPython) {
  for (int minor = 6; minor <= 13; ++minor) {
    const Scan scan = ScanOf(minor, "runner-dill");
    const EmbeddedCode* const runner = Find(scan, "runner");
    ASSERT_NE(runner, nullptr) << minor;
    EXPECT_THAT(runner->imports, ElementsAre("subprocess", "urllib.request"));
    EXPECT_THAT(runner->calls, IsSupersetOf({"subprocess.run", "open", "eval"}))
        << minor;
    EXPECT_EQ(runner->doings,
              kOpensFiles | kUsesNetwork | kRunsProcesses | kDynamicCode)
        << minor;
  }
}

TEST(EmbeddedCodeTest, FormsAndSignatures) {
  for (const int minor : {6, 9, 13}) {
    const Scan lambda = ScanOf(minor, "lambda-cloudpickle");
    ASSERT_THAT(lambda.code, SizeIs(1));
    EXPECT_EQ(lambda.code[0].form, CodeForm::kLambda);
    EXPECT_EQ(lambda.code[0].signature, "(x, y)");
    const Scan closure = ScanOf(minor, "closure-dill");
    ASSERT_NE(Find(closure, "shifted"), nullptr);
    EXPECT_EQ(Find(closure, "shifted")->form, CodeForm::kFunction);
    EXPECT_EQ(Find(closure, "shifted")->signature, "(x, *more, key, **rest)");
  }
  const Scan decorated = ScanOf(9, "decorated-cloudpickle");
  const EmbeddedCode* const inner = Find(decorated, "<listcomp>");
  ASSERT_NE(inner, nullptr);
  EXPECT_EQ(inner->form, CodeForm::kNested);
  EXPECT_EQ(decorated.code[inner->parent].name, "decorated");
}

TEST(EmbeddedCodeTest, AListingHasTheInstructions) {
  std::string text;
  const absl::Status status = TheScanner().DisassembleCode(
      PathOf(13, "runner-dill"), "", [&text](absl::string_view lines) {
        text.append(lines.data(), lines.size());
      });
  ASSERT_TRUE(status.ok()) << status;
  EXPECT_THAT(text, HasSubstr("function runner(command), train.py:"));
  EXPECT_THAT(text, HasSubstr("(subprocess)"));
  EXPECT_THAT(text, HasSubstr("ExceptionTable:"));
  EXPECT_TRUE(absl::IsNotFound(TheScanner().DisassembleCode(
      PathOf(13, "runner-dill"), "none", [](absl::string_view) {})));
}

TEST(EmbeddedCodeTest, MarshalDataThatCannotBeReadAreSaidToBeUnread) {
  // marshal.loads(b"[")
  const std::string bytes =
      "\x80\x03"
      "cmarshal\nloads\nC\x01[\x85R.";
  const Scan scan = TheScanner().ScanBytes(
      {reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size()}, "x.pkl");
  EXPECT_THAT(scan.code, IsEmpty());
  EXPECT_THAT(Sentences(scan), ElementsAre(HasSubstr("marshal data")));
}

TEST(EmbeddedCodeTest, WritersArePrintable) {
  Scan scan = ScanOf(8, "class-cloudpickle");
  ASSERT_FALSE(scan.code.empty());
  scan.code[0].name = "a\x1b[31m\n";
  for (const auto write : {&WriteCodeText, &WriteCodeJson}) {
    std::string text;
    write(scan, [&text](absl::string_view piece) {
      text.append(piece.data(), piece.size());
    });
    EXPECT_TRUE(std::all_of(text.begin(), text.end(), [](char c) {
      return c == '\n' || (c >= 0x20 && c < 0x7f);
    }));
    EXPECT_THAT(text, HasSubstr(scan.code[0].digest));
  }
}

}  // namespace
}  // namespace picklebox
