#include "box/request.h"

#include <algorithm>

#include "absl/strings/string_view.h"
#include "base/bytes.h"

namespace picklebox::box {
namespace {

class Writer {
 public:
  void Number(uint64_t value) {
    uint8_t buffer[base::kMaxVarint];
    bytes_.insert(bytes_.end(), buffer, base::PutVarint(buffer, value));
  }
  void Text(absl::string_view text) {
    Number(text.size());
    bytes_.insert(bytes_.end(), text.begin(), text.end());
  }
  std::vector<uint8_t> Take() { return std::move(bytes_); }

 private:
  std::vector<uint8_t> bytes_;
};

class Reader {
 public:
  explicit Reader(absl::Span<const uint8_t> bytes)
      : p_(bytes.data()), end_(bytes.data() + bytes.size()) {}

  uint64_t Number() {
    uint64_t value = 0;
    if (ok_) p_ = base::GetVarint(p_, end_, &value);
    ok_ = ok_ && p_ != nullptr;
    return ok_ ? value : 0;
  }
  std::string Text() {
    const uint64_t size = Number();
    if (!ok_ || size > static_cast<uint64_t>(end_ - p_)) {
      ok_ = false;
      return "";
    }
    p_ += size;
    return std::string(reinterpret_cast<const char*>(p_) - size, size);
  }
  bool ok() const { return ok_; }
  bool done() const { return ok_ && p_ == end_; }

 private:
  const uint8_t* p_;
  const uint8_t* end_;
  bool ok_ = true;
};

}  // namespace

std::vector<uint8_t> Encode(const Request& request) {
  Writer out;
  out.Number(static_cast<uint64_t>(request.task));
  out.Number(request.named_pickle);
  out.Number(request.policy);
  out.Text(request.member);
  out.Number(request.offset);
  out.Number(request.length);
  const ReadOptions& read = request.read;
  out.Number(read.compat);
  out.Number(read.fix_imports);
  out.Text(read.encoding);
  out.Text(read.errors);
  out.Number(read.buffers);
  out.Number(read.persistent_ids);
  out.Number(read.python);
  out.Number(read.extensions.size());
  for (const auto& [code, global] : read.extensions) {
    out.Number(code);
    out.Text(global);
  }
#define PICKLEBOX_LIMIT(field, name, value, unit, why) \
  out.Number(request.limits.field);
#include "picklebox/limits.def"
#undef PICKLEBOX_LIMIT
  return out.Take();
}

std::optional<Request> DecodeRequest(absl::Span<const uint8_t> bytes) {
  Reader in(bytes);
  Request request;
  const uint64_t task = in.Number();
  if (task >= kTasks) return std::nullopt;
  request.task = static_cast<Task>(task);
  request.named_pickle = in.Number() != 0;
  request.policy = in.Number();
  request.member = in.Text();
  request.offset = in.Number();
  request.length = in.Number();
  ReadOptions& read = request.read;
  read.compat = in.Number() != 0;
  read.fix_imports = in.Number() != 0;
  read.encoding = in.Text();
  read.errors = in.Text();
  read.buffers = in.Number();
  read.persistent_ids = in.Number() != 0;
  read.python =
      static_cast<uint32_t>(std::min<uint64_t>(in.Number(), UINT32_MAX));
  for (uint64_t left = in.Number(); left > 0 && in.ok(); --left) {
    const uint32_t code = static_cast<uint32_t>(in.Number());
    read.extensions[code] = in.Text();
  }
#define PICKLEBOX_LIMIT(field, name, value, unit, why) \
  request.limits.field = in.Number();
#include "picklebox/limits.def"
#undef PICKLEBOX_LIMIT
  if (!in.done()) return std::nullopt;
  return request;
}

}  // namespace picklebox::box
