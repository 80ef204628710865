// What the vetting of one file works on: items in a queue, and what they share.
#ifndef PICKLEBOX_BOX_ITEM_H_
#define PICKLEBOX_BOX_ITEM_H_

#include <algorithm>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/memory.h"
#include "base/source.h"
#include "box/format.h"
#include "box/judging.h"
#include "box/members.h"
#include "box/reply.h"
#include "box/request.h"
#include "box/torch_tar.h"
#include "container/budget.h"
#include "container/reader.h"
#include "policy/judge.h"
#include "policy/table.h"
#include "report/expansion.h"
#include "report/finding_log.h"

namespace picklebox::box {

// How an item came to be, which decides how much of it is searched.
enum class Origin : uint8_t {
  kFile,      // the file itself
  kUnpacked,  // all that was in compressed data
  kMember,    // one of many in an archive
};

// Something that is to be looked into.
struct Item {
  uint32_t member = 0;  // its number in Members
  Origin origin = Origin::kFile;
  uint64_t depth = 0;  // containers around it
  // Says by its name that it is a pickle, so that what cannot be read is a
  // broken one.
  bool named_pickle = false;
  // It is in an archive of which a part is missing.
  bool cut_off = false;
  // Of PyTorch's tar form.
  TarRole tar_role = TarRole::kNone;
  std::shared_ptr<const TarParts> tar_parts;
  std::function<std::shared_ptr<base::Source>(const container::Remarks&)> open;
  // Compares the checksum, where that is still to be done.
  std::function<void(const container::Remarks&)> verify;
};

// What all items of a file share.
struct Shared {
  Shared(const Request& asked, const policy::PolicyTable& policy,
         base::Memory& tables, uint64_t file_size, ReplyWriter* answer)
      : request(asked),
        table(policy),
        memory(tables),
        reply(*answer),
        members(answer, file_size, MostOfOne(asked.limits, file_size)),
        judge(policy, JudgingOptions(asked.read, asked.limits)),
        budget(asked.limits, file_size),
        findings_left(asked.limits.findings) {}

  const Request& request;
  const policy::PolicyTable& table;
  base::Memory& memory;  // marked and released around each item
  ReplyWriter& reply;
  Members members;
  policy::Judge judge;
  container::Budget budget;
  uint64_t streams = 0;        // pickles told so far
  uint64_t codes = 0;          // code objects told so far
  uint64_t findings_left;      // of the limit
  uint64_t findings_lost = 0;  // for which there was no room
  bool said_changed = false;   // that the input could not be read
  bool quiet = false;          // findings are not told
};

// The findings on one item, told when it is done with.
class Notes {
 public:
  Notes(Shared* shared, uint32_t member)
      : shared_(*shared), member_(member), log_(shared->findings_left) {}
  Notes(const Notes&) = delete;
  Notes& operator=(const Notes&) = delete;
  ~Notes() {
    if (shared_.quiet) return;
    for (const Finding& finding : log_.findings()) {
      shared_.reply.Report(finding, member_);
      shared_.said_changed |= finding.code == Code::kInputChanged;
    }
    shared_.findings_left -= log_.size();
    shared_.findings_lost += log_.dropped();
  }

  void Add(Code code, uint64_t offset, std::string message,
           absl::string_view detail = "") {
    Finding finding;
    finding.code = code;
    finding.detail = std::string(detail);
    finding.offset = offset;
    finding.message = std::move(message);
    log_.Add(std::move(finding));
  }
  void Add(container::Remark remark) {
    Add(remark.code, remark.offset, std::move(remark.message), remark.detail);
  }
  report::FindingLog& log() { return log_; }

 private:
  Shared& shared_;
  const uint32_t member_;
  report::FindingLog log_;
};

}  // namespace picklebox::box

#endif  // PICKLEBOX_BOX_ITEM_H_
