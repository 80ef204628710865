// Words that the reports for people share.
#ifndef PICKLEBOX_REPORT_WORDS_H_
#define PICKLEBOX_REPORT_WORDS_H_

#include <cstdint>
#include <string>

#include "absl/strings/string_view.h"
#include "picklebox/report.h"

namespace picklebox::report {

// "1 file", "2 files".
std::string Counted(uint64_t count, absl::string_view noun);
// "1.5 kB".
std::string Size(uint64_t bytes);
// "0x1c (28)".
std::string Offset(uint64_t offset);
// "model.pt!archive/data.pkl", escaped.
std::string Place(const FileReport& file, absl::string_view member);
// Of a file that was not read there is no place to name.
bool HasPlaces(const FileReport& file);
// "denied", "clean (2 accepted, 1 known)".
std::string VerdictWords(const FileReport& file);
// "global-denied", "ambiguous/late-proto", escaped.
std::string CodeWords(const Finding& finding);
// What a finding says, escaped: its message, or what its code means.
std::string MessageWords(const Finding& finding);
// The finding is to be shown to people.
bool IsShown(const Finding& finding, bool show_accepted);
// "2 findings accepted, 1 known, 3 files excluded", or nothing.
std::string LeftOutWords(const Summary& summary);

}  // namespace picklebox::report

#endif  // PICKLEBOX_REPORT_WORDS_H_
