#include <CLI/CLI.hpp>
#include <algorithm>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "cli/commands.h"
#include "cli/shared_options.h"
#include "cli/standard_output.h"
#include "cli/targets.h"
#include "picklebox/inspection.h"

namespace picklebox::cli {
namespace {

struct InspectOptions {
  SharedOptions shared;
  std::vector<std::string> paths;
  std::string list;
  std::string format = "tree";
  std::string path;
  std::string member;
  size_t stream = InspectionOptions::kLoaded;
  bool all = false;
  ViewOptions view;
};

// Says on stderr why not all of a file can be shown; false if it can.
bool TellWhatIsUnread(const FileReport& report) {
  const bool whole =
      std::all_of(report.streams.begin(), report.streams.end(),
                  [](const StreamReport& stream) { return stream.complete; });
  if (whole && !report.streams.empty()) return false;
  for (const Finding& finding : report.findings) {
    if (Info(finding.code).effect == Effect::kDenies) continue;
    Complain(absl::DataLossError(
        absl::StrCat(report.path, ": ", Info(finding.code).name, " at ",
                     finding.offset, ": ", finding.message)));
  }
  return true;
}

int RunInspect(const InspectOptions& options) {
  std::vector<std::string> files = options.paths;
  if (!options.list.empty()) {
    absl::StatusOr<std::vector<std::string>> listed = ReadList(options.list);
    if (!listed.ok()) return Complain(listed.status());
    files.insert(files.end(), listed->begin(), listed->end());
  }
  if (files.empty())
    return Complain(
        absl::InvalidArgumentError("nothing to inspect: give a file"));
  absl::StatusOr<std::unique_ptr<Scanner>> scanner =
      options.shared.MakeScanner();
  if (!scanner.ok()) return Complain(scanner.status());
  InspectionOptions inspection;
  inspection.view = options.format == "dot" ? InspectionOptions::View::kDot
                                            : InspectionOptions::View::kTree;
  inspection.limits = options.view;
  inspection.path = options.path;
  inspection.stream = options.stream;
  if (options.all) inspection.stream.reset();
  JsonInspection json(ToStandardOutput());
  int status = kExitClean;
  for (const std::string& file : files) {
    MemberTarget target = SplitMember(file);
    if (!options.member.empty()) target = {file, options.member};
    inspection.member = target.member;
    const Scan scan = (*scanner)->ScanFile(target.file);
    const bool unread = TellWhatIsUnread(scan.report);
    if (unread) status = kExitIncomplete;
    if (unread && scan.graphs.empty() && options.format != "json") continue;
    const absl::Status written =
        options.format == "json"
            ? json.File(scan)
            : TextInspection(ToStandardOutput(), inspection).File(scan);
    if (!written.ok()) {
      Complain(absl::Status(written.code(),
                            absl::StrCat(file, ": ", written.message())));
      // A path that is none is a mistake of the user's, for every file.
      if (absl::IsInvalidArgument(written)) return kExitUsage;
      status = kExitIncomplete;
    }
  }
  if (options.format == "json") json.End();
  return EndStandardOutput(status);
}

}  // namespace

Run AddInspect(CLI::App* app) {
  auto options = std::make_shared<InspectOptions>();
  CLI::App* command = app->add_subcommand(
      "inspect", "Show what a pickle holds, without loading it");
  command->footer(
      "Examples:\n"
      "  picklebox inspect model.pkl\n"
      "  picklebox inspect --path '$.steps[1][1].n_features_in_' model.pkl\n"
      "  picklebox inspect 'model.pt!archive/data.pkl'\n"
      "  picklebox inspect --format dot model.pkl | dot -Tsvg > model.svg\n\n"
      "What is shown was read in the sandbox and verified; whether the policy "
      "allows it, `scan`\n"
      "says. Exit status: 0 shown, 2 not or not wholly shown, 4 usage.");
  command
      ->add_option("FILE", options->paths, "Files, or FILE!MEMBER in archives")
      ->option_text(" ");
  command
      ->add_option("--files-from", options->list,
                   "Read paths from a file, one a line")
      ->option_text("FILE");
  command
      ->add_option("--format", options->format,
                   "A tree, the nodes of the graph, or Graphviz")
      ->check(CLI::IsMember({"tree", "json", "dot"}))
      ->option_text("tree|json|dot");
  command->add_option("--path", options->path, "Show what this path leads to")
      ->option_text("PATH");
  command
      ->add_option("--member", options->member,
                   "Of an archive, show this: a path as `scan` reports it")
      ->option_text("PATH");
  auto* stream = command->add_option(
      "--stream", options->stream,
      "Which pickle of the file, from 0; without it, the one "
      "that a loader makes its object of");
  stream->option_text("N");
  command
      ->add_flag("--all", options->all,
                 "All pickles of the file; --format json always does")
      ->excludes(stream)
      ->option_text(" ");
  command
      ->add_option("--max-lines", options->view.max_nodes,
                   "Stop after so many lines; without it, 100000")
      ->option_text("N");
  options->shared.AddTo(command);
  return [options] { return RunInspect(*options); };
}

}  // namespace picklebox::cli
