#include <fstream>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "cli/policy_commands.h"
#include "cli/policy_learner.h"
#include "cli/standard_output.h"
#include "cli/targets.h"
#include "picklebox/report_writer.h"

namespace picklebox::cli {
namespace {

absl::StatusOr<std::vector<Scan>> ScanEach(
    const ScannerOptions& options, const std::vector<std::string>& files) {
  absl::StatusOr<std::unique_ptr<Scanner>> scanner = Scanner::Create(options);
  if (!scanner.ok()) return scanner.status();
  std::vector<Scan> scans;
  scans.reserve(files.size());
  for (const std::string& file : files)
    scans.push_back((*scanner)->ScanFile(file));
  return scans;
}

// Says which files the policy does not make clean, and why.
int Verify(const std::string& text, ScannerOptions options,
           const std::vector<std::string>& files) {
  absl::StatusOr<Policy> policy = Policy::FromToml(text, "learned", ".");
  if (!policy.ok()) return Complain(policy.status());
  options.policy = *std::move(policy);
  const absl::StatusOr<std::vector<Scan>> scans = ScanEach(options, files);
  if (!scans.ok()) return Complain(scans.status());
  Summary summary;
  for (const Scan& scan : *scans) {
    summary.Add(scan.report);
    if (scan.report.verdict == Verdict::kClean) continue;
    std::string why = "nothing in it can be read";
    for (const Finding& finding : scan.report.findings) {
      if (Info(finding.code).effect == Effect::kNone) continue;
      why = absl::StrCat(Info(finding.code).name, ": ", finding.message);
      break;
    }
    Complain(absl::FailedPreconditionError(
        absl::StrCat(scan.report.path, " stays ",
                     VerdictName(scan.report.verdict), ": ", why)));
  }
  return summary.unsupported > 0 && summary.exit_status() == kExitClean
             ? kExitIncomplete
             : summary.exit_status();
}

}  // namespace

int RunPolicyLearn(const PolicyLearnOptions& options) {
  absl::StatusOr<ScannerOptions> scanner_options = options.shared.MakeOptions();
  if (!scanner_options.ok()) return Complain(scanner_options.status());
  // What the files ask of their loader is for the policy to say.
  scanner_options->read.persistent_ids = true;
  const std::vector<std::string> files = Expand(options.files);
  const absl::StatusOr<std::vector<Scan>> scans =
      ScanEach(*scanner_options, files);
  if (!scans.ok()) return Complain(scans.status());
  PolicyLearner learner(scanner_options->policy);
  for (const Scan& scan : *scans) learner.Add(scan);
  LearnStyle style;
  style.include_dangerous = options.include_dangerous;
  style.name = options.name;
  if (options.extend) {
    style.extends = {options.shared.policy.empty() ? "default"
                                                   : options.shared.policy};
  }
  const std::string text = learner.Text(style);
  if (options.output.empty()) {
    ToStandardOutput()(text);
  } else {
    std::ofstream out(options.output, std::ios::binary);
    out << text;
    out.close();
    if (!out.good()) {
      return Complain(absl::UnavailableError(
          absl::StrCat("cannot write ", options.output)));
    }
  }
  const std::vector<std::string> dangerous = learner.Dangerous();
  if (!options.include_dangerous && !dangerous.empty()) {
    Complain(absl::FailedPreconditionError(absl::StrCat(
        "left out as dangerous: ", absl::StrJoin(dangerous, ", "),
        "; `picklebox policy explain NAME` says why, --include-dangerous takes "
        "them in")));
  }
  scanner_options->read.persistent_ids = options.shared.read.persistent_ids;
  return EndStandardOutput(Verify(text, *scanner_options, files));
}

}  // namespace picklebox::cli
