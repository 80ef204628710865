// What a code object does, read off its instructions.
//
//   const Summary summary = Summarize(store, code, 11);
//   summary.imports    // "os", "urllib.request"
//   summary.calls      // "os.environ.get", "float"
//
// It is a help for readers and decides nothing: a name can be made at run time,
// and code that wants to hide what it does can. What is called is found by
// following the stack through straight-line code; where it cannot be followed,
// a call is missing here and its names are still among the others.
#ifndef PICKLEBOX_CODE_SUMMARY_H_
#define PICKLEBOX_CODE_SUMMARY_H_

#include <cstdint>
#include <string>
#include <vector>

#include "code/store.h"

namespace picklebox::code {

enum Doing : uint8_t {
  kEnvironment = 1,  // reads the environment
  kFiles = 2,        // opens files
  kNetwork = 4,      // uses the network
  kProcesses = 8,    // runs processes
  kDynamic = 16,     // runs or reaches code by its name
};
using Doings = uint8_t;

// Entries of each list at most, and bytes of each entry.
inline constexpr size_t kMostEntries = 100;
inline constexpr size_t kMostOfEntry = 100;

struct Summary {
  // Each in the order of first appearance, without repetition.
  std::vector<std::string> imports;     // modules
  std::vector<std::string> globals;     // names of globals and built-ins
  std::vector<std::string> attributes;  // names of attributes
  std::vector<std::string> calls;       // dotted names
  std::vector<std::string> strings;     // constants
  Doings doings = 0;
};

Summary Summarize(const Store& store, const CodeObject& code, int minor);

// "(x, y=..., *args, key, **rest)": names of the arguments, as a signature.
std::string Signature(const Store& store, const CodeObject& code);

}  // namespace picklebox::code

#endif  // PICKLEBOX_CODE_SUMMARY_H_
