// Known dangers: which globals are an attacker's tools, and what they do.
//
//   if (const DangerClass* danger = FindDanger("posix", "system")) {
//     Show(danger->name, danger->text);   // "process", "It starts programs..."
//   }
//
// The list explains; it never decides. What a policy does not allow is denied,
// whether it stands here or not, and what it allows is allowed. The data are
// policy/threats.toml, compiled in: nothing is read or made ready at start-up.
//
// Any thread. What is returned lives as long as the program.
#ifndef PICKLEBOX_THREATS_H_
#define PICKLEBOX_THREATS_H_

#include <cstdint>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "picklebox/report.h"

namespace picklebox {

struct DangerClass {
  absl::string_view name;  // "process": lower case, words joined by hyphens
  absl::string_view text;  // what it does to the reader: a sentence
};

// All classes, the worst first.
absl::Span<const DangerClass> DangerClasses();

// The class of a global that is used for `uses`, or nullptr if no danger is
// known. Either may be as a file spells it: other modules' names for the same
// thing, dots that lead through modules, and vendored copies are seen through.
// Names that no list has are recognised by what they say of themselves, such as
// `_spawn_proc`. Takes about a microsecond, whatever the names are.
const DangerClass* FindDanger(absl::string_view module,
                              absl::string_view qualname,
                              Uses uses = kCall | kNew);

// The globals that are listed by their full names, "os:system", sorted. For
// trying out what a pattern would admit.
std::vector<absl::string_view> KnownDangers();

// What a global of a report is, seen by a reader who has to decide about it.
enum class Grade : uint8_t {
  kAllowed,
  kUnknown,    // denied, and nobody knows it: look at what it does
  kDangerous,  // denied, and known to be an attacker's tool
};
Grade GradeOf(const GlobalReport& global);
// "allowed", "unknown", "dangerous".
absl::string_view GradeName(Grade grade);
// The class of what is denied; nullptr for what is allowed or unknown.
const DangerClass* DangerOf(const GlobalReport& global);

}  // namespace picklebox

#endif  // PICKLEBOX_THREATS_H_
