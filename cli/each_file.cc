#include "cli/each_file.h"

#include <memory>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "cli/standard_output.h"
#include "cli/targets.h"

namespace picklebox::cli {
namespace {

absl::StatusOr<std::vector<std::string>> FilesOf(
    const EachFileOptions& options) {
  std::vector<std::string> files = options.paths;
  if (!options.list.empty()) {
    absl::StatusOr<std::vector<std::string>> listed = ReadList(options.list);
    if (!listed.ok()) return listed.status();
    files.insert(files.end(), listed->begin(), listed->end());
  }
  if (files.empty())
    return absl::InvalidArgumentError("nothing to look at: give a file");
  return Expand(files);
}

void ComplainOfUnread(const FileReport& report) {
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

}  // namespace

void EachFileOptions::AddTo(CLI::App* command, const std::string& formats,
                            const std::string& about) {
  const std::vector<std::string> names = absl::StrSplit(formats, '|');
  command->add_option("PATH", paths, "Files or folders")->option_text(" ");
  command
      ->add_option("--files-from", list, "Read paths from a file, one a line")
      ->option_text("FILE");
  command->add_option("--format", format, about)
      ->check(CLI::IsMember(names))
      ->option_text(formats);
  shared.AddTo(command);
}

int TellOfEach(
    const EachFileOptions& options,
    const std::function<Told(const Scan& scan, const Sink& out)>& tell) {
  const absl::StatusOr<std::vector<std::string>> files = FilesOf(options);
  if (!files.ok()) return Complain(files.status());
  absl::StatusOr<std::unique_ptr<Scanner>> scanner =
      options.shared.MakeScanner();
  if (!scanner.ok()) return Complain(scanner.status());
  const Sink out = ToStandardOutput();
  const Sink nowhere = [](absl::string_view) {};
  if (options.json()) out("{\"schema_version\": 1, \"files\": [");
  absl::string_view separator = "\n";
  Told all;
  for (const std::string& file : *files) {
    const Scan scan = (*scanner)->ScanFile(file);
    if (options.json()) out(std::exchange(separator, ",\n"));
    // Of a file in which no pickle was found, the complaint says all.
    const Told told =
        tell(scan, options.json() || !scan.graphs.empty() ? out : nowhere);
    if (told.unread) ComplainOfUnread(scan.report);
    all.found = all.found || told.found;
    all.unread = all.unread || told.unread;
  }
  if (options.json()) out("]}\n");
  return EndStandardOutput(all.found    ? kExitDenied
                           : all.unread ? kExitIncomplete
                                        : kExitClean);
}

}  // namespace picklebox::cli
