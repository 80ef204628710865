// Pieces of JSON that several writers share.
#ifndef PICKLEBOX_REPORT_JSON_H_
#define PICKLEBOX_REPORT_JSON_H_

#include <string>

#include "absl/strings/string_view.h"
#include "picklebox/finding.h"

namespace picklebox::report {

// A JSON string, ASCII only.
std::string Quoted(absl::string_view text);
absl::string_view Boolean(bool value);
// The object of a finding (docs/report.schema.json).
std::string JsonOf(const Finding& finding);

}  // namespace picklebox::report

#endif  // PICKLEBOX_REPORT_JSON_H_
