// What is to be scanned.
#ifndef PICKLEBOX_CLI_TARGETS_H_
#define PICKLEBOX_CLI_TARGETS_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"

namespace picklebox::cli {

// The standard input, as a path.
inline constexpr char kStandardInput[] = "-";

// The files that `paths` stand for: files as they are, folders with all that is
// in them, in the order of their names. Links to files are followed, links to
// folders are not. A path that does not exist stays, for the scan to report.
std::vector<std::string> Expand(const std::vector<std::string>& paths);

// The lines of a file (or of standard input): one path each.
absl::StatusOr<std::vector<std::string>> ReadList(const std::string& path);

// All of standard input, up to `limit` bytes and one more.
absl::StatusOr<std::string> ReadStandardInput(uint64_t limit);

}  // namespace picklebox::cli

#endif  // PICKLEBOX_CLI_TARGETS_H_
