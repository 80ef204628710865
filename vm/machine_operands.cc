// Operands of variable length: lines, counted text and bytes.
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "base/bytes.h"
#include "base/text.h"
#include "vm/machine.h"

namespace picklebox::vm {
namespace {

absl::string_view View(const uint8_t* p, size_t n) {
  return {reinterpret_cast<const char*>(p), n};
}

bool IsAscii(absl::string_view text) {
  for (const char c : text) {
    if (static_cast<uint8_t>(c) >= 0x80) return false;
  }
  return true;
}

}  // namespace

// The next `n` bytes are a part of an operand. A frame may end before or behind
// them, not within.
void Machine::CheckPayload(uint64_t n) {
  if (frame_end_ == kNoFrame) return;
  const uint64_t at = in_->offset();
  if (at < frame_end_ && n > frame_end_ - at) {
    Ambiguous(Doubt::kFrameCrossed,
              "an operand begins inside of a frame and ends behind it");
  }
}

// Shows the `n` bytes of a counted operand; they begin at in_->p.
bool Machine::Operand(uint64_t n) {
  if (n > in_->remaining()) {
    return FailTruncated(absl::StrCat("an operand of ", n, " bytes"));
  }
  CheckPayload(n);
  if (in_->Need(n)) return true;
  return Fail(Code::kLimitMemory,
              absl::StrCat("an operand of ", n, " bytes does not fit"));
}

// A line without its newline. Moves behind it.
bool Machine::Line(absl::string_view* line) {
  const size_t n = in_->Find('\n');
  if (n == base::Window::kNone) {
    if (in_->too_small())
      return Fail(Code::kLimitMemory, "a line does not fit");
    return FailTruncated("a newline");
  }
  CheckPayload(n + 1);
  *line = View(in_->p, n);
  in_->p += n + 1;
  return true;
}

// A line of GLOBAL or INST.
bool Machine::NameLine(absl::string_view* line) {
  if (!Line(line)) return false;
  if (line->empty()) return FailTruncated("a name");
  if (line->size() > options_.limits.name) {
    return Fail(Code::kLimitName,
                absl::StrCat("a name of ", line->size(), " bytes"));
  }
  if (line->find('\\') != absl::string_view::npos) {
    Ambiguous(
        Doubt::kNameEscape,
        "a backslash in a name: pickletools decodes it, unpicklers do not");
  }
  return true;
}

bool Machine::TextNumber(Opcode op) {
  absl::string_view line;
  if (!Line(&line)) return false;
  if (line.empty()) return FailTruncated("a number");
  const IntegerText number = op == Opcode::kInt
                                 ? ParseInt(line, options_.limits.integer)
                                 : ParseLong(line, options_.limits.integer);
  if (!number.agreed)
    Ambiguous(Doubt::kNumberText, "not all readers read this number alike");
  if (number.fault == NumberFault::kTooLong) {
    return Fail(Code::kLimitInteger,
                absl::StrCat("a number of ", line.size(), " characters"));
  }
  if (number.fault != NumberFault::kNone) {
    return Fail(Code::kBadNumber, "the text of an integer is not one");
  }
  if (number.is_bool) return Push(builder_->Bool(number.value != 0));
  return Push(number.fits ? builder_->Int(number.value)
                          : builder_->Int(number.bytes));
}

bool Machine::FloatLine() {
  absl::string_view line;
  if (!Line(&line)) return false;
  if (line.empty()) return FailTruncated("a number");
  const FloatText number = ParseFloat(line);
  if (!number.agreed)
    Ambiguous(Doubt::kNumberText, "not all readers read this number alike");
  if (number.fault != NumberFault::kNone) {
    return Fail(Code::kBadNumber, "the text of a float is not one");
  }
  return Push(builder_->Float(std::bit_cast<uint64_t>(number.value)));
}

bool Machine::LongBytes(Opcode op) {
  uint64_t n = 0;
  if (op == Opcode::kLong1) {
    n = *in_->p++;
  } else {
    const int32_t length = base::LoadLittle<int32_t>(in_->p);
    in_->p += sizeof(length);
    if (length < 0)
      return Fail(Code::kBadNumber, "the length of an integer is negative");
    n = static_cast<uint64_t>(length);
  }
  if (n > in_->remaining())
    return FailTruncated(absl::StrCat("an integer of ", n, " bytes"));
  if (n > options_.limits.integer) {
    return Fail(Code::kLimitInteger,
                absl::StrCat("an integer of ", n, " bytes"));
  }
  if (!Operand(n)) return false;
  const absl::Span<const uint8_t> bytes(in_->p, n);
  in_->p += n;
  return Push(n == 0 ? builder_->Int(0) : builder_->Int(bytes));
}

bool Machine::StringLine() {
  const uint64_t at = in_->offset();
  absl::string_view line;
  if (!Line(&line)) return false;
  const bool quoted = line.size() >= 2 &&
                      (line.front() == '\'' || line.front() == '"') &&
                      line.back() == line.front();
  if (!quoted)
    return Fail(Code::kBadString, "the text of STRING is not quoted");
  const absl::string_view inside = line.substr(1, line.size() - 2);
  if (inside.find('\\') == absl::string_view::npos)
    return PushPython2(inside, at + 1, true);
  const std::optional<std::string> text = UnescapeString(inside);
  if (!text) return Fail(Code::kBadEscape, "a bad escape in STRING");
  return PushPython2(*text, 0, false);
}

bool Machine::UnicodeLine() {
  const uint64_t at = in_->offset();
  absl::string_view line;
  if (!Line(&line)) return false;
  if (line.size() > options_.inline_text && IsAscii(line) &&
      line.find('\\') == absl::string_view::npos) {
    return Push(builder_->StrExtent({at, line.size()}));
  }
  const std::optional<std::string> text = DecodeRawUnicodeEscape(line);
  if (!text) return Fail(Code::kBadEscape, "a bad escape in UNICODE");
  return Push(builder_->Str(*text));
}

// Text of `n` bytes that follows; validated where it lies.
bool Machine::Utf8(uint64_t n) {
  if (n > options_.inline_text) return LongUtf8(n);
  if (!Operand(n)) return false;
  const absl::string_view text = View(in_->p, n);
  const size_t bad = base::FindInvalidUtf8(text.data(), n);
  if (bad != base::kValid) {
    return Fail(Code::kBadUtf8,
                absl::StrCat("byte ", bad, " of a text is no UTF-8"));
  }
  in_->p += n;
  return Push(builder_->Str(text));
}

bool Machine::LongUtf8(uint64_t n) {
  if (n > in_->remaining())
    return FailTruncated(absl::StrCat("a text of ", n, " bytes"));
  CheckPayload(n);
  const uint64_t at = in_->offset();
  base::Utf8Stream utf8;
  for (uint64_t left = n; left > 0;) {
    if (!in_->Need(1))
      return Fail(Code::kInputChanged, "the file became shorter");
    const size_t piece = std::min<uint64_t>(left, in_->shown());
    if (!utf8.Feed(reinterpret_cast<const char*>(in_->p), piece)) {
      return Fail(Code::kBadUtf8, "a text is no UTF-8");
    }
    in_->p += piece;
    left -= piece;
  }
  if (!utf8.Finish())
    return Fail(Code::kBadUtf8, "a text ends within a character");
  return Push(builder_->StrExtent({at, n}));
}

bool Machine::Bytes(uint64_t n, bool bytearray) {
  if (n > in_->remaining())
    return FailTruncated(absl::StrCat("bytes, ", n, " of them"));
  if (n <= options_.inline_text) {
    if (!Operand(n)) return false;
    const absl::string_view bytes = View(in_->p, n);
    in_->p += n;
    return Push(bytearray ? builder_->ByteArray(bytes)
                          : builder_->Bytes(bytes));
  }
  CheckPayload(n);
  const Extent extent{in_->offset(), n};
  in_->Skip(n);
  return Push(bytearray ? builder_->ByteArrayExtent(extent)
                        : builder_->BytesExtent(extent));
}

bool Machine::Python2(uint64_t n) {
  const uint64_t at = in_->offset();
  if (options_.encoding == Encoding::kBytes && n > options_.inline_text)
    return Bytes(n, false);
  if (!Operand(n)) return false;
  const absl::string_view bytes = View(in_->p, n);
  in_->p += n;
  return PushPython2(bytes, at, true);
}

// `verbatim`: the input holds `bytes` as they are at `offset`.
bool Machine::PushPython2(absl::string_view bytes, uint64_t offset,
                          bool verbatim) {
  const bool as_extent = verbatim && bytes.size() > options_.inline_text;
  const Extent extent{offset, bytes.size()};
  if (options_.encoding == Encoding::kBytes) {
    return Push(as_extent ? builder_->BytesExtent(extent)
                          : builder_->Bytes(bytes));
  }
  // An empty text is not decoded, so that an unknown encoding goes unnoticed.
  if (bytes.empty()) return Push(builder_->Str(""));
  const bool ascii_superset = options_.encoding <= Encoding::kUtf8;
  if (ascii_superset && IsAscii(bytes)) {
    return Push(as_extent ? builder_->StrExtent(extent) : builder_->Str(bytes));
  }
  if (options_.encoding == Encoding::kUnknown ||
      options_.on_error == OnError::kUnknown) {
    return Fail(Code::kBadCodec,
                "the text encoding or its error handler is not known here");
  }
  const std::optional<std::string> text =
      DecodeText(bytes, options_.encoding, options_.on_error);
  if (!text)
    return Fail(Code::kBadText,
                "a Python 2 string is not of the text encoding");
  return Push(builder_->Str(*text));
}

}  // namespace picklebox::vm
