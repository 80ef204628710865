#include "cli/standard_output.h"

#include <unistd.h>

#include <cstdio>
#include <cstdlib>

namespace picklebox::cli {
namespace {

bool IsSet(const char* variable) {
  const char* const value = std::getenv(variable);
  return value != nullptr && *value != '\0';
}

}  // namespace

Sink ToStandardOutput() {
  return [](absl::string_view text) { std::fwrite(text.data(), 1, text.size(), stdout); };
}

bool FlushStandardOutput() { return std::fflush(stdout) == 0 && std::ferror(stdout) == 0; }

bool WantsColor() {
  if (IsSet("NO_COLOR")) return false;
  if (IsSet("FORCE_COLOR")) return true;
  const char* const term = std::getenv("TERM");
  const bool dumb = term != nullptr && absl::string_view(term) == "dumb";
  return isatty(STDOUT_FILENO) != 0 && !dumb;
}

}  // namespace picklebox::cli
