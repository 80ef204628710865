#include <CLI/CLI.hpp>
#include <string>
#include <utility>
#include <vector>

#include "cli/commands.h"
#include "picklebox/verdict.h"

int main(int argc, char** argv) {
  CLI::App app("Opens untrusted Python pickles in a sandbox and says what they would do.\n");
  app.name("picklebox");
  app.set_version_flag("--version", "picklebox " PICKLEBOX_VERSION);
  app.require_subcommand(1);
  app.footer("`picklebox COMMAND --help` says more. Start with: picklebox scan model.pkl");
  const std::vector<std::pair<std::string, picklebox::cli::Run>> commands = {
      {"scan", picklebox::cli::AddScan(&app)},
      {"inspect", picklebox::cli::AddInspect(&app)},
      {"dis", picklebox::cli::AddDis(&app)},
      {"doctor", picklebox::cli::AddDoctor(&app)},
      {"limits", picklebox::cli::AddLimits(&app)},
  };
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? picklebox::kExitClean : picklebox::kExitUsage;
  }
  for (const auto& [name, run] : commands) {
    if (app.got_subcommand(name)) return run();
  }
  return picklebox::kExitUsage;
}
