#include "container/npy.h"

#include <algorithm>
#include <cstdint>
#include <optional>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "base/bytes.h"
#include "base/text.h"
#include "graph/dtype.h"
#include "graph/wire.h"

namespace picklebox::container {
namespace {

// NumPy refuses longer ones unless told not to.
constexpr uint64_t kMaxHeader = 1 << 20;

enum class Token : uint8_t { kEnd, kBad, kMark, kText, kNumber, kWord };

// Splits a literal into tokens.
class Lexer {
 public:
  explicit Lexer(absl::string_view text) : text_(text) { Next(); }

  Token token() const { return token_; }
  absl::string_view text() const { return inside_; }
  // The text was written with escapes.
  bool escaped() const { return token_ == Token::kText && escaped_; }
  bool Is(char mark) const {
    return token_ == Token::kMark && inside_[0] == mark;
  }
  bool Take(char mark) {
    if (!Is(mark)) return false;
    Next();
    return true;
  }

  void Next() {
    while (pos_ < text_.size() && absl::StrContains(" \t\r\n\f", text_[pos_]))
      ++pos_;
    if (pos_ == text_.size()) return Set(Token::kEnd, 0, 0);
    const char c = text_[pos_];
    if (c == '\'' || c == '"') return Quoted(c);
    if (absl::ascii_isdigit(c) || c == '-') return Run(Token::kNumber);
    if (absl::ascii_isalpha(c)) return Run(Token::kWord);
    const bool mark = absl::StrContains("{}[](),:", c);
    Set(mark ? Token::kMark : Token::kBad, 1, 1);
  }

 private:
  void Set(Token token, size_t size, size_t step) {
    token_ = token;
    inside_ = text_.substr(pos_, size);
    pos_ += step;
  }
  void Run(Token token) {
    size_t size = 1;
    while (pos_ + size < text_.size() &&
           absl::ascii_isalnum(text_[pos_ + size]))
      ++size;
    Set(token, size, size);
  }
  void Quoted(char quote) {
    decoded_.clear();
    escaped_ = false;
    size_t at = pos_ + 1;
    while (at < text_.size() && text_[at] != quote) {
      const char c = text_[at++];
      if (c == '\n' || c == '\r') return Set(Token::kBad, 1, 1);
      if (c != '\\') {
        decoded_ += c;
      } else if (!Escape(&at)) {
        return Set(Token::kBad, 1, 1);
      }
    }
    if (at >= text_.size()) return Set(Token::kBad, 1, 1);
    pos_ = at + 1;
    token_ = Token::kText;
    inside_ = decoded_;
  }
  // Those that Python's repr() writes.
  bool Escape(size_t* at) {
    escaped_ = true;
    if (*at == text_.size()) return false;
    const char c = text_[(*at)++];
    if (absl::StrContains("\\'\"", c)) {
      decoded_ += c;
      return true;
    }
    const size_t digits = c == 'x' ? 2 : c == 'u' ? 4 : c == 'U' ? 8 : 0;
    uint32_t code = 0;
    const absl::string_view hex = text_.substr(*at, digits);
    if (digits == 0 || hex.size() < digits ||
        hex.find_first_not_of("0123456789abcdefABCDEF") != hex.npos ||
        !absl::SimpleHexAtoi(hex, &code)) {
      return false;
    }
    if (code > 0x10ffff || (code >= 0xd800 && code < 0xe000)) return false;
    *at += digits;
    base::AppendUtf8(code, &decoded_);
    return true;
  }

  absl::string_view text_;
  size_t pos_ = 0;
  Token token_ = Token::kEnd;
  absl::string_view inside_;
  std::string decoded_;  // of a text
  bool escaped_ = false;
};

// "|O", "|O8", "O": objects.
bool IsObjectCode(absl::string_view scalar) {
  const size_t order = scalar.find_first_not_of("<>|=");
  if (order == absl::string_view::npos) return false;
  return absl::StartsWith(scalar.substr(order), "O") ||
         absl::StartsWith(scalar.substr(order), "object");
}

class Parser {
 public:
  Parser(absl::string_view text, NpyHeader* header)
      : lexer_(text), header_(*header) {}

  const char* Parse() {
    if (!lexer_.Take('{')) return "the header is no dictionary";
    bool descr = false;
    bool order = false;
    bool shape = false;
    while (!lexer_.Take('}')) {
      if (lexer_.token() != Token::kText || lexer_.escaped())
        return "a key that is no string";
      const absl::string_view key = lexer_.text();
      bool* const seen = key == "descr"           ? &descr
                         : key == "fortran_order" ? &order
                         : key == "shape"         ? &shape
                                                  : nullptr;
      if (seen == nullptr) return "an unknown key";
      if (*seen) return "a key that is there twice";
      *seen = true;
      lexer_.Next();
      if (!lexer_.Take(':')) return "a key without a value";
      const char* const fault = seen == &descr   ? Descr()
                                : seen == &order ? Order()
                                                 : Shape();
      if (fault != nullptr) return fault;
      if (!lexer_.Take(',') && !lexer_.Is('}')) return "no dictionary";
    }
    if (lexer_.token() != Token::kEnd) return "text behind the dictionary";
    if (!descr || !order || !shape) return "a key is missing";
    return Conclude();
  }

 private:
  const char* Order() {
    if (lexer_.token() != Token::kWord ||
        (lexer_.text() != "True" && lexer_.text() != "False")) {
      return "fortran_order is neither True nor False";
    }
    header_.fortran = lexer_.text() == "True";
    lexer_.Next();
    return nullptr;
  }

  const char* Shape() {
    constexpr const char* kNoShape = "shape is no tuple of lengths";
    if (!lexer_.Take('(')) return kNoShape;
    bool comma = true;
    while (!lexer_.Take(')')) {
      absl::string_view digits = lexer_.text();
      // Python 2 wrote 10L.
      if (absl::EndsWith(digits, "L")) digits.remove_suffix(1);
      uint64_t dim;
      if (!comma || lexer_.token() != Token::kNumber ||
          !absl::SimpleAtoi(digits, &dim)) {
        return kNoShape;
      }
      header_.shape.push_back(dim);
      lexer_.Next();
      comma = lexer_.Take(',');
    }
    if (header_.shape.size() == 1 && !comma) return kNoShape;
    if (header_.shape.size() > graph::kMaxRank) return "too many dimensions";
    return nullptr;
  }

  // Spells the value anew, as the graph has it: one kind of quotes and of
  // spaces, no commas at an end. Whether it is a dtype is seen later.
  const char* Descr() {
    int depth = 0;
    bool comma = false;  // is yet to be written
    do {
      const Token token = lexer_.token();
      const char mark = token == Token::kMark ? lexer_.text()[0] : '\0';
      const bool opens = mark == '(' || mark == '[';
      const bool closes = mark == ')' || mark == ']';
      if (token == Token::kEnd || token == Token::kBad ||
          token == Token::kWord ||
          (token == Token::kMark && !opens && !closes && mark != ',') ||
          (closes && depth == 0) || text_.size() > graph::kMaxDtype) {
        return "descr is no type";
      }
      if (mark == ',') {
        if (comma) return "descr is no type";
        comma = true;
        lexer_.Next();
        continue;
      }
      if (closes) {
        // Only a tuple of one number keeps it.
        if (comma && absl::ascii_isdigit(text_.back())) text_ += ",";
        --depth;
      } else if (comma) {
        text_ += ", ";
      }
      comma = false;
      if (mark == '(' && IsName()) {
        if (!TitledName()) return "descr is no type";
        continue;
      }
      if (opens) ++depth;
      if (!Put(token)) return "descr is no type";
      lexer_.Next();
    } while (depth > 0);
    return nullptr;
  }

  bool Put(Token token) {
    if (token != Token::kText) {
      absl::StrAppend(&text_, lexer_.text());
      return true;
    }
    if (IsName()) {
      PutName();
      return true;
    }
    if (IsObjectCode(lexer_.text())) header_.objects = true;
    absl::StrAppend(&text_, "'", lexer_.text(), "'");
    return !lexer_.escaped();
  }

  void PutName() {
    const auto name = graph::SpellFieldName(lexer_.text());
    odd_name_ = odd_name_ || !name;
    absl::StrAppend(&text_, "'", name.value_or(""), "'");
  }

  // (title, name) in place of a name. The title is another name of the field.
  bool TitledName() {
    lexer_.Next();
    if (lexer_.token() != Token::kText) return false;
    text_ += "(";
    PutName();
    text_ += ", ";
    lexer_.Next();
    if (!lexer_.Take(',') || lexer_.token() != Token::kText) return false;
    PutName();
    text_ += ")";
    lexer_.Next();
    return lexer_.Take(')');
  }

  // The string that comes next is the name of a field: it opens a tuple.
  bool IsName() const { return absl::EndsWith(text_, "("); }

  const char* Conclude() {
    const bool scalar = absl::StartsWith(text_, "'");
    if (scalar) text_ = text_.substr(1, text_.size() - 2);
    if (header_.shape.size() < 2) header_.fortran = false;
    if (header_.objects) return nullptr;
    const std::optional<uint64_t> size = graph::ItemSize(text_);
    if (!size || odd_name_) {
      header_.known = false;
      return nullptr;
    }
    header_.dtype = text_;
    const std::optional<uint64_t> length =
        graph::ArrayLength(*size, header_.shape);
    if (!length) return "an array of more than 2^63 bytes";
    header_.length = *length;
    return nullptr;
  }

  Lexer lexer_;
  NpyHeader& header_;
  std::string text_;
  bool odd_name_ = false;
};

std::string Utf8OfLatin1(absl::string_view text) {
  std::string utf8;
  for (const char c : text) {
    const auto byte = static_cast<uint8_t>(c);
    if (byte < 0x80) {
      utf8 += c;
    } else {
      utf8 += static_cast<char>(0xc0 | byte >> 6);
      utf8 += static_cast<char>(0x80 | (byte & 0x3f));
    }
  }
  return utf8;
}

}  // namespace

const char* ParseNpyHeader(absl::string_view text, NpyHeader* header) {
  *header = {};
  return Parser(text, header).Parse();
}

const char* ReadNpyHeader(base::Window& in, NpyHeader* header) {
  if (!in.Need(kNpyMagic.size() + 4) ||
      !absl::StartsWith({reinterpret_cast<const char*>(in.p), in.shown()},
                        kNpyMagic)) {
    return "no header";
  }
  const uint64_t begin = in.offset();
  const int version = in.p[kNpyMagic.size()];
  if (version < 1 || version > 3 || in.p[kNpyMagic.size() + 1] != 0)
    return "an unknown version";
  const size_t lengths = version == 1 ? 2 : 4;
  const size_t head = kNpyMagic.size() + 2 + lengths;
  if (!in.Need(head)) return "the header is cut off";
  const uint8_t* const at = in.p + kNpyMagic.size() + 2;
  const uint64_t length = version == 1 ? base::LoadLittle<uint16_t>(at)
                                       : base::LoadLittle<uint32_t>(at);
  if (length > kMaxHeader) return "the header is longer than any";
  in.p += head;
  if (!in.Need(length)) return "the header is cut off";
  const absl::string_view text(reinterpret_cast<const char*>(in.p), length);
  const bool utf8 =
      base::FindInvalidUtf8(text.data(), text.size()) == base::kValid;
  if (version == 3 && !utf8) return "the header is no UTF-8";
  const char* const fault = ParseNpyHeader(
      version == 3 ? std::string(text) : Utf8OfLatin1(text), header);
  if (fault != nullptr) return fault;
  in.p += length;
  header->data = begin + head + length;
  return nullptr;
}

}  // namespace picklebox::container
