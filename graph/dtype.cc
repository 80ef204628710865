#include "graph/dtype.h"

#include <algorithm>
#include <iterator>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/strip.h"
#include "base/text.h"

namespace picklebox::graph {
namespace {

struct FixedType {
  absl::string_view code;
  uint8_t size;
  absl::string_view name;
};

constexpr FixedType kFixed[] = {
    {"b1", 1, "bool"},
    {"i1", 1, "int8"},
    {"i2", 2, "int16"},
    {"i4", 4, "int32"},
    {"i8", 8, "int64"},
    {"u1", 1, "uint8"},
    {"u2", 2, "uint16"},
    {"u4", 4, "uint32"},
    {"u8", 8, "uint64"},
    {"f2", 2, "float16"},
    {"f4", 4, "float32"},
    {"f8", 8, "float64"},
    {"f12", 12, "float96"},
    {"f16", 16, "float128"},
    {"c4", 4, "complex32"},
    {"c8", 8, "complex64"},
    {"c16", 16, "complex128"},
    {"c24", 24, "complex192"},
    {"c32", 32, "complex256"},
    {"M8", 8, "datetime64"},
    {"m8", 8, "timedelta64"},
    {"bfloat16", 2, "bfloat16"},
    {"float8_e4m3fn", 1, "float8_e4m3fn"},
    {"float8_e4m3fnuz", 1, "float8_e4m3fnuz"},
    {"float8_e5m2", 1, "float8_e5m2"},
    {"float8_e5m2fnuz", 1, "float8_e5m2fnuz"},
    {"float8_e8m0fnu", 1, "float8_e8m0fnu"},
    {"qint8", 1, "qint8"},
    {"quint8", 1, "quint8"},
    {"qint32", 4, "qint32"},
    {"quint4x2", 1, "quint4x2"},
    {"quint2x4", 1, "quint2x4"},
};

const FixedType* FindFixed(absl::string_view code) {
  const auto* const it =
      std::find_if(std::begin(kFixed), std::end(kFixed),
                   [code](const FixedType& type) { return type.code == code; });
  return it == std::end(kFixed) ? nullptr : it;
}

// A decimal number without sign or leading zeros, not 0, below 2^31.
std::optional<uint64_t> Number(absl::string_view digits) {
  uint32_t number;
  if (digits.empty() || digits[0] < '1' || digits[0] > '9' ||
      digits.size() > 10 || !absl::SimpleAtoi(digits, &number) ||
      number > INT32_MAX) {
    return std::nullopt;
  }
  return number;
}

// "[ns]", "[25s]": the unit of a time.
bool IsUnit(absl::string_view text) {
  if (!absl::ConsumePrefix(&text, "[") || !absl::ConsumeSuffix(&text, "]"))
    return false;
  size_t digits = 0;
  while (digits < text.size() && absl::ascii_isdigit(text[digits])) ++digits;
  if (digits > 0 && !Number(text.substr(0, digits))) return false;
  static constexpr absl::string_view kUnits[] = {
      "Y", "M", "W", "D", "h", "m", "s", "ms", "us", "ns", "ps", "fs", "as"};
  return std::find(std::begin(kUnits), std::end(kUnits), text.substr(digits)) !=
         std::end(kUnits);
}

// What the name of a field can consist of.
bool IsText(absl::string_view name) {
  return base::FindInvalidUtf8(name.data(), name.size()) == base::kValid &&
         std::none_of(name.begin(), name.end(), [](char c) {
           return static_cast<uint8_t>(c) < 0x20 || c == 0x7f;
         });
}

// Reads a dtype from its beginning; each function takes what it names, or
// returns false.
class Reader {
 public:
  explicit Reader(absl::string_view text) : text_(text) {}

  std::optional<uint64_t> Read() {
    if (text_.size() > kMaxDtype) return std::nullopt;
    if (!absl::StartsWith(text_, "[")) return ScalarSize(text_);
    uint64_t open[kMaxDtypeDepth];  // of each record that is open: its bytes
    int depth = 0;
    for (;;) {
      if (Take("[")) {
        if (depth == kMaxDtypeDepth) return std::nullopt;
        open[depth++] = 0;
        if (!FieldHead()) return std::nullopt;
        continue;
      }
      uint64_t size;
      if (!Scalar(&size)) return std::nullopt;
      while (true) {  // behind the type of a field
        if (!Dims(&size) || !Take(")")) return std::nullopt;
        open[depth - 1] += size;
        if (open[depth - 1] > INT32_MAX) return std::nullopt;
        if (Take(", ")) break;
        if (!Take("]")) return std::nullopt;
        size = open[--depth];
        if (depth == 0) return text_.empty() ? Known(size) : std::nullopt;
      }
      if (!FieldHead()) return std::nullopt;
    }
  }

 private:
  static std::optional<uint64_t> Known(uint64_t size) { return size; }

  bool Take(absl::string_view token) {
    return absl::ConsumePrefix(&text_, token);
  }

  bool Quoted(absl::string_view* inside) {
    if (!Take("'")) return false;
    size_t size = 0;
    for (; size < text_.size() && text_[size] != '\''; ++size) {
      if (text_[size] != '\\') continue;
      if (++size == text_.size() || !absl::StrContains("'\\", text_[size]))
        return false;
    }
    if (size >= text_.size()) return false;
    *inside = text_.substr(0, size);
    text_.remove_prefix(size + 1);
    return true;
  }

  bool Name() {
    absl::string_view name;
    return Quoted(&name) && IsText(name);
  }

  // "('a', " or, with a title, "(('title', 'a'), ".
  bool FieldHead() {
    if (!Take("(")) return false;
    if (!Take("(")) return Name() && Take(", ");
    return Name() && Take(", ") && Name() && Take("), ");
  }

  bool Scalar(uint64_t* size) {
    absl::string_view scalar;
    if (!Quoted(&scalar)) return false;
    const std::optional<uint64_t> known = ScalarSize(scalar);
    *size = known.value_or(0);
    return known.has_value();
  }

  // ", (2, 3)" or nothing. Multiplies.
  bool Dims(uint64_t* size) {
    if (!Take(", (")) return true;
    for (bool first = true;; first = false) {
      const size_t digits =
          std::min(text_.find_first_not_of("0123456789"), text_.size());
      const std::optional<uint64_t> dim = Number(text_.substr(0, digits));
      if (!dim) return false;
      text_.remove_prefix(digits);
      *size *= *dim;
      if (*size > INT32_MAX) return false;
      if (Take(first ? ",)" : ")")) return true;
      if (!Take(", ")) return false;
    }
  }

  absl::string_view text_;
};

}  // namespace

std::optional<uint64_t> ScalarSize(absl::string_view scalar) {
  if (scalar.size() < 3) return std::nullopt;
  const char order = scalar[0];
  if (order != '<' && order != '>' && order != '|') return std::nullopt;
  absl::string_view code = scalar.substr(1);
  const bool time = code[0] == 'M' || code[0] == 'm';
  if (time && code.size() > 2) {
    if (!IsUnit(code.substr(2))) return std::nullopt;
    code = code.substr(0, 2);
  }
  if (const FixedType* const type = FindFixed(code)) {
    if ((order == '|') != (type->size == 1)) return std::nullopt;
    return type->size;
  }
  const char letter = code[0];
  const std::optional<uint64_t> size = Number(code.substr(1));
  if (!size || (letter != 'S' && letter != 'U' && letter != 'V') ||
      (letter == 'U') == (order == '|')) {
    return std::nullopt;
  }
  return letter == 'U' ? *size * 4 : *size;
}

std::optional<uint64_t> ItemSize(absl::string_view dtype) {
  return Reader(dtype).Read();
}

std::optional<std::string> SpellFieldName(absl::string_view name) {
  if (!IsText(name)) return std::nullopt;
  return absl::StrReplaceAll(name, {{"'", "\\'"}, {"\\", "\\\\"}});
}

std::optional<uint64_t> ArrayLength(uint64_t itemsize,
                                    absl::Span<const uint64_t> dims) {
  uint64_t length = itemsize;
  bool empty = false;
  for (const uint64_t dim : dims) {
    if (dim == 0) {
      empty = true;
    } else if (__builtin_mul_overflow(length, dim, &length) ||
               length > INT64_MAX) {
      return std::nullopt;
    }
  }
  return empty ? 0 : length;
}

std::string DtypeName(absl::string_view dtype) {
  if (dtype.empty() || dtype[0] == '>' || dtype[0] == '[')
    return std::string(dtype);
  const absl::string_view code = dtype.substr(1);
  const bool time = !code.empty() && (code[0] == 'M' || code[0] == 'm');
  const FixedType* const type = FindFixed(time ? code.substr(0, 2) : code);
  if (type == nullptr) return std::string(dtype);
  return absl::StrCat(type->name, time ? code.substr(2) : "");
}

}  // namespace picklebox::graph
