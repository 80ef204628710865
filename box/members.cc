#include "box/members.h"

#include <algorithm>

#include "absl/strings/str_join.h"

namespace picklebox::box {

Members::Members(ReplyWriter* reply, uint64_t file_size, uint64_t most)
    : reply_(reply), most_(most) {
  MemberRecord file;
  file.size = file_size;
  file.offset = 0;
  rows_.push_back(std::move(file));
}

uint32_t Members::Add(MemberRecord member) {
  const uint32_t number = static_cast<uint32_t>(rows_.size());
  if (member.name.size() > kMaxMemberName) member.name.resize(kMaxMemberName);
  member.size = std::min(member.size, most_);
  bytes_ = std::min<uint64_t>(bytes_ + member.size, INT64_MAX);
  reply_->Member(member);
  by_name_.emplace(std::pair(member.parent, member.name), number);
  rows_.push_back(std::move(member));
  return number;
}

uint32_t Members::Find(uint32_t parent, absl::string_view name) const {
  const auto found = by_name_.find(std::pair(parent, std::string(name)));
  return found == by_name_.end() ? kNone : found->second;
}

void Members::ForEachIn(
    uint32_t parent,
    const std::function<void(absl::string_view)>& visit) const {
  for (auto it = by_name_.lower_bound(std::pair(parent, std::string()));
       it != by_name_.end() && it->first.first == parent; ++it) {
    visit(it->first.second);
  }
}

std::string Members::Path(uint32_t member) const {
  std::vector<absl::string_view> names;
  for (; member != 0; member = rows_[member].parent)
    names.push_back(rows_[member].name);
  std::reverse(names.begin(), names.end());
  return absl::StrJoin(names, "!");
}

}  // namespace picklebox::box
