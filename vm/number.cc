#include "vm/number.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <optional>
#include <string>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"

namespace picklebox::vm {
namespace {

// Python refuses to convert more decimal digits than this (sys.int_info).
constexpr size_t kMaxDecimalDigits = 4300;

// A magnitude, 32 bits a word, least significant first.
class Magnitude {
 public:
  void MultiplyAdd(uint32_t factor, uint32_t term) {
    uint64_t carry = term;
    for (uint32_t& word : words_) {
      carry += static_cast<uint64_t>(word) * factor;
      word = static_cast<uint32_t>(carry);
      carry >>= 32;
    }
    if (carry != 0) words_.push_back(static_cast<uint32_t>(carry));
  }

  // Adds `bits` bits, which are those of `digit`, at bit `at`; `at` grows.
  void AddBits(uint32_t digit, size_t bits, size_t at) {
    words_.resize((at + bits + 31) / 32 + 1);
    const uint64_t shifted = static_cast<uint64_t>(digit) << (at % 32);
    words_[at / 32] |= static_cast<uint32_t>(shifted);
    words_[at / 32 + 1] |= static_cast<uint32_t>(shifted >> 32);
  }

  bool zero() const {
    return std::all_of(words_.begin(), words_.end(),
                       [](uint32_t word) { return word == 0; });
  }

  // Two's complement, little-endian, with room for the sign.
  std::vector<uint8_t> Bytes(bool negative) const {
    std::vector<uint8_t> bytes;
    bytes.reserve(words_.size() * 4 + 1);
    uint32_t carry = negative ? 1 : 0;
    for (const uint32_t word : words_) {
      for (int shift = 0; shift < 32; shift += 8) {
        uint32_t byte = word >> shift & 0xff;
        if (negative) {
          byte = (~byte & 0xff) + carry;
          carry = byte >> 8;
        }
        bytes.push_back(static_cast<uint8_t>(byte));
      }
    }
    bytes.push_back(negative && !zero() ? 0xff : 0x00);
    return bytes;
  }

 private:
  std::vector<uint32_t> words_;
};

// What a reader made of a text: a number, or nothing.
struct Reading {
  bool ok = false;
  bool too_long = false;
  bool is_bool = false;
  std::vector<uint8_t> bytes;

  bool operator==(const Reading& other) const {
    return ok == other.ok && is_bool == other.is_bool &&
           (!ok || bytes == other.bytes);
  }
};

int DigitOf(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'z') return c - 'a' + 10;
  if (c >= 'A' && c <= 'Z') return c - 'A' + 10;
  return 99;
}

bool IsPythonSpace(char c) {
  return absl::ascii_isspace(static_cast<unsigned char>(c));
}

absl::string_view StripPythonSpace(absl::string_view text) {
  while (!text.empty() && IsPythonSpace(text.front())) text.remove_prefix(1);
  while (!text.empty() && IsPythonSpace(text.back())) text.remove_suffix(1);
  return text;
}

// Digits of `base` with single underscores between them (and, after a prefix,
// before the first). False if that is not what `text` is.
bool CheckDigits(absl::string_view text, int base, bool underscore_first) {
  bool digit = underscore_first;
  size_t digits = 0;
  for (const char c : text) {
    if (c == '_') {
      if (!digit) return false;
      digit = false;
      continue;
    }
    if (DigitOf(c) >= base) return false;
    digit = true;
    ++digits;
  }
  return digits > 0 && digit;
}

// Linear: there may be as many digits as the limit on integers allows.
Magnitude FromBits(absl::string_view digits, size_t bits) {
  Magnitude magnitude;
  size_t at = 0;
  for (size_t i = digits.size(); i-- > 0;) {
    if (digits[i] == '_') continue;
    magnitude.AddBits(static_cast<uint32_t>(DigitOf(digits[i])), bits, at);
    at += bits;
  }
  return magnitude;
}

// Quadratic, in up to kMaxDecimalDigits.
Magnitude FromDecimal(absl::string_view digits) {
  Magnitude magnitude;
  uint32_t term = 0;
  uint32_t factor = 1;
  for (const char c : digits) {
    if (c == '_') continue;
    term = term * 10 + static_cast<uint32_t>(DigitOf(c));
    factor *= 10;
    if (factor == 1'000'000'000) {
      magnitude.MultiplyAdd(factor, term);
      term = 0;
      factor = 1;
    }
  }
  if (factor > 1) magnitude.MultiplyAdd(factor, term);
  return magnitude;
}

Reading Value(absl::string_view digits, int base, bool negative,
              uint64_t max_bytes) {
  Reading reading;
  const size_t count = digits.size() - static_cast<size_t>(std::count(
                                           digits.begin(), digits.end(), '_'));
  const bool power_of_two = (base & (base - 1)) == 0;
  const int bits = base == 16 ? 4 : base == 8 ? 3 : 1;
  if (power_of_two ? count * bits / 8 > max_bytes + 8
                   : count > kMaxDecimalDigits) {
    reading.too_long = true;
    return reading;
  }
  const Magnitude magnitude = power_of_two
                                  ? FromBits(digits, static_cast<size_t>(bits))
                                  : FromDecimal(digits);
  reading.ok = true;
  reading.bytes = magnitude.Bytes(negative && !magnitude.zero());
  return reading;
}

// Python's int(text, base) for base 0 or 10.
Reading PythonInt(absl::string_view text, int base, uint64_t max_bytes) {
  text = StripPythonSpace(text);
  bool negative = false;
  if (!text.empty() && (text[0] == '+' || text[0] == '-')) {
    negative = text[0] == '-';
    text.remove_prefix(1);
  }
  bool prefix = false;
  if (base == 0) {
    base = 10;
    if (text.size() >= 2 && text[0] == '0') {
      const char kind =
          absl::ascii_tolower(static_cast<unsigned char>(text[1]));
      base = kind == 'x' ? 16 : kind == 'o' ? 8 : kind == 'b' ? 2 : 10;
      prefix = base != 10;
      if (prefix) text.remove_prefix(2);
    }
    if (!prefix && !text.empty() && text[0] == '0') {
      // Only zero itself may begin with a zero.
      if (text.find_first_not_of("0_") != absl::string_view::npos) return {};
    }
  }
  if (!CheckDigits(text, base, prefix)) return {};
  return Value(text, base, negative, max_bytes);
}

// C's strtol(text, &end, 0), where the text must end at a NUL or at its end.
// Nothing if it does not, or does not fit in 64 bits.
std::optional<int64_t> CLong(absl::string_view text) {
  std::string line(text);
  line += '\n';
  errno = 0;
  char* end = nullptr;
  const long value = std::strtol(line.c_str(), &end, 0);
  if (errno != 0 || (*end != '\n' && *end != '\0')) return std::nullopt;
  return value;
}

// The part of the line that C sees as a string.
absl::string_view CString(absl::string_view line) {
  return line.substr(0, line.find('\0'));
}

std::vector<uint8_t> BytesOf(int64_t value) {
  std::vector<uint8_t> bytes(sizeof(value) + 1, value < 0 ? 0xff : 0x00);
  for (size_t i = 0; i < sizeof(value); ++i)
    bytes[i] = static_cast<uint8_t>(value >> (8 * i));
  return bytes;
}

void Trim(std::vector<uint8_t>* bytes) {
  while (bytes->size() > 1) {
    const uint8_t sign =
        ((*bytes)[bytes->size() - 2] & 0x80) != 0 ? 0xff : 0x00;
    if (bytes->back() != sign) break;
    bytes->pop_back();
  }
}

Reading Bool(bool value) {
  Reading reading;
  reading.ok = true;
  reading.is_bool = true;
  reading.bytes = {static_cast<uint8_t>(value)};
  return reading;
}

// What `c` is, and whether the Python unpickler and pickletools agree. Where
// both unpicklers refuse, it does not matter what pickletools would show.
IntegerText Result(Reading c, Reading python, Reading tools,
                   uint64_t max_bytes) {
  for (Reading* reading : {&c, &python, &tools}) Trim(&reading->bytes);
  IntegerText result;
  result.agreed = c == python && (c == tools || !c.ok);
  if (!c.ok) {
    result.fault =
        c.too_long ? NumberFault::kTooLong : NumberFault::kNotANumber;
    return result;
  }
  if (c.bytes.size() > max_bytes) result.fault = NumberFault::kTooLong;
  result.is_bool = c.is_bool;
  result.fits = c.bytes.size() <= sizeof(int64_t);
  if (result.fits) {
    uint64_t value = (c.bytes.back() & 0x80) != 0 ? ~uint64_t{0} : 0;
    for (size_t i = c.bytes.size(); i-- > 0;) value = value << 8 | c.bytes[i];
    result.value = static_cast<int64_t>(value);
  }
  result.bytes = std::move(c.bytes);
  return result;
}

// What picklers write: a decimal of up to 18 digits, no zero in front. All
// readers agree on it.
bool ReadPlainDecimal(absl::string_view text, int64_t* value) {
  const bool negative = !text.empty() && text[0] == '-';
  if (negative) text.remove_prefix(1);
  if (text.empty() || text.size() > 18 || text[0] == '0') return false;
  int64_t result = 0;
  for (const char c : text) {
    if (c < '0' || c > '9') return false;
    result = result * 10 + (c - '0');
  }
  *value = negative ? -result : result;
  return true;
}

// How pickletools reads INT, GET and PUT: 00 and 01 are bools.
Reading ToolsDecimal(absl::string_view line, uint64_t max_bytes) {
  if (line == "00" || line == "01") return Bool(line == "01");
  return PythonInt(line, 10, max_bytes);
}

}  // namespace

IntegerText ParseInt(absl::string_view line, uint64_t max_bytes) {
  IntegerText plain;
  if (ReadPlainDecimal(line, &plain.value)) {
    plain.fits = true;
    return plain;
  }
  Reading c;
  if (const std::optional<int64_t> value = CLong(line); value.has_value()) {
    if (line.size() == 2 && (*value == 0 || *value == 1)) {
      c = Bool(*value == 1);
    } else {
      c.ok = true;
      c.bytes = BytesOf(*value);
    }
  } else {
    c = PythonInt(CString(line), 0, max_bytes);
  }
  Reading python = line == "00" || line == "01" ? Bool(line == "01")
                                                : PythonInt(line, 0, max_bytes);
  return Result(std::move(c), std::move(python), ToolsDecimal(line, max_bytes),
                max_bytes);
}

IntegerText ParseLong(absl::string_view line, uint64_t max_bytes) {
  // C drops one L at the end of the line, then reads up to a NUL.
  absl::string_view digits = line;
  if (absl::EndsWith(digits, "L")) digits.remove_suffix(1);
  IntegerText plain;
  if (ReadPlainDecimal(digits, &plain.value)) {
    plain.fits = true;
    return plain;
  }
  return Result(PythonInt(CString(digits), 0, max_bytes),
                PythonInt(digits, 0, max_bytes),
                PythonInt(digits, 10, max_bytes), max_bytes);
}

IntegerText ParseMemoIndex(absl::string_view line) {
  constexpr uint64_t kMaxIndexBytes = 4096;
  IntegerText plain;
  if (ReadPlainDecimal(line, &plain.value)) {
    plain.fits = true;
    return plain;
  }
  const Reading python = PythonInt(line, 10, kMaxIndexBytes);
  return Result(PythonInt(CString(line), 10, kMaxIndexBytes), python, python,
                kMaxIndexBytes);
}

namespace {

// Digits, point and exponent, or a name; no space around it.
bool IsFloat(absl::string_view text, bool underscores) {
  if (!text.empty() && (text[0] == '+' || text[0] == '-'))
    text.remove_prefix(1);
  const std::string lower = absl::AsciiStrToLower(text);
  if (lower == "inf" || lower == "infinity" || lower == "nan") return true;
  size_t i = 0;
  // A run of digits; underscores only between two of them.
  const auto digits = [&] {
    const size_t start = i;
    while (i < text.size() &&
           (absl::ascii_isdigit(static_cast<unsigned char>(text[i])) ||
            (underscores && text[i] == '_' && i > start && text[i - 1] != '_' &&
             i + 1 < text.size() &&
             absl::ascii_isdigit(static_cast<unsigned char>(text[i + 1]))))) {
      ++i;
    }
    return i > start;
  };
  const bool whole = digits();
  bool fraction = false;
  if (i < text.size() && text[i] == '.') {
    ++i;
    fraction = digits();
  }
  if (!whole && !fraction) return false;
  if (i < text.size() && (text[i] == 'e' || text[i] == 'E')) {
    ++i;
    if (i < text.size() && (text[i] == '+' || text[i] == '-')) ++i;
    if (!digits()) return false;
  }
  return i == text.size();
}

}  // namespace

FloatText ParseFloat(absl::string_view line) {
  const absl::string_view c_text = CString(line);
  FloatText result;
  bool c_ok = IsFloat(c_text, false);
  if (c_ok) {
    result.value = std::strtod(std::string(c_text).c_str(), nullptr);
    // A number, not a name, that became infinite: C says overflow.
    const bool named = absl::StrContains(absl::AsciiStrToLower(c_text), "inf");
    c_ok = named || !std::isinf(result.value);
  }
  const bool python_ok = IsFloat(StripPythonSpace(line), true);
  result.agreed = c_ok == python_ok;
  if (!c_ok) result.fault = NumberFault::kNotANumber;
  return result;
}

}  // namespace picklebox::vm
