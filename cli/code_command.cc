#include <CLI/CLI.hpp>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "cli/commands.h"
#include "cli/shared_options.h"
#include "cli/standard_output.h"
#include "cli/targets.h"
#include "picklebox/embedded_code.h"

namespace picklebox::cli {
namespace {

struct CodeOptions {
  SharedOptions shared;
  std::vector<std::string> paths;
  std::string list;
  std::string format = "text";
};

// Says on stderr why not all of a file could be read; false if it could.
bool TellWhatIsUnread(const FileReport& report) {
  bool unread = report.streams.empty();
  for (const Finding& finding : report.findings) {
    const bool incomplete = Info(finding.code).effect == Effect::kIncomplete;
    if (!incomplete && !report.streams.empty()) continue;
    unread = true;
    Complain(absl::DataLossError(
        absl::StrCat(report.path, ": ", Info(finding.code).name, " at ",
                     finding.offset, ": ", finding.message)));
  }
  return unread;
}

int RunCode(const CodeOptions& options) {
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
  bool found = false;
  bool incomplete = false;
  for (const std::string& file : Expand(files)) {
    const Scan scan = (*scanner)->ScanFile(file);
    incomplete = TellWhatIsUnread(scan.report) || incomplete;
    found = found || !scan.code.empty();
    if (json) {
      out(separator);
      separator = ",\n";
      WriteCodeJson(scan, out);
    } else if (!scan.graphs.empty()) {
      WriteCodeText(scan, out);
    }
  }
  if (json) out("]}\n");
  return EndStandardOutput(found        ? kExitDenied
                           : incomplete ? kExitIncomplete
                                        : kExitClean);
}

}  // namespace

Run AddCode(CLI::App* app) {
  auto options = std::make_shared<CodeOptions>();
  CLI::App* command =
      app->add_subcommand("code", "List the Python code that a pickle carries");
  command->footer(
      "Functions that dill and cloudpickle write by value, code objects and "
      "marshal data: where each\n"
      "is from, for which Python it is, a digest that stays the same over "
      "files and picklers, and\n"
      "what it imports, uses and calls. Nothing of it runs. `picklebox dis "
      "--code` has the instructions.\n\n"
      "Examples:\n"
      "  picklebox code model.pkl\n"
      "  picklebox code --format json models/\n\n"
      "Exit status: 0 there is no code, 1 there is, 2 there is none in what "
      "could be read, 4 usage.");
  command->add_option("PATH", options->paths, "Files or folders")
      ->option_text(" ");
  command
      ->add_option("--files-from", options->list,
                   "Read paths from a file, one a line")
      ->option_text("FILE");
  command->add_option("--format", options->format, "For people or for programs")
      ->check(CLI::IsMember({"text", "json"}))
      ->option_text("text|json");
  options->shared.AddTo(command);
  return [options] { return RunCode(*options); };
}

}  // namespace picklebox::cli
