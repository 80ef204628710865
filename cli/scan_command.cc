#include <CLI/CLI.hpp>
#include <chrono>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "cli/commands.h"
#include "cli/config_file.h"
#include "cli/fleet.h"
#include "cli/reports.h"
#include "cli/shared_options.h"
#include "cli/targets.h"

namespace picklebox::cli {
namespace {

struct ScanOptions {
  SharedOptions shared;
  ReportOptions report;
  ConfigOptions config;
  std::vector<std::string> paths;
  std::string list;
  std::vector<std::string> exclude;
  std::string shard;
};

Scan ScanStandardInput(Scanner* scanner, uint64_t limit) {
  const absl::StatusOr<std::string> input = ReadStandardInput(limit);
  if (input.ok()) {
    const auto* bytes = reinterpret_cast<const uint8_t*>(input->data());
    return scanner->ScanBytes({bytes, input->size()}, kStandardInput);
  }
  Scan scan;
  scan.report.path = kStandardInput;
  scan.report.verdict = Verdict::kIncomplete;
  Finding finding;
  finding.code = Code::kInputUnreadable;
  finding.message = std::string(input.status().message());
  scan.report.findings.push_back(std::move(finding));
  return scan;
}

// What was asked to be scanned, as it was asked.
absl::StatusOr<std::vector<std::string>> AskedFor(const ScanOptions& options) {
  std::vector<std::string> paths = options.paths;
  if (!options.list.empty()) {
    absl::StatusOr<std::vector<std::string>> listed = ReadList(options.list);
    if (!listed.ok()) return listed.status();
    paths.insert(paths.end(), listed->begin(), listed->end());
  }
  if (paths.empty() && options.list.empty()) {
    return absl::InvalidArgumentError(
        "nothing to scan: give files, folders or '-'; `picklebox scan --help` "
        "has examples");
  }
  return paths;
}

// The files of it that are to be scanned now. Counts those that are excluded.
absl::StatusOr<std::vector<std::string>> Select(
    const ScanOptions& options, const std::vector<std::string>& paths,
    std::vector<std::string> exclude, uint64_t* excluded) {
  Shard shard;
  if (!options.shard.empty()) {
    absl::StatusOr<Shard> parsed = ParseShard(options.shard);
    if (!parsed.ok()) return parsed.status();
    shard = *parsed;
  }
  exclude.insert(exclude.end(), options.exclude.begin(), options.exclude.end());
  std::vector<std::string> files;
  for (std::string& file : Expand(paths)) {
    if (!shard.Has(file)) continue;
    if (IsExcluded(file, exclude)) {
      ++*excluded;
    } else {
      files.push_back(std::move(file));
    }
  }
  return files;
}

// The flags of the report, over what is configured.
ReportOptions Merge(const ScanOptions& options,
                    const Configuration& configuration) {
  ReportOptions report = options.report;
  if (report.format.empty()) report.format = configuration.format;
  if (report.outputs.empty()) report.outputs = configuration.outputs;
  report.has_baseline = !options.config.baseline.empty();
  if (!options.shard.empty()) {
    report.category = absl::StrCat(
        "shard-", absl::StrReplaceAll(options.shard, {{"/", "-of-"}}));
  }
  return report;
}

struct Prepared {
  ScannerOptions scanner;
  ReportOptions report;
  Acceptance acceptance;
  std::vector<std::string> files;
  uint64_t excluded = 0;
};

absl::StatusOr<Prepared> Prepare(const ScanOptions& options) {
  const absl::StatusOr<std::vector<std::string>> paths = AskedFor(options);
  if (!paths.ok()) return paths.status();
  const absl::StatusOr<Configuration> configuration =
      options.config.Load(*paths);
  if (!configuration.ok()) return configuration.status();
  Prepared prepared;
  absl::StatusOr<ScannerOptions> scanner =
      options.shared.MakeOptions(*configuration);
  if (!scanner.ok()) return scanner.status();
  prepared.scanner = *std::move(scanner);
  absl::StatusOr<Acceptance> acceptance =
      options.config.MakeAcceptance(*configuration);
  if (!acceptance.ok()) return acceptance.status();
  prepared.acceptance = *std::move(acceptance);
  prepared.report = Merge(options, *configuration);
  prepared.scanner.fingerprints =
      !prepared.acceptance.empty() || prepared.report.WantsFingerprints();
  absl::StatusOr<std::vector<std::string>> files =
      Select(options, *paths, configuration->exclude, &prepared.excluded);
  if (!files.ok()) return files.status();
  prepared.files = *std::move(files);
  return prepared;
}

int RunScan(const ScanOptions& options) {
  const absl::StatusOr<Prepared> prepared = Prepare(options);
  if (!prepared.ok()) return Complain(prepared.status());
  const absl::StatusOr<std::unique_ptr<Reports>> reports =
      Reports::Open(prepared->report);
  if (!reports.ok()) return Complain(reports.status());
  absl::StatusOr<std::unique_ptr<Scanner>> scanner =
      Scanner::Create(prepared->scanner);
  if (!scanner.ok()) return Complain(scanner.status());
  const auto scan = [&](const std::string& file) {
    return file == kStandardInput
               ? ScanStandardInput(scanner->get(),
                                   prepared->scanner.limits.input)
               : (*scanner)->ScanFile(file);
  };
  const auto started = std::chrono::steady_clock::now();
  Summary summary;
  summary.excluded = prepared->excluded;
  Progress progress(prepared->files.size(), !prepared->report.quiet);
  const int cores =
      std::max(1, static_cast<int>(std::thread::hardware_concurrency()));
  const int slots = prepared->scanner.slots;
  ScanAll(prepared->files, slots > 0 ? slots : cores, scan, [&](Scan outcome) {
    prepared->acceptance.Apply(&outcome.report);
    summary.Add(outcome.report);
    progress.Hide();
    (*reports)->File(outcome.report);
    progress.Advance(outcome.report.size);
  });
  progress.Hide();
  summary.seconds =
      std::chrono::duration<double>(std::chrono::steady_clock::now() - started)
          .count();
  return (*reports)->End(summary);
}

}  // namespace

Run AddScan(CLI::App* app) {
  auto options = std::make_shared<ScanOptions>();
  CLI::App* command =
      app->add_subcommand("scan", "Vet files and folders against a policy");
  command->footer(
      "Examples:\n"
      "  picklebox scan model.pkl\n"
      "  picklebox scan --policy acme.toml --format json models/ > "
      "report.json\n"
      "  picklebox scan -o sarif:picklebox.sarif --baseline report.json "
      "models/\n"
      "  cat model.pkl | picklebox scan -\n\n"
      "Exit status: 0 all clean, 1 something denied, 2 something incomplete "
      "and nothing denied,\n"
      "3 nothing was scanned, 4 usage, or a report could not be written.");
  command
      ->add_option("PATH", options->paths,
                   "Files, folders, or - for standard input")
      ->option_text(" ");
  command
      ->add_option("--files-from", options->list,
                   "Read paths from a file, one a line")
      ->option_text("FILE");
  command
      ->add_option("--exclude", options->exclude,
                   "Leave out what matches, such as '*.onnx' or 'data/old'")
      ->allow_extra_args(false)
      ->option_text("PATTERN");
  command
      ->add_option("--shard", options->shard,
                   "Scan one of N parts of the files, such as 2/5")
      ->option_text("I/N");
  options->report.AddTo(command);
  options->config.AddTo(command);
  options->shared.AddTo(command);
  return [options] { return RunScan(*options); };
}

}  // namespace picklebox::cli
