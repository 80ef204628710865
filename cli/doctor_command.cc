#include <CLI/CLI.hpp>
#include <memory>
#include <string>

#include "absl/strings/str_format.h"
#include "cli/commands.h"
#include "cli/shared_options.h"
#include "cli/standard_output.h"
#include "picklebox/limits.h"

namespace picklebox::cli {
namespace {

int RunDoctor() {
  absl::StatusOr<std::unique_ptr<Scanner>> scanner = SharedOptions().MakeScanner();
  const Sink out = ToStandardOutput();
  if (!scanner.ok()) {
    out("This host cannot confine a worker, so picklebox opens nothing on it:\n");
    out(absl::StrFormat("  %s\n", scanner.status().message()));
    return kExitNothing;
  }
  out("The sandbox works on this host.\n\n");
  for (const Protection& protection : (*scanner)->Protections()) {
    out(absl::StrFormat("  %-4s %-22s %s%s\n", protection.on ? "on" : "off", protection.name,
                        protection.explanation, protection.required ? " (required)" : ""));
  }
  return kExitClean;
}

int RunLimits() {
  const Sink out = ToStandardOutput();
  for (const LimitInfo& limit : LimitTable()) {
    out(absl::StrFormat("%-9s %12d %-9s %s\n", limit.name, limit.value, limit.unit, limit.why));
  }
  return kExitClean;
}

}  // namespace

Run AddDoctor(CLI::App* app) {
  app->add_subcommand("doctor", "Say what protects this host, and whether that is enough");
  return RunDoctor;
}

Run AddLimits(CLI::App* app) {
  app->add_subcommand("limits", "List the limits, their defaults, and what each is against");
  return RunLimits;
}

}  // namespace picklebox::cli
