#include "cli/standard_output.h"

#include <unistd.h>

#include <cstdio>
#include <cstdlib>

#include "picklebox/verdict.h"

namespace picklebox::cli {
namespace {

bool IsSet(const char* variable) {
  const char* const value = std::getenv(variable);
  return value != nullptr && *value != '\0';
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
  return status == kExitClean ? static_cast<int>(kExitIncomplete) : status;
}

bool WantsColor() {
  if (IsSet("NO_COLOR")) return false;
  if (IsSet("FORCE_COLOR")) return true;
  const char* const term = std::getenv("TERM");
  const bool dumb = term != nullptr && absl::string_view(term) == "dumb";
  return isatty(STDOUT_FILENO) != 0 && !dumb;
}

}  // namespace picklebox::cli
