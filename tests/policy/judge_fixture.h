// A policy of a rule for each use, and a pickle that is judged by it.
#ifndef PICKLEBOX_TESTS_POLICY_JUDGE_FIXTURE_H_
#define PICKLEBOX_TESTS_POLICY_JUDGE_FIXTURE_H_

#include "gtest/gtest.h"
#include "tests/policy/pickle.h"

namespace picklebox::policy {

// Names say what is allowed: r reference, c call, n new, b build, e extend.
inline constexpr char kPolicy[] = R"(
name = "test"
[[allow]]
global = "m:none"
uses = []
[[allow]]
globals = ["m:r", "m:Outer.Inner", "m:Zone.part.inner"]
uses = ["reference"]
reason = "only named"
[[allow]]
global = "m:c"
uses = ["reference", "call"]
[[allow]]
global = "m:n"
uses = ["reference", "new"]
[[allow]]
global = "m:nb"
uses = ["reference", "new", "build"]
[[allow]]
global = "m:cb"
uses = ["reference", "call", "build"]
[[allow]]
global = "m:setstate"
uses = ["reference", "call", "build"]
setstate = true
[[allow]]
global = "m:ce"
uses = ["reference", "call", "extend"]
[[allow]]
global = "m:cn"
uses = ["reference", "call", "new"]
[[allow]]
global = "m:hash"
uses = ["reference", "call"]
hash = true
[[allow]]
global = "m:reconstruct"
uses = ["reference", "call"]
call = ["class|str|none|int?", "class|int|none?", "any*"]
[[allow]]
global = "m:apply"
uses = ["reference", "call"]
call = ["any?", "callable|none|str?"]
[[allow]]
global = "m:getattr"
uses = []
attribute = true
[[allow]]
global = "m:Zone"
uses = ["reference"]
[[allow]]
global = "m:Zone._unpickle"
uses = ["reference", "call"]
hash = true
[[allow]]
global = "builtins:range"
uses = ["reference", "call"]
[[extension]]
code = 5
global = "m:c"
[[extension]]
code = 6
global = "m:unlisted"
)";

class JudgeTest : public ::testing::Test {
 protected:
  JudgeTest() : p(MakePolicy(kPolicy)) {}
  Pickle p;
};

}  // namespace picklebox::policy

#endif  // PICKLEBOX_TESTS_POLICY_JUDGE_FIXTURE_H_
