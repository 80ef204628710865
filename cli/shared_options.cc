#include "cli/shared_options.h"

#include <CLI/CLI.hpp>
#include <cstdio>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "picklebox/report_writer.h"

namespace picklebox::cli {
namespace {

absl::Status ParseExtension(const std::string& text, ReadOptions* read) {
  const std::pair<std::string, std::string> parts =
      absl::StrSplit(text, absl::MaxSplits('=', 1));
  uint32_t code = 0;
  const bool named = parts.second.find(':') != std::string::npos;
  if (!absl::SimpleAtoi(parts.first, &code) || code == 0 || code > INT32_MAX ||
      !named) {
    return absl::InvalidArgumentError(absl::StrCat(
        "--extension wants CODE=module:qualname, such as 240=copy:copy; got '",
        text, "'"));
  }
  read->extensions[code] = parts.second;
  return absl::OkStatus();
}

// One or more lines of ours, whatever bytes they hold: indented, no line but
// the first can pose as one.
void Say(absl::string_view message) {
  std::string text;
  for (const absl::string_view line : absl::StrSplit(message, '\n')) {
    absl::StrAppend(&text, text.empty() ? "picklebox: " : "\n  ",
                    Printable(line));
  }
  std::fprintf(stderr, "%s\n", text.c_str());
}

}  // namespace

void SharedOptions::AddTo(CLI::App* command) {
  command
      ->add_option("--policy", policy,
                   "Policy file; without it, the shipped profiles")
      ->option_text("FILE");
  // One value a flag: what follows it is a path.
  command
      ->add_option("--limit", limits,
                   "Set a limit; `picklebox limits` lists them")
      ->allow_extra_args(false)
      ->option_text("NAME=VALUE");
  command->add_flag(
      "--compat", read.compat,
      "Where unpicklers disagree, follow CPython's C one and do not report it");
  command->add_flag("--no-fix-imports", no_fix_imports,
                    "Do not map Python 2 names");
  command
      ->add_option("--encoding", read.encoding,
                   "Of Python 2 strings: ASCII, latin1, bytes ...")
      ->option_text("NAME");
  command
      ->add_option("--errors", read.errors,
                   "On Python 2 strings that do not decode: strict ...")
      ->option_text("NAME");
  command
      ->add_option("--buffers", read.buffers,
                   "Out-of-band buffers that the loader would have")
      ->option_text("N");
  command->add_flag("--persistent-ids", read.persistent_ids,
                    "The loader would resolve persistent ids: allow them");
  command
      ->add_option("--extension", extensions,
                   "A copyreg extension code that would be known")
      ->allow_extra_args(false)
      ->option_text("CODE=MODULE:NAME");
  command
      ->add_option("-j,--jobs", jobs,
                   "Workers side by side; without it, one a core")
      ->check(CLI::Range(1, 1024))
      ->option_text("N");
}

absl::StatusOr<ScannerOptions> SharedOptions::MakeOptions(
    const Configuration& configuration) const {
  ScannerOptions options;
  const std::string& file = policy.empty() ? configuration.policy : policy;
  if (!file.empty()) {
    absl::StatusOr<Policy> loaded = Policy::FromFile(file);
    if (!loaded.ok()) return loaded.status();
    options.policy = *std::move(loaded);
  }
  options.limits = options.policy.limits();
  for (const auto& [name, value] : configuration.limits) {
    const absl::Status status = options.limits.Set(name, value);
    if (!status.ok()) return status;
  }
  for (const std::string& limit : limits) {
    const std::pair<std::string, std::string> parts =
        absl::StrSplit(limit, absl::MaxSplits('=', 1));
    const absl::Status status = options.limits.Set(parts.first, parts.second);
    if (!status.ok()) return status;
  }
  options.read = read;
  options.read.fix_imports = !no_fix_imports;
  for (const std::string& extension : extensions) {
    if (absl::Status status = ParseExtension(extension, &options.read);
        !status.ok()) {
      return status;
    }
  }
  options.slots = jobs > 0 ? jobs : configuration.jobs;
  return options;
}

absl::StatusOr<std::unique_ptr<Scanner>> SharedOptions::MakeScanner() const {
  absl::StatusOr<ScannerOptions> options = MakeOptions();
  if (!options.ok()) return options.status();
  return Scanner::Create(*std::move(options));
}

int Complain(const absl::Status& status) {
  Say(status.message());
  return kExitUsage;
}

void Warn(absl::string_view message) { Say(absl::StrCat("note: ", message)); }

}  // namespace picklebox::cli
