#include "box/serve.h"

#include <memory>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "absl/types/span.h"
#include "base/memory.h"
#include "base/source.h"
#include "box/reply.h"
#include "box/request.h"
#include "box/vetting.h"
#include "policy/table.h"

namespace picklebox::box {
namespace {

class ArenaMemory final : public base::Memory {
 public:
  explicit ArenaMemory(sandbox::Arena* arena) : arena_(arena) {}
  void* Reserve(size_t bytes) override { return arena_->Reserve(bytes); }
  size_t Mark() const override { return arena_->reserved(); }
  void Release(size_t mark) override { arena_->Release(mark); }

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

// The policy, and its overrides. Their patterns are compiled once a zygote; the
// process that serves a file inherits them, and what it adds by matching ends
// with it.
std::vector<policy::PolicyTable>* policy_tables = nullptr;

}  // namespace

bool Prepare(std::span<const uint8_t> shared) {
  absl::StatusOr<std::vector<policy::PolicyTable>> tables =
      policy::PolicyTable::OpenAll(Span(shared));
  if (!tables.ok()) return false;
  policy_tables = new std::vector<policy::PolicyTable>(*std::move(tables));
  return true;
}

void Serve(sandbox::Work& work) {
  const std::optional<Request> request = DecodeRequest(Span(work.request));
  if (!request || request->policy >= policy_tables->size() ||
      work.capacity < kSmallestReply) {
    return;
  }
  ArenaMemory memory(work.arena);
  ReplyWriter reply(absl::MakeSpan(work.result, work.capacity));
  std::shared_ptr<base::Source> file;
  if (work.has_input_fd) {
    file = std::make_shared<DescriptorSource>(work.input_size);
  } else {
    file = std::make_shared<base::SpanSource>(Span(work.input));
  }
  Respond(*request, (*policy_tables)[request->policy], memory, std::move(file),
          &reply);
  work.written = reply.Finish();
}

}  // namespace picklebox::box
