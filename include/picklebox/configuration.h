// What a user asks for in every run, in a file (docs/configuration.md).
//
//   absl::StatusOr<Configuration> wanted = Configuration::FromFile(path);
//   if (!wanted.ok()) Show(wanted.status());   // with file, line and column
#ifndef PICKLEBOX_CONFIGURATION_H_
#define PICKLEBOX_CONFIGURATION_H_

#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/civil_time.h"

namespace picklebox {

struct Configuration {
  struct Accept {
    std::string fingerprint;
    std::string reason;
    absl::CivilDay expires;  // the last day on which it counts
  };

  std::string policy;                // a path; empty: not said
  std::string format;                // of ReportFormats(); empty: not said
  std::vector<std::string> outputs;  // FORMAT:FILE
  std::vector<std::string> exclude;  // patterns, see docs/configuration.md
  int jobs = 0;                      // 0: not said
  std::vector<std::pair<std::string, std::string>> limits;  // valid ones
  std::vector<Accept> accepts;

  // Paths in it are relative to the folder of the file, and are returned so
  // that they lead there. InvalidArgument: "picklebox.toml:3:9: ...", one line
  // a mistake. NotFound, PermissionDenied: it cannot be read.
  static absl::StatusOr<Configuration> FromFile(const std::string& path);
  static absl::StatusOr<Configuration> FromToml(absl::string_view text,
                                                absl::string_view file,
                                                absl::string_view directory);
};

}  // namespace picklebox

#endif  // PICKLEBOX_CONFIGURATION_H_
