#include "report/words.h"

#include <iterator>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "base/text.h"

namespace picklebox::report {

using base::EscapeAscii;

std::string Counted(uint64_t count, absl::string_view noun) {
  return absl::StrCat(count, " ", noun, count == 1 ? "" : "s");
}

std::string Size(uint64_t bytes) {
  if (bytes < 1000) return Counted(bytes, "byte");
  static constexpr absl::string_view kUnits[] = {"kB", "MB", "GB", "TB"};
  double size = static_cast<double>(bytes) / 1000;
  size_t unit = 0;
  while (size >= 999.95 && unit + 1 < std::size(kUnits)) {
    size /= 1000;
    ++unit;
  }
  return absl::StrFormat("%.1f %s", size, kUnits[unit]);
}

std::string Offset(uint64_t offset) {
  return absl::StrFormat("0x%x (%d)", offset, offset);
}

std::string Place(const FileReport& file, absl::string_view member) {
  return absl::StrCat(EscapeAscii(file.path), member.empty() ? "" : "!",
                      EscapeAscii(member));
}

bool HasPlaces(const FileReport& file) {
  return !file.streams.empty() || !file.members.empty();
}

std::string VerdictWords(const FileReport& file) {
  const uint64_t accepted = CountFindings(file, Standing::kAccepted);
  const uint64_t known = CountFindings(file, Standing::kKnown);
  std::string words(VerdictName(file.verdict));
  if (accepted > 0) absl::StrAppend(&words, " (", accepted, " accepted");
  if (known > 0) {
    absl::StrAppend(&words, accepted > 0 ? ", " : " (", known, " known");
  }
  if (accepted + known > 0) absl::StrAppend(&words, ")");
  return words;
}

std::string CodeWords(const Finding& finding) {
  return absl::StrCat(Info(finding.code).name,
                      finding.detail.empty() ? "" : "/",
                      EscapeAscii(finding.detail));
}

std::string MessageWords(const Finding& finding) {
  return finding.message.empty() ? std::string(Info(finding.code).explanation)
                                 : EscapeAscii(finding.message);
}

bool IsShown(const Finding& finding, bool show_accepted) {
  return show_accepted || finding.standing == Standing::kOpen;
}

std::string LeftOutWords(const Summary& summary) {
  std::string words;
  if (summary.accepted > 0) {
    words = absl::StrCat(Counted(summary.accepted, "finding"), " accepted");
  }
  if (summary.known > 0) {
    absl::StrAppend(&words, words.empty() ? "" : ", ",
                    Counted(summary.known, "finding"), " known");
  }
  if (summary.excluded > 0) {
    absl::StrAppend(&words, words.empty() ? "" : ", ",
                    Counted(summary.excluded, "file"), " excluded");
  }
  return words;
}

}  // namespace picklebox::report
