#include "report/fingerprint.h"

#include <algorithm>
#include <map>

#include "absl/strings/str_cat.h"
#include "report/sha256.h"

namespace picklebox::report {
namespace {

// What each finding is about: a global that is denied, or a place. The findings
// on denied globals stand in the order of the globals, before others of their
// codes.
std::vector<std::string> Subjects(const FileReport& file) {
  std::vector<std::string> subjects;
  auto global = file.globals.begin();
  const auto denied = [](const GlobalReport& g) { return !g.allowed(); };
  for (const Finding& finding : file.findings) {
    subjects.push_back(absl::StrCat("@", finding.offset));
    if (finding.code != Code::kGlobalDenied &&
        finding.code != Code::kUseDenied) {
      continue;
    }
    global = std::find_if(global, file.globals.end(), denied);
    if (global == file.globals.end() || global->member != finding.member) {
      continue;
    }
    subjects.back() =
        absl::StrCat(global->raw_module, ":", global->raw_qualname);
    ++global;
  }
  return subjects;
}

}  // namespace

std::vector<std::string> Fingerprints(const FileReport& file,
                                      absl::string_view content) {
  const std::vector<std::string> subjects = Subjects(file);
  std::vector<std::string> prints;
  std::map<std::string, int> seen;
  for (size_t i = 0; i < file.findings.size(); ++i) {
    const Finding& finding = file.findings[i];
    const absl::string_view parts[] = {content, Info(finding.code).name,
                                       finding.detail, finding.member,
                                       subjects[i]};
    std::string key = "picklebox 1";
    for (const absl::string_view part : parts) {
      // With its length, so that no two lists of parts look alike.
      absl::StrAppend(&key, " ", part.size(), ":", part);
    }
    const int nth = ++seen[key];
    absl::StrAppend(&key, " ", nth);
    Sha256 hash;
    hash.Update(key);
    prints.push_back(hash.HexDigest().substr(0, 32));
  }
  return prints;
}

void SetFingerprints(FileReport* file) {
  const bool changed = std::any_of(
      file->findings.begin(), file->findings.end(),
      [](const Finding& f) { return f.code == Code::kInputChanged; });
  if (changed) file->sha256.clear();
  if (file->sha256.empty()) return;
  const std::vector<std::string> prints = Fingerprints(*file, file->sha256);
  for (size_t i = 0; i < prints.size(); ++i) {
    file->findings[i].fingerprint = prints[i];
  }
}

}  // namespace picklebox::report
