#include "policy/shape_text.h"

#include <algorithm>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "policy/names.h"

namespace picklebox::policy {
namespace {

// A table that is not of the compiler could say much with little.
constexpr size_t kMaxText = 1 << 16;

constexpr absl::string_view kMadeWord = "made";
constexpr absl::string_view kBufferWord = "buffer";

std::string KindWord(NodeKind kind) { return std::string(NodeKindName(kind)); }

// The recursion is bounded by the depth that is counted.
// NOLINTBEGIN(misc-no-recursion)
class Speller {
 public:
  explicit Speller(const PolicyTable& table) : table_(table) {}

  std::string Shape(uint32_t number, int depth) {
    const policy::Shape shape = table_.shape(number);
    std::string text = Alternatives(shape, depth);
    if (shape.repeat == Repeat::kOptional) text += "?";
    if (shape.repeat == Repeat::kAny) text += "*";
    return text;
  }

  std::vector<std::string> Items(const ShapePart& part, int depth) {
    std::vector<std::string> items;
    size_ += part.item_count;
    for (uint32_t i = 0; i < part.item_count && size_ < kMaxText; ++i)
      items.push_back(Shape(part.first_item + i, depth));
    return items;
  }

  std::string Entries(const ShapePart& part, int depth) {
    const std::vector<std::string> items = Items(part, depth);
    if (part.low == 0) return absl::StrJoin(items, ", ");
    std::string text;
    for (size_t i = 0; i + 1 < items.size(); i += 2) {
      absl::StrAppend(&text, i > 0 ? ", " : "", items[i], ": ", items[i + 1]);
    }
    return text;
  }

 private:
  std::string Alternatives(const policy::Shape& shape, int depth) {
    if (depth > kMaxShapeDepth + 1) return "...";
    if ((shape.kinds & kAnyKind) == kAnyKind) return "any";
    std::vector<std::string> texts;
    for (int i = 0; i < static_cast<int>(NodeKind::kAppend); ++i) {
      const auto kind = static_cast<NodeKind>(i);
      if ((shape.kinds & KindBit(kind)) == 0) continue;
      if (kind == NodeKind::kNew || kind == NodeKind::kReadonly) continue;
      texts.emplace_back(kind == NodeKind::kCall     ? std::string(kMadeWord)
                         : kind == NodeKind::kBuffer ? std::string(kBufferWord)
                                                     : KindWord(kind));
    }
    size_ += shape.part_count;
    for (uint32_t i = 0; i < shape.part_count && size_ < kMaxText; ++i)
      texts.push_back(Part(table_.part(shape.first_part + i), depth));
    return absl::StrJoin(texts, "|");
  }

  std::string Part(const ShapePart& part, int depth) {
    size_ += part.text.size();
    if (size_ > kMaxText) return "...";
    switch (part.kind) {
      case PartKind::kText:
        return Literal(part.text);
      case PartKind::kBytes:
        return absl::StrCat("b", Literal(part.text));
      case PartKind::kInteger:
        return part.low == part.high ? absl::StrCat(part.low)
                                     : absl::StrCat(part.low, "..", part.high);
      case PartKind::kBool:
        return part.low != 0 ? "true" : "false";
      case PartKind::kGlobal:
        return absl::StrCat("global(", Spell(part.text, part.qualname), ")");
      case PartKind::kMade:
        return absl::StrCat("made(", Spell(part.text, part.qualname), ")");
      case PartKind::kContents:
        return absl::StrCat("made(", Spell(part.text, part.qualname), ")[",
                            Entries(part, depth + 1), "]");
      case PartKind::kArray:
        return "array";
      case PartKind::kCallable:
        return "callable";
      case PartKind::kClass:
        return "class";
      case PartKind::kTuple:
        return absl::StrCat("tuple[",
                            absl::StrJoin(Items(part, depth + 1), ", "), "]");
      case PartKind::kFrozenSet:
        return absl::StrCat("frozenset[", Entries(part, depth + 1), "]");
      case PartKind::kList:
        return absl::StrCat("list[", Entries(part, depth + 1), "]");
      case PartKind::kSet:
        return absl::StrCat("set[", Entries(part, depth + 1), "]");
      case PartKind::kDict:
        return absl::StrCat("dict[", Entries(part, depth + 1), "]");
    }
    return "";
  }

  const PolicyTable& table_;
  size_t size_ = 0;
};
// NOLINTEND(misc-no-recursion)

}  // namespace

std::string Literal(absl::string_view text) {
  std::string literal = "'";
  for (const char c : text) {
    if (c == '\'' || c == '\\') literal.push_back('\\');
    literal.push_back(c);
  }
  return literal + "'";
}

std::string TomlString(absl::string_view text) {
  std::string quoted = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') {
      quoted.push_back('\\');
      quoted.push_back(c);
    } else if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) {
      absl::StrAppendFormat(&quoted, "\\u%04X", static_cast<unsigned char>(c));
    } else {
      quoted.push_back(c);
    }
  }
  return quoted + "\"";
}

std::string ShapeText(const PolicyTable& table, uint32_t shape) {
  return Speller(table).Shape(shape, 0);
}

std::string ArgumentsText(const PolicyTable& table, uint32_t number) {
  const Shape shape = table.shape(number);
  std::vector<std::string> lists;
  for (uint32_t i = 0; i < shape.part_count && lists.size() < kMaxText; ++i) {
    const std::vector<std::string> items =
        Speller(table).Items(table.part(shape.first_part + i), 1);
    lists.push_back(absl::StrCat(
        "[",
        absl::StrJoin(items, ", ",
                      [](std::string* out, const std::string& item) {
                        out->append(TomlString(item));
                      }),
        "]"));
  }
  return lists.size() == 1 ? lists.front()
                           : absl::StrCat("[", absl::StrJoin(lists, ", "), "]");
}

std::string EntriesText(const PolicyTable& table, uint32_t number) {
  const Shape shape = table.shape(number);
  return shape.part_count == 0
             ? std::string()
             : Speller(table).Entries(table.part(shape.first_part), 1);
}

}  // namespace picklebox::policy
