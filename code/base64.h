// Code that stands in text: marshal data in base64, as Keras writes the
// functions of Lambda layers, alone or within JSON.
//
//   for (const EncodedCode& code : FindEncoded(text, offset))
//     ReadMarshal(code.bytes, code.at, &store);
//
// What begins like a code object is decoded; whether it is one, reading shows.
// Functions of const data, in time linear in the text; any thread.
#ifndef PICKLEBOX_CODE_BASE64_H_
#define PICKLEBOX_CODE_BASE64_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"

namespace picklebox::code {

struct EncodedCode {
  uint64_t at = 0;    // where it stands
  std::string maker;  // what would make a function of it, in words
  std::string bytes;  // decoded
};

// Whether text somewhere in `bytes` may be what FindEncoded looks for: counts
// that are zero show in base64. A filter that is fast.
bool MayHoldEncoded(absl::string_view bytes);

// Whether what is around is a configuration of Keras.
bool IsOfKeras(absl::string_view text);

// Runs of base64 in `text`, which begins at `at`, with line ends or those of
// JSON in them, that begin like code in marshal data. At most 1000.
std::vector<EncodedCode> FindEncoded(absl::string_view text, uint64_t at,
                                     bool keras);

}  // namespace picklebox::code

#endif  // PICKLEBOX_CODE_BASE64_H_
