// Which configuration counts.
#ifndef PICKLEBOX_CLI_CONFIG_FILE_H_
#define PICKLEBOX_CLI_CONFIG_FILE_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "picklebox/acceptance.h"
#include "picklebox/configuration.h"

namespace CLI {
class App;
}

namespace picklebox::cli {

// The flags that have to do with it, and what they lead to.
struct ConfigOptions {
  std::string config;  // a file
  bool no_config = false;
  std::string baseline;  // a saved report

  // Adds the flags to `command`. This object must outlive the parsing.
  void AddTo(CLI::App* command);

  // What is configured: by the file that --config names, else the one that
  // PICKLEBOX_CONFIG names, else the nearest picklebox.toml in the working
  // folder or above it. That one is passed over, which is said on stderr, if it
  // lies in one of the folders `scanned`, or belongs to another user: whoever
  // wrote what is scanned has no say in how.
  absl::StatusOr<Configuration> Load(
      const std::vector<std::string>& scanned) const;

  // What the configuration accepts today, and what the baseline knows.
  absl::StatusOr<Acceptance> MakeAcceptance(
      const Configuration& configuration) const;
};

}  // namespace picklebox::cli

#endif  // PICKLEBOX_CLI_CONFIG_FILE_H_
