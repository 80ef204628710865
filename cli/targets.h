// What is to be scanned.
#ifndef PICKLEBOX_CLI_TARGETS_H_
#define PICKLEBOX_CLI_TARGETS_H_

#include <cstdint>
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

// Whether a path is left out by one of `patterns`: shell patterns, in which no
// * reaches over a slash. One without a slash is held against each name in the
// path, one with a slash against the whole path and each folder that it leads
// through.
bool IsExcluded(const std::string& path,
                const std::vector<std::string>& patterns);

// One part of the files, of `count` of about the same size. A path belongs to
// the same one whatever other paths there are.
struct Shard {
  uint64_t index = 0;  // from 0
  uint64_t count = 1;
  bool Has(const std::string& path) const;
};
// InvalidArgument: `text` is no "2/5".
absl::StatusOr<Shard> ParseShard(const std::string& text);

// A file and the path of a member in it.
struct MemberTarget {
  std::string file;
  std::string member;  // empty: the file itself
};
// `path` as a report writes it, "model.pt!archive/data.pkl": split behind the
// first part that is there. One that is there as a whole is a file.
MemberTarget SplitMember(const std::string& path);

// The lines of a file (or of standard input): one path each.
absl::StatusOr<std::vector<std::string>> ReadList(const std::string& path);

// All of standard input, up to `limit` bytes and one more.
absl::StatusOr<std::string> ReadStandardInput(uint64_t limit);

}  // namespace picklebox::cli

#endif  // PICKLEBOX_CLI_TARGETS_H_
