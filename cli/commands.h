// The commands of the command line. Each adds itself to the application and,
// if it is the one that was asked for, runs after parsing.
#ifndef PICKLEBOX_CLI_COMMANDS_H_
#define PICKLEBOX_CLI_COMMANDS_H_

#include <functional>

namespace CLI {
class App;
}

namespace picklebox::cli {

// A command, added; calling it runs it and gives the exit status.
using Run = std::function<int()>;

Run AddScan(CLI::App* app);
Run AddReport(CLI::App* app);
Run AddInspect(CLI::App* app);
Run AddDis(CLI::App* app);
Run AddCode(CLI::App* app);
Run AddRequirements(CLI::App* app);
Run AddDoctor(CLI::App* app);
Run AddLimits(CLI::App* app);
Run AddExplain(CLI::App* app);
Run AddPolicy(CLI::App* app);
// These two tell of all commands that `app` has when they run.
Run AddCompletions(CLI::App* app);
Run AddMan(CLI::App* app);

}  // namespace picklebox::cli

#endif  // PICKLEBOX_CLI_COMMANDS_H_
