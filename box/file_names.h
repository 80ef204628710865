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

// What files and members of PyTorch are told to be read as, of which the first
// pickle is not the object.
inline constexpr absl::string_view kTorchLegacy = "legacy PyTorch model";
inline constexpr absl::string_view kTorchTar = "PyTorch model in tar form";
// The pickle with the object in an archive of PyTorch.
inline constexpr absl::string_view kTorchObject = "/data.pkl";
// Of a file before PyTorch 1.6, the number of the pickle with the object.
inline constexpr size_t kTorchLegacyObject = 3;

}  // namespace picklebox::box

#endif  // PICKLEBOX_BOX_FILE_NAMES_H_
