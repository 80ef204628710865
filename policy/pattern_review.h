// What a rule of patterns opens, for a reviewer. Parent only.
#ifndef PICKLEBOX_POLICY_PATTERN_REVIEW_H_
#define PICKLEBOX_POLICY_PATTERN_REVIEW_H_

#include <string>
#include <vector>

#include "picklebox/policy.h"
#include "policy/document.h"
#include "policy/mistakes.h"

namespace picklebox::policy {

struct PatternRemark {
  Position position;
  std::string code;  // "pattern-danger" ...
  std::string message;
};

// `merged` is the policy that the rule `allow`, which has a pattern, stands in:
// what other rules decide on is not what it opens.
std::vector<PatternRemark> ReviewPattern(const Document::Allow& allow,
                                         const Policy& merged);

}  // namespace picklebox::policy

#endif  // PICKLEBOX_POLICY_PATTERN_REVIEW_H_
