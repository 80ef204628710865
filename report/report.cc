#include "picklebox/report.h"

#include <algorithm>

namespace picklebox {

absl::string_view VerdictName(Verdict verdict) {
  switch (verdict) {
    case Verdict::kDenied:
      return "denied";
    case Verdict::kIncomplete:
      return "incomplete";
    case Verdict::kUnsupported:
      return "unsupported";
    case Verdict::kClean:
      return "clean";
  }
  return "incomplete";
}

std::vector<absl::string_view> UseNames(Uses uses) {
  static constexpr absl::string_view kNames[] = {"reference", "call", "new",
                                                 "build", "extend"};
  std::vector<absl::string_view> names;
  for (size_t bit = 0; bit < std::size(kNames); ++bit) {
    if ((uses >> bit & 1) != 0) names.push_back(kNames[bit]);
  }
  return names;
}

uint64_t CountFindings(const FileReport& file, Standing standing) {
  return static_cast<uint64_t>(
      std::count_if(file.findings.begin(), file.findings.end(),
                    [&](const Finding& f) { return f.standing == standing; }));
}

bool IsExcused(const FileReport& file) {
  const auto open = [](const Finding& finding) {
    return Info(finding.code).effect == Effect::kIncomplete &&
           finding.standing == Standing::kOpen;
  };
  const auto answered = [](const Finding& finding) {
    return Info(finding.code).effect == Effect::kIncomplete &&
           finding.standing != Standing::kOpen;
  };
  return file.verdict == Verdict::kIncomplete &&
         std::none_of(file.findings.begin(), file.findings.end(), open) &&
         std::any_of(file.findings.begin(), file.findings.end(), answered);
}

void Summary::Add(const FileReport& file) {
  ++files;
  bytes += file.size;
  accepted += CountFindings(file, Standing::kAccepted);
  known += CountFindings(file, Standing::kKnown);
  if (IsExcused(file)) ++excused;
  switch (file.verdict) {
    case Verdict::kDenied:
      ++denied;
      break;
    case Verdict::kIncomplete:
      ++incomplete;
      break;
    case Verdict::kUnsupported:
      ++unsupported;
      break;
    case Verdict::kClean:
      ++clean;
      break;
  }
}

ExitStatus Summary::exit_status() const {
  if (denied > 0) return kExitDenied;
  if (incomplete > excused) return kExitIncomplete;
  if (clean + excused == 0) return kExitNothing;
  return kExitClean;
}

}  // namespace picklebox
