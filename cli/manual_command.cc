#include <CLI/CLI.hpp>
#include <memory>
#include <string>

#include "cli/commands.h"
#include "cli/manual.h"
#include "cli/standard_output.h"
#include "picklebox/verdict.h"

namespace picklebox::cli {

Run AddCompletions(CLI::App* app) {
  auto shell = std::make_shared<std::string>();
  CLI::App* command = app->add_subcommand(
      "completions", "Write completions of commands and flags for a shell");
  command->add_option("SHELL", *shell, "The shell")
      ->required()
      ->check(CLI::IsMember({"bash", "zsh", "fish"}))
      ->option_text("bash|zsh|fish");
  command->footer(
      "Examples:\n"
      "  source <(picklebox completions bash)\n"
      "  picklebox completions fish > "
      "~/.config/fish/completions/picklebox.fish\n\n"
      "Exit status: 0, or 4 if the shell is not known.");
  return [app, shell] {
    ToStandardOutput()(Completions(*shell, CommandTable(*app)));
    return EndStandardOutput(kExitClean);
  };
}

Run AddMan(CLI::App* app) {
  CLI::App* command =
      app->add_subcommand("man", "Write the manual page, for man(1)");
  command->footer("Example:\n  picklebox man | man -l -\n\nExit status: 0.");
  return [app] {
    ToStandardOutput()(ManualPage(CommandTable(*app)));
    return EndStandardOutput(kExitClean);
  };
}

}  // namespace picklebox::cli
