// A file that is there as a whole or not at all.
#ifndef PICKLEBOX_CLI_OUTPUT_FILE_H_
#define PICKLEBOX_CLI_OUTPUT_FILE_H_

#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace picklebox::cli {

// Writes beside its place and moves there in Close(); whoever reads the place
// finds what was there before, or all that is new. A place that holds no
// regular file (a pipe, a device) is written to directly. What fails is kept
// for Close() to say. Not closed, it leaves the place as it was.
class OutputFile {
 public:
  // PermissionDenied, NotFound ...: the place cannot be written to.
  static absl::StatusOr<std::unique_ptr<OutputFile>> Open(
      const std::string& path);
  ~OutputFile();
  OutputFile(const OutputFile&) = delete;
  OutputFile& operator=(const OutputFile&) = delete;

  void Write(absl::string_view text);
  absl::Status Close();

 private:
  OutputFile(std::string path, std::string target, std::string temporary,
             int fd);
  void Put(absl::string_view text);

  const std::string path_;       // as it was given
  const std::string target_;     // with links resolved
  const std::string temporary_;  // empty: written to directly
  int fd_;
  std::string pending_;
  int error_ = 0;
};

}  // namespace picklebox::cli

#endif  // PICKLEBOX_CLI_OUTPUT_FILE_H_
