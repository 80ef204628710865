// How a case is read: options of pickle.load, in a few combinations that
// differ. The first byte of a fuzzer's input chooses one.
#ifndef PICKLEBOX_TESTS_CONFORMANCE_DIFFER_READINGS_H_
#define PICKLEBOX_TESTS_CONFORMANCE_DIFFER_READINGS_H_

#include <cstdint>
#include <utility>

#include "absl/types/span.h"

namespace picklebox::differ {

struct Reading {
  const char* name;
  const char* encoding = "ASCII";
  const char* errors = "strict";
  bool fix_imports = true;
  bool persistent_ids = false;  // the loader resolves them
  bool buffers = false;         // kBuffers are given
  bool extensions = false;      // kExtensions are registered
};

inline constexpr Reading kReadings[] = {
    {.name = "plain"},
    {.name = "persistent", .persistent_ids = true},
    {.name = "buffers", .buffers = true},
    {.name = "extensions", .extensions = true},
    {.name = "bytes", .encoding = "bytes"},
    {.name = "latin1", .encoding = "latin1"},
    {.name = "utf-8", .encoding = "utf-8", .errors = "replace"},
    {.name = "utf-8-pass", .encoding = "utf-8", .errors = "surrogatepass"},
    {.name = "utf-8-slash", .encoding = "utf-8", .errors = "backslashreplace"},
    {.name = "ascii-ignore", .errors = "ignore"},
    {.name = "ascii-escape", .errors = "surrogateescape"},
    {.name = "utf-16", .encoding = "utf-16"},
    {.name = "escapes", .encoding = "unicode-escape"},
    {.name = "python3-names", .fix_imports = false},
    {.name = "all",
     .encoding = "latin1",
     .persistent_ids = true,
     .buffers = true,
     .extensions = true},
};
inline const Reading& ReadingOf(uint8_t number) {
  return kReadings[number % std::size(kReadings)];
}

// Two out-of-band buffers: bytes, then a bytearray.
inline constexpr const char* kBuffers[] = {"first", "second"};

struct Extension {
  uint32_t code;
  const char* module;
  const char* qualname;
};
inline constexpr Extension kExtensions[] = {
    {1, "one", "One"}, {300, "three", "Hundred.Inner"}, {70'000, "os", "big"}};

}  // namespace picklebox::differ

#endif  // PICKLEBOX_TESTS_CONFORMANCE_DIFFER_READINGS_H_
