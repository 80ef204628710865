// What is written as JSON is read back, by a reader that is not ours.
#ifndef PICKLEBOX_FUZZ_BODIES_PARSED_H_
#define PICKLEBOX_FUZZ_BODIES_PARSED_H_

#include <cstddef>

#include "absl/strings/string_view.h"

namespace picklebox::fuzz {

// Aborts unless `text` is an array of `size` items in JSON.
void CheckArrayText(absl::string_view text, size_t size);

// A report in one of the formats: as many findings as there are, each with what
// a reader asks for first. Formats that are no JSON are not looked at.
void CheckReportText(absl::string_view format, absl::string_view text,
                     size_t findings);

}  // namespace picklebox::fuzz

#endif  // PICKLEBOX_FUZZ_BODIES_PARSED_H_
