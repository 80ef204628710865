#include <CLI/CLI.hpp>
#include <memory>
#include <string>
#include <vector>

#include "cli/commands.h"
#include "cli/config_file.h"
#include "cli/reports.h"
#include "cli/shared_options.h"
#include "picklebox/saved_report.h"

namespace picklebox::cli {
namespace {

struct SavedOptions {
  ReportOptions report;
  ConfigOptions config;
  std::vector<std::string> paths;
};

int RunReport(const SavedOptions& options) {
  const absl::StatusOr<Configuration> configuration = options.config.Load({});
  if (!configuration.ok()) return Complain(configuration.status());
  const absl::StatusOr<Acceptance> acceptance =
      options.config.MakeAcceptance(*configuration);
  if (!acceptance.ok()) return Complain(acceptance.status());
  std::vector<SavedReport> parts;
  for (const std::string& path : options.paths) {
    absl::StatusOr<SavedReport> part = ReadSavedReport(path);
    if (!part.ok()) return Complain(part.status());
    parts.push_back(*std::move(part));
  }
  ReportOptions report = options.report;
  if (report.format.empty()) report.format = configuration->format;
  report.has_baseline = !options.config.baseline.empty();
  const absl::StatusOr<std::unique_ptr<Reports>> reports =
      Reports::Open(report);
  if (!reports.ok()) return Complain(reports.status());
  Summary summary;
  for (SavedReport& part : parts) {
    summary.seconds += part.summary.seconds;
    summary.excluded += part.summary.excluded;
    for (FileReport& file : part.files) {
      acceptance->Apply(&file);
      summary.Add(file);
      (*reports)->File(file);
    }
  }
  return (*reports)->End(summary);
}

}  // namespace

Run AddReport(CLI::App* app) {
  auto options = std::make_shared<SavedOptions>();
  CLI::App* command = app->add_subcommand(
      "report", "Write saved reports in another format, several as one");
  command->footer(
      "Examples:\n"
      "  picklebox report --format markdown report.json\n"
      "  picklebox report -o sarif:all.sarif shard-1.json shard-2.json\n\n"
      "Exit status: that of the scan, or of all scans as one; 4 if a file is "
      "no report.");
  command
      ->add_option("FILE", options->paths,
                   "Reports that `scan --format json` wrote")
      ->required()
      ->option_text(" ");
  options->report.AddTo(command);
  options->config.AddTo(command);
  return [options] { return RunReport(*options); };
}

}  // namespace picklebox::cli
