#include "code/store.h"

#include <algorithm>
#include <utility>

#include "base/bytes.h"
#include "report/sha256.h"

namespace picklebox::code {
namespace {

// What a value weighs beyond its text and items.
constexpr uint64_t kValueWeight = 160;

// The first byte of a canonical form.
char TagOf(ValueKind kind) {
  static constexpr absl::string_view kTags = "NFT.SifcsbtzlCo";
  return kTags[static_cast<size_t>(kind)];
}

// Collects the canonical form of a value and hashes it.
class Form {
 public:
  explicit Form(char tag) { bytes_.push_back(tag); }
  void Number(uint64_t value) {
    uint8_t buffer[8];
    base::StoreLittle(buffer, value);
    bytes_.append(reinterpret_cast<const char*>(buffer), sizeof(buffer));
  }
  void Text(absl::string_view text) {
    Number(text.size());
    bytes_.append(text.data(), text.size());
  }
  void Add(const Digest& digest) {
    bytes_.append(reinterpret_cast<const char*>(digest.data()), digest.size());
  }
  Digest Finish() const {
    report::Sha256 hash;
    hash.Update(bytes_);
    return hash.Finish();
  }

 private:
  std::string bytes_;
};

}  // namespace

Versions VersionsOf(Layout layout) {
  switch (layout) {
    case Layout::kPython36:
      return VersionBit(6) | VersionBit(7);
    case Layout::kPython38:
      return VersionBit(8) | VersionBit(9) | VersionBit(10);
    case Layout::kPython311:
      return VersionBit(11) | VersionBit(12) | VersionBit(13);
    case Layout::kOther:
      return 0;
  }
  return 0;
}

Store::Store() { Plain(ValueKind::kNone); }

ValueId Store::Plain(ValueKind kind) {
  Value value;
  value.kind = kind;
  return Add(std::move(value));
}

ValueId Store::Int(int64_t number) {
  uint8_t buffer[8];
  base::StoreLittle(buffer, static_cast<uint64_t>(number));
  return Int(
      absl::string_view(reinterpret_cast<const char*>(buffer), sizeof(buffer)));
}

ValueId Store::Int(absl::string_view bytes) {
  // The last byte says nothing if it repeats the sign.
  while (!bytes.empty()) {
    const uint8_t last = static_cast<uint8_t>(bytes.back());
    const uint8_t before =
        bytes.size() > 1 ? static_cast<uint8_t>(bytes[bytes.size() - 2]) : 0;
    if (!(last == 0 && before < 0x80) &&
        !(last == 0xff && bytes.size() > 1 && before >= 0x80)) {
      break;
    }
    bytes.remove_suffix(1);
  }
  return Text(ValueKind::kInt, bytes);
}

ValueId Store::Float(uint64_t bits) {
  Value value;
  value.kind = ValueKind::kFloat;
  value.real = bits;
  return Add(std::move(value));
}

ValueId Store::Complex(uint64_t real, uint64_t imaginary) {
  Value value;
  value.kind = ValueKind::kComplex;
  value.real = real;
  value.imaginary = imaginary;
  return Add(std::move(value));
}

ValueId Store::Text(ValueKind kind, absl::string_view text) {
  Value value;
  value.kind = kind;
  value.text = std::string(text);
  return Add(std::move(value));
}

ValueId Store::Items(ValueKind kind, std::vector<ValueId> items) {
  Value value;
  value.kind = kind;
  value.items = std::move(items);
  return Add(std::move(value));
}

ValueId Store::Code(CodeObject code) {
  Value value;
  value.kind = ValueKind::kCode;
  value.code = static_cast<CodeId>(codes_.size());
  code.versions = VersionsOf(code.layout);
  codes_.push_back(std::move(code));
  code_values_.push_back(static_cast<ValueId>(values_.size()));
  return Add(std::move(value));
}

ValueId Store::Add(Value value) {
  bytes_ +=
      kValueWeight + value.text.size() + value.items.size() * sizeof(ValueId);
  if (full() && value.kind != ValueKind::kCode) {
    value = Value();
    value.kind = ValueKind::kOther;
    value.text = "too much";
  }
  digests_.push_back(DigestOf(value));
  values_.push_back(std::move(value));
  return static_cast<ValueId>(values_.size() - 1);
}

Digest Store::DigestOf(const Value& value) const {
  Form form(TagOf(value.kind));
  switch (value.kind) {
    case ValueKind::kFloat:
      form.Number(value.real);
      break;
    case ValueKind::kComplex:
      form.Number(value.real);
      form.Number(value.imaginary);
      break;
    case ValueKind::kInt:
    case ValueKind::kStr:
    case ValueKind::kBytes:
    case ValueKind::kOther:
      form.Text(value.text);
      break;
    case ValueKind::kTuple:
    case ValueKind::kFrozenSet:
    case ValueKind::kSlice: {
      std::vector<Digest> items;
      items.reserve(value.items.size());
      for (const ValueId item : value.items) items.push_back(digests_[item]);
      if (value.kind == ValueKind::kFrozenSet)
        std::sort(items.begin(), items.end());
      form.Number(items.size());
      for (const Digest& item : items) form.Add(item);
      break;
    }
    case ValueKind::kCode: {
      const CodeObject& code = codes_[value.code];
      form.Number(static_cast<uint64_t>(code.layout));
      for (const int64_t number :
           {code.arguments, code.positional_only, code.keyword_only,
            code.locals, code.stack_size, code.flags}) {
        form.Number(static_cast<uint64_t>(number));
      }
      for (const ValueId part :
           {code.name, code.bytecode, code.exceptions, code.consts, code.names,
            code.varnames, code.freevars, code.cellvars}) {
        form.Add(part == kNoValue ? digests_[0] : digests_[part]);
      }
      break;
    }
    default:
      break;
  }
  return form.Finish();
}

absl::string_view Store::TextOf(ValueId id) const {
  return Is(id, ValueKind::kStr) || Is(id, ValueKind::kBytes)
             ? absl::string_view(values_[id].text)
             : absl::string_view();
}

absl::Span<const ValueId> Store::ItemsOf(ValueId id) const {
  return Is(id, ValueKind::kTuple) ? absl::MakeSpan(values_[id].items)
                                   : absl::Span<const ValueId>();
}

absl::string_view Store::Name(ValueId tuple, uint64_t index) const {
  const absl::Span<const ValueId> items = ItemsOf(tuple);
  return index < items.size() ? TextOf(items[index]) : absl::string_view();
}

}  // namespace picklebox::code
