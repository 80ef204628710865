#include "cli/reports.h"

#include <CLI/CLI.hpp>
#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "cli/shared_options.h"
#include "cli/standard_output.h"

namespace picklebox::cli {
namespace {

std::vector<std::string> FormatNames() {
  std::vector<std::string> names;
  for (const absl::string_view name : ReportFormats()) names.emplace_back(name);
  return names;
}

bool HoldsFingerprints(absl::string_view format) {
  return format == "json" || format == "jsonl" || format == "sarif";
}

std::string FormatOf(const std::string& output) {
  return output.substr(0, output.find(':'));
}

ReportStyle StyleOf(const ReportOptions& options) {
  ReportStyle style;
  style.verbosity = options.verbose ? 1 : options.quiet ? -1 : 0;
  style.show_accepted = options.show_accepted;
  style.category = options.category;
  style.has_baseline = options.has_baseline;
  return style;
}

}  // namespace

void ReportOptions::AddTo(CLI::App* command) {
  command->add_option("--format", format, "What the report is written in")
      ->check(CLI::IsMember(FormatNames()))
      ->option_text(absl::StrJoin(ReportFormats(), "|"));
  command
      ->add_option(
          "-o,--output", outputs,
          "Write the report to a file as well, such as sarif:out.sarif")
      ->allow_extra_args(false)
      ->option_text("FORMAT:FILE");
  auto* is_quiet = command->add_flag("-q,--quiet", quiet, "Only the summary");
  is_quiet->option_text(" ");
  command
      ->add_flag("-v,--verbose", verbose,
                 "Allowed globals, streams and fingerprints too")
      ->excludes(is_quiet)
      ->option_text(" ");
  command->add_flag("--show-accepted", show_accepted,
                    "Findings that are accepted or in the baseline too");
  command
      ->add_option("--color", color,
                   "Colors; NO_COLOR, CLICOLOR_FORCE and TERM count in auto")
      ->check(CLI::IsMember({"auto", "always", "never"}))
      ->option_text("auto|always|never");
  command->add_flag("--exit-zero", exit_zero,
                    "Exit with 0 whatever was found (not for 3 and 4)");
  command->add_flag("--allow-nothing", allow_nothing,
                    "Exit with 0 and not 3 when nothing was scanned");
}

bool ReportOptions::WantsFingerprints() const {
  return verbose || HoldsFingerprints(format) ||
         std::any_of(outputs.begin(), outputs.end(),
                     [](const std::string& output) {
                       return HoldsFingerprints(FormatOf(output));
                     });
}

absl::StatusOr<std::unique_ptr<Reports>> Reports::Open(
    const ReportOptions& options) {
  std::unique_ptr<Reports> reports(new Reports);
  reports->exit_zero_ = options.exit_zero;
  reports->allow_nothing_ = options.allow_nothing;
  ReportStyle style = StyleOf(options);
  for (const std::string& output : options.outputs) {
    const std::pair<std::string, std::string> parts =
        absl::StrSplit(output, absl::MaxSplits(':', 1));
    const std::vector<std::string> formats = FormatNames();
    if (parts.second.empty() || std::find(formats.begin(), formats.end(),
                                          parts.first) == formats.end()) {
      return absl::InvalidArgumentError(
          absl::StrCat("--output wants FORMAT:FILE, FORMAT one of ",
                       absl::StrJoin(formats, ", "), "; got '", output, "'"));
    }
    absl::StatusOr<std::unique_ptr<OutputFile>> file =
        OutputFile::Open(parts.second);
    if (!file.ok()) return file.status();
    OutputFile* const to = file->get();
    reports->files_.push_back(*std::move(file));
    reports->writers_.push_back(MakeReportWriter(
        parts.first, [to](absl::string_view text) { to->Write(text); }, style));
  }
  style.color = WantsColor(options.color);
  style.width = TerminalWidth();
  reports->writers_.push_back(
      MakeReportWriter(options.format.empty() ? "text" : options.format,
                       ToStandardOutput(), style));
  return reports;
}

void Reports::File(const FileReport& file) {
  for (const auto& writer : writers_) writer->File(file);
}

int Reports::End(const Summary& summary) {
  for (const auto& writer : writers_) writer->End(summary);
  int status = summary.exit_status();
  if (exit_zero_ && (status == kExitDenied || status == kExitIncomplete)) {
    status = kExitClean;
  }
  if (allow_nothing_ && status == kExitNothing) status = kExitClean;
  bool failed = false;
  for (const auto& file : files_) {
    const absl::Status closed = file->Close();
    if (!closed.ok()) Complain(closed);
    failed = failed || !closed.ok();
  }
  if (failed && status == kExitClean) status = kExitUsage;
  return EndStandardOutput(status);
}

}  // namespace picklebox::cli
