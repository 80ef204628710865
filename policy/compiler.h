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

// The same with its overrides, each of them compiled with all the rest: of
// several that are for a file, the last one counts. Those of what is extended
// come first.
struct Compiled {
  struct Override {
    std::vector<std::string> paths;
    std::vector<uint8_t> block;
  };
  std::vector<uint8_t> block;
  std::vector<Override> overrides;
};
absl::StatusOr<Compiled> CompileAll(const Source& source, const Opener& opener);

// A policy may have so many overrides.
inline constexpr size_t kMaxOverrides = 64;

}  // namespace picklebox::policy

#endif  // PICKLEBOX_POLICY_COMPILER_H_
