#include "box/input.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "box/examination.h"
#include "box/reply.h"
#include "report/sha256.h"

namespace picklebox::box {
namespace {

// Inputs up to this are copied to the worker; of larger ones it gets the
// descriptor.
constexpr uint64_t kCopied = 64 << 10;
// What is hashed at a time.
constexpr size_t kHashed = 256 << 10;
// A graph is rarely larger than its opcodes and never more than some times.
// What is in an archive may be many times its size.
constexpr uint64_t kResultPerByte = 8;
constexpr uint64_t kResultAtLeast = 1 << 30;
// The same for each pickle of at least two bytes.
constexpr uint64_t kResultPerPickle = 64;

// Closes at the end of its life what may be none, -1.
class Closing {
 public:
  explicit Closing(int fd) : fd_(fd) {}
  ~Closing() {
    if (fd_ >= 0) close(fd_);
  }
  Closing(const Closing&) = delete;
  Closing& operator=(const Closing&) = delete;
  int get() const { return fd_; }

 private:
  int fd_;
};

// Reads a part of a file; false when it is shorter or cannot be read.
bool ReadPart(int fd, uint64_t offset, absl::Span<uint8_t> to) {
  size_t done = 0;
  while (done < to.size()) {
    const ssize_t got = pread(fd, to.data() + done, to.size() - done,
                              static_cast<off_t>(offset + done));
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return false;
    done += static_cast<size_t>(got);
  }
  return true;
}

bool WriteAll(int fd, absl::Span<const uint8_t> bytes) {
  for (size_t done = 0; done < bytes.size();) {
    const ssize_t put = write(fd, bytes.data() + done, bytes.size() - done);
    if (put < 0 && errno == EINTR) continue;
    if (put <= 0) return false;
    done += static_cast<size_t>(put);
  }
  return true;
}

absl::string_view FileKind(mode_t mode) {
  if (S_ISDIR(mode)) return "a directory";
  if (S_ISFIFO(mode)) return "a named pipe";
  if (S_ISSOCK(mode)) return "a socket";
  if (S_ISCHR(mode) || S_ISBLK(mode)) return "a device";
  return "no regular file";
}

bool Unchanged(const struct stat& a, const struct stat& b) {
  return a.st_size == b.st_size && a.st_mtim.tv_sec == b.st_mtim.tv_sec &&
         a.st_mtim.tv_nsec == b.st_mtim.tv_nsec;
}

void AddError(Code code, absl::string_view what, int error,
              FileReport* report) {
  AddFinding(code, absl::StrCat(what, ": ", strerror(error)), report);
}

}  // namespace

void Inputs::File(const std::string& path, FileReport* report, Use use) const {
  const Closing file(
      open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
  if (file.get() < 0)
    return AddError(Code::kInputUnreadable, "cannot open", errno, report);
  Descriptor(file.get(), report, use);
}

void Inputs::Descriptor(int fd, FileReport* report, Use use) const {
  struct stat before;
  if (fstat(fd, &before) != 0)
    return AddError(Code::kInputUnreadable, "cannot stat", errno, report);
  if (!S_ISREG(before.st_mode)) {
    return AddFinding(Code::kInputUnreadable,
                      absl::StrCat("it is ", FileKind(before.st_mode)), report);
  }
  report->size = static_cast<uint64_t>(before.st_size);
  if (!Admit(report)) return;
  sandbox::Job job = NewJob(report->size);
  std::vector<uint8_t> copy;
  if (report->size <= kCopied) {
    copy.resize(report->size);
    if (!ReadPart(fd, 0, absl::MakeSpan(copy)))
      return AddFinding(Code::kInputChanged, "cannot read all of it", report);
    job.input = copy;
  } else {
    job.input_fd = fd;
  }
  use(job);
  struct stat after;
  if (fstat(fd, &after) != 0 || !Unchanged(before, after))
    AddFinding(Code::kInputChanged, "it changed while it was read", report);
}

void Inputs::Bytes(absl::Span<const uint8_t> bytes, FileReport* report,
                   Use use) const {
  report->size = bytes.size();
  if (!Admit(report)) return;
  sandbox::Job job = NewJob(bytes.size());
  if (bytes.size() <= kCopied) {
    job.input = bytes;
    return use(job);
  }
  const Closing memory(
      memfd_create("picklebox-input", MFD_CLOEXEC | MFD_ALLOW_SEALING));
  if (memory.get() < 0)
    return AddError(Code::kScanFailed, "cannot make a memfd", errno, report);
  if (!WriteAll(memory.get(), bytes))
    return AddError(Code::kScanFailed, "cannot copy it", errno, report);
  fcntl(memory.get(), F_ADD_SEALS,
        F_SEAL_WRITE | F_SEAL_GROW | F_SEAL_SHRINK | F_SEAL_SEAL);
  job.input_fd = memory.get();
  use(job);
}

void Inputs::Source(uint64_t size, const Scanner::ReadAt& read,
                    FileReport* report, Use use) const {
  report->size = size;
  if (!Admit(report)) return;
  sandbox::Job job = NewJob(size);
  std::vector<uint8_t> copy;
  if (size > kCopied) {
    job.read = read;
    return use(job);
  }
  copy.resize(size);
  if (size > 0 && !read(0, absl::MakeSpan(copy)))
    return AddFinding(Code::kInputChanged, "cannot read all of it", report);
  job.input = copy;
  use(job);
}

bool Inputs::Admit(FileReport* report) const {
  if (report->size <= limits_.input) return true;
  AddFinding(
      Code::kLimitInput,
      absl::StrCat(report->size, " bytes, and the limit is ", limits_.input),
      report);
  return false;
}

sandbox::Job Inputs::NewJob(uint64_t size) const {
  sandbox::Job job;
  job.input_size = size;
  job.budget.memory = limits_.memory;
  job.budget.wall = absl::Seconds(static_cast<int64_t>(limits_.time));
  job.budget.cpu = job.budget.wall;
  job.budget.result = ResultBudget(
      limits_, size * kResultPerByte +
                   std::min(size / 2, limits_.streams) * kResultPerPickle);
  return job;
}

uint64_t ResultBudget(const Limits& limits, uint64_t expected) {
  return std::max<uint64_t>(std::min(limits.result, expected + kResultAtLeast),
                            kSmallestReply);
}

Scanner::ReadAt ReaderOf(const sandbox::Job& job) {
  if (job.read) return job.read;
  return [&job](uint64_t offset, absl::Span<uint8_t> to) {
    if (job.input_fd >= 0) return ReadPart(job.input_fd, offset, to);
    const bool there =
        offset <= job.input.size() && to.size() <= job.input.size() - offset;
    if (there && !to.empty())
      memcpy(to.data(), job.input.data() + offset, to.size());
    return there;
  };
}

std::string HashOf(const sandbox::Job& job) {
  if (job.read) return "";
  const Scanner::ReadAt read = ReaderOf(job);
  std::vector<uint8_t> piece(std::min<uint64_t>(kHashed, job.input_size));
  report::Sha256 hash;
  for (uint64_t done = 0; done < job.input_size; done += piece.size()) {
    piece.resize(std::min<uint64_t>(piece.size(), job.input_size - done));
    if (!read(done, absl::MakeSpan(piece))) return "";
    hash.Update({reinterpret_cast<const char*>(piece.data()), piece.size()});
  }
  return hash.HexDigest();
}

}  // namespace picklebox::box
