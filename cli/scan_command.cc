#include <unistd.h>

#include <CLI/CLI.hpp>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "cli/commands.h"
#include "cli/fleet.h"
#include "cli/shared_options.h"
#include "cli/standard_output.h"
#include "cli/targets.h"
#include "picklebox/report_writer.h"

namespace picklebox::cli {
namespace {

struct ScanOptions {
  SharedOptions shared;
  std::vector<std::string> paths;
  std::string list;
  std::string format = "text";
  bool quiet = false;
  bool verbose = false;
};

// One of the report writers.
class Writer {
 public:
  explicit Writer(const ScanOptions& options) {
    if (options.format == "json") {
      json_ = std::make_unique<JsonReport>(ToStandardOutput());
    } else {
      TextStyle style;
      style.color = WantsColor();
      style.verbosity = options.verbose ? 1 : options.quiet ? -1 : 0;
      text_ = std::make_unique<TextReport>(ToStandardOutput(), style);
    }
  }
  void File(const FileReport& file) {
    if (json_ != nullptr) {
      json_->File(file);
    } else {
      text_->File(file);
    }
  }
  void End(const Summary& summary) {
    if (json_ != nullptr) {
      json_->End(summary);
    } else {
      text_->End(summary);
    }
  }

 private:
  std::unique_ptr<JsonReport> json_;
  std::unique_ptr<TextReport> text_;
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

int RunScan(const ScanOptions& options) {
  std::vector<std::string> paths = options.paths;
  if (!options.list.empty()) {
    absl::StatusOr<std::vector<std::string>> listed = ReadList(options.list);
    if (!listed.ok()) return Complain(listed.status());
    paths.insert(paths.end(), listed->begin(), listed->end());
  }
  if (paths.empty() && options.list.empty()) {
    return Complain(absl::InvalidArgumentError(
        "nothing to scan: give files, folders or '-'; `picklebox scan --help` "
        "has examples"));
  }
  const absl::StatusOr<ScannerOptions> scanner_options =
      options.shared.MakeOptions();
  if (!scanner_options.ok()) return Complain(scanner_options.status());
  absl::StatusOr<std::unique_ptr<Scanner>> scanner =
      Scanner::Create(*scanner_options);
  if (!scanner.ok()) return Complain(scanner.status());
  const std::vector<std::string> files = Expand(paths);
  const uint64_t input_limit = scanner_options->limits.input;
  const auto scan = [&](const std::string& file) {
    return file == kStandardInput
               ? ScanStandardInput(scanner->get(), input_limit)
               : (*scanner)->ScanFile(file);
  };
  const auto started = std::chrono::steady_clock::now();
  Writer writer(options);
  Summary summary;
  Progress progress(files.size());
  const int cores =
      std::max(1, static_cast<int>(std::thread::hardware_concurrency()));
  ScanAll(files, options.shared.jobs > 0 ? options.shared.jobs : cores, scan,
          [&](const Scan& outcome) {
            summary.Add(outcome.report);
            progress.Hide();
            writer.File(outcome.report);
            progress.Advance();
          });
  summary.seconds =
      std::chrono::duration<double>(std::chrono::steady_clock::now() - started)
          .count();
  writer.End(summary);
  return EndStandardOutput(summary.exit_status());
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
      "  cat model.pkl | picklebox scan -\n\n"
      "Exit status: 0 all clean, 1 something denied, 2 something incomplete "
      "and nothing denied,\n"
      "3 nothing was scanned, 4 usage.");
  command
      ->add_option("PATH", options->paths,
                   "Files, folders, or - for standard input")
      ->option_text(" ");
  command
      ->add_option("--files-from", options->list,
                   "Read paths from a file, one a line")
      ->option_text("FILE");
  command
      ->add_option("--format", options->format, "What the report is written in")
      ->check(CLI::IsMember({"text", "json"}))
      ->option_text("text|json");
  auto* quiet =
      command->add_flag("-q,--quiet", options->quiet, "Only the summary");
  command
      ->add_flag("-v,--verbose", options->verbose,
                 "Allowed globals and streams too")
      ->excludes(quiet)
      ->option_text(" ");
  quiet->option_text(" ");
  options->shared.AddTo(command);
  return [options] { return RunScan(*options); };
}

}  // namespace picklebox::cli
