#include <CLI/CLI.hpp>
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
  size_t stream = 0;
  bool all = false;
  ViewOptions view;
};

int RunInspect(const InspectOptions& options) {
  std::vector<std::string> files = options.paths;
  if (!options.list.empty()) {
    absl::StatusOr<std::vector<std::string>> listed = ReadList(options.list);
    if (!listed.ok()) return Complain(listed.status());
    files.insert(files.end(), listed->begin(), listed->end());
  }
  if (files.empty()) return Complain(absl::InvalidArgumentError("nothing to inspect: give a file"));
  absl::StatusOr<std::unique_ptr<Scanner>> scanner = options.shared.MakeScanner();
  if (!scanner.ok()) return Complain(scanner.status());
  InspectionOptions inspection;
  inspection.view =
      options.format == "dot" ? InspectionOptions::View::kDot : InspectionOptions::View::kTree;
  inspection.limits = options.view;
  inspection.path = options.path;
  inspection.stream = options.stream;
  if (options.all) inspection.stream.reset();
  TextInspection text(ToStandardOutput(), inspection);
  JsonInspection json(ToStandardOutput());
  int status = kExitClean;
  for (const std::string& file : files) {
    const Scan scan = (*scanner)->ScanFile(file);
    const absl::Status written =
        options.format == "json" ? json.File(scan) : text.File(scan);
    if (!written.ok()) {
      Complain(absl::Status(written.code(), absl::StrCat(file, ": ", written.message())));
      status = kExitIncomplete;
    }
  }
  if (options.format == "json") json.End();
  return FlushStandardOutput() ? status : static_cast<int>(kExitIncomplete);
}

}  // namespace

Run AddInspect(CLI::App* app) {
  auto options = std::make_shared<InspectOptions>();
  CLI::App* command = app->add_subcommand("inspect", "Show what a pickle holds, without loading it");
  command->footer(
      "Examples:\n"
      "  picklebox inspect model.pkl\n"
      "  picklebox inspect --path '$.steps[1][1].n_features_in_' model.pkl\n"
      "  picklebox inspect --format dot model.pkl | dot -Tsvg > model.svg\n\n"
      "What is shown was read in the sandbox and verified; whether the policy allows it, `scan`\n"
      "says. Exit status: 0 shown, 2 not or not wholly shown, 4 usage.");
  command->add_option("FILE", options->paths, "Files");
  command->add_option("--files-from", options->list, "Read paths from a file, one a line")
      ->type_name("FILE");
  command->add_option("--format", options->format, "tree, json or dot")
      ->check(CLI::IsMember({"tree", "json", "dot"}))
      ->capture_default_str();
  command->add_option("--path", options->path, "Show what this path leads to")->type_name("PATH");
  auto* stream = command->add_option("--stream", options->stream, "Which pickle of the file");
  stream->type_name("N")->capture_default_str();
  command->add_flag("--all", options->all, "All pickles of the file")->excludes(stream);
  command->add_option("--max-lines", options->view.max_nodes, "Stop after so many lines")
      ->type_name("N")
      ->capture_default_str();
  options->shared.AddTo(command);
  return [options] { return RunInspect(*options); };
}

}  // namespace picklebox::cli
