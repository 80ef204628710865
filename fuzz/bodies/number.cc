#include "vm/number.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <string>
#include <vector>

#include "fuzz/bodies/bodies.h"
#include "fuzz/bodies/check.h"

namespace picklebox::fuzz {
namespace {

constexpr uint64_t kMaxBytes = 64;

// The bytes of a number of either form.
std::vector<uint8_t> BytesOf(const vm::IntegerText& number) {
  if (!number.fits) return number.bytes;
  std::vector<uint8_t> bytes;
  for (int i = 0; i < 8; ++i) {
    bytes.push_back(static_cast<uint8_t>(number.value >> (8 * i)));
  }
  return bytes;
}

// The number in digits of `base`, by the book.
std::string Digits(std::vector<uint8_t> bytes, uint32_t base) {
  const bool negative = (bytes.back() & 0x80) != 0;
  if (negative) {  // two's complement
    uint32_t carry = 1;
    for (uint8_t& byte : bytes) {
      carry += static_cast<uint8_t>(~byte);
      byte = static_cast<uint8_t>(carry);
      carry >>= 8;
    }
  }
  std::string digits;
  while (std::any_of(bytes.begin(), bytes.end(),
                     [](uint8_t byte) { return byte != 0; })) {
    uint32_t rest = 0;
    for (size_t i = bytes.size(); i-- > 0;) {
      rest = rest << 8 | bytes[i];
      bytes[i] = static_cast<uint8_t>(rest / base);
      rest %= base;
    }
    digits.push_back("0123456789abcdef"[rest]);
  }
  if (digits.empty()) digits = "0";
  if (negative) digits.push_back('-');
  std::reverse(digits.begin(), digits.end());
  return digits;
}

// A number as people write it: a sign, perhaps, and digits. Empty for others.
std::string Canonical(absl::string_view text, bool hexadecimal) {
  const bool negative = !text.empty() && text[0] == '-';
  if (negative) text.remove_prefix(1);
  if (hexadecimal) {
    if (text.substr(0, 2) != "0x") return "";
    text.remove_prefix(2);
  }
  std::string digits;
  for (const char c : text) {
    const bool digit = c >= '0' && c <= '9';
    if (!digit && !(hexadecimal && c >= 'a' && c <= 'f')) return "";
    if (!digits.empty() || c != '0') digits.push_back(c);
  }
  if (text.empty()) return "";
  if (digits.empty()) return "0";
  return (negative ? "-" : "") + digits;
}

void CheckForm(const vm::IntegerText& number, const std::string& what) {
  if (number.fault != vm::NumberFault::kNone) return;
  if (number.is_bool) {
    FUZZ_CHECK(number.fits && (number.value == 0 || number.value == 1), what);
  }
  if (!number.fits) {
    FUZZ_CHECK(number.bytes.size() > 8, what);
    FUZZ_CHECK(number.bytes.size() <= kMaxBytes, what);
    const uint8_t sign =
        (number.bytes[number.bytes.size() - 2] & 0x80) != 0 ? 0xff : 0;
    FUZZ_CHECK(number.bytes.back() != sign, what + ": not minimal");
  }
}

// `decimal`: leading zeros are allowed and do not change the base.
void CheckValue(const vm::IntegerText& number, absl::string_view line,
                bool decimal, const std::string& what) {
  const std::string hexadecimal = decimal ? "" : Canonical(line, true);
  const std::string canonical = Canonical(line, false);
  const bool zeros = line.size() > 1 && canonical != line;
  if (number.fault == vm::NumberFault::kNone) {
    if (!hexadecimal.empty()) {
      FUZZ_CHECK(Digits(BytesOf(number), 16) == hexadecimal, what);
    } else if (!canonical.empty() && (decimal || !zeros)) {
      FUZZ_CHECK(Digits(BytesOf(number), 10) == canonical, what);
    }
    return;
  }
  // Every reader takes a plain decimal, unless it is long.
  if (!canonical.empty() && !zeros && line.size() <= 100) {
    FUZZ_CHECK(number.fault == vm::NumberFault::kNone, what);
  }
}

void CheckFloat(absl::string_view line, const std::string& what) {
  const vm::FloatText number = vm::ParseFloat(line);
  if (number.fault != vm::NumberFault::kNone) return;
  const std::string text(line.substr(0, line.find('\0')));
  char* end = nullptr;
  const double value = std::strtod(text.c_str(), &end);
  FUZZ_CHECK(*end == '\0' && end != text.c_str(), what);
  FUZZ_CHECK(
      value == number.value || (std::isnan(value) && std::isnan(number.value)),
      what);
  FUZZ_CHECK(text.find_first_of(" \t\n\r\v\f_xX(") == std::string::npos, what);
}

}  // namespace

void FuzzNumber(absl::Span<const uint8_t> input) {
  const absl::string_view all(reinterpret_cast<const char*>(input.data()),
                              input.size());
  const absl::string_view line = all.substr(0, all.find('\n'));
  const std::string what(line);
  const vm::IntegerText integer = vm::ParseInt(line, kMaxBytes);
  CheckForm(integer, what);
  CheckValue(integer, line, false, what);

  const vm::IntegerText index = vm::ParseMemoIndex(line);
  FUZZ_CHECK(!index.is_bool || !index.agreed, what);
  if (index.fits || index.fault != vm::NumberFault::kNone) {
    CheckValue(index, line, true, what);
  }

  const vm::IntegerText number = vm::ParseLong(line, kMaxBytes);
  CheckForm(number, what);
  FUZZ_CHECK(!number.is_bool, what);
  if (line.empty() || line.back() != 'L') {
    CheckValue(number, line, false, what);
    const vm::IntegerText suffixed = vm::ParseLong(what + "L", kMaxBytes);
    FUZZ_CHECK(suffixed.fault == number.fault &&
                   suffixed.value == number.value &&
                   suffixed.bytes == number.bytes,
               what);
  }
  CheckFloat(line, what);
}

}  // namespace picklebox::fuzz
