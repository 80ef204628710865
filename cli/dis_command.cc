#include <CLI/CLI.hpp>
#include <memory>
#include <string>

#include "cli/commands.h"
#include "cli/shared_options.h"
#include "cli/standard_output.h"

namespace picklebox::cli {
namespace {

struct DisOptions {
  SharedOptions shared;
  std::string path;
};

int RunDis(const DisOptions& options) {
  absl::StatusOr<std::unique_ptr<Scanner>> scanner = options.shared.MakeScanner();
  if (!scanner.ok()) return Complain(scanner.status());
  const absl::Status status = (*scanner)->Disassemble(options.path, ToStandardOutput());
  if (!FlushStandardOutput()) return kExitIncomplete;
  if (status.ok()) return kExitClean;
  Complain(status);
  return kExitIncomplete;
}

}  // namespace

Run AddDis(CLI::App* app) {
  auto options = std::make_shared<DisOptions>();
  CLI::App* command =
      app->add_subcommand("dis", "List the opcodes of a pickle, with stack and memo");
  command->footer("The listing is made in the sandbox. A file of several pickles is listed whole.");
  command->add_option("FILE", options->path, "A file")->required();
  options->shared.AddTo(command);
  return [options] { return RunDis(*options); };
}

}  // namespace picklebox::cli
