#include "picklebox/policy_check.h"

#include <cstdint>

#include "absl/strings/str_cat.h"
#include "cli/policy_commands.h"
#include "cli/policy_text.h"
#include "cli/standard_output.h"
#include "picklebox/report_writer.h"

namespace picklebox::cli {
namespace {

std::string Json(const PolicyRemark& remark) {
  return absl::StrCat("{\"file\": ", JsonString(remark.file),
                      ", \"line\": ", remark.line,
                      ", \"column\": ", remark.column, ", \"severity\": \"",
                      remark.error ? "error" : "warning",
                      "\", \"code\": ", JsonString(remark.code),
                      ", \"message\": ", JsonString(remark.message), "}");
}

// As compilers write it, so that editors find the place.
std::string Text(const PolicyRemark& remark) {
  std::string place = Printable(remark.file);
  if (remark.line > 0)
    absl::StrAppend(&place, ":", remark.line, ":", remark.column);
  return absl::StrCat(place, ": ", remark.error ? "error" : "warning", ": ",
                      Printable(remark.message), " [", remark.code, "]\n");
}

}  // namespace

int RunPolicyCheck(const PolicyCheckOptions& options) {
  const Sink out = ToStandardOutput();
  const bool json = options.format == "json";
  uint64_t errors = 0;
  uint64_t warnings = 0;
  std::string rows;
  for (const std::string& file : options.files) {
    const absl::StatusOr<std::vector<PolicyRemark>> remarks = CheckPolicy(file);
    if (!remarks.ok()) return Complain(remarks.status());
    for (const PolicyRemark& remark : *remarks) {
      ++(remark.error ? errors : warnings);
      if (json) {
        absl::StrAppend(&rows, rows.empty() ? "\n    " : ",\n    ",
                        Json(remark));
      } else {
        out(Text(remark));
      }
    }
  }
  if (json) {
    out(absl::StrCat("{\n  \"schema_version\": 1,\n  \"remarks\": [", rows,
                     rows.empty() ? "]" : "\n  ]", ",\n  \"errors\": ", errors,
                     ",\n  \"warnings\": ", warnings, "\n}\n"));
  } else {
    out(absl::StrCat(options.files.size(),
                     options.files.size() == 1 ? " policy" : " policies", ": ",
                     errors, errors == 1 ? " error" : " errors", ", ", warnings,
                     warnings == 1 ? " warning" : " warnings", "\n"));
  }
  const bool failed = errors > 0 || (options.strict && warnings > 0);
  return EndStandardOutput(failed ? kExitDenied : kExitClean);
}

}  // namespace picklebox::cli
