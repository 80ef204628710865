// What every reader of a container has in common: it is given bytes, says what
// is in them, and reports what is wrong with them.
//
//   struct Printer : Visitor { ... };
//   ReadZip({file, head, &budget}, &printer);   // calls OnMember() for each
//
// A reader looks at what it needs to find the members and no further. Their
// bytes are read when a member is opened. What two readers of the same format
// could see differently is a finding that denies; what cannot be read is a
// finding that leaves the file incomplete; nothing is passed over in silence.
//
// Worker only. Not thread-safe. No recursion over the input's shape.
#ifndef PICKLEBOX_CONTAINER_READER_H_
#define PICKLEBOX_CONTAINER_READER_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "base/source.h"
#include "container/budget.h"
#include "picklebox/finding.h"

namespace picklebox::container {

// Something that a reader noticed. `offset` counts in what it was given.
struct Remark {
  Code code = Code::kArchiveBroken;
  absl::string_view detail;  // a literal
  uint64_t offset = 0;
  std::string message;
};
using Remarks = std::function<void(Remark)>;

// What a reader is given.
struct Input {
  std::shared_ptr<base::Source> source;
  // Its first bytes, kHead of them or all.
  static constexpr size_t kHead = 512;
  absl::Span<const uint8_t> head;
  Budget* budget = nullptr;
  // It is one member of many, most of which are raw numbers: what costs more
  // than a look at both ends is left out if neither says that it is this
  // format.
  bool is_member = false;
};

// One member of a container.
struct Member {
  std::string name;   // as the container spells it; any bytes
  uint64_t size = 0;  // as the container says
  absl::string_view packing = "stored";  // a literal: "stored", "deflate", ...
  // Where its bytes lie in the container, if they lie there as they are.
  std::optional<uint64_t> offset;
  // Gives its bytes, at most `size` of them; nullptr when it has none that can
  // be read. Called at most once. What it remarks counts in the member. Empty:
  // a folder, a link, or something that was reported as unreadable.
  std::function<std::shared_ptr<base::Source>(const Remarks&)> open;
  // The container is cut off: what this refers to may have been in the rest.
  bool cut_off = false;
  // Compares the bytes with their checksum, which open() did not do. For what
  // is used as more than a heap of numbers. Empty: there is nothing to do.
  std::function<void(const Remarks&)> verify;
};

class Visitor {
 public:
  virtual ~Visitor() = default;
  // False: no more members are wanted; the visitor has said why.
  virtual bool OnMember(Member member) = 0;
  virtual void OnRemark(Remark remark) = 0;

  void Say(Code code, absl::string_view detail, uint64_t offset,
           std::string message) {
    OnRemark({code, detail, offset, std::move(message)});
  }
};

}  // namespace picklebox::container

#endif  // PICKLEBOX_CONTAINER_READER_H_
