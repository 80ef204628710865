#include "cli/shared_options.h"

#include <CLI/CLI.hpp>
#include <cstdio>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"

namespace picklebox::cli {
namespace {

absl::Status ParseExtension(const std::string& text, ReadOptions* read) {
  const std::pair<std::string, std::string> parts = absl::StrSplit(text, absl::MaxSplits('=', 1));
  uint32_t code = 0;
  const bool named = parts.second.find(':') != std::string::npos;
  if (!absl::SimpleAtoi(parts.first, &code) || code == 0 || code > INT32_MAX || !named) {
    return absl::InvalidArgumentError(absl::StrCat(
        "--extension wants CODE=module:qualname, such as 240=copy:copy; got '", text, "'"));
  }
  read->extensions[code] = parts.second;
  return absl::OkStatus();
}

}  // namespace

void SharedOptions::AddTo(CLI::App* command) {
  command->add_option("--policy", policy, "Policy file (TOML); default: the shipped profiles")
      ->type_name("FILE");
  command->add_option("--limit", limits, "Set a limit; `picklebox limits` lists them")
      ->type_name("NAME=VALUE");
  command->add_flag("--compat", read.compat,
                    "Follow CPython's C unpickler where unpicklers disagree, and do not report it");
  command->add_flag("--no-fix-imports", no_fix_imports, "Do not map Python 2 names");
  command->add_option("--encoding", read.encoding, "Of Python 2 strings: ASCII, latin1, bytes ...")
      ->capture_default_str();
  command->add_option("--errors", read.errors, "On undecodable Python 2 strings")
      ->capture_default_str();
  command->add_option("--buffers", read.buffers, "Out-of-band buffers that the loader would have")
      ->type_name("N");
  command->add_flag("--persistent-ids", read.persistent_ids,
                    "The loader would resolve persistent ids: allow them");
  command->add_option("--extension", extensions, "A registered copyreg extension code")
      ->type_name("CODE=GLOBAL");
  command->add_option("-j,--jobs", jobs, "Workers side by side; default: one a core")
      ->type_name("N");
}

absl::StatusOr<Limits> SharedOptions::MakeLimits(const Policy& chosen) const {
  Limits result = chosen.limits();
  for (const std::string& limit : limits) {
    const std::pair<std::string, std::string> parts =
        absl::StrSplit(limit, absl::MaxSplits('=', 1));
    if (absl::Status status = result.Set(parts.first, parts.second); !status.ok()) return status;
  }
  return result;
}

absl::StatusOr<std::unique_ptr<Scanner>> SharedOptions::MakeScanner() const {
  ScannerOptions options;
  if (!policy.empty()) {
    absl::StatusOr<Policy> loaded = Policy::FromFile(policy);
    if (!loaded.ok()) return loaded.status();
    options.policy = *std::move(loaded);
  }
  absl::StatusOr<Limits> chosen = MakeLimits(options.policy);
  if (!chosen.ok()) return chosen.status();
  options.limits = *chosen;
  options.read = read;
  options.read.fix_imports = !no_fix_imports;
  for (const std::string& extension : extensions) {
    if (absl::Status status = ParseExtension(extension, &options.read); !status.ok()) {
      return status;
    }
  }
  options.slots = jobs;
  return Scanner::Create(std::move(options));
}

int Complain(const absl::Status& status) {
  std::fprintf(stderr, "picklebox: %s\n", std::string(status.message()).c_str());
  return kExitUsage;
}

}  // namespace picklebox::cli
