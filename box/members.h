// The worker's list of what is in a file: members of archives, contents of
// compressed data. Number 0 is the file itself; each further one is told to the
// parent when it is added.
//
//   uint32_t data = members.Find(archive, "archive/data/0");
//   if (data != Members::kNone) Use(members[data].size);
//
// All members of one archive are added before the first of them is looked into,
// so that one can be found from the other. Not thread-safe.
#ifndef PICKLEBOX_BOX_MEMBERS_H_
#define PICKLEBOX_BOX_MEMBERS_H_

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/string_view.h"
#include "box/reply.h"

namespace picklebox::box {

class Members {
 public:
  static constexpr uint32_t kNone = ~uint32_t{0};

  // No member is said to be larger than `most` bytes, which is what no content
  // that was read exceeds.
  Members(ReplyWriter* reply, uint64_t file_size, uint64_t most);

  uint32_t Add(MemberRecord member);
  // The first of that name in `parent`, or kNone.
  uint32_t Find(uint32_t parent, absl::string_view name) const;
  // Calls `visit` with the name of each member of `parent`, sorted by name.
  void ForEachIn(uint32_t parent,
                 const std::function<void(absl::string_view)>& visit) const;
  const MemberRecord& operator[](uint32_t member) const {
    return rows_[member];
  }
  // Of all members together, without the file; no more than 2^63.
  uint64_t bytes() const { return bytes_; }
  // With the file.
  size_t size() const { return rows_.size(); }
  // "a.zip!b/c.pkl", without the file; empty for the file.
  std::string Path(uint32_t member) const;

 private:
  ReplyWriter* reply_;
  const uint64_t most_;
  uint64_t bytes_ = 0;
  std::vector<MemberRecord> rows_;
  std::map<std::pair<uint32_t, std::string>, uint32_t, std::less<>> by_name_;
};

}  // namespace picklebox::box

#endif  // PICKLEBOX_BOX_MEMBERS_H_
