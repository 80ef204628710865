#include "code/store.h"

#include <algorithm>
#include <utility>

#include "base/bytes.h"

namespace picklebox::code {
namespace {

// What a value weighs beyond its text and items.
constexpr uint64_t kValueWeight = 160;

// The first byte of a canonical form.
graph::FormTag TagOf(ValueKind kind) {
  static constexpr absl::string_view kTags = "NFT.SifcsbtzlCo";
  return static_cast<graph::FormTag>(kTags[static_cast<size_t>(kind)]);
}

}  // namespace

Versions VersionsOf(Layout layout) {
  switch (layout) {
    case Layout::kPython36:
      return VersionBit(6) | VersionBit(7);
    case Layout::kPython38:
      return VersionBit(8) | VersionBit(9) | VersionBit(10);
    case Layout::kPython311:
      return VersionBit(11) | VersionBit(12) | VersionBit(13) | VersionBit(14) |
             VersionBit(15);
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
  return Text(ValueKind::kInt, graph::MinimalInt(bytes));
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
  const graph::FormTag tag = TagOf(value.kind);
  switch (value.kind) {
    case ValueKind::kFloat:
      return graph::DigestOfFloat(value.real);
    case ValueKind::kComplex:
      return graph::DigestOfComplex(value.real, value.imaginary);
    case ValueKind::kInt:
    case ValueKind::kStr:
    case ValueKind::kBytes:
    case ValueKind::kOther:
      return graph::DigestOfText(tag, value.text);
    case ValueKind::kTuple:
    case ValueKind::kFrozenSet:
    case ValueKind::kSlice: {
      std::vector<Digest> items;
      items.reserve(value.items.size());
      for (const ValueId item : value.items) items.push_back(digests_[item]);
      return graph::DigestOfItems(tag, std::move(items));
    }
    case ValueKind::kCode:
      return graph::DigestOfCode(FormOf(codes_[value.code]));
    default:
      return graph::DigestOfPlain(tag);
  }
}

graph::CodeForm Store::FormOf(const CodeObject& code) const {
  graph::CodeForm form;
  form.layout = static_cast<uint64_t>(code.layout);
  form.counts = {code.arguments, code.positional_only, code.keyword_only,
                 code.locals,    code.stack_size,      code.flags};
  const ValueId parts[] = {code.name,     code.bytecode, code.exceptions,
                           code.consts,   code.names,    code.varnames,
                           code.freevars, code.cellvars};
  for (size_t i = 0; i < form.parts.size(); ++i)
    form.parts[i] = digests_[parts[i] == kNoValue ? 0 : parts[i]];
  return form;
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
