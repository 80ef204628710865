#include <CLI/CLI.hpp>
#include <memory>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "cli/commands.h"
#include "cli/shared_options.h"
#include "cli/standard_output.h"
#include "picklebox/limits.h"

namespace picklebox::cli {
namespace {

int RunDoctor() {
  absl::StatusOr<std::unique_ptr<Scanner>> scanner =
      SharedOptions().MakeScanner();
  const Sink out = ToStandardOutput();
  if (!scanner.ok()) {
    out("This host cannot confine a worker, so picklebox opens nothing on "
        "it:\n");
    out(absl::StrFormat("  %s\n", scanner.status().message()));
    return kExitNothing;
  }
  out("The sandbox works on this host.\n\n");
  for (const Protection& protection : (*scanner)->Protections()) {
    out(absl::StrFormat("  %-4s %-22s %s%s\n", protection.on ? "on" : "off",
                        protection.name, protection.explanation,
                        protection.required ? " (required)" : ""));
  }
  return EndStandardOutput(kExitClean);
}

// "16 GiB" where that says all, and such as --limit takes it without the space.
std::string Amount(const LimitInfo& limit) {
  if (limit.unit == "bytes") {
    for (const auto& [shift, unit] :
         {std::pair(30, "GiB"), {20, "MiB"}, {10, "KiB"}}) {
      if (limit.value % (uint64_t{1} << shift) == 0) {
        return absl::StrCat(limit.value >> shift, " ", unit);
      }
    }
  }
  return absl::StrCat(limit.value, " ", limit.unit);
}

int RunLimits() {
  const Sink out = ToStandardOutput();
  for (const LimitInfo& limit : LimitTable()) {
    out(absl::StrFormat("%-9s %19s   %s\n", limit.name, Amount(limit),
                        limit.why));
  }
  out("\nSet one with --limit NAME=VALUE, such as --limit memory=512MiB, or in "
      "a policy.\n");
  return EndStandardOutput(kExitClean);
}

}  // namespace

Run AddDoctor(CLI::App* app) {
  app->add_subcommand(
         "doctor",
         "Say how this host confines a worker, and whether that is enough")
      ->footer(
          "Exit status: 0 the sandbox works, 3 it does not and nothing can be "
          "scanned.");
  return RunDoctor;
}

Run AddLimits(CLI::App* app) {
  app->add_subcommand(
         "limits", "List the limits, their defaults, and what each is against")
      ->footer("Exit status: 0.");
  return RunLimits;
}

}  // namespace picklebox::cli
