// What a name says. Only ever a reason to look harder.
#ifndef PICKLEBOX_BOX_FILE_NAMES_H_
#define PICKLEBOX_BOX_FILE_NAMES_H_

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/string_view.h"

namespace picklebox::box {

// Whether files of such a name are pickles as a rule.
inline bool NamesPickle(absl::string_view path) {
  for (const absl::string_view suffix : {".pkl", ".pickle", ".p", ".pk", ".pck",
                                         ".joblib", ".dill", ".sav", ".dat"}) {
    if (absl::EndsWithIgnoreCase(path, suffix)) return true;
  }
  return false;
}

// The member of a TorchScript archive that has tensors without their data. No
// file with such a member is clean.
inline constexpr absl::string_view kTracedInputs = "/traced_inputs.pkl";

}  // namespace picklebox::box

#endif  // PICKLEBOX_BOX_FILE_NAMES_H_
