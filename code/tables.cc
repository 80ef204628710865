#include "code/tables.h"

#include <string>

#include "absl/strings/string_view.h"

namespace picklebox::code {
namespace {

using Starts = std::map<uint64_t, std::optional<int64_t>>;

int64_t Signed(char byte) { return static_cast<int8_t>(byte); }
uint8_t Unsigned(char byte) { return static_cast<uint8_t>(byte); }

// Up to 3.9: pairs of steps, of the offset and of the line.
void ReadPairs(absl::string_view table, int64_t line, uint64_t size,
               bool stops_at_end, Starts* starts) {
  std::optional<int64_t> last;
  uint64_t at = 0;
  for (size_t i = 0; i + 1 < table.size(); i += 2) {
    const uint8_t step = Unsigned(table[i]);
    if (step != 0) {
      if (line != last) (*starts)[at] = last = line;
      at += step;
      if (stops_at_end && at >= size) return;
    }
    line += Signed(table[i + 1]);
  }
  if (line != last) (*starts)[at] = last = line;
}

// 3.10: pairs of a length and a step of the line, -128 for no line.
void ReadRanges(absl::string_view table, int64_t line, Starts* starts) {
  std::optional<int64_t> last;
  uint64_t at = 0;
  for (size_t i = 0; i + 1 < table.size(); i += 2) {
    const int64_t step = Signed(table[i + 1]);
    if (step != -128) line += step;
    const uint64_t length = Unsigned(table[i]);
    if (length != 0 && step != -128 && line != last)
      (*starts)[at] = last = line;
    at += length;
  }
}

// Numbers in pieces of six bits, the lowest first.
class Pieces {
 public:
  explicit Pieces(absl::string_view bytes) : bytes_(bytes) {}
  bool done() const { return at_ >= bytes_.size(); }
  uint8_t Byte() { return done() ? 0 : Unsigned(bytes_[at_++]); }
  uint64_t Low() {
    uint64_t value = 0;
    for (int shift = 0; !done(); shift += 6) {
      const uint8_t piece = Byte();
      if (shift < 60) value |= uint64_t{piece & 63u} << shift;
      if ((piece & 64) == 0) break;
    }
    return value;
  }
  int64_t SignedLow() {
    const uint64_t value = Low();
    const auto magnitude = static_cast<int64_t>(value >> 1);
    return (value & 1) != 0 ? -magnitude : magnitude;
  }
  // The highest first. False: the bytes end within it.
  bool High(uint64_t* value) {
    *value = 0;
    while (!done()) {
      const uint8_t piece = Byte();
      *value = (*value & (~uint64_t{0} >> 8)) << 6 | (piece & 63u);
      if ((piece & 64) == 0) return true;
    }
    return false;
  }

 private:
  absl::string_view bytes_;
  size_t at_ = 0;
};

// From 3.11 on: lengths, lines and columns. Only the lines matter here.
void ReadLocations(absl::string_view table, int64_t line, bool none_counts,
                   Starts* starts) {
  constexpr int kNoLocation = 15;
  constexpr int kLong = 14;
  constexpr int kNoColumns = 13;
  constexpr int kOneLine = 10;
  Pieces in(table);
  bool begun = false;
  std::optional<int64_t> last;
  for (uint64_t at = 0; !in.done();) {
    const uint8_t first = in.Byte();
    const int kind = first >> 3 & 15;
    std::optional<int64_t> here;
    if (kind == kLong || kind == kNoColumns) {
      line += in.SignedLow();
      if (kind == kLong) {
        in.Low();
        in.Low();
        in.Low();
      }
    } else if (kind >= kOneLine && kind < kNoColumns) {
      line += kind - kOneLine;
      in.Byte();
      in.Byte();
    } else if (kind < kOneLine) {
      in.Byte();
    }
    if (kind != kNoLocation) here = line;
    if (none_counts ? (!begun || here != last) : (here && here != last)) {
      (*starts)[at] = here;
      last = here;
    }
    begun = true;
    at += uint64_t{2} * ((first & 7) + 1);
  }
}

}  // namespace

Starts LineStarts(const Store& store, const CodeObject& code, int minor) {
  Starts starts;
  const absl::string_view table = store.TextOf(code.line_table);
  if (minor >= 11) {
    ReadLocations(table, code.first_line, minor >= 13, &starts);
  } else if (minor == 10) {
    ReadRanges(table, code.first_line, &starts);
  } else {
    ReadPairs(table, code.first_line, store.TextOf(code.bytecode).size(),
              minor >= 8, &starts);
  }
  return starts;
}

std::vector<Handler> Handlers(const Store& store, const CodeObject& code) {
  std::vector<Handler> handlers;
  Pieces in(store.TextOf(code.exceptions));
  while (!in.done()) {
    Handler handler;
    uint64_t length = 0;
    uint64_t depth = 0;
    if (!in.High(&handler.start) || !in.High(&length) ||
        !in.High(&handler.target) || !in.High(&depth)) {
      break;
    }
    handler.start *= 2;
    handler.end = handler.start + 2 * length;
    handler.target *= 2;
    handler.depth = depth >> 1;
    handler.lasti = (depth & 1) != 0;
    handlers.push_back(handler);
  }
  return handlers;
}

}  // namespace picklebox::code
