#include "cli/output_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <utility>

#include "absl/strings/str_cat.h"

namespace picklebox::cli {
namespace {

constexpr size_t kPiece = 64 << 10;

absl::Status Failure(const std::string& path, int error) {
  return absl::ErrnoToStatus(error, absl::StrCat("cannot write ", path));
}

// Where `path` leads if it is a link to something that exists.
std::string Resolved(const std::string& path) {
  char* const real = realpath(path.c_str(), nullptr);
  if (real == nullptr) return path;
  std::string resolved = real;
  std::free(real);
  return resolved;
}

// What a new file may be used for, by the user's umask.
mode_t NewFileMode() {
  const mode_t mask = umask(0);
  umask(mask);
  return 0666 & ~mask;
}

}  // namespace

OutputFile::OutputFile(std::string path, std::string target,
                       std::string temporary, int fd)
    : path_(std::move(path)),
      target_(std::move(target)),
      temporary_(std::move(temporary)),
      fd_(fd) {}

OutputFile::~OutputFile() {
  if (fd_ < 0) return;
  close(fd_);
  if (!temporary_.empty()) unlink(temporary_.c_str());
}

absl::StatusOr<std::unique_ptr<OutputFile>> OutputFile::Open(
    const std::string& path) {
  std::string target = Resolved(path);
  struct stat there;
  const bool exists = stat(target.c_str(), &there) == 0;
  if (exists && !S_ISREG(there.st_mode)) {
    const int fd = open(target.c_str(), O_WRONLY | O_CLOEXEC | O_NOCTTY);
    if (fd < 0) return Failure(path, errno);
    return std::unique_ptr<OutputFile>(
        new OutputFile(path, std::move(target), "", fd));
  }
  if (exists && access(target.c_str(), W_OK) != 0) return Failure(path, errno);
  std::string temporary = absl::StrCat(target, ".XXXXXX");
  const int fd = mkostemp(temporary.data(), O_CLOEXEC);
  if (fd < 0) return Failure(path, errno);
  fchmod(fd, exists ? there.st_mode & 0777 : NewFileMode());
  return std::unique_ptr<OutputFile>(
      new OutputFile(path, std::move(target), std::move(temporary), fd));
}

void OutputFile::Write(absl::string_view text) {
  absl::StrAppend(&pending_, text);
  if (pending_.size() < kPiece) return;
  Put(pending_);
  pending_.clear();
}

void OutputFile::Put(absl::string_view text) {
  while (error_ == 0 && !text.empty()) {
    const ssize_t put = write(fd_, text.data(), text.size());
    if (put < 0 && errno == EINTR) continue;
    if (put < 0) {
      error_ = errno;
      return;
    }
    text.remove_prefix(static_cast<size_t>(put));
  }
}

absl::Status OutputFile::Close() {
  Put(pending_);
  pending_.clear();
  if (error_ == 0 && !temporary_.empty() && fsync(fd_) != 0) error_ = errno;
  if (close(fd_) != 0 && error_ == 0) error_ = errno;
  fd_ = -1;
  if (error_ == 0 && !temporary_.empty() &&
      std::rename(temporary_.c_str(), target_.c_str()) != 0) {
    error_ = errno;
  }
  if (error_ == 0) return absl::OkStatus();
  if (!temporary_.empty()) unlink(temporary_.c_str());
  return Failure(path_, error_);
}

}  // namespace picklebox::cli
