// A reviewer's look at a policy file: mistakes, and what it opens that its
// author may not have meant.
//
//   for (const PolicyRemark& remark : CheckPolicy("acme.toml").value())
//     Show(remark.line, remark.column, remark.message);
//
// Any thread.
#ifndef PICKLEBOX_POLICY_CHECK_H_
#define PICKLEBOX_POLICY_CHECK_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"

namespace picklebox {

struct PolicyRemark {
  std::string file;
  uint32_t line = 0;  // from 1; 0: the file as a whole
  uint32_t column = 0;
  bool error = false;  // the policy cannot be used; else it is a warning
  // "invalid" for errors. Of warnings: "never-safe", "dangerous", "no-reason",
  // "no-digest", "no-effect", "widens", "redundant", "persistent-ids"; of rules
  // of patterns "pattern-danger", "pattern-known", "pattern-everything",
  // "pattern-dots", "pattern-imports", "pattern-spelling"; of overrides
  // "override-anywhere".
  std::string code;
  std::string message;  // one line; may hold bytes of the file
};

// What is to be said of the policy at `path`, from top to bottom. Errors may be
// in what it extends; warnings are about the file itself. A status only if the
// file cannot be read.
absl::StatusOr<std::vector<PolicyRemark>> CheckPolicy(const std::string& path);

}  // namespace picklebox

#endif  // PICKLEBOX_POLICY_CHECK_H_
