#include "vm/codec.h"

#include "absl/strings/ascii.h"
#include "absl/strings/str_format.h"
#include "absl/strings/strip.h"
#include "base/text.h"

namespace picklebox::vm {
namespace {

constexpr uint32_t kReplacement = 0xfffd;
constexpr uint32_t kMaxCodePoint = 0x10ffff;

struct NamedEncoding {
  absl::string_view name;
  Encoding encoding;
};
constexpr NamedEncoding kEncodings[] = {
    {"ascii", Encoding::kAscii},
    {"usascii", Encoding::kAscii},
    {"646", Encoding::kAscii},
    {"latin1", Encoding::kLatin1},
    {"latin", Encoding::kLatin1},
    {"l1", Encoding::kLatin1},
    {"iso88591", Encoding::kLatin1},
    {"88591", Encoding::kLatin1},
    {"cp819", Encoding::kLatin1},
    {"utf8", Encoding::kUtf8},
    {"u8", Encoding::kUtf8},
    {"utf8sig", Encoding::kUtf8Sig},
    {"utf16", Encoding::kUtf16},
    {"u16", Encoding::kUtf16},
    {"utf16le", Encoding::kUtf16Le},
    {"utf16be", Encoding::kUtf16Be},
    {"rawunicodeescape", Encoding::kRawUnicodeEscape},
    {"unicodeescape", Encoding::kUnicodeEscape},
};

// Gives one undecodable byte to the error handler; false in strict mode.
bool HandleByte(uint8_t byte, OnError on_error, std::string* out) {
  switch (on_error) {
    case OnError::kIgnore:
      return true;
    case OnError::kReplace:
      base::AppendUtf8(kReplacement, out);
      return true;
    case OnError::kSurrogateEscape:
      if (byte < 0x80) return false;
      base::AppendUtf8(0xdc00 + byte, out);
      return true;
    case OnError::kBackslashReplace:
      absl::StrAppendFormat(out, "\\x%02x", byte);
      return true;
    case OnError::kStrict:
    case OnError::kSurrogatePass:
    case OnError::kUnknown:
      return false;
  }
  return false;
}

std::optional<std::string> DecodeAscii(absl::string_view bytes,
                                       OnError on_error) {
  std::string out;
  for (const char c : bytes) {
    const uint8_t byte = static_cast<uint8_t>(c);
    if (byte < 0x80) {
      out.push_back(c);
    } else if (!HandleByte(byte, on_error, &out)) {
      return std::nullopt;
    }
  }
  return out;
}

std::string DecodeLatin1(absl::string_view bytes) {
  std::string out;
  out.reserve(bytes.size());
  for (const char c : bytes) base::AppendUtf8(static_cast<uint8_t>(c), &out);
  return out;
}

// Whether valid text (with surrogates) has none at `pos`.
bool IsSurrogate(absl::string_view text, size_t pos) {
  return static_cast<uint8_t>(text[pos]) == 0xed && pos + 1 < text.size() &&
         static_cast<uint8_t>(text[pos + 1]) >= 0xa0;
}

// How many bytes of `text` at `pos`, which is no UTF-8, Python hands to the
// error handler at once: the longest start of a well-formed character, at
// least one byte.
size_t BadRun(absl::string_view text, size_t pos) {
  const uint8_t lead = static_cast<uint8_t>(text[pos]);
  const size_t followers = lead >= 0xf0 && lead <= 0xf4  ? 3
                           : lead >= 0xe0 && lead < 0xf0 ? 2
                                                         : 0;
  size_t run = 1;
  while (run <= followers && pos + run < text.size()) {
    const uint8_t byte = static_cast<uint8_t>(text[pos + run]);
    uint8_t low = 0x80;
    uint8_t high = 0xbf;
    if (run == 1) {
      if (lead == 0xe0) low = 0xa0;
      if (lead == 0xed) high = 0x9f;
      if (lead == 0xf0) low = 0x90;
      if (lead == 0xf4) high = 0x8f;
    }
    if (byte < low || byte > high) break;
    ++run;
  }
  return run;
}

std::optional<std::string> DecodeUtf8(absl::string_view bytes,
                                      OnError on_error) {
  std::string out;
  size_t i = 0;
  while (i < bytes.size()) {
    const size_t bad =
        base::FindInvalidUtf8(bytes.data() + i, bytes.size() - i);
    const size_t stop = bad == base::kValid ? bytes.size() : i + bad;
    while (i < stop) {
      size_t next = i;
      base::DecodeUtf8(bytes, &next);
      if (IsSurrogate(bytes, i) && on_error != OnError::kSurrogatePass) {
        for (; i < next; ++i) {
          if (!HandleByte(static_cast<uint8_t>(bytes[i]), on_error, &out))
            return std::nullopt;
        }
      } else {
        out.append(bytes.data() + i, next - i);
        i = next;
      }
    }
    if (i == bytes.size()) break;
    const size_t run = BadRun(bytes, i);
    const bool whole = on_error == OnError::kReplace;  // one mark for the run
    for (size_t k = 0; k < (whole ? 1 : run); ++k) {
      if (!HandleByte(static_cast<uint8_t>(bytes[i + k]), on_error, &out))
        return std::nullopt;
    }
    i += run;
  }
  return out;
}

std::optional<std::string> DecodeUtf16(absl::string_view bytes, bool little) {
  if (bytes.size() % 2 != 0) return std::nullopt;
  const auto unit = [&](size_t i) -> uint32_t {
    const uint8_t a = static_cast<uint8_t>(bytes[i]);
    const uint8_t b = static_cast<uint8_t>(bytes[i + 1]);
    return little ? a | b << 8 : a << 8 | b;
  };
  std::string out;
  for (size_t i = 0; i < bytes.size(); i += 2) {
    const uint32_t first = unit(i);
    if (first >= 0xd800 && first < 0xdc00) {
      if (i + 4 > bytes.size()) return std::nullopt;
      const uint32_t second = unit(i + 2);
      if (second < 0xdc00 || second > 0xdfff) return std::nullopt;
      base::AppendUtf8(0x10000 + ((first - 0xd800) << 10) + (second - 0xdc00),
                       &out);
      i += 2;
    } else if (first >= 0xdc00 && first <= 0xdfff) {
      return std::nullopt;
    } else {
      base::AppendUtf8(first, &out);
    }
  }
  return out;
}

std::optional<std::string> DecodeUtf16WithMark(absl::string_view bytes) {
  if (absl::ConsumePrefix(&bytes, "\xff\xfe")) return DecodeUtf16(bytes, true);
  if (absl::ConsumePrefix(&bytes, "\xfe\xff")) return DecodeUtf16(bytes, false);
  return DecodeUtf16(bytes, true);
}

// Reads `count` hexadecimal digits at text[pos].
std::optional<uint32_t> Hex(absl::string_view text, size_t pos, size_t count) {
  if (count > text.size() - pos) return std::nullopt;
  uint32_t value = 0;
  for (size_t i = pos; i < pos + count; ++i) {
    const unsigned char c = static_cast<unsigned char>(text[i]);
    if (!absl::ascii_isxdigit(c)) return std::nullopt;
    value = value << 4 |
            static_cast<uint32_t>(c <= '9' ? c - '0' : (c | 0x20) - 'a' + 10);
  }
  return value;
}

// The simple escapes that bytes and str literals share; 0 for others.
bool SimpleEscape(char c, char* value) {
  static constexpr absl::string_view kNames = "\\'\"abfnrtv";
  static constexpr absl::string_view kValues = "\\'\"\a\b\f\n\r\t\v";
  const size_t i = kNames.find(c);
  if (i == absl::string_view::npos) return false;
  *value = kValues[i];
  return true;
}

// One to three octal digits at text[*pos], which is one.
uint32_t Octal(absl::string_view text, size_t* pos) {
  uint32_t value = 0;
  for (int i = 0;
       i < 3 && *pos < text.size() && text[*pos] >= '0' && text[*pos] <= '7';
       ++i) {
    value = value * 8 + static_cast<uint32_t>(text[(*pos)++] - '0');
  }
  return value;
}

// Python's unicode_escape: Latin-1 with the escapes of a str literal. Names
// (\N) are not known here and count as bad.
std::optional<std::string> DecodeUnicodeEscape(absl::string_view text) {
  std::string out;
  for (size_t i = 0; i < text.size();) {
    if (text[i] != '\\') {
      base::AppendUtf8(static_cast<uint8_t>(text[i++]), &out);
      continue;
    }
    if (++i == text.size()) return std::nullopt;
    const char c = text[i];
    char simple = 0;
    if (c == '\n') {
      ++i;
    } else if (SimpleEscape(c, &simple)) {
      out.push_back(simple);
      ++i;
    } else if (c >= '0' && c <= '7') {
      base::AppendUtf8(Octal(text, &i), &out);
    } else if (c == 'x' || c == 'u' || c == 'U') {
      const size_t digits = c == 'x' ? 2 : c == 'u' ? 4 : 8;
      const std::optional<uint32_t> value = Hex(text, i + 1, digits);
      if (!value || *value > kMaxCodePoint) return std::nullopt;
      base::AppendUtf8(*value, &out);
      i += 1 + digits;
    } else if (c == 'N') {
      return std::nullopt;
    } else {
      out.push_back('\\');
    }
  }
  return out;
}

}  // namespace

Encoding FindEncoding(absl::string_view name) {
  if (name == "bytes") return Encoding::kBytes;
  std::string plain;
  for (const char c : name) {
    if (c != '-' && c != '_' && c != ' ') {
      plain.push_back(absl::ascii_tolower(static_cast<unsigned char>(c)));
    }
  }
  for (const NamedEncoding& known : kEncodings) {
    if (known.name == plain) return known.encoding;
  }
  return Encoding::kUnknown;
}

OnError FindOnError(absl::string_view name) {
  if (name == "strict") return OnError::kStrict;
  if (name == "ignore") return OnError::kIgnore;
  if (name == "replace") return OnError::kReplace;
  if (name == "surrogateescape") return OnError::kSurrogateEscape;
  if (name == "surrogatepass") return OnError::kSurrogatePass;
  if (name == "backslashreplace") return OnError::kBackslashReplace;
  return OnError::kUnknown;
}

std::optional<std::string> DecodeText(absl::string_view bytes,
                                      Encoding encoding, OnError on_error) {
  switch (encoding) {
    case Encoding::kAscii:
      return DecodeAscii(bytes, on_error);
    case Encoding::kLatin1:
      return DecodeLatin1(bytes);
    case Encoding::kUtf8Sig:
      absl::ConsumePrefix(&bytes, "\xef\xbb\xbf");
      return DecodeUtf8(bytes, on_error);
    case Encoding::kUtf8:
      return DecodeUtf8(bytes, on_error);
    case Encoding::kUtf16:
      return DecodeUtf16WithMark(bytes);
    case Encoding::kUtf16Le:
      return DecodeUtf16(bytes, true);
    case Encoding::kUtf16Be:
      return DecodeUtf16(bytes, false);
    case Encoding::kRawUnicodeEscape:
      return DecodeRawUnicodeEscape(bytes);
    case Encoding::kUnicodeEscape:
      return DecodeUnicodeEscape(bytes);
    case Encoding::kBytes:
      return std::string(bytes);
    case Encoding::kUnknown:
      return std::nullopt;
  }
  return std::nullopt;
}

std::optional<std::string> UnescapeString(absl::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (size_t i = 0; i < text.size();) {
    if (text[i] != '\\') {
      out.push_back(text[i++]);
      continue;
    }
    if (++i == text.size()) return std::nullopt;
    const char c = text[i];
    char simple = 0;
    if (c == '\n') {
      ++i;
    } else if (SimpleEscape(c, &simple)) {
      out.push_back(simple);
      ++i;
    } else if (c >= '0' && c <= '7') {
      out.push_back(static_cast<char>(Octal(text, &i)));
    } else if (c == 'x') {
      const std::optional<uint32_t> value = Hex(text, i + 1, 2);
      if (!value) return std::nullopt;
      out.push_back(static_cast<char>(*value));
      i += 3;
    } else {
      out.push_back('\\');  // an unknown escape stays as it is
    }
  }
  return out;
}

std::optional<std::string> DecodeRawUnicodeEscape(absl::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (size_t i = 0; i < text.size();) {
    if (text[i] != '\\') {
      base::AppendUtf8(static_cast<uint8_t>(text[i++]), &out);
      continue;
    }
    // A backslash and what follows it. A pair of backslashes stays a pair.
    const char next = i + 1 < text.size() ? text[i + 1] : '\0';
    if (next != 'u' && next != 'U') {
      out.push_back('\\');
      ++i;
      if (next == '\\') {
        out.push_back('\\');
        ++i;
      }
      continue;
    }
    const size_t digits = next == 'u' ? 4 : 8;
    const std::optional<uint32_t> value = Hex(text, i + 2, digits);
    if (!value || *value > kMaxCodePoint) return std::nullopt;
    base::AppendUtf8(*value, &out);
    i += 2 + digits;
  }
  return out;
}

}  // namespace picklebox::vm
