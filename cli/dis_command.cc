#include <CLI/CLI.hpp>
#include <memory>
#include <string>

#include "cli/commands.h"
#include "cli/shared_options.h"
#include "cli/standard_output.h"
#include "cli/targets.h"

namespace picklebox::cli {
namespace {

struct DisOptions {
  SharedOptions shared;
  std::string path;
  std::string member;
  bool code = false;
};

int RunDis(const DisOptions& options) {
  absl::StatusOr<std::unique_ptr<Scanner>> scanner =
      options.shared.MakeScanner();
  if (!scanner.ok()) return Complain(scanner.status());
  MemberTarget target = SplitMember(options.path);
  if (!options.member.empty()) target = {options.path, options.member};
  bool listed = false;
  const Sink output = ToStandardOutput();
  const Sink sink = [&](absl::string_view lines) {
    listed = true;
    output(lines);
  };
  const absl::Status status =
      options.code
          ? (*scanner)->DisassembleCode(target.file, target.member, sink)
          : (*scanner)->Disassemble(target.file, target.member, sink);
  if (!status.ok()) Complain(status);
  if (status.ok() && options.code && !listed) output("no code\n");
  return EndStandardOutput(status.ok() ? kExitClean : kExitIncomplete);
}

}  // namespace

Run AddDis(CLI::App* app) {
  auto options = std::make_shared<DisOptions>();
  CLI::App* command = app->add_subcommand(
      "dis", "List the opcodes of a pickle, with stack and memo");
  command->footer(
      "Each line: offset, bytes of the opcode, its name and argument, | the "
      "stack behind it.\n"
      "The listing is made in the sandbox; it ends where the file cannot be "
      "read on. Exit status:\n"
      "0 listed, 2 the file could not be opened, 4 usage.");
  command
      ->add_option("FILE", options->path,
                   "A file, or FILE!MEMBER in an archive")
      ->required()
      ->option_text(" ");
  command
      ->add_option("--member", options->member,
                   "Of an archive, list this: a path as `scan` reports it")
      ->option_text("PATH");
  command->add_flag("--code", options->code,
                    "The instructions of the Python code that it carries, as "
                    "Python's dis shows them");
  options->shared.AddTo(command);
  return [options] { return RunDis(*options); };
}

}  // namespace picklebox::cli
