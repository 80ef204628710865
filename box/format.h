// What a file is, by its first bytes, when it is no raw pickle.
#ifndef PICKLEBOX_BOX_FORMAT_H_
#define PICKLEBOX_BOX_FORMAT_H_

#include <cstdint>

#include "absl/strings/string_view.h"
#include "absl/types/span.h"

namespace picklebox::box {

struct Format {
  absl::string_view name;  // empty: none that is known
  // A pickle can be in it, and this version does not look there.
  bool carries_pickles = false;
};

// `head`: the first 512 bytes, or all of a shorter file.
Format Recognise(absl::Span<const uint8_t> head);

// Whether `head` is text as people write it: UTF-8 without control characters
// but tab, newline and carriage return.
bool LooksLikeText(absl::Span<const uint8_t> head);

}  // namespace picklebox::box

#endif  // PICKLEBOX_BOX_FORMAT_H_
