// The command line as a table: what the commands and their flags are, as they
// were defined. Completions and the manual page are made of it.
#ifndef PICKLEBOX_CLI_MANUAL_H_
#define PICKLEBOX_CLI_MANUAL_H_

#include <string>
#include <vector>

namespace CLI {
class App;
}

namespace picklebox::cli {

struct FlagEntry {
  std::vector<std::string> names;  // "-q", "--quiet"; short ones first
  std::string value;               // "FILE", "text|json"; empty: it takes none
  std::string help;
  bool repeatable = false;
};

struct CommandEntry {
  std::vector<std::string> words;  // {"scan"}, {"policy", "check"}; {}: itself
  std::string help;
  std::string footer;
  std::vector<FlagEntry> flags;
  std::vector<FlagEntry> arguments;      // by one name each, such as PATH
  std::vector<std::string> subcommands;  // the next word
  std::string line() const;              // "policy check"
};

// All commands, each before its subcommands, the program itself first.
std::vector<CommandEntry> CommandTable(const CLI::App& app);

// The words that a value can be: of "text|json" these two, of CODE the codes of
// findings; none if that cannot be said.
std::vector<std::string> ChoicesOf(const FlagEntry& flag);
// The value is the name of a file or a folder.
bool IsPath(const FlagEntry& flag);

// A manual page, for man(1).
std::string ManualPage(const std::vector<CommandEntry>& commands);
// Completions for the shell of that name; empty: it is not known.
std::string Completions(const std::string& shell,
                        const std::vector<CommandEntry>& commands);

}  // namespace picklebox::cli

#endif  // PICKLEBOX_CLI_MANUAL_H_
