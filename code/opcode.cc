#include "code/opcode.h"

#include <array>

#include "code/store.h"

namespace picklebox::code {
namespace {

constexpr int kPythons = kNewestPython - kOldestPython + 1;
using Table = std::array<std::array<Opcode, 256>, kPythons>;

struct Row {
  int first;
  int last;
  int number;
  absl::string_view name;
  int caches;
  Argument argument;
};

constexpr Row kRows[] = {
#define PICKLEBOX_PYTHON_OP(first, last, number, name, caches, kind) \
  {first, last, number, name, caches, Argument::kind},
#include "code/opcodes.def"
#undef PICKLEBOX_PYTHON_OP
};

Table MakeTable() {
  Table table;
  for (const Row& row : kRows) {
    for (int minor = row.first; minor <= row.last; ++minor) {
      table[static_cast<size_t>(minor - kOldestPython)]
           [static_cast<size_t>(row.number)] = {
               row.name, static_cast<uint8_t>(row.caches), row.argument};
    }
  }
  return table;
}

}  // namespace

const Opcode& FindOpcode(int minor, uint8_t number) {
  static const Table table = MakeTable();
  return table[static_cast<size_t>(minor - kOldestPython)][number];
}

}  // namespace picklebox::code
