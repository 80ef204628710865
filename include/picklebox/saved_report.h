// A report in JSON, read back.
//
//   absl::StatusOr<SavedReport> saved = ReadSavedReport("monday.json");
//   if (!saved.ok()) Show(saved.status());
//   for (const FileReport& file : saved->files) writer->File(file);
#ifndef PICKLEBOX_SAVED_REPORT_H_
#define PICKLEBOX_SAVED_REPORT_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "picklebox/report.h"

namespace picklebox {

struct SavedReport {
  std::vector<FileReport> files;
  Summary summary;
};

// Reads what the format "json" writes, and nothing else: every property must be
// there, be of its type and be known. InvalidArgument: "x.json:3:9: ..." where
// it is no JSON, "x.json: files[2].verdict: ..." where it is no report.
absl::StatusOr<SavedReport> ParseSavedReport(absl::string_view text,
                                             absl::string_view name);
// The same of a file. NotFound, PermissionDenied ...: it cannot be read.
absl::StatusOr<SavedReport> ReadSavedReport(const std::string& path);

}  // namespace picklebox

#endif  // PICKLEBOX_SAVED_REPORT_H_
