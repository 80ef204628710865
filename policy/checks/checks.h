// Checks of values: what shapes cannot say, such as that a size in one place is
// the length of something in another. checks.def lists them.
//
//   Checks checks(objects);
//   const std::string fault = checks.Run(check, {kCall, node, args});
//   if (!fault.empty()) Deny(fault);
//
// A check is a small function over the graph that returns what is wrong, in
// words, or nothing. It must be right for whatever the values are, terminate in
// time that the budget of Values bounds, and say no where it cannot tell.
//
// To add one: a row in checks.def, a function here, tests in
// tests/policy/checks, among them a script that shows what breaks without it.
#ifndef PICKLEBOX_POLICY_CHECKS_CHECKS_H_
#define PICKLEBOX_POLICY_CHECKS_CHECKS_H_

#include <cstdint>
#include <optional>
#include <string>

#include "absl/strings/string_view.h"
#include "picklebox/graph.h"
#include "picklebox/report.h"
#include "policy/checks/check_set.h"
#include "policy/checks/values.h"

namespace picklebox::policy {

absl::string_view CheckName(Check check);
absl::string_view CheckMeaning(Check check);
std::optional<Check> FindCheck(absl::string_view name);

// What is checked: a call, a new object, or a state.
struct CheckEvent {
  Uses use = kCall;         // kCall, kNew or kBuild
  NodeId object = kNoNode;  // what is made, or has its state set
  NodeId value = kNoNode;   // the tuple of arguments, or the state
};

using CheckFunction = std::string (*)(const CheckEvent& event, Values& values);

#define PICKLEBOX_CHECK(function, ...) \
  std::string function(const CheckEvent& event, Values& values);
#include "policy/checks/checks.def"
#undef PICKLEBOX_CHECK

CheckFunction FunctionOf(Check check);

}  // namespace picklebox::policy

#endif  // PICKLEBOX_POLICY_CHECKS_CHECKS_H_
