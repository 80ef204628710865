// Findings that somebody has answered for.
//
//   Acceptance acceptance;
//   acceptance.Accept("9f2c...", "reviewed by us, loads no code");
//   acceptance.Apply(&scan.report);
//
// A fingerprint stands for one finding in one content: whoever accepts it has
// looked at that file, and a file that differs in one byte is another. For a
// global that is fine in any file there are policies.
//
// What is accepted stays in the report, with its Standing. A file whose denials
// are all answered for is not denied any more; what is left decides. A file
// that was not read to its end stays incomplete, whoever answers for that: it
// only stops to count for the exit status (IsExcused).
//
// A plain value; Apply() may be called from any number of threads.
#ifndef PICKLEBOX_ACCEPTANCE_H_
#define PICKLEBOX_ACCEPTANCE_H_

#include <map>
#include <set>
#include <string>

#include "absl/strings/string_view.h"
#include "picklebox/report.h"

namespace picklebox {

// Has the form of a fingerprint: 32 hexadecimal digits, lower case.
bool IsFingerprint(absl::string_view text);

class Acceptance {
 public:
  void Accept(std::string fingerprint, std::string reason);
  // What is found in `file` is known from now on.
  void AddBaseline(const FileReport& file);

  bool empty() const { return accepted_.empty() && known_.empty(); }

  // Sets the standing of the findings of a report that has fingerprints, and
  // its verdict.
  void Apply(FileReport* file) const;

 private:
  std::map<std::string, std::string> accepted_;  // fingerprint -> reason
  std::set<std::string> known_;
};

}  // namespace picklebox

#endif  // PICKLEBOX_ACCEPTANCE_H_
