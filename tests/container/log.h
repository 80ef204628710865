// What a reader of containers says, for tests.
#ifndef PICKLEBOX_TESTS_CONTAINER_LOG_H_
#define PICKLEBOX_TESTS_CONTAINER_LOG_H_

#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "container/reader.h"

namespace picklebox::container {

// Opens each member and compares its checksum, as whoever looks into it does.
class Log final : public Visitor {
 public:
  bool OnMember(Member member) override {
    members.push_back(absl::StrCat(member.name, "=", member.size,
                                   member.open ? "" : " closed"));
    const Remarks note = [this](Remark remark) { OnRemark(std::move(remark)); };
    if (member.open) member.open(note);
    if (member.verify) member.verify(note);
    return true;
  }
  void OnRemark(Remark remark) override {
    said.push_back(absl::StrCat(Info(remark.code).name, " ", remark.detail));
  }

  std::vector<std::string> members;  // "name=size"
  std::vector<std::string> said;     // "code detail"
};

}  // namespace picklebox::container

#endif  // PICKLEBOX_TESTS_CONTAINER_LOG_H_
