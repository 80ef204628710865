#include "base/file.h"

#include <cerrno>
#include <cstdio>
#include <memory>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"

namespace picklebox::base {

absl::StatusOr<std::string> ReadFile(const std::string& path, size_t limit,
                                     const char* what) {
  const std::unique_ptr<FILE, int (*)(FILE*)> file(
      std::fopen(path.c_str(), "rbe"), &std::fclose);
  if (file == nullptr)
    return absl::ErrnoToStatus(errno, absl::StrCat("cannot open ", path));
  std::string text;
  char piece[1 << 16];
  size_t got = 0;
  while ((got = std::fread(piece, 1, sizeof(piece), file.get())) > 0) {
    text.append(piece, got);
    if (text.size() > limit) {
      return absl::InvalidArgumentError(
          absl::StrCat(path, " is too long for ", what));
    }
  }
  if (std::ferror(file.get()) != 0)
    return absl::ErrnoToStatus(errno, absl::StrCat("cannot read ", path));
  return text;
}

}  // namespace picklebox::base
