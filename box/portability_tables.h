// What is known of libraries: which distribution a module comes with, which
// names a release has moved, and which classes it has changed. Data;
// distributions.def, moved_names.def and changed_states.def say where it comes
// from.
#ifndef PICKLEBOX_BOX_PORTABILITY_TABLES_H_
#define PICKLEBOX_BOX_PORTABILITY_TABLES_H_

#include <algorithm>
#include <cstdint>
#include <iterator>

#include "absl/strings/string_view.h"

namespace picklebox::box {

struct Distribution {
  absl::string_view module;  // top-level
  absl::string_view name;    // as pip knows it
};

// Sorted by module.
inline constexpr Distribution kDistributions[] = {
#define PICKLEBOX_DISTRIBUTION(module, name) {module, name},
#include "box/distributions.def"
#undef PICKLEBOX_DISTRIBUTION
};

// What `module`, a top-level one, comes with; empty: not known.
inline absl::string_view DistributionOf(absl::string_view module) {
  const auto* const found = std::lower_bound(
      std::begin(kDistributions), std::end(kDistributions), module,
      [](const Distribution& row, absl::string_view name) {
        return row.module < name;
      });
  return found != std::end(kDistributions) && found->module == module
             ? found->name
             : "";
}

struct MovedName {
  absl::string_view old_name;  // a module with all below it, or "module:name"
  absl::string_view new_name;
  absl::string_view distribution;
  absl::string_view since;  // the first release with the new one; ""
  absl::string_view until;  // the first release without the old one; ""
};

// How a file tells whether it is from before a change.
enum class ToldBy : uint8_t { kRecorded, kNameIsNew };

struct ChangedState {
  absl::string_view name;  // "module:name"
  absl::string_view distribution;
  absl::string_view since;  // the first release with the new state
  ToldBy told_by;
  absl::string_view error;
};

inline constexpr ChangedState kChangedStates[] = {
#define PICKLEBOX_CHANGED_STATE(name, distribution, since, told_by, error) \
  {name, distribution, since, ToldBy::told_by, error},
#include "box/changed_states.def"
#undef PICKLEBOX_CHANGED_STATE
};

inline constexpr MovedName kMovedNames[] = {
#define PICKLEBOX_MOVED(old_name, new_name, distribution, since, until) \
  {old_name, new_name, distribution, since, until},
#include "box/moved_names.def"
#undef PICKLEBOX_MOVED
};

}  // namespace picklebox::box

#endif  // PICKLEBOX_BOX_PORTABILITY_TABLES_H_
