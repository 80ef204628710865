#include "cli/manual.h"

#include <CLI/CLI.hpp>
#include <deque>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"
#include "picklebox/finding.h"

namespace picklebox::cli {
namespace {

FlagEntry EntryOf(const CLI::Option& option) {
  FlagEntry entry;
  for (const std::string& name : option.get_snames()) {
    entry.names.push_back("-" + name);
  }
  for (const std::string& name : option.get_lnames()) {
    entry.names.push_back("--" + name);
  }
  if (entry.names.empty()) {
    entry.names.push_back(option.get_name());
    entry.value = option.get_name();
  }
  const std::string text(absl::StripAsciiWhitespace(option.get_option_text()));
  if (!text.empty()) entry.value = text;
  entry.help = option.get_description();
  entry.repeatable = option.get_items_expected_max() > 1;
  return entry;
}

CommandEntry EntryOf(const CLI::App& command, std::vector<std::string> words) {
  CommandEntry entry;
  entry.words = std::move(words);
  entry.help = std::string(
      absl::StripTrailingAsciiWhitespace(command.get_description()));
  entry.footer = command.get_footer();
  for (const CLI::Option* option : command.get_options()) {
    std::vector<FlagEntry>& list =
        option->nonpositional() ? entry.flags : entry.arguments;
    list.push_back(EntryOf(*option));
  }
  return entry;
}

// Text of a manual page: no line of it is a request, no character an escape.
std::string Roff(absl::string_view text) {
  std::string out;
  for (const absl::string_view line : absl::StrSplit(text, '\n')) {
    if (!out.empty()) out += "\n";
    if (absl::StartsWith(line, ".") || absl::StartsWith(line, "'"))
      out += "\\&";
    absl::StrAppend(&out, absl::StrReplaceAll(line, {{"\\", "\\e"},
                                                     {"-", "\\-"},
                                                     {"`", "\\(ga"},
                                                     {"^", "\\(ha"},
                                                     {"~", "\\(ti"}}));
  }
  return out;
}

std::string FlagInRoff(const FlagEntry& flag) {
  std::string text = ".TP\n";
  std::vector<std::string> names;
  for (const std::string& name : flag.names) {
    names.push_back(absl::StrCat("\\fB", Roff(name), "\\fR"));
  }
  absl::StrAppend(&text, absl::StrJoin(names, ", "));
  if (!flag.value.empty() && flag.value != flag.names[0]) {
    absl::StrAppend(&text, " \\fI", Roff(flag.value), "\\fR");
  }
  return absl::StrCat(text, "\n", Roff(flag.help), flag.help.empty() ? "" : ".",
                      "\n");
}

std::string CommandInRoff(const CommandEntry& command) {
  std::string text = absl::StrCat(".SS picklebox ", Roff(command.line()), "\n",
                                  Roff(command.help), ".\n");
  for (const FlagEntry& argument : command.arguments) {
    text += FlagInRoff(argument);
  }
  for (const FlagEntry& flag : command.flags) {
    if (flag.names.back() != "--help") text += FlagInRoff(flag);
  }
  if (!command.footer.empty()) {
    absl::StrAppend(&text, ".PP\n.nf\n", Roff(command.footer), "\n.fi\n");
  }
  return text;
}

}  // namespace

std::string CommandEntry::line() const { return absl::StrJoin(words, " "); }

std::vector<CommandEntry> CommandTable(const CLI::App& app) {
  std::vector<CommandEntry> table;
  std::deque<std::pair<const CLI::App*, std::vector<std::string>>> todo = {
      {&app, {}}};
  while (!todo.empty()) {
    const auto [command, words] = std::move(todo.front());
    todo.pop_front();
    table.push_back(EntryOf(*command, words));
    std::deque<std::pair<const CLI::App*, std::vector<std::string>>> below;
    for (const CLI::App* sub :
         command->get_subcommands([](const CLI::App*) { return true; })) {
      table.back().subcommands.push_back(sub->get_name());
      below.emplace_back(sub, words);
      below.back().second.push_back(sub->get_name());
    }
    todo.insert(todo.begin(), below.begin(), below.end());
  }
  return table;
}

std::vector<std::string> ChoicesOf(const FlagEntry& flag) {
  if (flag.value == "CODE") {
    std::vector<std::string> codes;
    for (uint16_t number = 0; IsCode(number); ++number) {
      codes.emplace_back(Info(static_cast<Code>(number)).name);
    }
    return codes;
  }
  if (flag.value.find('|') == std::string::npos) return {};
  return absl::StrSplit(flag.value, '|');
}

bool IsPath(const FlagEntry& flag) {
  return flag.value == "FILE" || flag.value == "PATH" ||
         flag.value == "FOLDER" || flag.value == "FORMAT:FILE";
}

std::string ManualPage(const std::vector<CommandEntry>& commands) {
  std::string page =
      ".TH PICKLEBOX 1 \"\" \"picklebox " PICKLEBOX_VERSION
      "\" \"User "
      "Commands\"\n"
      ".SH NAME\npicklebox \\- vet untrusted Python pickles in a sandbox\n"
      ".SH SYNOPSIS\n.B picklebox\n.I COMMAND\n.RI [ OPTION ...]\n.RI [ "
      "ARGUMENT ...]\n.SH DESCRIPTION\n";
  absl::StrAppend(&page, Roff(commands[0].help), "\n.SH COMMANDS\n");
  for (const CommandEntry& command : commands) {
    if (!command.words.empty()) page += CommandInRoff(command);
  }
  page +=
      ".SH ENVIRONMENT\n"
      ".TP\n.B PICKLEBOX_CONFIG\nA configuration, where \\-\\-config names "
      "none.\n"
      ".TP\n.BR NO_COLOR \", \" CLICOLOR_FORCE \", \" FORCE_COLOR \", \" "
      "CLICOLOR \", \" TERM\nWhether to use colors.\n"
      ".TP\n.B COLUMNS\nThe width of the terminal.\n"
      ".TP\n.B CI\nIf set, no progress is shown.\n"
      ".SH FILES\n"
      ".TP\n.I picklebox.toml\nThe configuration: the nearest one in the "
      "working folder or above it, unless it lies in what is scanned.\n"
      ".SH EXIT STATUS\n"
      "0: all clean. 1: something is denied. 2: something is incomplete and "
      "nothing denied. 3: nothing was scanned. 4: wrong usage, or a report "
      "could not be written.\n";
  return page;
}

}  // namespace picklebox::cli
