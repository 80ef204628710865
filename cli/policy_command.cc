// `picklebox policy`: flags, and which of its subcommands runs.
#include <CLI/CLI.hpp>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "cli/commands.h"
#include "cli/policy_commands.h"

namespace picklebox::cli {
namespace {

void AddFormat(CLI::App* command, std::string* format) {
  command->add_option("--format", *format, "What is written")
      ->check(CLI::IsMember({"text", "json"}))
      ->option_text("text|json");
}

constexpr char kNames[] =
    "A policy is a file, or one of: default, and the shipped profiles.";

Run AddCheck(CLI::App* app) {
  auto options = std::make_shared<PolicyCheckOptions>();
  CLI::App* command = app->add_subcommand(
      "check", "Look for mistakes, and for what a policy should not open");
  command->add_option("FILE", options->files, "Policy files")
      ->required()
      ->option_text(" ");
  command->add_flag("--strict", options->strict, "Warnings fail, too")
      ->option_text(" ");
  AddFormat(command, &options->format);
  command->footer(
      "Each remark: file:line:column: severity: message [code]. Exit status: 0 "
      "no errors, 1 errors\n"
      "(with --strict, or warnings), 4 usage.");
  return [options] { return RunPolicyCheck(*options); };
}

Run AddShow(CLI::App* app) {
  auto options = std::make_shared<PolicyShowOptions>();
  CLI::App* command = app->add_subcommand(
      "show", "Write a policy with all that it extends, and where it is from");
  command
      ->add_option("POLICY", options->policy, "Without it, the default policy")
      ->option_text(" ");
  AddFormat(command, &options->format);
  command->footer(std::string(kNames) +
                  "\nThe text is a policy again. Exit status: 0, or 4 usage.");
  return [options] { return RunPolicyShow(*options); };
}

Run AddExplainGlobal(CLI::App* app) {
  auto options = std::make_shared<PolicyExplainOptions>();
  CLI::App* command = app->add_subcommand(
      "explain", "Say what decides about a global, why, and what it can do");
  command
      ->add_option(
          "GLOBAL", options->global,
          "module:name, or a digest of code; - reads them from standard input")
      ->required()
      ->option_text(" ");
  command
      ->add_option("POLICY", options->policy, "Without it, the default policy")
      ->option_text(" ");
  AddFormat(command, &options->format);
  command->footer(
      "Examples:\n"
      "  picklebox policy explain os:system\n"
      "  picklebox policy explain numpy.core.multiarray:scalar acme.toml\n\n" +
      std::string(kNames) + "\nExit status: 0, or 4 usage.");
  return [options] { return RunPolicyExplain(*options); };
}

Run AddLearn(CLI::App* app) {
  auto options = std::make_shared<PolicyLearnOptions>();
  CLI::App* command = app->add_subcommand(
      "learn", "Write a policy that allows what trusted files do");
  command
      ->add_option("PATH", options->files, "Files and folders that you trust")
      ->required()
      ->option_text(" ");
  command
      ->add_option("-o,--output", options->output,
                   "Where to; without it, standard output")
      ->option_text("FILE");
  command->add_option("--name", options->name, "What reports call the policy")
      ->option_text("NAME");
  command
      ->add_flag("--extend", options->extend,
                 "Extend the known policy; list only what it does not allow")
      ->option_text(" ");
  command
      ->add_flag("--include-dangerous", options->include_dangerous,
                 "Allow dangerous globals, too")
      ->option_text(" ");
  options->shared.AddTo(command);
  command->footer(
      "Rules of the known policy (--policy, or the default) are taken over for "
      "the uses that were\nseen; of other globals the names, uses and "
      "arguments "
      "that were seen are allowed. Then the\nfiles are scanned under the new "
      "policy. Exit status: 0 all clean under it, 1 something stays\ndenied, 2 "
      "something stays incomplete, 3 there was no file, 4 usage.");
  return [options] { return RunPolicyLearn(*options); };
}

Run AddDiff(CLI::App* app) {
  auto options = std::make_shared<PolicyDiffOptions>();
  CLI::App* command = app->add_subcommand(
      "diff", "Say what one policy allows and another does not");
  command->add_option("BEFORE", options->before, "A policy")
      ->required()
      ->option_text(" ");
  command->add_option("AFTER", options->after, "Another")
      ->required()
      ->option_text(" ");
  AddFormat(command, &options->format);
  command->footer(
      std::string(kNames) +
      "\n+ allowed from now on, - denied from now on, ~ changed. Exit status: "
      "0 they allow the\nsame, 1 they do not, 4 usage.");
  return [options] { return RunPolicyDiff(*options); };
}

Run AddTest(CLI::App* app) {
  auto options = std::make_shared<PolicyTestOptions>();
  CLI::App* command = app->add_subcommand(
      "test", "Scan files whose verdicts are known, and compare");
  command
      ->add_option("LIST", options->lists,
                   "Lines of PATH, tab, VERDICT; and, behind another tab, a "
                   "global or finding that must be named")
      ->required()
      ->option_text(" ");
  command
      ->add_flag("-v,--verbose", options->verbose, "What is as expected, too")
      ->option_text(" ");
  AddFormat(command, &options->format);
  options->shared.AddTo(command);
  command->footer(
      "Paths are relative to the list; # begins a comment. Exit status: 0 all "
      "as expected, 1 not\nall, 3 nothing was listed, 4 usage.");
  return [options] { return RunPolicyTest(*options); };
}

}  // namespace

Run AddPolicy(CLI::App* app) {
  CLI::App* command = app->add_subcommand(
      "policy", "Check, show, explain, learn, compare and test policies");
  command->require_subcommand(1);
  command->footer("`picklebox policy COMMAND --help` says more.");
  auto commands = std::make_shared<std::vector<std::pair<std::string, Run>>>();
  *commands = {{"check", AddCheck(command)},
               {"show", AddShow(command)},
               {"explain", AddExplainGlobal(command)},
               {"learn", AddLearn(command)},
               {"diff", AddDiff(command)},
               {"test", AddTest(command)}};
  return [command, commands] {
    for (const auto& [name, run] : *commands) {
      if (command->got_subcommand(name)) return run();
    }
    return static_cast<int>(kExitUsage);
  };
}

}  // namespace picklebox::cli
