#include <algorithm>
#include <fstream>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "cli/policy_commands.h"
#include "cli/policy_text.h"
#include "cli/standard_output.h"
#include "picklebox/report_writer.h"

namespace picklebox::cli {
namespace {

// A line of a list: a file, its verdict, and what the report has to name.
struct Expectation {
  std::string path;
  std::string verdict;
  std::string named;  // a global or a finding's code; may be empty
  std::string place;  // "list.tsv:3"
};

bool IsVerdict(absl::string_view word) {
  for (const Verdict verdict : {Verdict::kClean, Verdict::kDenied,
                                Verdict::kIncomplete, Verdict::kUnsupported}) {
    if (word == VerdictName(verdict)) return true;
  }
  return false;
}

absl::StatusOr<std::vector<Expectation>> Read(const std::string& list) {
  std::ifstream in(list);
  if (!in) return absl::NotFoundError(absl::StrCat("cannot open ", list));
  const std::string folder = list.substr(0, list.rfind('/') + 1);
  std::vector<Expectation> expectations;
  size_t number = 0;
  for (std::string line; std::getline(in, line);) {
    ++number;
    const absl::string_view text = absl::StripSuffix(line, "\r");
    if (text.empty() || text[0] == '#') continue;
    const std::vector<std::string> columns = absl::StrSplit(text, '\t');
    Expectation row;
    row.place = absl::StrCat(list, ":", number);
    if (columns.size() < 2 || columns.size() > 3 || !IsVerdict(columns[1])) {
      return absl::InvalidArgumentError(
          absl::StrCat(row.place,
                       ": want PATH<tab>VERDICT[<tab>NAME], where VERDICT is "
                       "clean, denied, incomplete or unsupported"));
    }
    row.path =
        absl::StartsWith(columns[0], "/") ? columns[0] : folder + columns[0];
    row.verdict = columns[1];
    if (columns.size() == 3) row.named = columns[2];
    expectations.push_back(std::move(row));
  }
  return expectations;
}

// Whether a denied global or a finding is called `name`.
bool Names(const FileReport& report, const std::string& name) {
  return std::any_of(report.globals.begin(), report.globals.end(),
                     [&](const GlobalReport& global) {
                       return !global.allowed() &&
                              absl::StrCat(global.module, ":",
                                           global.qualname) == name;
                     }) ||
         std::any_of(report.findings.begin(), report.findings.end(),
                     [&](const Finding& finding) {
                       return Info(finding.code).name == name;
                     });
}

// What is wrong; empty if nothing is.
std::string Judge(const Expectation& row, const FileReport& report) {
  const std::string verdict(VerdictName(report.verdict));
  if (verdict != row.verdict) {
    std::string why;
    for (const Finding& finding : report.findings) {
      if (Info(finding.code).effect == Effect::kNone) continue;
      why = absl::StrCat("; ", Info(finding.code).name, ": ",
                         Printable(finding.message));
      break;
    }
    return absl::StrCat("is ", verdict, ", not ", row.verdict, why);
  }
  if (!row.named.empty() && !Names(report, row.named))
    return absl::StrCat("does not name ", Printable(row.named));
  return "";
}

std::string Json(const Expectation& row, const FileReport& report,
                 const std::string& wrong) {
  return absl::StrCat(
      "{\"path\": ", JsonString(row.path),
      ", \"place\": ", JsonString(row.place),
      ", \"expected\": ", JsonString(row.verdict),
      ", \"named\": ", row.named.empty() ? "null" : JsonString(row.named),
      ", \"verdict\": ", JsonString(VerdictName(report.verdict)),
      ", \"ok\": ", wrong.empty() ? "true" : "false",
      ", \"wrong\": ", wrong.empty() ? "null" : JsonString(wrong), "}");
}

}  // namespace

int RunPolicyTest(const PolicyTestOptions& options) {
  std::vector<Expectation> expectations;
  for (const std::string& list : options.lists) {
    absl::StatusOr<std::vector<Expectation>> rows = Read(list);
    if (!rows.ok()) return Complain(rows.status());
    expectations.insert(expectations.end(), rows->begin(), rows->end());
  }
  absl::StatusOr<std::unique_ptr<Scanner>> scanner =
      options.shared.MakeScanner();
  if (!scanner.ok()) return Complain(scanner.status());
  const Sink out = ToStandardOutput();
  const bool json = options.format == "json";
  if (json) out("{\n  \"schema_version\": 1,\n  \"files\": [");
  bool first = true;
  size_t failed = 0;
  for (const Expectation& row : expectations) {
    const FileReport report = (*scanner)->ScanFile(row.path).report;
    const std::string wrong = Judge(row, report);
    if (!wrong.empty()) ++failed;
    if (json) {
      out(absl::StrCat(first ? "\n    " : ",\n    ", Json(row, report, wrong)));
      first = false;
      continue;
    }
    if (wrong.empty() && !options.verbose) continue;
    out(absl::StrCat(wrong.empty() ? "ok    " : "FAIL  ", Printable(row.place),
                     "  ", Printable(row.path), wrong.empty() ? "" : "  ",
                     wrong, "\n"));
  }
  if (json) {
    out(absl::StrCat(first ? "]," : "\n  ],",
                     "\n  \"as_expected\": ", expectations.size() - failed,
                     ",\n  \"failed\": ", failed, "\n}\n"));
  } else {
    out(absl::StrCat(expectations.size() - failed, " as expected, ", failed,
                     " not\n"));
  }
  return EndStandardOutput(failed > 0             ? kExitDenied
                           : expectations.empty() ? kExitNothing
                                                  : kExitClean);
}

}  // namespace picklebox::cli
