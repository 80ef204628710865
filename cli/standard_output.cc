#include "cli/standard_output.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>

#include "absl/strings/numbers.h"
#include "picklebox/verdict.h"

namespace picklebox::cli {
namespace {

absl::string_view Variable(const char* name) {
  const char* const value = std::getenv(name);
  return value == nullptr ? absl::string_view() : absl::string_view(value);
}

// Such variables say yes with anything but 0.
bool IsOn(const char* name) {
  const absl::string_view value = Variable(name);
  return !value.empty() && value != "0";
}

int WidthOf(int fd) {
  if (isatty(fd) == 0) return 0;
  int columns = 0;
  if (absl::SimpleAtoi(Variable("COLUMNS"), &columns) && columns > 0) {
    return columns;
  }
  struct winsize size = {};
  return ioctl(fd, TIOCGWINSZ, &size) == 0 ? size.ws_col : 0;
}

}  // namespace

Sink ToStandardOutput() {
  return [](absl::string_view text) {
    std::fwrite(text.data(), 1, text.size(), stdout);
  };
}

int EndStandardOutput(int status) {
  if (std::fflush(stdout) == 0 && std::ferror(stdout) == 0) return status;
  std::fputs("picklebox: cannot write all of the output\n", stderr);
  return status == kExitClean ? static_cast<int>(kExitUsage) : status;
}

bool WantsColor(const std::string& choice) {
  if (choice != "auto") return choice == "always";
  if (!Variable("NO_COLOR").empty()) return false;
  if (IsOn("CLICOLOR_FORCE") || IsOn("FORCE_COLOR")) return true;
  if (Variable("CLICOLOR") == "0" || Variable("TERM") == "dumb") return false;
  return isatty(STDOUT_FILENO) != 0;
}

int TerminalWidth() { return WidthOf(STDOUT_FILENO); }

int ErrorTerminalWidth() { return WidthOf(STDERR_FILENO); }

bool WantsProgress() {
  return isatty(STDERR_FILENO) != 0 && Variable("CI").empty() &&
         Variable("TERM") != "dumb";
}

}  // namespace picklebox::cli
