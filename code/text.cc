#include "code/text.h"

#include <algorithm>
#include <array>
#include <bit>
#include <charconv>
#include <cmath>
#include <iterator>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "base/text.h"

namespace picklebox::code {
namespace {

// The longest int that is written in decimal, in bytes: 4300 digits, which is
// also where Python stops.
constexpr size_t kDecimalBytes = 1785;
// How many bytes of one constant are written.
constexpr size_t kMostOfConstant = 1 << 21;

std::string Hex(absl::string_view bytes) {
  static constexpr char kDigits[] = "0123456789abcdef";
  std::string text;
  for (const char c : bytes) {
    text.push_back(kDigits[static_cast<uint8_t>(c) >> 4]);
    text.push_back(kDigits[c & 15]);
  }
  return text;
}

// Two's complement, little-endian.
std::string IntText(absl::string_view bytes) {
  if (bytes.empty()) return "0";
  const bool negative = static_cast<uint8_t>(bytes.back()) >= 0x80;
  std::string magnitude(bytes);
  if (negative) {
    int carry = 1;
    for (char& byte : magnitude) {
      const int sum = static_cast<uint8_t>(~byte) + carry;
      byte = static_cast<char>(sum);
      carry = sum >> 8;
    }
  }
  std::reverse(magnitude.begin(), magnitude.end());
  const char* const sign = negative ? "-" : "";
  if (magnitude.size() > kDecimalBytes) {
    std::string hex = Hex(magnitude.substr(0, kShownText));
    hex.erase(0, hex.find_first_not_of('0'));
    return absl::StrCat(sign, "0x", hex,
                        magnitude.size() > kShownText ? "..." : "");
  }
  // Division by 10^9, again and again.
  std::vector<uint32_t> chunks;
  std::vector<uint8_t> digits(magnitude.begin(), magnitude.end());
  size_t first = 0;
  while (first < digits.size()) {
    uint64_t rest = 0;
    for (size_t i = first; i < digits.size(); ++i) {
      rest = rest << 8 | digits[i];
      digits[i] = static_cast<uint8_t>(rest / 1'000'000'000);
      rest %= 1'000'000'000;
    }
    chunks.push_back(static_cast<uint32_t>(rest));
    while (first < digits.size() && digits[first] == 0) ++first;
  }
  std::string text;
  for (const uint32_t chunk : chunks) {
    std::string piece = absl::StrCat(chunk);
    text.insert(0, std::string(9 - piece.size(), '0') + piece);
  }
  text.erase(0, std::min(text.find_first_not_of('0'), text.size() - 1));
  return sign + text;
}

// A text or bytes between quotes, as ascii() of Python chooses these.
std::string Quoted(absl::string_view text, bool bytes, size_t most) {
  const bool cut = text.size() > most;
  text = text.substr(0, most);
  const bool twice = absl::string_view::npos != text.find('\'') &&
                     absl::string_view::npos == text.find('"');
  const char quote = twice ? '"' : '\'';
  std::string out = bytes ? "b" : "";
  out.push_back(quote);
  for (size_t at = 0; at < text.size();) {
    uint32_t c = static_cast<uint8_t>(text[at]);
    if (bytes || c < 0x80) {
      ++at;
    } else if (cut && at + 4 > text.size()) {
      break;  // within a character
    } else {
      c = base::DecodeUtf8(text, &at);
    }
    if (c == static_cast<uint32_t>(quote) || c == '\\') {
      out.push_back('\\');
      out.push_back(static_cast<char>(c));
    } else if (c == '\n') {
      out += "\\n";
    } else if (c == '\r') {
      out += "\\r";
    } else if (c == '\t') {
      out += "\\t";
    } else if (c >= 0x20 && c < 0x7f) {
      out.push_back(static_cast<char>(c));
    } else {
      const std::string hex = absl::StrCat(absl::Hex(c));
      const size_t width = c < 0x100 ? 2 : c < 0x10000 ? 4 : 8;
      absl::StrAppend(&out,
                      c < 0x100     ? "\\x"
                      : c < 0x10000 ? "\\u"
                                    : "\\U",
                      std::string(width - hex.size(), '0'), hex);
    }
  }
  out.push_back(quote);
  if (cut) out += "...";
  return out;
}

// The imaginary part, or a float within a complex: no ".0" at its end.
std::string PartText(uint64_t bits) {
  std::string text = FloatText(bits);
  if (text.size() > 2 && text.substr(text.size() - 2) == ".0")
    text.resize(text.size() - 2);
  return text;
}

std::string ComplexText(uint64_t real, uint64_t imaginary) {
  const std::string im = PartText(imaginary);
  if (real == 0) return im + "j";
  return absl::StrCat("(", PartText(real),
                      im[0] == '-' || im == "nan" ? "" : "+",
                      im == "nan" ? "+nan" : im, "j)");
}

// A constant that holds no other.
std::string AtomText(const Store& store, const Value& value, size_t most) {
  switch (value.kind) {
    case ValueKind::kNone:
      return "None";
    case ValueKind::kFalse:
      return "False";
    case ValueKind::kTrue:
      return "True";
    case ValueKind::kEllipsis:
      return "Ellipsis";
    case ValueKind::kStopIteration:
      return "<class 'StopIteration'>";
    case ValueKind::kInt:
      return IntText(value.text);
    case ValueKind::kFloat:
      return FloatText(value.real);
    case ValueKind::kComplex:
      return ComplexText(value.real, value.imaginary);
    case ValueKind::kStr:
      return Quoted(value.text, false, most);
    case ValueKind::kBytes:
      return Quoted(value.text, true, most);
    case ValueKind::kCode: {
      const CodeObject& code = store.code(value.code);
      return absl::StrCat("<code object ",
                          base::EscapeAscii(store.TextOf(code.name)), ", file ",
                          "\"", base::EscapeAscii(store.TextOf(code.filename)),
                          "\", line ", code.first_line, ">");
    }
    default:
      return absl::StrCat("<", base::EscapeAscii(value.text), ">");
  }
}

}  // namespace

std::string FloatText(uint64_t bits) {
  const double value = std::bit_cast<double>(bits);
  if (std::isnan(value)) return "nan";
  if (std::isinf(value)) return value < 0 ? "-inf" : "inf";
  std::array<char, 64> buffer;
  const auto end = std::to_chars(buffer.data(), buffer.data() + buffer.size(),
                                 value, std::chars_format::scientific);
  const std::string text(buffer.data(), end.ptr);
  const size_t e = text.find('e');
  int exponent = 0;
  // from_chars takes no plus.
  const size_t digits_at = text[e + 1] == '+' ? e + 2 : e + 1;
  std::from_chars(text.data() + digits_at, text.data() + text.size(), exponent);
  if (exponent < -4 || exponent >= 16) {
    const int positive = exponent < 0 ? -exponent : exponent;
    return absl::StrCat(text.substr(0, e), "e", exponent < 0 ? "-" : "+",
                        positive < 10 ? "0" : "", positive);
  }
  const auto plain = std::to_chars(buffer.data(), buffer.data() + buffer.size(),
                                   value, std::chars_format::fixed);
  std::string fixed(buffer.data(), plain.ptr);
  if (fixed.find('.') == std::string::npos) fixed += ".0";
  return fixed;
}

std::string ConstantText(const Store& store, ValueId id, size_t most) {
  if (id >= store.size()) return "<missing>";
  // Text that is still to be written: a value, or what stands between values.
  struct Piece {
    ValueId value = kNoValue;
    std::string text;
  };
  std::vector<Piece> todo = {{id, ""}};
  std::string out;
  while (!todo.empty() && out.size() < kMostOfConstant) {
    const Piece piece = std::move(todo.back());
    todo.pop_back();
    out += piece.text;
    if (piece.value == kNoValue) continue;
    const Value& value = store[piece.value];
    const bool tuple = value.kind == ValueKind::kTuple;
    const bool set = value.kind == ValueKind::kFrozenSet;
    if (!tuple && !set && value.kind != ValueKind::kSlice) {
      out += AtomText(store, value, most);
      continue;
    }
    if (set && value.items.empty()) {
      out += "frozenset()";
      continue;
    }
    out += tuple ? "(" : set ? "frozenset({" : "slice(";
    todo.push_back({kNoValue, tuple ? (value.items.size() == 1 ? ",)" : ")")
                              : set ? "})"
                                    : ")"});
    // Of a long one, what could be written at most.
    const size_t room =
        kMostOfConstant - std::min(todo.size(), kMostOfConstant);
    const size_t shown = std::min(value.items.size(), room);
    if (shown < value.items.size()) todo.push_back({kNoValue, ", ..."});
    for (size_t i = shown; i > 0; --i)
      todo.push_back({value.items[i - 1], i > 1 ? ", " : ""});
  }
  if (!todo.empty()) out += "...";
  return out;
}

namespace {

constexpr absl::string_view kCompare[] = {"<",
                                          "<=",
                                          "==",
                                          "!=",
                                          ">",
                                          ">=",
                                          "in",
                                          "not in",
                                          "is",
                                          "is not",
                                          "exception match",
                                          "BAD"};
constexpr absl::string_view kBinary[] = {
    "+",  "&",  "//", "<<",  "@",   "*",  "%",   "|",   "**",
    ">>", "-",  "/",  "^",   "+=",  "&=", "//=", "<<=", "@=",
    "*=", "%=", "|=", "**=", ">>=", "-=", "/=",  "^=",  "[]"};
constexpr absl::string_view kIntrinsic1[] = {
    "INTRINSIC_1_INVALID",         "INTRINSIC_PRINT",
    "INTRINSIC_IMPORT_STAR",       "INTRINSIC_STOPITERATION_ERROR",
    "INTRINSIC_ASYNC_GEN_WRAP",    "INTRINSIC_UNARY_POSITIVE",
    "INTRINSIC_LIST_TO_TUPLE",     "INTRINSIC_TYPEVAR",
    "INTRINSIC_PARAMSPEC",         "INTRINSIC_TYPEVARTUPLE",
    "INTRINSIC_SUBSCRIPT_GENERIC", "INTRINSIC_TYPEALIAS"};
constexpr absl::string_view kIntrinsic2[] = {
    "INTRINSIC_2_INVALID",
    "INTRINSIC_PREP_RERAISE_STAR",
    "INTRINSIC_TYPEVAR_WITH_BOUND",
    "INTRINSIC_TYPEVAR_WITH_CONSTRAINTS",
    "INTRINSIC_SET_FUNCTION_TYPE_PARAMS",
    "INTRINSIC_SET_TYPEPARAM_DEFAULT"};
// From 3.14 on; those behind any() from 3.15 on.
constexpr absl::string_view kCommonConstants[] = {"AssertionError",
                                                  "NotImplementedError",
                                                  "tuple",
                                                  "<built-in function all>",
                                                  "<built-in function any>",
                                                  "list",
                                                  "set",
                                                  "None",
                                                  "''",
                                                  "True",
                                                  "False",
                                                  "-1"};
constexpr absl::string_view kSpecialMethods[] = {"__enter__", "__exit__",
                                                 "__aenter__", "__aexit__"};
constexpr absl::string_view kConversions[] = {"", "str", "repr", "ascii"};
constexpr absl::string_view kFunctionParts[] = {
    "defaults", "kwdefaults", "annotations", "closure", "annotate"};

template <size_t kSize>
std::string Row(const absl::string_view (&table)[kSize], uint64_t index) {
  return index < kSize ? std::string(table[index]) : std::string();
}

std::string NameText(const Store& store, const CodeObject& code,
                     const Instruction& in, int minor, uint64_t index) {
  std::string name = base::EscapeAscii(store.Name(code.names, index));
  const absl::string_view op = in.opcode->name;
  const bool flag = (in.argument & 1) != 0;
  if (op == "IMPORT_NAME" && minor >= 15 && !name.empty()) {
    const bool eager = (in.argument & 2) != 0;
    return absl::StrCat(name, flag ? " + lazy" : eager ? " + eager" : "");
  }
  const bool global = op == "LOAD_GLOBAL" && minor >= 11;
  const bool attribute =
      (op == "LOAD_ATTR" || op == "LOAD_SUPER_ATTR") && minor >= 12;
  if (!flag || (!global && !attribute) || name.empty()) return name;
  const absl::string_view what = global ? "NULL" : "NULL|self";
  return minor >= 13 ? absl::StrCat(name, " + ", what)
                     : absl::StrCat(what, " + ", name);
}

std::string CompareText(const Instruction& in, int minor) {
  const uint32_t index = minor >= 13   ? in.argument >> 5
                         : minor == 12 ? in.argument >> 4
                                       : in.argument;
  std::string text = Row(kCompare, index);
  return minor >= 13 && (in.argument & 16) != 0
             ? absl::StrCat("bool(", text, ")")
             : text;
}

// Of instructions whose argument is a number.
std::string NumberText(const Instruction& in, int minor) {
  const absl::string_view op = in.opcode->name;
  if (op == "FORMAT_VALUE") {
    std::string text = Row(kConversions, in.argument & 3);
    if ((in.argument & 4) == 0) return text;
    return text.empty() ? "with format" : text + ", with format";
  }
  if (op == "CONVERT_VALUE") return Row(kConversions, in.argument);
  if ((op == "MAKE_FUNCTION" && minor >= 8) || op == "SET_FUNCTION_ATTRIBUTE") {
    std::vector<absl::string_view> parts;
    for (size_t i = 0; i < std::size(kFunctionParts); ++i) {
      if ((in.argument >> i & 1) != 0) parts.push_back(kFunctionParts[i]);
    }
    return absl::StrJoin(parts, ", ");
  }
  if (op == "BINARY_OP") return Row(kBinary, in.argument);
  if (op == "CALL_INTRINSIC_1") return Row(kIntrinsic1, in.argument);
  if (op == "CALL_INTRINSIC_2") return Row(kIntrinsic2, in.argument);
  if (op == "LOAD_COMMON_CONSTANT") return Row(kCommonConstants, in.argument);
  if (op == "LOAD_SPECIAL") return Row(kSpecialMethods, in.argument);
  if (minor >= 14 && op == "IS_OP") return in.argument != 0 ? "is not" : "is";
  if (minor >= 14 && op == "CONTAINS_OP")
    return in.argument != 0 ? "not in" : "in";
  return "";
}

}  // namespace

std::string ArgumentText(const Store& store, const CodeObject& code,
                         const Variables& variables, const Instruction& in,
                         int minor) {
  if (!in.has_argument) return "";
  const std::optional<Meaning> meaning = MeaningOf(in, minor);
  switch (in.opcode->argument) {
    case Argument::kConst: {
      // In 3.11, dis knows LOAD_CONST only.
      if (minor == 11 && in.opcode->name != "LOAD_CONST") return "";
      const absl::Span<const ValueId> consts = store.ItemsOf(code.consts);
      return meaning->index < consts.size()
                 ? ConstantText(store, consts[meaning->index])
                 : "";
    }
    case Argument::kName:
      return NameText(store, code, in, minor, meaning->index);
    case Argument::kLocal:
    case Argument::kFree:
      if (!meaning) {
        return absl::StrCat(
            base::EscapeAscii(variables.Local(in.argument >> 4)), ", ",
            base::EscapeAscii(variables.Local(in.argument & 15)));
      }
      return base::EscapeAscii(in.opcode->argument == Argument::kLocal
                                   ? variables.Local(meaning->index)
                                   : variables.Free(meaning->index));
    case Argument::kCompare:
      return CompareText(in, minor);
    case Argument::kAbsolute:
      if (minor < 10) return "";
      return absl::StrCat("to ", *in.target);
    case Argument::kForward:
    case Argument::kBackward:
      return absl::StrCat(in.opcode->name == "END_ASYNC_FOR" ? "from " : "to ",
                          *in.target);
    default:
      return NumberText(in, minor);
  }
}

}  // namespace picklebox::code
