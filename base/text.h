// Text that came out of a file.
//
// UTF-8 here is Python's with "surrogatepass": lone surrogates U+D800..U+DFFF
// are allowed in their three-byte form, overlong forms and code points above
// U+10FFFF are not.
#ifndef PICKLEBOX_BASE_TEXT_H_
#define PICKLEBOX_BASE_TEXT_H_

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>

#include "absl/strings/string_view.h"

namespace picklebox::base {

inline constexpr size_t kValid = static_cast<size_t>(-1);

// The offset of the first byte of [text, text + size) that is not UTF-8 (with
// lone surrogates), or kValid.
size_t FindInvalidUtf8(const char* text, size_t size);

// A validator for text that arrives in pieces. Feed() returns false at the
// first piece that cannot be UTF-8 any more; Finish() is false when the text
// ended within a character.
class Utf8Stream {
 public:
  bool Feed(const char* text, size_t size);
  bool Finish() const { return pending_ == 0; }
  // True when all that was fed is ASCII.
  bool ascii() const { return ascii_; }

 private:
  uint8_t pending_ = 0;  // continuation bytes that must still come
  uint8_t low_ = 0x80;   // bounds for the next continuation byte
  uint8_t high_ = 0xbf;
  bool ascii_ = true;
};

// Appends `code_point` (at most 0x10ffff, surrogates included) as UTF-8.
void AppendUtf8(uint32_t code_point, std::string* out);

// Decodes one code point of valid text at `*pos` and moves `*pos` behind it.
uint32_t DecodeUtf8(absl::string_view text, size_t* pos);

// What one look at a text tells.
struct TextTraits {
  bool ascii = false;
  // It can be the name of an attribute that a pickle may set: a non-empty run
  // of ASCII letters, digits, underscores and non-ASCII bytes that does not
  // begin with a digit and is not of the form __x__.
  bool attribute_name = false;
};
TextTraits Examine(absl::string_view text);
// The same without a branch on the length, for a text of up to kPadded bytes
// from which on kPadded bytes can be read.
inline constexpr size_t kPadded = 16;
inline TextTraits ExaminePadded(const uint8_t* text, size_t size);

inline bool IsAttributeName(absl::string_view text) {
  return Examine(text).attribute_name;
}

// `text` for a terminal, a log or an ASCII file: printable ASCII stays, the
// backslash is doubled, all else becomes \n, \xNN, \uNNNN or \UNNNNNNNN (bytes
// that are no UTF-8: \xNN). `quote`, if not 0, is escaped as well. Logs of
// build services obey lines such as "::error::" and "##[group]" or
// "##vso[...]": a colon that begins the text, if another follows or nothing
// does, becomes \x3a, and the second # of such a word \x23.
std::string EscapeAscii(absl::string_view text, char quote = 0);

// What to do with a lone surrogate, which Python's text can hold and strict
// readers of JSON refuse.
enum class Surrogates { kKeep, kSpell };

// `text` as the inside of a JSON string, ASCII only. Lone surrogates are kept
// as \udXXX, or spelled so that the text which is read has that backslash.
// Bytes that are no UTF-8 are replaced by U+FFFD. The second # of words such as
// "##[group]" is written \u0023.
std::string EscapeJson(absl::string_view text,
                       Surrogates surrogates = Surrogates::kKeep);

// ---- details

using Vector = int8_t __attribute__((vector_size(kPadded)));

inline Vector LoadVector(const uint8_t* p) {
  Vector vector;
  std::memcpy(&vector, p, sizeof(vector));
  return vector;
}

// From kAfter + kPadded - n on: zero for the first n bytes, and then ones.
inline constexpr std::array<uint8_t, 2 * kPadded> kAfter = [] {
  std::array<uint8_t, 2 * kPadded> bytes{};
  for (size_t i = kPadded; i < bytes.size(); ++i) bytes[i] = 0xff;
  return bytes;
}();

inline TextTraits ExaminePadded(const uint8_t* text, size_t size) {
  if (text[0] == '_') [[unlikely]]
    return Examine({reinterpret_cast<const char*>(text), size});
  const Vector after = LoadVector(kAfter.data() + kPadded - size);
  const Vector bytes = LoadVector(text) & ~after;
  const Vector small = bytes | 0x20;
  const auto good = ((small >= 'a') & (small <= 'z')) |
                    ((bytes >= '0') & (bytes <= '9')) | (bytes == '_') |
                    (bytes < 0) | after;
  const auto good_words = std::bit_cast<std::array<uint64_t, 2>>(good);
  const auto words = std::bit_cast<std::array<uint64_t, 2>>(bytes);
  constexpr uint64_t kHighBits = 0x8080808080808080u;
  const bool digit = static_cast<uint8_t>(text[0] - '0') < 10;
  return {.ascii = ((words[0] | words[1]) & kHighBits) == 0,
          .attribute_name = (good_words[0] & good_words[1]) == ~uint64_t{0} &&
                            !digit && size != 0};
}

}  // namespace picklebox::base

#endif  // PICKLEBOX_BASE_TEXT_H_
