#include "sandbox/region.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/uio.h>

#include <algorithm>
#include <cerrno>
#include <memory>
#include <utility>

#include "absl/strings/str_cat.h"

#ifndef MFD_NOEXEC_SEAL
#define MFD_NOEXEC_SEAL 8U
#endif

namespace picklebox::sandbox {
namespace {

constexpr uint64_t kMiB = uint64_t{1} << 20;
constexpr uint64_t kTiB = uint64_t{1} << 40;
constexpr uint64_t kMostCopied = 256 * kMiB;
// Up to here a result is copied out: cheaper than a mapping and its faults.
constexpr uint64_t kMostCopiedOut = 64 << 10;
// From here on an input is worth huge pages in the whole arena. They fill five
// times as fast, but each table that is reserved wastes one in the mean, and
// that should be little against the input.
constexpr uint64_t kHugeInput = 64 * kMiB;
// Below this the heap stays small, and to ask costs more than it saves.
constexpr uint64_t kHeapInput = kMiB;
constexpr absl::Duration kLongest = absl::Hours(24);

uint64_t Nanoseconds(absl::Duration time) {
  return static_cast<uint64_t>(
      absl::ToInt64Nanoseconds(std::min(time, kLongest)));
}

absl::Status Check(const Job& job) {
  const Budget& budget = job.budget;
  if (budget.memory < kMiB || budget.memory > kTiB) {
    return absl::InvalidArgumentError("memory budget not in 1 MiB .. 1 TiB");
  }
  if (budget.result == 0 || budget.result > kTiB) {
    return absl::InvalidArgumentError("result budget not in 1 .. 1 TiB");
  }
  if (budget.wall <= absl::ZeroDuration() ||
      budget.cpu <= absl::ZeroDuration()) {
    return absl::InvalidArgumentError("a time budget is not positive");
  }
  if (job.request.size() > kMostCopied || job.input.size() > kMostCopied) {
    return absl::InvalidArgumentError("more than 256 MiB to copy");
  }
  if (job.read && (job.input_fd >= 0 || !job.input.empty())) {
    return absl::InvalidArgumentError("both an input and a way to read it");
  }
  if (job.input_fd < 0) return absl::OkStatus();
  if (!job.input.empty()) {
    return absl::InvalidArgumentError("both input and input_fd");
  }
  struct stat status;
  if (fstat(job.input_fd, &status) != 0) {
    return absl::ErrnoToStatus(errno, "fstat of the input");
  }
  if (!S_ISREG(status.st_mode)) {
    return absl::InvalidArgumentError("input_fd is not a regular file");
  }
  return absl::OkStatus();
}

Assignment Describe(const Job& job) {
  Assignment a;
  a.has_input_fd = job.input_fd >= 0 || job.read;
  a.asks_for_input = job.read != nullptr;
  a.request_size = job.request.size();
  a.copied_input_size = job.input.size();
  a.input_size = job.input_size;
  if (!a.has_input_fd && job.input_size == 0) a.input_size = job.input.size();
  a.huge_pages = a.input_size >= kHugeInput   ? HugePages::kEverywhere
                 : a.input_size >= kHeapInput ? HugePages::kHeap
                                              : HugePages::kNowhere;
  const uint64_t used = InputOffset(a.request_size) + a.copied_input_size;
  a.result_offset = (used + kPage - 1) / kPage * kPage;
  a.result_capacity = job.budget.result;
  a.memory = job.budget.memory;
  a.wall_ns = Nanoseconds(job.budget.wall);
  a.cpu_ns = Nanoseconds(job.budget.cpu);
  return a;
}

int CreateMemfd() {
  constexpr unsigned kFlags = MFD_CLOEXEC | MFD_ALLOW_SEALING;
  const int fd = memfd_create("picklebox-job", kFlags | MFD_NOEXEC_SEAL);
  if (fd >= 0 || errno != EINVAL) return fd;
  return memfd_create("picklebox-job", kFlags);  // before Linux 6.3
}

bool WriteAll(int fd, absl::Span<const uint8_t> bytes, uint64_t offset) {
  while (!bytes.empty()) {
    const ssize_t n =
        pwrite(fd, bytes.data(), bytes.size(), static_cast<off_t>(offset));
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return false;
    bytes.remove_prefix(static_cast<size_t>(n));
    offset += static_cast<uint64_t>(n);
  }
  return true;
}

bool ReadAll(int fd, uint8_t* to, uint64_t size, uint64_t offset) {
  while (size != 0) {
    const ssize_t n = pread(fd, to, size, static_cast<off_t>(offset));
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return false;
    to += n;
    size -= static_cast<uint64_t>(n);
    offset += static_cast<uint64_t>(n);
  }
  return true;
}

}  // namespace

absl::StatusOr<Region> Region::Create(const Job& job) {
  if (absl::Status status = Check(job); !status.ok()) return status;
  Region region;
  region.assignment_ = Describe(job);
  const Assignment& a = region.assignment_;
  region.fd_.Reset(CreateMemfd());
  if (!region.fd_) return absl::ErrnoToStatus(errno, "memfd_create");
  const uint64_t size = a.result_offset + sizeof(Slate) + a.result_capacity;
  if (ftruncate(region.fd(),
                static_cast<off_t>((size + kPage - 1) / kPage * kPage)) != 0) {
    return absl::ErrnoToStatus(errno, "sizing a job's memfd");
  }
  if (!WriteAll(region.fd(), job.request, 0) ||
      !WriteAll(region.fd(), job.input, InputOffset(a.request_size))) {
    return absl::ErrnoToStatus(errno, "filling a job's memfd");
  }
  if (fcntl(region.fd(), F_ADD_SEALS, F_SEAL_GROW | F_SEAL_SHRINK) != 0) {
    return absl::ErrnoToStatus(errno, "sealing the size of a job's memfd");
  }
  return region;
}

absl::Status Region::Close() {
  if (fcntl(fd(), F_ADD_SEALS, F_SEAL_WRITE | F_SEAL_SEAL) == 0) {
    return absl::OkStatus();
  }
  return absl::InternalError(
      absl::StrCat("seal gate: the result is still writable, errno ", errno));
}

absl::StatusOr<Slate> Region::ReadSlate() const {
  Slate slate;
  if (!ReadAll(fd(), reinterpret_cast<uint8_t*>(&slate), sizeof(slate),
               assignment_.result_offset)) {
    return absl::ErrnoToStatus(errno, "reading the slate");
  }
  return slate;
}

absl::Status Region::TakeResult(uint64_t size, Sealed* sealed) const {
  if (size == 0) return absl::OkStatus();
  const uint64_t offset = assignment_.result_offset;
  const uint64_t total = sizeof(Slate) + size;
  if (total > kMostCopiedOut) {
    void* mapping = mmap(nullptr, total, PROT_READ, MAP_SHARED | MAP_POPULATE,
                         fd(), static_cast<off_t>(offset));
    if (mapping == MAP_FAILED) {
      return absl::ErrnoToStatus(errno, "mapping a result");
    }
    sealed->AdoptMapping(mapping, total, sizeof(Slate), size);
    return absl::OkStatus();
  }
  // On the boundary that a mapping would give it.
  std::unique_ptr<uint8_t[]> copy(new uint8_t[total + kResultAlignment]);
  const uint64_t skip =
      -reinterpret_cast<uintptr_t>(copy.get()) % kResultAlignment;
  if (!ReadAll(fd(), copy.get() + skip, total, offset)) {
    return absl::ErrnoToStatus(errno, "reading a result");
  }
  sealed->AdoptCopy(std::move(copy), skip + sizeof(Slate), size);
  return absl::OkStatus();
}

}  // namespace picklebox::sandbox
