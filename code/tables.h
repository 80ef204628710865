// The tables beside the instructions: lines, and who handles exceptions.
#ifndef PICKLEBOX_CODE_TABLES_H_
#define PICKLEBOX_CODE_TABLES_H_

#include <cstdint>
#include <map>
#include <optional>
#include <vector>

#include "code/store.h"

namespace picklebox::code {

// Where a line starts: offset to line, as dis.findlinestarts of that version
// has it. From 3.13 on, a place may start no line at all.
std::map<uint64_t, std::optional<int64_t>> LineStarts(const Store& store,
                                                      const CodeObject& code,
                                                      int minor);

struct Handler {
  uint64_t start = 0;  // in bytes
  uint64_t end = 0;    // behind the last
  uint64_t target = 0;
  uint64_t depth = 0;
  bool lasti = false;
};
// The exception table of 3.11 and later, as far as it can be read.
std::vector<Handler> Handlers(const Store& store, const CodeObject& code);

}  // namespace picklebox::code

#endif  // PICKLEBOX_CODE_TABLES_H_
