// What the judge of each graph of a file found, put together into the report of
// the file, in words that lead to the next step. Parent only.
//
//   Conclusion conclusion(table, limits.findings);
//   for (each stream) { Verify(stream, &judge); conclusion.Add(judge, member);
//   } conclusion.MoveTo(&report);
//
// A global that several streams name is reported once a member. Messages may
// hold bytes of the file. The table must outlive the object. Not thread-safe.
#ifndef PICKLEBOX_POLICY_CONCLUSION_H_
#define PICKLEBOX_POLICY_CONCLUSION_H_

#include <array>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "picklebox/finding.h"
#include "picklebox/report.h"
#include "policy/judge.h"
#include "policy/table.h"

namespace picklebox::policy {

class Conclusion {
 public:
  // Findings and globals beyond the limits are counted only.
  Conclusion(const PolicyTable& table, uint64_t max_findings,
             uint64_t max_globals = 10'000);

  // What `judge` holds of one graph of `member`.
  void Add(const Judge& judge, absl::string_view member);
  // Whether anything was denied so far.
  bool denied() const { return denials_ > 0; }
  // Appends globals and findings to the report: first the denied globals, then
  // what else was denied, then, if there was too much of it, that.
  void MoveTo(FileReport* report);

 private:
  using Key = std::array<std::string, 5>;  // member, raw name, canonical name

  void AddWhatIsKnown(const Judge::CodeDenial& denial, Finding* finding);
  void AddGlobal(const JudgedGlobal& global, absl::string_view member);
  void AddFinding(const JudgedGlobal& global, const GlobalReport& report);

  const PolicyTable& table_;
  const uint64_t max_findings_;
  const uint64_t max_globals_;
  uint64_t denials_ = 0;
  uint64_t dropped_ = 0;
  std::map<Key, size_t> indices_;  // of globals_
  std::vector<GlobalReport> globals_;
  std::vector<JudgedGlobal> judged_;  // parallel to globals_, names left out
  std::vector<Finding> findings_;
};

// "reference, call and build".
std::string ListUses(Uses uses);

}  // namespace picklebox::policy

#endif  // PICKLEBOX_POLICY_CONCLUSION_H_
