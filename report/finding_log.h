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
  // Forgets all but the first `size`.
  void Truncate(size_t size) {
    if (size < findings_.size()) findings_.resize(size);
  }

 private:
  size_t limit_;
  std::vector<Finding> findings_;
  uint64_t dropped_ = 0;
};

}  // namespace picklebox::report

#endif  // PICKLEBOX_REPORT_FINDING_LOG_H_
