// What a file is, by its first bytes, when it is no raw pickle.
#ifndef PICKLEBOX_BOX_FORMAT_H_
#define PICKLEBOX_BOX_FORMAT_H_

#include <cstdint>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "container/reader.h"

namespace picklebox::box {

// What a format means for the verdict where no reader took the content.
enum class Nature : uint8_t {
  kForeign,  // carries neither pickles nor code that we know of
  kCode,     // carries code or a model of its own kind, which is not looked at
  kHides,    // a pickle can be in it, and this version does not look there
};

struct Format {
  absl::string_view name;  // empty: none that is known
  Nature nature = Nature::kForeign;
  // What there is to know about it, for people: a clause; may be empty.
  absl::string_view about;
  // So few bytes tell it that a heap of numbers may begin with them.
  bool vague = false;
};

// `head`: the first 512 bytes, or all of a shorter file.
Format Recognise(absl::Span<const uint8_t> head);

// What the first bytes tell.
struct Head {
  std::vector<uint8_t> bytes;
  Format format;
  bool text = false;
};
inline constexpr size_t kHead = container::Input::kHead;

// Whether `head` is text as people write it: UTF-8 without control characters
// but tab, newline and carriage return.
bool LooksLikeText(absl::Span<const uint8_t> head);

}  // namespace picklebox::box

#endif  // PICKLEBOX_BOX_FORMAT_H_
