// Parent and child judge alike: both take their options from here.
#ifndef PICKLEBOX_BOX_JUDGING_H_
#define PICKLEBOX_BOX_JUDGING_H_

#include <string>
#include <utility>

#include "absl/strings/str_split.h"
#include "absl/strings/string_view.h"
#include "picklebox/scanner.h"
#include "policy/judge.h"

namespace picklebox::box {

inline policy::JudgeOptions JudgingOptions(const ReadOptions& read,
                                           const Limits& limits) {
  policy::JudgeOptions options;
  options.persistent_ids = read.persistent_ids;
  options.max_findings = limits.findings;
  options.max_check_bytes = limits.check_bytes;
  options.python = read.python;
  for (const auto& [code, global] : read.extensions) {
    const std::pair<absl::string_view, absl::string_view> name =
        absl::StrSplit(absl::string_view(global), absl::MaxSplits(':', 1));
    options.extensions.push_back(
        {code, std::string(name.first), std::string(name.second)});
  }
  return options;
}

}  // namespace picklebox::box

#endif  // PICKLEBOX_BOX_JUDGING_H_
