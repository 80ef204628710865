#include "picklebox/report.h"

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

void Summary::Add(const FileReport& file) {
  ++files;
  bytes += file.size;
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
  if (incomplete > 0) return kExitIncomplete;
  if (clean == 0) return kExitNothing;
  return kExitClean;
}

}  // namespace picklebox
