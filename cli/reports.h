// Where reports go to: the standard output, and files.
#ifndef PICKLEBOX_CLI_REPORTS_H_
#define PICKLEBOX_CLI_REPORTS_H_

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "cli/output_file.h"
#include "picklebox/report_writer.h"

namespace CLI {
class App;
}

namespace picklebox::cli {

// The flags of it that `scan` and `report` have.
struct ReportOptions {
  std::string format;                // empty: text
  std::vector<std::string> outputs;  // FORMAT:FILE
  std::string color = "auto";
  bool quiet = false;
  bool verbose = false;
  bool show_accepted = false;
  bool exit_zero = false;
  bool allow_nothing = false;
  // Not flags: see ReportStyle.
  std::string category;
  bool has_baseline = false;

  // Adds the flags to `command`. This object must outlive the parsing.
  void AddTo(CLI::App* command);
  // A report in one of the formats that holds fingerprints is asked for.
  bool WantsFingerprints() const;
};

// One report, written to all the places at the same time.
class Reports {
 public:
  // InvalidArgument: a flag makes no sense. Others: a file cannot be written.
  static absl::StatusOr<std::unique_ptr<Reports>> Open(
      const ReportOptions& options);

  void File(const FileReport& file);
  // Ends the reports and gives the exit status of the command: that of the
  // summary, as the flags change it, or kExitUsage where it would be kExitClean
  // and not everything could be written, which is said on stderr.
  int End(const Summary& summary);

 private:
  Reports() = default;

  bool exit_zero_ = false;
  bool allow_nothing_ = false;
  std::vector<std::unique_ptr<OutputFile>> files_;
  std::vector<std::unique_ptr<ReportWriter>> writers_;
};

}  // namespace picklebox::cli

#endif  // PICKLEBOX_CLI_REPORTS_H_
