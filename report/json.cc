#include "report/json.h"

#include "absl/strings/str_cat.h"
#include "base/text.h"

namespace picklebox::report {

std::string Quoted(absl::string_view text) {
  return absl::StrCat("\"", base::EscapeJson(text), "\"");
}

absl::string_view Boolean(bool value) { return value ? "true" : "false"; }

std::string JsonOf(const Finding& finding) {
  const CodeInfo& info = Info(finding.code);
  return absl::StrCat("{\"code\": ", Quoted(info.name),
                      ", \"severity\": ", Quoted(Severity(info.effect)),
                      ", \"detail\": ", Quoted(finding.detail),
                      ", \"member\": ", Quoted(finding.member),
                      ", \"offset\": ", finding.offset,
                      ", \"message\": ", Quoted(finding.message), "}");
}

}  // namespace picklebox::report
