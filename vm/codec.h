// Text of protocols 0 to 2: escapes, and the decoding of Python 2 strings.
#ifndef PICKLEBOX_VM_CODEC_H_
#define PICKLEBOX_VM_CODEC_H_

#include <cstdint>
#include <optional>
#include <string>

#include "absl/strings/string_view.h"

namespace picklebox::vm {

// The encodings of Python 2 strings that are known here.
enum class Encoding : uint8_t {
  kAscii,
  kLatin1,
  kUtf8,
  kUtf8Sig,
  kUtf16,  // by mark, little-endian without one
  kUtf16Le,
  kUtf16Be,
  kRawUnicodeEscape,
  kUnicodeEscape,
  kBytes,  // stay bytes
  kUnknown,
};
// By Python's names and common aliases; case and '-', '_' do not matter, but
// "bytes" must be spelt just so.
Encoding FindEncoding(absl::string_view name);

enum class OnError : uint8_t {
  kStrict,
  kIgnore,
  kReplace,
  kSurrogateEscape,
  kSurrogatePass,
  kBackslashReplace,
  kUnknown
};
OnError FindOnError(absl::string_view name);

// Decodes to UTF-8 with surrogates as Python's codec would; nullopt when the
// text is not of that encoding, or for kUnknown.
std::optional<std::string> DecodeText(absl::string_view bytes,
                                      Encoding encoding, OnError on_error);

// The inside of a STRING: the escapes of a bytes literal. nullopt for a bad \x
// or a backslash at the end.
std::optional<std::string> UnescapeString(absl::string_view text);

// A UNICODE line: Latin-1 with \uXXXX and \UXXXXXXXX behind an odd number of
// backslashes. UTF-8 with surrogates; nullopt for a bad escape.
std::optional<std::string> DecodeRawUnicodeEscape(absl::string_view text);

}  // namespace picklebox::vm

#endif  // PICKLEBOX_VM_CODEC_H_
