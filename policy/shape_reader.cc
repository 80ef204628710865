#include "policy/shape_reader.h"

#include <algorithm>
#include <string>

#include "absl/strings/str_cat.h"

namespace picklebox::policy {
namespace {

// Nothing takes more arguments, and no rule has more lists of them.
constexpr size_t kMaxArguments = 1000;

}  // namespace

void ShapeReader::ComplainOfShape(const toml::node& node,
                                  const ShapeMistake& mistake) {
  Position position = Where(node.source());
  position.column += static_cast<uint32_t>(mistake.at) + 1;  // the quote
  Complain(position, mistake.message);
}

std::optional<Shape> ShapeReader::Item(const toml::node& node,
                                       absl::string_view key, bool repeats) {
  const std::string* const text = String(node, key);
  if (text == nullptr) return std::nullopt;
  ShapeMistake mistake;
  std::optional<Shape> shape = ParseItem(*text, repeats, &pool_, &mistake);
  if (!shape) ComplainOfShape(node, mistake);
  return shape;
}

void ShapeReader::ReadShape(const toml::node& node, absl::string_view key,
                            uint32_t* number) {
  if (const std::optional<Shape> shape = Item(node, key, false))
    *number = pool_.Add({*shape});
}

void ShapeReader::ReadEntries(const toml::node& node, uint32_t* number) {
  const std::string* const text = String(node, "items");
  if (text == nullptr) return;
  ShapeMistake mistake;
  if (const auto part = ParseEntries(*text, &pool_, &mistake)) {
    *number = AddAlternatives({*part});
  } else {
    ComplainOfShape(node, mistake);
  }
}

void ShapeReader::ReadArguments(const toml::node& node, absl::string_view key,
                                uint32_t* number) {
  const toml::array* const list = Array(node, key, "shapes");
  if (list == nullptr) return;
  std::vector<ShapePart> lists;
  if (list->empty() || !list->front().is_array()) {
    lists.push_back(ReadList(*list, key));
  } else {
    for (const toml::node& item : *list) {
      if (const toml::array* inner = Array(item, key, "lists of shapes"))
        lists.push_back(ReadList(*inner, key));
    }
  }
  *number = AddAlternatives(lists);
}

ShapePart ShapeReader::ReadList(const toml::array& list,
                                absl::string_view key) {
  std::vector<Shape> items;
  for (const toml::node& node : list) {
    if (const std::optional<Shape> shape = Item(node, key, true))
      items.push_back(*shape);
  }
  if (items.size() > kMaxArguments) {
    Complain(list, absl::StrCat("'", key, "' has too many arguments"));
    items.clear();
  }
  const std::string wrong = WrongOrder(items);
  if (!wrong.empty()) Complain(list, wrong);
  ShapePart part;
  part.kind = PartKind::kTuple;
  part.item_count = static_cast<uint16_t>(items.size());
  part.first_item = pool_.Add(items);
  return part;
}

uint32_t ShapeReader::NoKeywords() {
  ShapePart part;
  part.kind = PartKind::kDict;
  part.low = 1;
  return AddAlternatives({part});
}

uint32_t ShapeReader::AddAlternatives(const std::vector<ShapePart>& parts) {
  Shape shape;
  shape.part_count =
      static_cast<uint16_t>(std::min<size_t>(parts.size(), kMaxArguments));
  shape.first_part = pool_.AddParts(parts);
  return pool_.Add({shape});
}

}  // namespace picklebox::policy
