#include "cli/config_file.h"

#include <sys/stat.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <optional>
#include <system_error>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "cli/shared_options.h"
#include "picklebox/saved_report.h"

namespace picklebox::cli {
namespace {

namespace fs = std::filesystem;

constexpr char kName[] = "picklebox.toml";

// The nearest configuration at the working folder or above it, as an absolute
// path without links.
std::optional<fs::path> FindNearest() {
  std::error_code error;
  fs::path folder = fs::current_path(error);
  if (error) return std::nullopt;
  while (true) {
    const fs::path candidate = folder / kName;
    if (fs::exists(candidate, error)) return fs::canonical(candidate, error);
    if (folder == folder.root_path()) return std::nullopt;
    folder = folder.parent_path();
  }
}

bool LiesIn(const fs::path& file, const std::string& folder) {
  std::error_code error;
  if (!fs::is_directory(folder, error)) return false;
  const fs::path whole = fs::canonical(folder, error);
  if (error) return true;  // it cannot be told: do not trust it
  return std::mismatch(whole.begin(), whole.end(), file.begin(), file.end())
             .first == whole.end();
}

bool IsOurs(const fs::path& file) {
  struct stat there;
  return stat(file.c_str(), &there) == 0 &&
         (there.st_uid == geteuid() || there.st_uid == 0);
}

// Why a configuration that was come upon does not count; empty if it does.
std::string Objection(const fs::path& file,
                      const std::vector<std::string>& scanned) {
  const bool within = std::any_of(
      scanned.begin(), scanned.end(),
      [&](const std::string& folder) { return LiesIn(file, folder); });
  if (within) return "lies in what is scanned";
  return IsOurs(file) ? "" : "belongs to another user";
}

}  // namespace

void ConfigOptions::AddTo(CLI::App* command) {
  auto* named = command->add_option(
      "--config", config,
      "Configuration; without it, PICKLEBOX_CONFIG or the nearest "
      "picklebox.toml");
  named->option_text("FILE");
  command->add_flag("--no-config", no_config, "No configuration at all")
      ->excludes(named)
      ->option_text(" ");
  command
      ->add_option("--baseline", baseline,
                   "A saved JSON report: what is in it does not count")
      ->option_text("FILE");
}

absl::StatusOr<Configuration> ConfigOptions::Load(
    const std::vector<std::string>& scanned) const {
  if (no_config) return Configuration();
  if (!config.empty()) return Configuration::FromFile(config);
  const char* const variable = std::getenv("PICKLEBOX_CONFIG");
  if (variable != nullptr && *variable != '\0') {
    return Configuration::FromFile(variable);
  }
  const std::optional<fs::path> nearest = FindNearest();
  if (!nearest) return Configuration();
  const std::string objection = Objection(*nearest, scanned);
  if (objection.empty()) return Configuration::FromFile(nearest->string());
  Warn(absl::StrCat(nearest->string(), " ", objection,
                    " and is not used; name it with --config to use it"));
  return Configuration();
}

absl::StatusOr<Acceptance> ConfigOptions::MakeAcceptance(
    const Configuration& configuration) const {
  Acceptance acceptance;
  const absl::CivilDay today =
      absl::ToCivilDay(absl::Now(), absl::UTCTimeZone());
  for (const Configuration::Accept& accept : configuration.accepts) {
    if (accept.expires >= today) {
      acceptance.Accept(accept.fingerprint, accept.reason);
    } else {
      Warn(absl::StrCat("the acceptance of ", accept.fingerprint,
                        " expired on ", absl::FormatCivilTime(accept.expires),
                        " and does not count: ", accept.reason));
    }
  }
  if (!baseline.empty()) {
    const absl::StatusOr<SavedReport> saved = ReadSavedReport(baseline);
    if (!saved.ok()) return saved.status();
    for (const FileReport& file : saved->files) acceptance.AddBaseline(file);
  }
  return acceptance;
}

}  // namespace picklebox::cli
