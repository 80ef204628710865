// Completions, each in the words of its shell.
#include <algorithm>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/string_view.h"
#include "cli/manual.h"

namespace picklebox::cli {
namespace {

// `text` as one word of a shell.
std::string Word(absl::string_view text) {
  return absl::StrCat("'", absl::StrReplaceAll(text, {{"'", "'\\''"}}), "'");
}

std::vector<std::string> FlagNames(const CommandEntry& command) {
  std::vector<std::string> names;
  for (const FlagEntry& flag : command.flags) {
    names.insert(names.end(), flag.names.begin(), flag.names.end());
  }
  return names;
}

// What may stand where an argument of the command stands.
std::vector<std::string> ArgumentWords(const CommandEntry& command) {
  std::vector<std::string> words = command.subcommands;
  for (const FlagEntry& argument : command.arguments) {
    for (std::string& choice : ChoicesOf(argument)) {
      words.push_back(std::move(choice));
    }
  }
  return words;
}

bool TakesPaths(const CommandEntry& command) {
  return std::any_of(command.arguments.begin(), command.arguments.end(),
                     &IsPath);
}

// "scan--format" in a case, for the values of a flag.
std::string BashValue(const CommandEntry& command, const FlagEntry& flag) {
  std::vector<std::string> patterns;
  for (const std::string& name : flag.names) {
    patterns.push_back(Word(absl::StrCat(command.line(), " ", name)));
  }
  const std::vector<std::string> choices = ChoicesOf(flag);
  std::string action = "return 0";
  if (!choices.empty()) {
    action =
        absl::StrCat("mapfile -t COMPREPLY < <(compgen -W ",
                     Word(absl::StrJoin(choices, " ")), " -- \"$current\")");
  } else if (IsPath(flag)) {
    action = "mapfile -t COMPREPLY < <(compgen -f -- \"$current\")";
  }
  return absl::StrCat("    ", absl::StrJoin(patterns, " | "), ") ", action,
                      "; return 0 ;;\n");
}

std::string BashArguments(const CommandEntry& command) {
  std::string text = absl::StrCat(
      "    ", Word(command.line()), ")\n      if [[ $current == -* ]]; then\n",
      "        mapfile -t COMPREPLY < <(compgen -W ",
      Word(absl::StrJoin(FlagNames(command), " ")),
      " -- \"$current\")\n      else\n");
  absl::StrAppend(&text, "        mapfile -t COMPREPLY < <(compgen ",
                  TakesPaths(command) ? "-f " : "", "-W ",
                  Word(absl::StrJoin(ArgumentWords(command), " ")),
                  " -- \"$current\")\n      fi ;;\n");
  return text;
}

std::string Bash(const std::vector<CommandEntry>& commands) {
  std::string known;
  std::string values;
  std::string arguments;
  for (const CommandEntry& command : commands) {
    if (!command.words.empty()) {
      absl::StrAppend(&known, known.empty() ? "" : " | ", Word(command.line()));
    }
    arguments += BashArguments(command);
    for (const FlagEntry& flag : command.flags) {
      if (!flag.value.empty()) values += BashValue(command, flag);
    }
  }
  return absl::StrCat(
      "# bash completion of picklebox\n"
      "_picklebox() {\n"
      "  local current=${COMP_WORDS[COMP_CWORD]}\n"
      "  local previous=${COMP_WORDS[COMP_CWORD - 1]}\n"
      "  local command='' word next i\n"
      "  COMPREPLY=()\n"
      "  # --flag=value comes as three words.\n"
      "  if [[ $current == '=' ]]; then\n"
      "    current=''\n"
      "  elif [[ $previous == '=' ]]; then\n"
      "    previous=${COMP_WORDS[COMP_CWORD - 2]}\n"
      "  fi\n"
      "  for ((i = 1; i < COMP_CWORD; i++)); do\n"
      "    word=${COMP_WORDS[i]}\n"
      "    next=${command:+$command }$word\n"
      "    case $next in\n      ",
      known,
      ") command=$next ;;\n    esac\n  done\n  case \"$command $previous\" "
      "in\n",
      values, "  esac\n  case $command in\n", arguments,
      "  esac\n}\n"
      "complete -o filenames -F _picklebox picklebox\n");
}

// Text within the brackets of _arguments.
std::string ZshText(absl::string_view text) {
  return absl::StrReplaceAll(
      text, {{"\\", "\\\\"}, {"[", "\\["}, {"]", "\\]"}, {":", "\\:"}});
}

std::string ZshAction(const FlagEntry& flag) {
  const std::vector<std::string> choices = ChoicesOf(flag);
  if (!choices.empty()) {
    return absl::StrCat("(", absl::StrJoin(choices, " "), ")");
  }
  return IsPath(flag) ? "_files" : "";
}

std::string ZshFlag(const FlagEntry& flag) {
  std::string specs;
  const std::string others = absl::StrJoin(flag.names, " ");
  for (const std::string& name : flag.names) {
    const bool is_long = absl::StartsWith(name, "--");
    std::string spec = flag.repeatable ? "*" : absl::StrCat("(", others, ")");
    absl::StrAppend(&spec, name,
                    flag.value.empty() ? ""
                    : is_long          ? "="
                                       : "+",
                    "[", ZshText(flag.help), "]");
    if (!flag.value.empty()) {
      absl::StrAppend(&spec, ":", ZshText(flag.value), ":", ZshAction(flag));
    }
    absl::StrAppend(&specs, " \\\n        ", Word(spec));
  }
  return specs;
}

std::string ZshCommand(const CommandEntry& command) {
  std::string text =
      absl::StrCat("    ", Word(command.line()), ")\n      _arguments -s");
  for (const FlagEntry& flag : command.flags) text += ZshFlag(flag);
  const std::vector<std::string> words = ArgumentWords(command);
  if (!words.empty()) {
    absl::StrAppend(
        &text, " \\\n        ",
        Word(absl::StrCat("*:argument:(", absl::StrJoin(words, " "), ")")));
  } else if (TakesPaths(command)) {
    absl::StrAppend(&text, " \\\n        ", Word("*:file:_files"));
  }
  return absl::StrCat(text, " ;;\n");
}

std::string Zsh(const std::vector<CommandEntry>& commands) {
  std::string known;
  std::string names;
  std::string cases;
  for (const CommandEntry& command : commands) {
    if (command.words.empty()) continue;
    absl::StrAppend(&known, known.empty() ? "" : " | ", Word(command.line()));
    cases += ZshCommand(command);
    if (command.words.size() > 1) continue;
    absl::StrAppend(
        &names, " \\\n      ",
        Word(absl::StrCat(command.line(), ":", ZshText(command.help))));
  }
  return absl::StrCat(
      "#compdef picklebox\n"
      "_picklebox() {\n"
      "  local command='' next i\n"
      "  for ((i = 2; i < CURRENT; i++)); do\n"
      "    next=${command:+$command }${words[i]}\n"
      "    case $next in\n      ",
      known,
      ") command=$next ;;\n    esac\n  done\n"
      "  case $command in\n"
      "    '')\n      local -a commands=(",
      names,
      ")\n      if [[ ${words[CURRENT]} == -* ]]; then\n"
      "        _arguments '--help[Say what there is]' '--version[Say which "
      "version this is]'\n"
      "      else\n        _describe command commands\n      fi ;;\n",
      cases, "  esac\n}\n_picklebox \"$@\"\n");
}

std::string FishFlag(const FlagEntry& flag, absl::string_view condition) {
  std::string line = absl::StrCat("complete -c picklebox -n ", Word(condition));
  for (const std::string& name : flag.names) {
    const bool is_long = absl::StartsWith(name, "--");
    absl::StrAppend(&line, is_long ? " -l " : " -s ",
                    absl::string_view(name).substr(is_long ? 2 : 1));
  }
  const std::vector<std::string> choices = ChoicesOf(flag);
  if (!choices.empty()) {
    absl::StrAppend(&line, " -x -a ", Word(absl::StrJoin(choices, " ")));
  } else if (IsPath(flag)) {
    line += " -r -F";
  } else if (!flag.value.empty()) {
    line += " -x";
  }
  return absl::StrCat(line, " -d ", Word(flag.help), "\n");
}

// The condition that this command was said, and no subcommand of it yet.
std::string FishCondition(const CommandEntry& command) {
  if (command.words.empty()) return "__fish_use_subcommand";
  std::vector<std::string> conditions;
  for (const std::string& word : command.words) {
    conditions.push_back("__fish_seen_subcommand_from " + word);
  }
  if (!command.subcommands.empty()) {
    conditions.push_back("not __fish_seen_subcommand_from " +
                         absl::StrJoin(command.subcommands, " "));
  }
  return absl::StrJoin(conditions, "; and ");
}

std::string Fish(const std::vector<CommandEntry>& commands) {
  std::string text =
      "# fish completion of picklebox\ncomplete -c picklebox -f\n";
  for (const CommandEntry& command : commands) {
    const std::string condition = FishCondition(command);
    if (!command.words.empty()) {
      CommandEntry parent;
      parent.words.assign(command.words.begin(), command.words.end() - 1);
      const auto found = std::find_if(
          commands.begin(), commands.end(),
          [&](const CommandEntry& c) { return c.words == parent.words; });
      absl::StrAppend(
          &text, "complete -c picklebox -n ", Word(FishCondition(*found)),
          " -a ", Word(command.words.back()), " -d ", Word(command.help), "\n");
    }
    for (const FlagEntry& flag : command.flags) {
      text += FishFlag(flag, condition);
    }
    std::vector<std::string> words;
    for (const FlagEntry& argument : command.arguments) {
      for (std::string& choice : ChoicesOf(argument)) {
        words.push_back(std::move(choice));
      }
    }
    if (!words.empty()) {
      absl::StrAppend(&text, "complete -c picklebox -n ", Word(condition),
                      " -a ", Word(absl::StrJoin(words, " ")), "\n");
    }
    if (TakesPaths(command)) {
      absl::StrAppend(&text, "complete -c picklebox -n ", Word(condition),
                      " -F\n");
    }
  }
  return text;
}

}  // namespace

std::string Completions(const std::string& shell,
                        const std::vector<CommandEntry>& commands) {
  if (shell == "bash") return Bash(commands);
  if (shell == "zsh") return Zsh(commands);
  if (shell == "fish") return Fish(commands);
  return "";
}

}  // namespace picklebox::cli
