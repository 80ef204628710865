#include "policy/checks/item_type.h"

#include <algorithm>
#include <cstddef>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "graph/dtype.h"

namespace picklebox::policy {
namespace {

// "<i8": a number, or something else of a known size.
std::optional<NumberType> ParseScalar(absl::string_view text) {
  const std::optional<uint64_t> size = graph::ScalarSize(text);
  if (!size || text.size() < 3) return std::nullopt;
  NumberType type;
  type.size = static_cast<int64_t>(*size);
  type.big_endian = text[0] == '>';
  const absl::string_view code = text.substr(1);
  // PyTorch's names begin with such letters, too: "bfloat16".
  const bool is_number = code.size() <= 3 && code[1] >= '1' && code[1] <= '9' &&
                         absl::StrContains("biufc", code.substr(0, 1));
  if (is_number) type.kind = code[0];
  return type;
}

// Where the type of a field ends, which begins `text`: in front of ", (" or
// ")", outside of brackets and quotes.
size_t EndOfType(absl::string_view text) {
  int depth = 0;
  bool quoted = false;
  for (size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (c == '\'') quoted = !quoted;
    if (quoted) continue;
    if (c == '[' || c == '(') ++depth;
    if (depth == 0 && (c == ')' || c == ',')) return i;
    if (c == ']' || c == ')') --depth;
  }
  return text.size();
}

// Takes "('name', type)" or "('name', type, (dims))" from the front.
bool TakeField(absl::string_view* text, ItemType* record) {
  if (!absl::ConsumePrefix(text, "('")) return false;
  const size_t quote = text->find('\'');
  if (quote == absl::string_view::npos) return false;
  ItemField field;
  field.name = std::string(text->substr(0, quote));
  text->remove_prefix(quote + 1);
  if (!absl::ConsumePrefix(text, ", ")) return false;
  const absl::string_view whole = *text;
  const size_t end = EndOfType(whole);
  const absl::string_view type = whole.substr(0, end);
  text->remove_prefix(end);
  bool is_plain = true;
  if (absl::ConsumePrefix(text, ", ")) {
    text->remove_prefix(EndOfType(*text));
    is_plain = false;
  }
  const absl::string_view rest = whole.substr(0, whole.size() - text->size());
  if (!absl::ConsumePrefix(text, ")")) return false;
  // Its size as that of a record which has only it.
  const std::optional<uint64_t> size =
      graph::ItemSize(absl::StrCat("[('f', ", rest, ")]"));
  if (!size) return false;
  if (is_plain && absl::StartsWith(type, "'")) {
    const auto number = ParseScalar(type.substr(1, type.size() - 2));
    if (!number) return false;
    field.type = *number;
  } else {
    field.type.size = static_cast<int64_t>(*size);
  }
  field.offset = record->size;
  record->size += field.type.size;
  if (!field.name.empty()) record->fields.push_back(std::move(field));
  return true;
}

uint64_t Load(const uint8_t* p, int64_t size, bool big_endian) {
  uint64_t word = 0;
  for (int64_t i = 0; i < size; ++i) {
    const uint64_t byte = p[big_endian ? size - 1 - i : i];
    word |= byte << (8 * i);
  }
  return word;
}

}  // namespace

int64_t NumberType::Integer(const uint8_t* p) const {
  if (!is_integer() || size < 1 || size > 8) return 0;
  const uint64_t word = Load(p, size, big_endian);
  if (kind == 'i') {
    const int spare = static_cast<int>(64 - 8 * size);
    return static_cast<int64_t>(word << spare) >> spare;
  }
  constexpr auto kMost =
      static_cast<uint64_t>(std::numeric_limits<int64_t>::max());
  return static_cast<int64_t>(std::min(word, kMost));
}

const ItemField* ItemType::Find(absl::string_view name) const {
  const auto found =
      std::find_if(fields.begin(), fields.end(),
                   [name](const ItemField& f) { return f.name == name; });
  return found == fields.end() ? nullptr : &*found;
}

std::optional<ItemType> ParseItemType(absl::string_view dtype) {
  const std::optional<uint64_t> size = graph::ItemSize(dtype);
  if (!size) return std::nullopt;
  ItemType type;
  if (!absl::ConsumePrefix(&dtype, "[")) {
    const auto number = ParseScalar(dtype);
    if (!number) return std::nullopt;
    static_cast<NumberType&>(type) = *number;
    return type;
  }
  do {
    if (!TakeField(&dtype, &type)) return std::nullopt;
  } while (absl::ConsumePrefix(&dtype, ", "));
  if (dtype != "]" || type.size != static_cast<int64_t>(*size))
    return std::nullopt;
  return type;
}

}  // namespace picklebox::policy
