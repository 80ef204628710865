#include <CLI/CLI.hpp>
#include <cstdio>
#include <string>
#include <utility>
#include <vector>

#include "cli/commands.h"
#include "cli/shared_options.h"
#include "picklebox/verdict.h"

namespace {

// What is wrong with the command line, and which help has the answer.
int ComplainOfUsage(const CLI::App& app, const CLI::ParseError& error,
                    const std::vector<std::string>& arguments) {
  const std::vector<CLI::App*> chosen = app.get_subcommands();
  std::string message = error.what();
  if (chosen.empty()) {
    message = arguments.empty()
                  ? "a command is missing"
                  : "there is no command or flag '" + arguments[0] + "'";
  }
  std::string command = "picklebox";
  for (std::vector<CLI::App*> inner = chosen; !inner.empty();
       inner = inner[0]->get_subcommands()) {
    command += " " + inner[0]->get_name();
  }
  return picklebox::cli::Complain(absl::InvalidArgumentError(
      message + "; `" + command + " --help` says what there is"));
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app(
      "Opens untrusted Python pickles in a sandbox and says what they would "
      "do.\n");
  app.name("picklebox");
  app.set_version_flag("--version", "picklebox " PICKLEBOX_VERSION);
  app.require_subcommand(1);
  app.get_formatter()->column_width(30);
  app.footer(
      "`picklebox COMMAND --help` says more. Start with: picklebox scan "
      "model.pkl");
  const std::vector<std::pair<std::string, picklebox::cli::Run>> commands = {
      {"scan", picklebox::cli::AddScan(&app)},
      {"report", picklebox::cli::AddReport(&app)},
      {"inspect", picklebox::cli::AddInspect(&app)},
      {"dis", picklebox::cli::AddDis(&app)},
      {"code", picklebox::cli::AddCode(&app)},
      {"requirements", picklebox::cli::AddRequirements(&app)},
      {"doctor", picklebox::cli::AddDoctor(&app)},
      {"limits", picklebox::cli::AddLimits(&app)},
      {"explain", picklebox::cli::AddExplain(&app)},
      {"policy", picklebox::cli::AddPolicy(&app)},
      {"completions", picklebox::cli::AddCompletions(&app)},
      {"man", picklebox::cli::AddMan(&app)},
  };
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    // --help and --version are told this way too.
    if (error.get_exit_code() == 0) return app.exit(error);
    return ComplainOfUsage(app, error,
                           std::vector<std::string>(argv + 1, argv + argc));
  }
  for (const auto& [name, run] : commands) {
    if (app.got_subcommand(name)) return run();
  }
  return picklebox::kExitUsage;
}
