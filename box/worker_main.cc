// The worker: a static program that the sandbox starts and that does one job a
// process. Everything that parses is in here and nowhere else.
#include <algorithm>
#include <optional>
#include <span>

#include "absl/types/span.h"
#include "base/memory.h"
#include "base/window.h"
#include "box/reply.h"
#include "box/request.h"
#include "box/vetting.h"
#include "policy/table.h"
#include "sandbox/worker.h"

namespace picklebox::box {
namespace {

class ArenaMemory final : public base::Memory {
 public:
  explicit ArenaMemory(sandbox::Arena* arena) : arena_(arena) {}
  void* Reserve(size_t bytes) override { return arena_->Reserve(bytes); }

 private:
  sandbox::Arena* arena_;
};

// The input, by the one system call that is left.
class DescriptorSource final : public base::Source {
 public:
  explicit DescriptorSource(uint64_t size) : size_(size) {}
  uint64_t size() const override { return size_; }
  bool ReadAt(uint64_t offset, uint8_t* to, size_t n) override {
    while (n > 0) {
      const ssize_t got = sandbox::ReadInputAt(to, n, offset);
      if (got <= 0) return false;
      to += got;
      offset += static_cast<uint64_t>(got);
      n -= static_cast<size_t>(got);
    }
    return true;
  }

 private:
  uint64_t size_;
};

template <typename T>
absl::Span<const T> Span(std::span<const T> span) {
  return absl::Span<const T>(span.data(), span.size());
}

void Answer(const Request& request, const policy::PolicyTable& table,
            base::Memory& memory, base::Window& in, ReplyWriter* reply) {
  if (request.task == Task::kDisassemble) {
    Disassemble(request, memory, in, reply);
  } else {
    Vet(request, table, memory, in, reply);
  }
}

void Serve(sandbox::Work& work) {
  const std::optional<Request> request = DecodeRequest(Span(work.request));
  const absl::StatusOr<policy::PolicyTable> table =
      policy::PolicyTable::Open(Span(work.shared));
  if (!request || !table.ok() || work.capacity < kSmallestReply) return;
  ArenaMemory memory(work.arena);
  ReplyWriter reply(absl::MakeSpan(work.result, work.capacity));
  if (work.has_input_fd) {
    DescriptorSource source(work.input_size);
    // A line of the input must fit; most of the buffer is never touched.
    const size_t room = std::max<uint64_t>(
        base::Window::kChunk,
        std::min(work.input_size, request->limits.memory / 4));
    uint8_t* const buffer = static_cast<uint8_t*>(memory.Reserve(room));
    if (buffer == nullptr) return;
    base::Window in(&source, buffer, room);
    Answer(*request, *table, memory, in, &reply);
  } else {
    base::Window in(Span(work.input));
    Answer(*request, *table, memory, in, &reply);
  }
  work.written = reply.Finish();
}

}  // namespace
}  // namespace picklebox::box

int main(int argc, char** argv) {
  return picklebox::sandbox::ZygoteMain(argc, argv, &picklebox::box::Serve);
}
