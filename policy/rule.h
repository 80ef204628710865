// One rule of a policy, as the compiler writes it and the judge reads it.
#ifndef PICKLEBOX_POLICY_RULE_H_
#define PICKLEBOX_POLICY_RULE_H_

#include <cstdint>

#include "absl/strings/string_view.h"
#include "graph/canonical_form.h"
#include "picklebox/report.h"
#include "policy/checks/check_set.h"
#include "policy/shape.h"

namespace picklebox::policy {

// What is special about a global. A set of these is a sum of bits.
enum RuleFlag : uint8_t {
  // The class has its own __setstate__: the keys of its state are data, not
  // names of attributes.
  kSetState = 1,
  // What it makes hashes by value, in native code: it may be a key.
  kHashable = 2,
  // It looks up an attribute, as getattr does: called with a global and a name
  // it stands for the global behind that name.
  kAttribute = 4,
  // The rule is for all globals that a pattern matches: `module`, `qualname`,
  // or
  // both are one. Such rules count where no rule names the global itself.
  kModulePattern = 8,
  kQualnamePattern = 16,
  // It gives a type of Python's by its name, as dill and cloudpickle do: called
  // with a text it stands for that type.
  kTypeLookup = 32,
  // What it makes are classes: objects may be made of them.
  kMakesClasses = 64,
  // It may be an argument of a call whose shape names it, even if it may not be
  // a value elsewhere.
  kArgument = 128,
};

inline constexpr uint8_t kPattern = kModulePattern | kQualnamePattern;

// What a rule says of arguments, state and items; numbers of shapes. kNoShape:
// nothing.
struct RuleShapes {
  uint32_t call = kNoShape;      // of the tuple of arguments
  uint32_t create = kNoShape;    // the same for the use new
  uint32_t keywords = kNoShape;  // the dict of NEWOBJ_EX
  uint32_t state = kNoShape;
  uint32_t items = kNoShape;  // one part: a list, or a dict, of what is added

  bool operator==(const RuleShapes&) const = default;
};

// Views are of the table that the rule was read from.
struct Rule {
  absl::string_view module;  // canonical; or a pattern, as `flags` say
  absl::string_view qualname;
  Uses uses = 0;
  uint8_t flags = 0;         // RuleFlag
  absl::string_view origin;  // "core.toml:12"
  absl::string_view reason;  // why it is safe
  RuleShapes shapes = {};
  CheckSet checks = 0;

  // Whether `other` is the same rule, for another global.
  bool IsSame(const Rule& other) const {
    return uses == other.uses && flags == other.flags &&
           checks == other.checks && shapes == other.shapes;
  }
};

// Code that is allowed, by the digest of its canonical form; or, without one,
// code that reports have something to say of.
struct CodeRule {
  graph::Digest digest = {};
  // The minor versions of Python 3 that may run it, as bits; 0: there is no
  // digest, and nothing is allowed.
  uint32_t pythons = 0;
  absl::string_view name;  // empty: any
  absl::string_view file;  // a pattern for paths; empty: any
  absl::string_view origin;
  absl::string_view reason;
};

// A copyreg extension code that stands for a global.
struct ExtensionRule {
  uint32_t code = 0;
  absl::string_view module;  // canonical
  absl::string_view qualname;
};

}  // namespace picklebox::policy

#endif  // PICKLEBOX_POLICY_RULE_H_
