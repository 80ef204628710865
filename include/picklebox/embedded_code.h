// Python code that a pickle carries: functions that dill and cloudpickle write
// by value, code objects, marshal data. What of it can be told without running
// it.
//
//   const Scan scan = scanner->ScanFile("model.pkl");
//   for (const EmbeddedCode& code : scan.code) Show(code.name, code.digest);
//
// Everything was read in the worker, from bytes that a stranger wrote: it is a
// help for readers and decides nothing. Text is as it is in the file: escape
// before printing. docs/embedded-code.md says what the fields mean.
//
// Plain values and functions of these; any thread.
#ifndef PICKLEBOX_EMBEDDED_CODE_H_
#define PICKLEBOX_EMBEDDED_CODE_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "picklebox/sink.h"

namespace picklebox {

// How code stands in a pickle.
enum class CodeForm : uint8_t {
  kFunction,   // a function is made of it
  kLambda,     // the same, and it has no name
  kNested,     // it is a constant of other code
  kClassBody,  // the same, or by itself: what runs within a class statement
  kCode,       // a code object of which the pickle makes no function
};
inline constexpr int kCodeForms = 5;
absl::string_view CodeFormName(CodeForm form);  // "class-body"

// What code does, as far as the names that it uses tell. A sum of bits.
enum CodeDoing : uint8_t {
  kReadsEnvironment = 1,
  kOpensFiles = 2,
  kUsesNetwork = 4,
  kRunsProcesses = 8,
  kDynamicCode = 16,
};
inline constexpr uint8_t kCodeDoings = 31;
// "reads the environment", ... in the order of the bits.
std::vector<absl::string_view> CodeDoingNames(uint8_t doings);

struct EmbeddedCode {
  std::string member;   // path within the file
  uint64_t offset = 0;  // of the opcode that makes it
  CodeForm form = CodeForm::kCode;
  // The number, in the same list, of the code that it is nested in; itself if
  // it is nested in none.
  uint64_t parent = 0;
  std::string maker;      // "dill._dill:_create_function"; empty: it is nested
  std::string name;       // "scale"
  std::string qualname;   // from Python 3.11 on
  std::string signature;  // "(x, *, factor)"
  std::string filename;   // where it was compiled
  int64_t first_line = 0;
  // Minor versions of Python 3 whose bytecode it can be, ascending. Several:
  // nothing in it tells them apart. None: it is of no Python that is known, and
  // `layout` says what its arguments look like.
  std::vector<int> versions;
  std::string layout;
  // SHA-256 of its canonical form, in hexadecimal; empty if it is not read.
  std::string digest;
  // It is in marshal data, which no policy allows.
  bool marshalled = false;
  // Where the policy allows code of this digest, "acme.toml:12".
  std::string allowed_by;
  // Each without repetition, cut where it gets long.
  std::vector<std::string> imports;
  std::vector<std::string> globals;
  std::vector<std::string> attributes;
  std::vector<std::string> calls;
  std::vector<std::string> strings;
  uint8_t doings = 0;  // with those of what is nested in it
};

// "Python 3.8 to 3.10", "Python 3.11 or 3.13", "Python 2.7".
std::string PythonsOf(const EmbeddedCode& code);
// "function scale(x), train.py:5: imports os; calls ...; reads the
// environment": one sentence, with text of the file in it.
std::string Describe(const EmbeddedCode& code);

struct Scan;
// All code of a file: a page for people; one object of JSON; what to add to a
// policy to allow what it does not allow yet.
void WriteCodeText(const Scan& scan, const Sink& sink);
void WriteCodeToml(const Scan& scan, const Sink& sink);
void WriteCodeJson(const Scan& scan, const Sink& sink);

}  // namespace picklebox

#endif  // PICKLEBOX_EMBEDDED_CODE_H_
