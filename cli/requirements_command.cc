#include <CLI/CLI.hpp>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "cli/commands.h"
#include "cli/shared_options.h"
#include "cli/standard_output.h"
#include "cli/targets.h"
#include "picklebox/requirements.h"

namespace picklebox::cli {
namespace {

struct RequirementsOptions {
  SharedOptions shared;
  std::vector<std::string> paths;
  std::string list;
  std::string format = "text";
};

// Says on stderr why not all of a file could be read.
void TellWhatIsUnread(const FileReport& report) {
  for (const Finding& finding : report.findings) {
    if (Info(finding.code).effect != Effect::kIncomplete &&
        !report.streams.empty()) {
      continue;
    }
    Complain(absl::DataLossError(
        absl::StrCat(report.path, ": ", Info(finding.code).name, " at ",
                     finding.offset, ": ", finding.message)));
  }
}

int RunRequirements(const RequirementsOptions& options) {
  std::vector<std::string> files = options.paths;
  if (!options.list.empty()) {
    absl::StatusOr<std::vector<std::string>> listed = ReadList(options.list);
    if (!listed.ok()) return Complain(listed.status());
    files.insert(files.end(), listed->begin(), listed->end());
  }
  if (files.empty()) {
    return Complain(
        absl::InvalidArgumentError("nothing to look at: give a file"));
  }
  absl::StatusOr<std::unique_ptr<Scanner>> scanner =
      options.shared.MakeScanner();
  if (!scanner.ok()) return Complain(scanner.status());
  const Sink out = ToStandardOutput();
  const bool json = options.format == "json";
  if (json) out("{\"schema_version\": 1, \"files\": [");
  absl::string_view separator = "\n";
  bool misses = false;
  bool incomplete = false;
  for (const std::string& file : Expand(files)) {
    const Scan scan = (*scanner)->ScanFile(file);
    const Requirements needs = RequirementsOf(scan);
    if (!needs.complete) TellWhatIsUnread(scan.report);
    misses = misses || needs.misses();
    incomplete = incomplete || !needs.complete;
    if (json) {
      out(separator);
      separator = ",\n";
      WriteJson(needs, out);
    } else if (!scan.graphs.empty()) {
      options.format == "pip" ? WritePip(needs, out) : WriteText(needs, out);
    }
  }
  if (json) out("]}\n");
  return EndStandardOutput(misses       ? kExitDenied
                           : incomplete ? kExitIncomplete
                                        : kExitClean);
}

}  // namespace

Run AddRequirements(CLI::App* app) {
  auto options = std::make_shared<RequirementsOptions>();
  CLI::App* command = app->add_subcommand(
      "requirements", "Say what a pickle needs where it is loaded");
  command->footer(
      "Modules and the distributions they come with, versions that the file "
      "records, names that\n"
      "a newer or older release has moved, and what exists only where the file "
      "was made, with the\n"
      "error that loading would end in. Nothing is imported or loaded.\n\n"
      "Examples:\n"
      "  picklebox requirements model.pkl\n"
      "  picklebox requirements --format pip model.pkl > requirements.txt\n\n"
      "Exit status: 0 all of it can be had, 1 something exists only where the "
      "file was made, 2 a\n"
      "file could not be read to its end, 4 usage.");
  command->add_option("PATH", options->paths, "Files or folders")
      ->option_text(" ");
  command
      ->add_option("--files-from", options->list,
                   "Read paths from a file, one a line")
      ->option_text("FILE");
  command
      ->add_option("--format", options->format,
                   "For people, for programs, or lines for pip install -r")
      ->check(CLI::IsMember({"text", "json", "pip"}))
      ->option_text("text|json|pip");
  options->shared.AddTo(command);
  return [options] { return RunRequirements(*options); };
}

}  // namespace picklebox::cli
