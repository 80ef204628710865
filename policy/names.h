// The one spelling of a global that the policy is asked about.
//
//   CanonicalName name = Canonical("__builtin__", "xrange", true);
//   // name.module == "builtins", name.qualname == "range"
//
// Two tables decide, both data: python2_names.def, which an unpickler applies
// itself to protocols below 3, and aliases.def, where one object has several
// names. Names are compared byte for byte.
#ifndef PICKLEBOX_POLICY_NAMES_H_
#define PICKLEBOX_POLICY_NAMES_H_

#include <string>

#include "absl/strings/string_view.h"

namespace picklebox::policy {

struct CanonicalName {
  std::string module;
  std::string qualname;
};

// `python2_names`: the unpickler maps Python 2 names here (fix_imports and a
// protocol below 3).
CanonicalName Canonical(absl::string_view module, absl::string_view qualname,
                        bool python2_names);

// "module:qualname", for people.
std::string Spell(absl::string_view module, absl::string_view qualname);

}  // namespace picklebox::policy

#endif  // PICKLEBOX_POLICY_NAMES_H_
