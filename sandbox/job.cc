#include "sandbox/job.h"

#include <sys/mman.h>

#include <utility>

namespace picklebox::sandbox {

std::string_view EndingName(Ending ending) {
  switch (ending) {
    case Ending::kDone:
      return "done";
    case Ending::kOutOfMemory:
      return "out of memory";
    case Ending::kWallTime:
      return "out of time";
    case Ending::kCpuTime:
      return "out of processor time";
    case Ending::kViolation:
      return "forbidden system call";
    case Ending::kCrash:
      return "crash";
    case Ending::kStackOverflow:
      return "stack overflow";
    case Ending::kKilled:
      return "killed";
    case Ending::kBadResult:
      return "bad result";
    case Ending::kExit:
      return "unexpected exit";
  }
  return "unknown";
}

Sealed::Sealed(Ending ending, std::string detail, Usage usage)
    : ending_(ending), detail_(std::move(detail)), usage_(usage) {}

Sealed::Sealed(Sealed&& other) noexcept { *this = std::move(other); }

Sealed& Sealed::operator=(Sealed&& other) noexcept {
  if (this == &other) return *this;
  if (mapping_ != nullptr) munmap(mapping_, mapped_);
  ending_ = other.ending_;
  detail_ = std::move(other.detail_);
  usage_ = other.usage_;
  bytes_ = std::exchange(other.bytes_, {});
  copy_ = std::move(other.copy_);
  mapping_ = std::exchange(other.mapping_, nullptr);
  mapped_ = std::exchange(other.mapped_, 0);
  return *this;
}

Sealed::~Sealed() {
  if (mapping_ != nullptr) munmap(mapping_, mapped_);
}

void Sealed::AdoptCopy(std::unique_ptr<uint8_t[]> copy, uint64_t skip,
                       uint64_t size) {
  copy_ = std::move(copy);
  bytes_ = {copy_.get() + skip, size};
}

void Sealed::AdoptMapping(void* mapping, uint64_t mapped, uint64_t skip,
                          uint64_t size) {
  mapping_ = mapping;
  mapped_ = mapped;
  bytes_ = {static_cast<const uint8_t*>(mapping) + skip, size};
}

}  // namespace picklebox::sandbox
