#include <algorithm>
#include <memory>

#include "cli/commands.h"
#include "cli/each_file.h"
#include "picklebox/embedded_code.h"

namespace picklebox::cli {
namespace {

bool IsUnread(const FileReport& report) {
  return report.streams.empty() ||
         std::any_of(report.findings.begin(), report.findings.end(),
                     [](const Finding& finding) {
                       return Info(finding.code).effect == Effect::kIncomplete;
                     });
}

}  // namespace

Run AddCode(CLI::App* app) {
  auto options = std::make_shared<EachFileOptions>();
  CLI::App* command =
      app->add_subcommand("code", "List the Python code that a pickle carries");
  command->footer(
      "Functions that dill and cloudpickle write by value, code objects and "
      "marshal data: where each\n"
      "is from, for which Python it is, a digest that stays the same over "
      "files and picklers, and\n"
      "what it imports, uses and calls. Nothing of it runs. `picklebox dis "
      "--code` has the instructions.\n"
      "What the policy does not allow is written once more at the end, as the "
      "[[allow_code]] that would\n"
      "allow it; --format toml writes that alone.\n\n"
      "Examples:\n"
      "  picklebox code model.pkl\n"
      "  picklebox code --format json models/\n"
      "  picklebox code --policy acme.toml --format toml model.pkl >> "
      "acme.toml\n\n"
      "Exit status: 0 there is no code, 1 there is, 2 there is none in what "
      "could be read, 4 usage.");
  options->AddTo(command, "text|json|toml",
                 "For people, for programs, or for a policy");
  return [options] {
    return TellOfEach(*options, [&](const Scan& scan, const Sink& out) {
      if (options->json()) {
        WriteCodeJson(scan, out);
      } else if (options->format == "toml") {
        WriteCodeToml(scan, out);
      } else {
        WriteCodeText(scan, out);
      }
      return Told{!scan.code.empty(), IsUnread(scan.report)};
    });
  };
}

}  // namespace picklebox::cli
