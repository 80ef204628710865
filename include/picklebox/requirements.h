// What a file needs where it is loaded, and what would be missing there.
//
//   const Requirements needs = RequirementsOf(scanner->ScanFile("model.pkl"));
//   for (const PortabilityNote& note : needs.notes) Warn(note.message);
//
// Everything is read off the graphs and the names of a scan, whatever its
// verdict. Nothing is imported, and no environment is looked at.
//
// Text that came out of the file is as it is there: escape before printing.
// Plain values and functions of these; any thread.
#ifndef PICKLEBOX_REQUIREMENTS_H_
#define PICKLEBOX_REQUIREMENTS_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "picklebox/embedded_code.h"
#include "picklebox/scanner.h"
#include "picklebox/sink.h"

namespace picklebox {

// Where a module comes from.
enum class Provider : uint8_t {
  kStandardLibrary,
  kDistribution,  // something that pip installs
  kUnknown,       // in no table: perhaps a module of whoever wrote the file
  kNowhere,       // it was the program that wrote the file, such as __main__
};
absl::string_view ProviderName(Provider provider);  // "distribution"

// A top-level module that loading the file imports from.
struct NeededModule {
  std::string name;  // "sklearn"
  Provider provider = Provider::kUnknown;
  std::string distribution;  // "scikit-learn"; empty: none is known
  // Of the distribution: the version that the file says it was made with, and
  // the bounds that names which were moved set. Empty: not said.
  std::string recorded;
  std::string at_least;
  std::string below;
  std::vector<std::string> globals;  // "module:qualname", as the file has them
};

// A version that stands in the file.
struct RecordedVersion {
  std::string key;           // "_sklearn_version"
  std::string version;       // "1.0.2"
  std::string distribution;  // "scikit-learn"; empty: not known
  std::string member;
  uint64_t count = 0;  // how often
};

// A function or class that stands among the objects by its name, which has to
// be there where the file is loaded; or code that the file carries, which has
// to be of the Python that loads it.
struct NeededFunction {
  bool by_value = false;
  CodeForm form = CodeForm::kFunction;  // by value
  std::string name;   // "__main__:scale"; by value, with its arguments: "f(x)"
  std::string maker;  // by value, as in EmbeddedCode
  std::string member;
  uint64_t offset = 0;
  // By value: the minor versions of Python 3 that its instructions can be of,
  // and the same in words.
  std::vector<int> versions;
  std::string pythons;
};

enum class Portability : uint8_t {
  kOnlyWhereMade,  // it cannot be found anywhere else
  kUnknownModule,  // nobody knows where it could be found
  kOldName,        // newer versions have it under another name
  kNewName,        // older versions have it under another name
  kChangedState,   // versions on the other side of a change refuse its state
};
absl::string_view PortabilityName(Portability kind);  // "only-where-made"

struct PortabilityNote {
  Portability kind = Portability::kUnknownModule;
  std::string global;  // "__main__:scale"
  std::string member;
  uint64_t offset = 0;  // of the opcode that names it
  std::string message;  // with the error that loading would end in
  // Of its distribution, the release that made the change; empty: not known.
  std::string since;
  // The file is from before that.
  bool is_old = false;
};

struct Requirements {
  std::string path;
  std::string format;     // as in the report
  int protocol = 0;       // the highest
  std::string python;     // the oldest Python with that protocol: "3.4"
  bool complete = false;  // all of the file was read
  std::vector<std::string> traces;    // what else tells who wrote it, in words
  std::vector<NeededModule> modules;  // by name
  std::vector<RecordedVersion> versions;
  std::vector<NeededFunction> functions;
  std::vector<PortabilityNote> notes;

  // Something exists only where the file was made.
  bool misses() const;
};

Requirements RequirementsOf(const Scan& scan);

// A page for people; one object of JSON; lines for `pip install -r`.
void WriteText(const Requirements& needs, const Sink& sink);
void WriteJson(const Requirements& needs, const Sink& sink);
void WritePip(const Requirements& needs, const Sink& sink);

}  // namespace picklebox

#endif  // PICKLEBOX_REQUIREMENTS_H_
