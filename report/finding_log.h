// A list of findings with a cap, so that a file cannot flood a report.
#ifndef PICKLEBOX_REPORT_FINDING_LOG_H_
#define PICKLEBOX_REPORT_FINDING_LOG_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "picklebox/finding.h"

namespace picklebox::report {

class FindingLog {
 public:
  explicit FindingLog(size_t limit) : limit_(limit) {}

  void Add(Finding finding) {
    if (findings_.size() < limit_) {
      findings_.push_back(std::move(finding));
    } else {
      ++dropped_;
    }
  }

  const std::vector<Finding>& findings() const { return findings_; }
  size_t size() const { return findings_.size(); }
  // How many there was no room for.
  uint64_t dropped() const { return dropped_; }

  // A state of the log that it can go back to.
  struct Mark {
    size_t size = 0;
    uint64_t dropped = 0;
  };
  Mark mark() const { return {findings_.size(), dropped_}; }
  // Forgets what was added since `mark`.
  void Forget(Mark mark) {
    if (mark.size < findings_.size()) findings_.resize(mark.size);
    dropped_ = mark.dropped;
  }

 private:
  size_t limit_;
  std::vector<Finding> findings_;
  uint64_t dropped_ = 0;
};

}  // namespace picklebox::report

#endif  // PICKLEBOX_REPORT_FINDING_LOG_H_
