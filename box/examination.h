// The parent's half of a scan: reads a reply, verifies each graph, judges it
// again, and draws the conclusion. Parses nothing but the reply.
#ifndef PICKLEBOX_BOX_EXAMINATION_H_
#define PICKLEBOX_BOX_EXAMINATION_H_

#include <cstdint>
#include <memory>
#include <string>

#include "absl/types/span.h"
#include "picklebox/scanner.h"
#include "policy/table.h"

namespace picklebox::box {

// The reply of a worker that ended well, and what the parent knows of the job.
struct Answer {
  absl::Span<const uint8_t> bytes;
  std::shared_ptr<const void> owner;  // keeps `bytes` alive and unchanged
  uint64_t input_size = 0;
  // Reads the input, for checks of values; none: what they want is denied.
  Scanner::ReadAt read;
};

// Fills `scan`, whose report has its path and size, from `answer`. A reply that
// does not verify leaves findings and no graphs.
void Examine(const Answer& answer, const policy::PolicyTable& table,
             const ReadOptions& read, const Limits& limits, Scan* scan);

// Sets the verdicts of the report and of its streams from its findings.
void DrawVerdict(FileReport* report);

// Adds a finding on the file as a whole.
void AddFinding(Code code, std::string message, FileReport* report);

}  // namespace picklebox::box

#endif  // PICKLEBOX_BOX_EXAMINATION_H_
