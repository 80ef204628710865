#include "picklebox/acceptance.h"

#include <algorithm>
#include <utility>

namespace picklebox {
namespace {

// The verdict of a file that was denied, when what is answered for is left out.
Verdict VerdictOfOpen(const FileReport& file) {
  bool answered = false;
  bool incomplete = false;
  for (const Finding& finding : file.findings) {
    // Behind this one there may be denials that have no finding.
    if (finding.code == Code::kLimitFindings) return Verdict::kDenied;
    const Effect effect = Info(finding.code).effect;
    if (effect == Effect::kIncomplete) incomplete = true;
    if (effect != Effect::kDenies) continue;
    if (finding.standing == Standing::kOpen) return Verdict::kDenied;
    answered = true;
  }
  if (!answered) return Verdict::kDenied;
  return incomplete ? Verdict::kIncomplete : Verdict::kClean;
}

}  // namespace

bool IsFingerprint(absl::string_view text) {
  return text.size() == 32 && std::all_of(text.begin(), text.end(), [](char c) {
           return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
         });
}

void Acceptance::Accept(std::string fingerprint, std::string reason) {
  accepted_.emplace(std::move(fingerprint), std::move(reason));
}

void Acceptance::AddBaseline(const FileReport& file) {
  for (const Finding& finding : file.findings) {
    if (!finding.fingerprint.empty()) known_.insert(finding.fingerprint);
  }
}

void Acceptance::Apply(FileReport* file) const {
  for (Finding& finding : file->findings) {
    if (finding.fingerprint.empty() ||
        Info(finding.code).effect == Effect::kNone) {
      continue;
    }
    if (const auto found = accepted_.find(finding.fingerprint);
        found != accepted_.end()) {
      finding.standing = Standing::kAccepted;
      finding.answer = found->second;
    } else if (finding.standing == Standing::kOpen &&
               known_.count(finding.fingerprint) != 0) {
      finding.standing = Standing::kKnown;
    }
  }
  if (file->verdict == Verdict::kDenied) file->verdict = VerdictOfOpen(*file);
}

}  // namespace picklebox
