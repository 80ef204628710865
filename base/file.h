// Files of the caller's own, read whole: policies, configurations, reports.
// What is vetted is never read this way.
#ifndef PICKLEBOX_BASE_FILE_H_
#define PICKLEBOX_BASE_FILE_H_

#include <cstddef>
#include <string>

#include "absl/status/statusor.h"

namespace picklebox::base {

// The bytes of the file at `path`. InvalidArgument: it is more than `limit`
// bytes long, "too long for `what`"; else the error of the system, with what
// could not be done.
absl::StatusOr<std::string> ReadFile(const std::string& path, size_t limit,
                                     const char* what);

}  // namespace picklebox::base

#endif  // PICKLEBOX_BASE_FILE_H_
