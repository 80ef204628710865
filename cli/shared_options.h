// Flags that several commands have, and what they amount to.
#ifndef PICKLEBOX_CLI_SHARED_OPTIONS_H_
#define PICKLEBOX_CLI_SHARED_OPTIONS_H_

#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "picklebox/configuration.h"
#include "picklebox/scanner.h"

namespace CLI {
class App;
}

namespace picklebox::cli {

struct SharedOptions {
  std::string policy;                   // a file, or empty for the default
  std::vector<std::string> limits;      // NAME=VALUE
  std::vector<std::string> extensions;  // CODE=module:qualname
  ReadOptions read;
  bool no_fix_imports = false;
  int jobs = 0;

  // Adds the flags to `command`. This object must outlive the parsing.
  void AddTo(CLI::App* command);
  // What they ask for, over what is configured. InvalidArgument: a flag makes
  // no sense.
  absl::StatusOr<ScannerOptions> MakeOptions(
      const Configuration& configuration = {}) const;
  // A scanner of these options.
  absl::StatusOr<std::unique_ptr<Scanner>> MakeScanner() const;
};

// Says on stderr what went wrong, whatever bytes the message holds, and returns
// kExitUsage.
int Complain(const absl::Status& status);
// Says on stderr what the user should know.
void Warn(absl::string_view message);

}  // namespace picklebox::cli

#endif  // PICKLEBOX_CLI_SHARED_OPTIONS_H_
