#include "code/base64.h"

#include <array>
#include <cstring>
#include <utility>

#include "absl/strings/match.h"

namespace picklebox::code {
namespace {

constexpr size_t kMostFound = 1000;
// No code object is shorter.
constexpr size_t kLeastBytes = 40;
constexpr uint8_t kNone = 0xff;

// The six bits of each digit; kNone for what is none.
constexpr std::array<uint8_t, 256> kDigits = [] {
  std::array<uint8_t, 256> digits{};
  digits.fill(kNone);
  uint8_t next = 0;
  for (const char c : absl::string_view(
           "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"))
    digits[static_cast<uint8_t>(c)] = next++;
  return digits;
}();

uint8_t Digit(char c) { return kDigits[static_cast<uint8_t>(c)]; }

// Decodes from `*at` on, and moves it behind what is base64.
std::string Decode(absl::string_view text, size_t* at) {
  std::string bytes;
  uint32_t pending = 0;
  int bits = 0;
  while (*at < text.size()) {
    const char c = text[*at];
    const uint8_t digit = Digit(c);
    if (digit != kNone) {
      pending = pending << 6 | digit;
      bits += 6;
      if (bits >= 8) {
        bits -= 8;
        bytes.push_back(static_cast<char>(pending >> bits & 0xff));
      }
    } else if (c == '\\' && *at + 1 < text.size() && text[*at + 1] == 'n') {
      ++*at;  // a line end within JSON
    } else if (c != '\n' && c != '\r') {
      break;
    }
    ++*at;
  }
  return bytes;
}

}  // namespace

bool MayHoldEncoded(absl::string_view bytes) {
  constexpr absl::string_view kZeros = "AAAAAAA";
  return memmem(bytes.data(), bytes.size(), kZeros.data(), kZeros.size()) !=
         nullptr;
}

bool IsOfKeras(absl::string_view text) {
  return absl::StrContains(text, "__lambda__") ||
         absl::StrContains(text, "function_type");
}

std::vector<EncodedCode> FindEncoded(absl::string_view text, uint64_t at,
                                     bool keras) {
  std::vector<EncodedCode> found;
  size_t next = 0;
  while (found.size() < kMostFound) {
    // The tag of code, with or without a reference, and fewer than 16
    // arguments: "4w" or "Yw".
    const size_t w = text.find('w', next);
    if (w == absl::string_view::npos) break;
    next = w + 1;
    if (w == 0 || (text[w - 1] != '4' && text[w - 1] != 'Y')) continue;
    size_t end = w - 1;
    if (end > 0 && Digit(text[end - 1]) != kNone) continue;
    EncodedCode code;
    code.at = at + end;
    code.bytes = Decode(text, &end);
    next = end;
    if (code.bytes.size() < kLeastBytes) continue;
    code.maker = keras ? "Keras Lambda (base64)" : "base64";
    found.push_back(std::move(code));
  }
  return found;
}

}  // namespace picklebox::code
