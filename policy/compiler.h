// Makes a compiled policy of a policy file and of all that it extends.
//
//   const Opener opener = ...;   // finds the files that `extends` names
//   const Source source = {text, "acme.toml", "acme.toml", "."};
//   absl::StatusOr<std::vector<uint8_t>> block = Compile(source, opener);
//
// Parent and build only: the worker is handed the block.
#ifndef PICKLEBOX_POLICY_COMPILER_H_
#define PICKLEBOX_POLICY_COMPILER_H_

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"

namespace picklebox::policy {

// The text of a policy.
struct Source {
  std::string text;
  std::string file;       // in messages and origins
  std::string identity;   // tells sources apart
  std::string directory;  // relative paths in `extends` start here
};

// Finds what a policy in `directory` extends by `what`. A failure is reported
// where the name stands.
using Opener = std::function<absl::StatusOr<Source>(
    const std::string& what, const std::string& directory)>;

// The bytes that PolicyTable::Open takes, or InvalidArgument with a line
// "file:line:column: message" for each mistake.
//
// What is extended comes first, in the order in which it is named, each file
// once; a later rule for a global takes the place of an earlier one, and so
// does a later limit, extension or persistent_ids. Rules of patterns keep that
// order.
absl::StatusOr<std::vector<uint8_t>> Compile(const Source& source,
                                             const Opener& opener);

}  // namespace picklebox::policy

#endif  // PICKLEBOX_POLICY_COMPILER_H_
