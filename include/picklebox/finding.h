// Findings: what was noticed in a file, where, and what it does to the verdict.
//
// A Finding is about the input ("the bytes are bad"); an absl::Status is about
// us ("we could not do our job"). The two never mix. Everything here is a plain
// value and may be used from any thread.
#ifndef PICKLEBOX_FINDING_H_
#define PICKLEBOX_FINDING_H_

#include <cstdint>
#include <optional>
#include <string>

#include "absl/strings/string_view.h"

namespace picklebox {

enum class Code : uint16_t {
#define PICKLEBOX_FINDING(enumerator, code, effect, text) k##enumerator,
#include "picklebox/finding_codes.def"
#undef PICKLEBOX_FINDING
};

// What a finding does to the verdict.
enum class Effect : uint8_t { kNone, kIncomplete, kDenies };

// One row of finding_codes.def.
struct CodeInfo {
  Code code;
  absl::string_view name;  // "global-denied"
  Effect effect;
  absl::string_view explanation;  // a sentence or two for people
};

// Total: every Code has a row.
const CodeInfo& Info(Code code);
// The row of `name`, or nullopt.
std::optional<CodeInfo> FindCode(absl::string_view name);
// True for a number that is a Code. For numbers that came from a worker.
bool IsCode(uint16_t number);

// "error" for what denies, "warning" for what leaves the file incomplete,
// "note" for the rest.
absl::string_view Severity(Effect effect);

// Whether somebody has answered for a finding (acceptance.h). Only what is open
// counts.
enum class Standing : uint8_t {
  kOpen,
  kAccepted,  // a configuration accepts it, with a reason
  kKnown,     // it is in the baseline
};

// "open", "accepted", "known".
absl::string_view StandingName(Standing standing);

struct Finding {
  Code code = Code::kNotPickle;
  std::string detail;   // a stable word below the code, e.g. "memo-overwrite";
                        // may be empty
  std::string member;   // path within the file; empty for the file itself
  uint64_t offset = 0;  // in bytes, within the member
  std::string message;  // one sentence; may hold bytes of the file, so escape
                        // before printing
  // Of this finding in this very file, whatever the file is called: 32
  // hexadecimal digits, or empty where the file could not be read or nobody
  // asked (ScannerOptions::fingerprints).
  std::string fingerprint = {};
  Standing standing = Standing::kOpen;
  std::string answer = {};  // why it is accepted
};

}  // namespace picklebox

#endif  // PICKLEBOX_FINDING_H_
