// The instructions of a code object, as `dis` of its Python prints them, but
// that all versions show jumps by offsets.
#ifndef PICKLEBOX_CODE_LISTING_H_
#define PICKLEBOX_CODE_LISTING_H_

#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "absl/strings/string_view.h"
#include "code/store.h"

namespace picklebox::code {

// One instruction with all that is said of it.
struct Line {
  uint64_t offset = 0;
  absl::string_view name;
  bool has_argument = false;
  uint32_t argument = 0;
  std::string text;  // ArgumentText
  bool starts_line = false;
  std::optional<int64_t>
      line;  // where it starts one; none from 3.13 on: no line
  bool is_target = false;
};

// Calls `take` with each instruction, as far as they can be decoded by the
// table of 3.`minor`, until it returns false. Returns why the decoding ended
// early, or nullptr.
const char* ForEachLine(const Store& store, const CodeObject& code, int minor,
                        const std::function<bool(const Line&)>& take);

// Calls `write` with whole lines of printable ASCII, each with its newline,
// until it returns false.
void List(const Store& store, const CodeObject& code, int minor,
          const std::function<bool(absl::string_view)>& write);

}  // namespace picklebox::code

#endif  // PICKLEBOX_CODE_LISTING_H_
