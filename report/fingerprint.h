// What names one finding, from run to run.
#ifndef PICKLEBOX_REPORT_FINGERPRINT_H_
#define PICKLEBOX_REPORT_FINGERPRINT_H_

#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "picklebox/report.h"

namespace picklebox::report {

// 32 hexadecimal digits for each finding of `file`: of its code, its detail,
// its member, and the global that it is about or else its offset; and of
// `content`, the hash of what it was found in. Whoever answers for a finding
// answers for that content only: with another argument the same call may do
// anything. With an empty `content` the fingerprints stay the same while a file
// changes around a finding, and tell only which finding is which.
std::vector<std::string> Fingerprints(const FileReport& file,
                                      absl::string_view content);

// Gives each finding its fingerprint, from file->sha256; none if that is empty
// or the file changed while it was read.
void SetFingerprints(FileReport* file);

}  // namespace picklebox::report

#endif  // PICKLEBOX_REPORT_FINGERPRINT_H_
