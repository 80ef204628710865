#include "policy/shape_parser.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "policy/identifier.h"
#include "policy/names.h"

namespace picklebox::policy {
namespace {

constexpr size_t kMaxItems = 1000;

constexpr struct Word {
  absl::string_view word;
  ShapeKinds kinds;
} kWords[] = {
    {"any", kAnyKind},
    {"none", KindBit(NodeKind::kNone)},
    {"bool", KindBit(NodeKind::kBool)},
    {"int", KindBit(NodeKind::kInt)},
    {"float", KindBit(NodeKind::kFloat)},
    {"str", KindBit(NodeKind::kStr)},
    {"bytes", KindBit(NodeKind::kBytes)},
    {"bytearray", KindBit(NodeKind::kByteArray)},
    {"tuple", KindBit(NodeKind::kTuple)},
    {"list", KindBit(NodeKind::kList)},
    {"dict", KindBit(NodeKind::kDict)},
    {"set", KindBit(NodeKind::kSet)},
    {"frozenset", KindBit(NodeKind::kFrozenSet)},
    {"persistent", KindBit(NodeKind::kPersistent)},
    {"buffer", kBufferKinds},
    {"global", KindBit(NodeKind::kGlobal)},
    {"made", kMadeKinds},
};

constexpr struct Special {
  absl::string_view word;
  PartKind kind;
} kSpecials[] = {{"array", PartKind::kArray},
                 {"callable", PartKind::kCallable},
                 {"class", PartKind::kClass}};

constexpr struct Container {
  absl::string_view word;
  PartKind kind;
} kContainers[] = {{"tuple", PartKind::kTuple},
                   {"frozenset", PartKind::kFrozenSet},
                   {"list", PartKind::kList},
                   {"set", PartKind::kSet},
                   {"dict", PartKind::kDict}};

template <typename Row, size_t kSize>
const Row* Find(const Row (&rows)[kSize], absl::string_view word) {
  const Row* const row =
      std::find_if(std::begin(rows), std::end(rows),
                   [&](const Row& other) { return other.word == word; });
  return row == std::end(rows) ? nullptr : row;
}

// Recursive descent over what the author of a policy wrote, no deeper than
// kMaxShapeDepth.
// NOLINTBEGIN(misc-no-recursion)
class Parser {
 public:
  Parser(absl::string_view text, ShapePool* pool, ShapeMistake* mistake)
      : text_(text), pool_(pool), mistake_(mistake) {}

  std::optional<Shape> Whole(bool repeats) {
    std::optional<Shape> shape = Item(repeats, 0);
    if (shape && !AtEnd()) return Fail("this is not expected here");
    return shape;
  }

  std::optional<ShapePart> WholeEntries() {
    ShapePart part;
    const std::optional<Shape> first = Item(false, 1);
    if (!first) return std::nullopt;
    std::vector<Shape> items = {*first};
    part.low = Take(':') ? 1 : 0;
    part.kind = part.low != 0 ? PartKind::kDict : PartKind::kList;
    if (part.kind == PartKind::kDict && !Pairs(&items, 1)) return std::nullopt;
    if (!AtEnd()) {
      Fail("this is not expected here");
      return std::nullopt;
    }
    Finish(items, &part);
    return part;
  }

 private:
  std::nullopt_t Fail(absl::string_view message) {
    if (mistake_->message.empty()) *mistake_ = {at_, std::string(message)};
    return std::nullopt;
  }

  void SkipSpace() {
    while (at_ < text_.size() && text_[at_] == ' ') ++at_;
  }
  bool AtEnd() {
    SkipSpace();
    return at_ == text_.size();
  }
  char Peek() {
    SkipSpace();
    return at_ < text_.size() ? text_[at_] : '\0';
  }
  bool Take(char c) {
    if (Peek() != c || c == '\0') return false;
    ++at_;
    return true;
  }
  bool Expect(char c) {
    if (Take(c)) return true;
    Fail(absl::StrCat("a '", std::string(1, c), "' is missing here"));
    return false;
  }
  absl::string_view Name() {
    SkipSpace();
    const size_t start = at_;
    while (at_ < text_.size() &&
           (absl::ascii_isalnum(static_cast<unsigned char>(text_[at_])) ||
            text_[at_] == '_')) {
      ++at_;
    }
    return text_.substr(start, at_ - start);
  }

  void Finish(const std::vector<Shape>& items, ShapePart* part) {
    part->item_count = static_cast<uint16_t>(items.size());
    part->first_item = pool_->Add(items);
  }

  std::optional<Shape> Item(bool repeats, int depth) {
    if (depth > kMaxShapeDepth) return Fail("shapes nest too deeply here");
    Shape shape;
    std::vector<ShapePart> parts;
    do {
      if (!Part(depth, &shape.kinds, &parts)) return std::nullopt;
      if (parts.size() > kMaxItems) return Fail("too many parts");
    } while (Take('|'));
    if (!CheckContents(parts)) return std::nullopt;
    if (repeats && Take('?')) {
      shape.repeat = Repeat::kOptional;
    } else if (repeats && Take('*')) {
      shape.repeat = Repeat::kAny;
    }
    shape.part_count = static_cast<uint16_t>(parts.size());
    shape.first_part = pool_->AddParts(parts);
    return shape;
  }

  // What is added to a container later must be held to one shape.
  bool CheckContents(const std::vector<ShapePart>& parts) {
    for (size_t i = 0; i < parts.size(); ++i) {
      for (size_t j = 0; j < i; ++j) {
        if (parts[i].kind == parts[j].kind && parts[i].text == parts[j].text &&
            parts[i].qualname == parts[j].qualname &&
            (parts[i].kind >= PartKind::kList ||
             parts[i].kind == PartKind::kContents)) {
          Fail(
              "two shapes for what one container holds: write list[A|B] for "
              "list[A]|list[B]");
          return false;
        }
      }
    }
    return true;
  }

  bool Part(int depth, ShapeKinds* kinds, std::vector<ShapePart>* parts) {
    ShapePart part;
    const char c = Peek();
    if (c == '\'') return Quoted(PartKind::kText, parts);
    if (c == '-' || absl::ascii_isdigit(static_cast<unsigned char>(c)))
      return Integer(parts);
    const size_t start = at_;
    const absl::string_view word = Name();
    if (word == "b" && Peek() == '\'') return Quoted(PartKind::kBytes, parts);
    if (word == "true" || word == "false") {
      part.kind = PartKind::kBool;
      part.low = word == "true" ? 1 : 0;
      parts->push_back(part);
      return true;
    }
    if ((word == "global" || word == "made") && Peek() == '(')
      return Named(word == "global", depth, parts);
    if (Peek() == '[') {
      if (const auto* container = Find(kContainers, word)) {
        part.kind = container->kind;
        if (!Bracketed(depth, &part)) return false;
        parts->push_back(part);
        return true;
      }
    }
    if (const auto* special = Find(kSpecials, word)) {
      part.kind = special->kind;
      parts->push_back(part);
      return true;
    }
    if (const auto* known = Find(kWords, word)) {
      *kinds |= known->kinds;
      return true;
    }
    at_ = start;
    Fail(word.empty() ? std::string("a shape is missing here")
                      : absl::StrCat("no shape is called '", word, "'"));
    return false;
  }

  bool Quoted(PartKind kind, std::vector<ShapePart>* parts) {
    std::string text;
    ++at_;
    while (at_ < text_.size() && text_[at_] != '\'') {
      if (text_[at_] == '\\') {
        ++at_;
        if (at_ == text_.size() || (text_[at_] != '\'' && text_[at_] != '\\')) {
          Fail("a backslash stands before a quote or a backslash only");
          return false;
        }
      }
      text.push_back(text_[at_++]);
    }
    if (at_ == text_.size()) {
      Fail("the text has no end: a ' is missing");
      return false;
    }
    ++at_;
    ShapePart part;
    part.kind = kind;
    part.text = pool_->Keep(text);
    parts->push_back(part);
    return true;
  }

  bool Number(int64_t* value) {
    SkipSpace();
    const size_t start = at_;
    if (at_ < text_.size() && text_[at_] == '-') ++at_;
    while (at_ < text_.size() &&
           absl::ascii_isdigit(static_cast<unsigned char>(text_[at_]))) {
      ++at_;
    }
    if (absl::SimpleAtoi(text_.substr(start, at_ - start), value)) return true;
    at_ = start;
    Fail("a number of 64 bits is missing here");
    return false;
  }

  // 5, -1, 0..624
  bool Integer(std::vector<ShapePart>* parts) {
    ShapePart part;
    part.kind = PartKind::kInteger;
    if (!Number(&part.low)) return false;
    part.high = part.low;
    if (text_.substr(at_, 2) == "..") {
      at_ += 2;
      if (!Number(&part.high)) return false;
      if (part.high < part.low) {
        Fail("the range is empty");
        return false;
      }
    }
    parts->push_back(part);
    return true;
  }

  // (module:qualname), for made also with [contents].
  bool Named(bool global, int depth, std::vector<ShapePart>* parts) {
    ShapePart part;
    part.kind = global ? PartKind::kGlobal : PartKind::kMade;
    if (!Expect('(')) return false;
    const size_t end = text_.find(')', at_);
    if (end == absl::string_view::npos) {
      Fail("a ')' is missing");
      return false;
    }
    const absl::string_view name =
        absl::StripAsciiWhitespace(text_.substr(at_, end - at_));
    const size_t colon = name.find(':');
    if (colon == absl::string_view::npos ||
        !IsDottedName(name.substr(0, colon)) ||
        !IsDottedName(name.substr(colon + 1))) {
      Fail(absl::StrCat("'", name, "' is no global: write it as module:name"));
      return false;
    }
    const CanonicalName canonical =
        Canonical(name.substr(0, colon), name.substr(colon + 1), false);
    part.text = pool_->Keep(canonical.module);
    part.qualname = pool_->Keep(canonical.qualname);
    at_ = end + 1;
    if (!global && Peek() == '[') {
      part.kind = PartKind::kContents;
      if (!Bracketed(depth, &part)) return false;
    }
    parts->push_back(part);
    return true;
  }

  bool Bracketed(int depth, ShapePart* part) {
    std::vector<Shape> items;
    const size_t start = at_;
    if (!Expect('[')) return false;
    if (!Take(']')) {
      const bool read = part->kind == PartKind::kTuple
                            ? Sequence(&items, depth + 1)
                            : Entries(part, &items, depth + 1);
      if (!read || !Expect(']')) return false;
    }
    const std::string wrong =
        part->kind == PartKind::kTuple ? WrongOrder(items) : std::string();
    if (!wrong.empty()) {
      at_ = start;
      Fail(wrong);
      return false;
    }
    Finish(items, part);
    return true;
  }

  bool Sequence(std::vector<Shape>* items, int depth) {
    do {
      const std::optional<Shape> item = Item(true, depth);
      if (!item) return false;
      items->push_back(*item);
      if (items->size() > kMaxItems) {
        Fail("too many items");
        return false;
      }
    } while (Take(','));
    return true;
  }

  // One shape for all items, or pairs of shapes for keys and values.
  bool Entries(ShapePart* part, std::vector<Shape>* items, int depth) {
    const std::optional<Shape> first = Item(false, depth);
    if (!first) return false;
    items->push_back(*first);
    const bool pairs = part->kind == PartKind::kDict ||
                       (part->kind == PartKind::kContents && Peek() == ':');
    part->low = pairs ? 1 : 0;
    return !pairs || (Expect(':') && Pairs(items, depth));
  }

  // The rest of key: value, key: value ..., of which the first key is there.
  bool Pairs(std::vector<Shape>* items, int depth) {
    for (;;) {
      const std::optional<Shape> value = Item(false, depth);
      if (!value) return false;
      items->push_back(*value);
      if (!Take(',')) return true;
      if (items->size() > kMaxItems) {
        Fail("too many items");
        return false;
      }
      const std::optional<Shape> key = Item(false, depth);
      if (!key || !Expect(':')) return false;
      items->push_back(*key);
    }
  }

  const absl::string_view text_;
  ShapePool* const pool_;
  ShapeMistake* const mistake_;
  size_t at_ = 0;
};
// NOLINTEND(misc-no-recursion)

}  // namespace

std::optional<Shape> ParseItem(absl::string_view text, bool repeats,
                               ShapePool* pool, ShapeMistake* mistake) {
  return Parser(text, pool, mistake).Whole(repeats);
}

std::optional<ShapePart> ParseEntries(absl::string_view text, ShapePool* pool,
                                      ShapeMistake* mistake) {
  return Parser(text, pool, mistake).WholeEntries();
}

std::string WrongOrder(const std::vector<Shape>& items) {
  for (size_t i = 0; i + 1 < items.size(); ++i) {
    if (items[i].repeat == Repeat::kAny) return "only the last item has a *";
    if (items[i].repeat == Repeat::kOptional &&
        items[i + 1].repeat == Repeat::kOnce) {
      return "what follows an item with ? has a ? or a *, too";
    }
  }
  return {};
}

}  // namespace picklebox::policy
