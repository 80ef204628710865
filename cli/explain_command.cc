#include <CLI/CLI.hpp>
#include <memory>
#include <optional>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "cli/commands.h"
#include "cli/shared_options.h"
#include "cli/standard_output.h"
#include "picklebox/finding.h"
#include "picklebox/finding_help.h"

namespace picklebox::cli {
namespace {

absl::string_view Consequence(Effect effect) {
  switch (effect) {
    case Effect::kDenies:
      return "The file is denied.";
    case Effect::kIncomplete:
      return "The file is incomplete, unless something in it is denied.";
    case Effect::kNone:
      return "The verdict does not change.";
  }
  return "";
}

int RunExplain(const std::string& name) {
  const Sink out = ToStandardOutput();
  if (name.empty()) {
    for (uint16_t number = 0; IsCode(number); ++number) {
      const CodeInfo& info = Info(static_cast<Code>(number));
      out(absl::StrFormat("%-20s  %-7s  %s\n", info.name, Severity(info.effect),
                          info.explanation));
    }
  } else {
    // "ambiguous/late-proto", as reports write it, is explained by its code.
    const std::optional<CodeInfo> info =
        FindCode(name.substr(0, name.find('/')));
    if (!info) {
      return Complain(absl::NotFoundError(
          absl::StrCat("no finding is called '", name,
                       "'; `picklebox explain` lists them all")));
    }
    const FindingHelp& help = HelpOn(info->code);
    out(absl::StrCat(info->name, " (", Severity(info->effect), ")\n\n",
                     info->explanation, "\n", Consequence(info->effect),
                     "\n\nFor example:\n  ", help.example,
                     "\n\nWhat to do:\n  ", help.next, "\n"));
  }
  return EndStandardOutput(kExitClean);
}

}  // namespace

Run AddExplain(CLI::App* app) {
  auto code = std::make_shared<std::string>();
  CLI::App* command =
      app->add_subcommand("explain", "Say what a finding means and what to do");
  command
      ->add_option(
          "CODE", *code,
          "A code of a report, such as global-denied; none: all of them")
      ->option_text(" ");
  command->footer("Exit status: 0, or 4 if there is no such code.");
  return [code] { return RunExplain(*code); };
}

}  // namespace picklebox::cli
