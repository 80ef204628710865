#include "base/text.h"

#include <cstring>

#include "absl/strings/ascii.h"
#include "absl/strings/str_format.h"
#include "base/bytes.h"

namespace picklebox::base {
namespace {

constexpr uint64_t kHighBits = 0x8080808080808080u;

// What the first byte of a multi-byte character says: how many bytes follow
// and between which bounds the first of them lies. Zero followers: no such
// first byte.
struct Lead {
  uint8_t followers;
  uint8_t low;
  uint8_t high;
};

constexpr Lead LeadOf(uint8_t byte) {
  if (byte >= 0xc2 && byte <= 0xdf) return {1, 0x80, 0xbf};
  if (byte == 0xe0) return {2, 0xa0, 0xbf};
  if (byte >= 0xe1 && byte <= 0xef) return {2, 0x80, 0xbf};
  if (byte == 0xf0) return {3, 0x90, 0xbf};
  if (byte >= 0xf1 && byte <= 0xf3) return {3, 0x80, 0xbf};
  if (byte == 0xf4) return {3, 0x80, 0x8f};
  return {0, 0, 0};
}

// The length of the ASCII run at the start of the text.
size_t AsciiRun(const char* text, size_t size) {
  size_t i = 0;
  for (; i + 8 <= size; i += 8) {
    const uint64_t word =
        LoadLittle<uint64_t>(reinterpret_cast<const uint8_t*>(text + i));
    if ((word & kHighBits) != 0) break;
  }
  while (i < size && static_cast<uint8_t>(text[i]) < 0x80) ++i;
  return i;
}

}  // namespace

size_t FindInvalidUtf8(const char* text, size_t size) {
  size_t i = AsciiRun(text, size);
  while (i < size) {
    const Lead lead = LeadOf(static_cast<uint8_t>(text[i]));
    if (lead.followers == 0 || size - i <= lead.followers) return i;
    const uint8_t first = static_cast<uint8_t>(text[i + 1]);
    if (first < lead.low || first > lead.high) return i;
    for (size_t k = 2; k <= lead.followers; ++k) {
      if ((static_cast<uint8_t>(text[i + k]) & 0xc0) != 0x80) return i;
    }
    i += 1 + lead.followers;
    i += AsciiRun(text + i, size - i);
  }
  return kValid;
}

bool Utf8Stream::Feed(const char* text, size_t size) {
  for (size_t i = 0; i < size;) {
    if (pending_ == 0) {
      i += AsciiRun(text + i, size - i);
      if (i == size) break;
      const Lead lead = LeadOf(static_cast<uint8_t>(text[i++]));
      if (lead.followers == 0) return false;
      ascii_ = false;
      pending_ = lead.followers;
      low_ = lead.low;
      high_ = lead.high;
      continue;
    }
    const uint8_t byte = static_cast<uint8_t>(text[i++]);
    if (byte < low_ || byte > high_) return false;
    low_ = 0x80;
    high_ = 0xbf;
    --pending_;
  }
  return true;
}

void AppendUtf8(uint32_t code_point, std::string* out) {
  const auto put = [out](uint32_t byte) {
    out->push_back(static_cast<char>(byte));
  };
  if (code_point < 0x80) {
    put(code_point);
  } else if (code_point < 0x800) {
    put(0xc0 | code_point >> 6);
    put(0x80 | (code_point & 0x3f));
  } else if (code_point < 0x10000) {
    put(0xe0 | code_point >> 12);
    put(0x80 | (code_point >> 6 & 0x3f));
    put(0x80 | (code_point & 0x3f));
  } else {
    put(0xf0 | code_point >> 18);
    put(0x80 | (code_point >> 12 & 0x3f));
    put(0x80 | (code_point >> 6 & 0x3f));
    put(0x80 | (code_point & 0x3f));
  }
}

uint32_t DecodeUtf8(absl::string_view text, size_t* pos) {
  const uint8_t first = static_cast<uint8_t>(text[(*pos)++]);
  const uint8_t followers = LeadOf(first).followers;
  uint32_t code_point = followers == 0 ? first : first & (0x3f >> followers);
  for (uint8_t k = 0; k < followers; ++k) {
    code_point =
        code_point << 6 | (static_cast<uint8_t>(text[(*pos)++]) & 0x3f);
  }
  return code_point;
}

namespace {

constexpr uint64_t EachByte(uint8_t byte) { return 0x0101010101010101u * byte; }

// The high bit of each byte of `word` that lies in [low, high]. All bytes and
// both bounds are below 0x80.
constexpr uint64_t InRange(uint64_t word, uint8_t low, uint8_t high) {
  return (word + EachByte(0x80 - low)) & ~(word + EachByte(0x7f - high)) &
         kHighBits;
}

// The high bit of each byte that can stand in a name.
constexpr uint64_t NameBytes(uint64_t word) {
  const uint64_t low = word & ~kHighBits;
  return (word & kHighBits) | InRange(low | EachByte(0x20), 'a', 'z') |
         InRange(low, '0', '9') | InRange(low, '_', '_');
}

// Eight bytes among which are all 1..7 of a short text, and else only letters.
uint64_t LoadShort(const uint8_t* p, size_t size) {
  if (size >= 4) {
    return LoadLittle<uint32_t>(p) |
           uint64_t{LoadLittle<uint32_t>(p + size - 4)} << 32;
  }
  return EachByte('a') << 24 | uint64_t{p[size - 1]} << 16 |
         uint64_t{p[size / 2]} << 8 | p[0];
}

}  // namespace

TextTraits Examine(absl::string_view text) {
  if (text.empty()) return {.ascii = true, .attribute_name = false};
  const uint8_t* const p = reinterpret_cast<const uint8_t*>(text.data());
  const size_t n = text.size();
  uint64_t high = 0;          // high bits seen
  uint64_t name = kHighBits;  // bytes that were good in every word
  const auto look = [&](uint64_t word) {
    high |= word;
    name &= NameBytes(word);
  };
  if (n < 8) {
    look(LoadShort(p, n));
  } else {
    for (size_t i = 0; i + 8 < n; i += 8) look(LoadLittle<uint64_t>(p + i));
    look(LoadLittle<uint64_t>(p + n - 8));
  }
  const bool digit = p[0] >= '0' && p[0] <= '9';
  const bool dunder = n >= 4 && p[0] == '_' && p[1] == '_' && p[n - 1] == '_' &&
                      p[n - 2] == '_';
  return {.ascii = (high & kHighBits) == 0,
          .attribute_name = name == kHighBits && !digit && !dunder};
}

namespace {

// The # at `text[i]` is the second of "##", some letters and "[".
bool EndsCommandMark(absl::string_view text, size_t i) {
  if (i == 0 || text[i] != '#' || text[i - 1] != '#') return false;
  size_t end = i + 1;
  while (end < text.size() &&
         absl::ascii_isalpha(static_cast<unsigned char>(text[end])))
    ++end;
  return end < text.size() && text[end] == '[';
}

// The colon at the start of `text` could become the "::" of a command.
bool BeginsCommand(absl::string_view text) {
  return !text.empty() && text[0] == ':' &&
         (text.size() == 1 || text[1] == ':');
}

}  // namespace

std::string EscapeAscii(absl::string_view text, char quote) {
  std::string out;
  out.reserve(text.size() + 2);
  if (quote == 0 && BeginsCommand(text)) {
    out += "\\x3a";
    text.remove_prefix(1);
  }
  for (size_t i = 0; i < text.size();) {
    const size_t bad = FindInvalidUtf8(text.data() + i, text.size() - i);
    const size_t stop = bad == kValid ? text.size() : i + bad;
    while (i < stop) {
      const uint32_t c = DecodeUtf8(text, &i);
      if (c == '\\' || (quote != 0 && c == static_cast<uint8_t>(quote))) {
        out.push_back('\\');
        out.push_back(static_cast<char>(c));
      } else if (c == '#' && EndsCommandMark(text, i - 1)) {
        out += "\\x23";
      } else if (c >= 0x20 && c < 0x7f) {
        out.push_back(static_cast<char>(c));
      } else if (c == '\n') {
        out += "\\n";
      } else if (c == '\r') {
        out += "\\r";
      } else if (c == '\t') {
        out += "\\t";
      } else if (c < 0x100) {
        absl::StrAppendFormat(&out, "\\x%02x", c);
      } else if (c < 0x10000) {
        absl::StrAppendFormat(&out, "\\u%04x", c);
      } else {
        absl::StrAppendFormat(&out, "\\U%08x", c);
      }
    }
    if (i < text.size())
      absl::StrAppendFormat(&out, "\\x%02x", static_cast<uint8_t>(text[i++]));
  }
  return out;
}

std::string EscapeJson(absl::string_view text, Surrogates surrogates) {
  std::string out;
  out.reserve(text.size() + 2);
  for (size_t i = 0; i < text.size();) {
    const size_t bad = FindInvalidUtf8(text.data() + i, text.size() - i);
    const size_t stop = bad == kValid ? text.size() : i + bad;
    while (i < stop) {
      const uint32_t c = DecodeUtf8(text, &i);
      if (c == '"' || c == '\\') {
        out.push_back('\\');
        out.push_back(static_cast<char>(c));
      } else if (c == '#' && EndsCommandMark(text, i - 1)) {
        out += "\\u0023";
      } else if (c >= 0x20 && c < 0x7f) {
        out.push_back(static_cast<char>(c));
      } else if (c >= 0xd800 && c < 0xe000 &&
                 surrogates == Surrogates::kSpell) {
        absl::StrAppendFormat(&out, "\\\\u%04x", c);
      } else if (c < 0x10000) {
        absl::StrAppendFormat(&out, "\\u%04x", c);
      } else {
        const uint32_t v = c - 0x10000;
        absl::StrAppendFormat(&out, "\\u%04x\\u%04x", 0xd800 + (v >> 10),
                              0xdc00 + (v & 0x3ff));
      }
    }
    if (i < text.size()) {
      out += "\\ufffd";
      ++i;
    }
  }
  return out;
}

}  // namespace picklebox::base
