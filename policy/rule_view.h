// A compiled rule as the public PolicyRule. Parent only.
#ifndef PICKLEBOX_POLICY_RULE_VIEW_H_
#define PICKLEBOX_POLICY_RULE_VIEW_H_

#include "picklebox/policy.h"
#include "policy/table.h"

namespace picklebox::policy {

PolicyRule ViewOf(const PolicyTable& table, const Rule& rule);

}  // namespace picklebox::policy

#endif  // PICKLEBOX_POLICY_RULE_VIEW_H_
