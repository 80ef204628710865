// Pieces of JSON that several writers share.
#ifndef PICKLEBOX_REPORT_JSON_H_
#define PICKLEBOX_REPORT_JSON_H_

#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "picklebox/report.h"

namespace picklebox::report {

// A JSON string, ASCII only, which strict readers take: a lone surrogate is
// spelled \\udXXX, and bytes that are no UTF-8 have U+FFFD in their place.
std::string Quoted(absl::string_view text);
// An array of these, on one line.
std::string QuotedList(const std::vector<std::string>& texts);
absl::string_view Boolean(bool value);
// The objects of a report (docs/report.schema.json), each on one line.
std::string JsonOf(const Finding& finding);
std::string JsonOf(const GlobalReport& global);
std::string JsonOf(const MemberReport& member);
std::string JsonOf(const StreamReport& stream);
std::string JsonOf(const Summary& summary);
// The members of the object of a file that stand before its lists, without
// braces.
std::string JsonHeadOf(const FileReport& file, absl::string_view separator);

}  // namespace picklebox::report

#endif  // PICKLEBOX_REPORT_JSON_H_
