#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "base/text.h"
#include "graph/change_index.h"
#include "graph/view_text.h"
#include "picklebox/graph_view.h"

namespace picklebox {
namespace {

using graph::ChangeIndex;

struct Step {
  enum Kind { kName, kNumber, kText };
  Kind kind = kName;
  std::string text;  // kName, kText
  int64_t number = 0;
  size_t end = 0;  // of the step in the path
};

// Reads a path from left to right. Every Read function returns false after it
// has noted what is wrong, and where.
class PathParser {
 public:
  explicit PathParser(absl::string_view path) : path_(path) {}

  absl::StatusOr<std::vector<Step>> Parse() {
    std::vector<Step> steps;
    bool ok = Take('$') || Fail("a path begins with $");
    while (ok && pos_ < path_.size()) {
      Step step;
      if (Take('.')) {
        ok = ReadName(&step);
      } else if (Take('[')) {
        ok = Peek() == '\'' || Peek() == '"' ? ReadText(&step)
                                             : ReadNumber(&step);
        ok = ok && (Take(']') || Fail("expected ]"));
      } else {
        ok = Fail("expected .name or [");
      }
      step.end = pos_;
      steps.push_back(step);
    }
    if (ok) return steps;
    return absl::InvalidArgumentError(
        absl::StrCat("path, column ", pos_ + 1, ": ", fault_));
  }

 private:
  char Peek() const { return pos_ < path_.size() ? path_[pos_] : '\0'; }
  bool Take(char c) {
    if (pos_ >= path_.size() || path_[pos_] != c) return false;
    ++pos_;
    return true;
  }
  bool Fail(absl::string_view fault) {
    fault_ = std::string(fault);
    return false;
  }

  bool ReadName(Step* step) {
    const size_t begin = pos_;
    while (absl::ascii_isalnum(Peek()) || Peek() == '_' ||
           static_cast<uint8_t>(Peek()) >= 0x80) {
      ++pos_;
    }
    step->kind = Step::kName;
    step->text = std::string(path_.substr(begin, pos_ - begin));
    return pos_ > begin || Fail("expected a name");
  }

  bool ReadNumber(Step* step) {
    const size_t begin = pos_;
    Take('-');
    while (absl::ascii_isdigit(Peek())) ++pos_;
    step->kind = Step::kNumber;
    if (absl::SimpleAtoi(path_.substr(begin, pos_ - begin), &step->number)) {
      return true;
    }
    pos_ = begin;
    return Fail("expected a number or a quoted string");
  }

  bool ReadText(Step* step) {
    const char quote = path_[pos_++];
    step->kind = Step::kText;
    while (!Take(quote)) {
      if (pos_ == path_.size()) return Fail("the string does not end");
      if (Take('\\')) {
        if (!ReadEscape(&step->text)) return false;
      } else {
        step->text.push_back(path_[pos_++]);
      }
    }
    return true;
  }

  bool ReadEscape(std::string* text) {
    static constexpr struct {
      char letter;
      char meaning;
    } kEscapes[] = {{'\\', '\\'}, {'\'', '\''}, {'"', '"'},
                    {'n', '\n'},  {'r', '\r'},  {'t', '\t'}};
    for (const auto& escape : kEscapes) {
      if (Take(escape.letter)) {
        text->push_back(escape.meaning);
        return true;
      }
    }
    if (Take('x')) return ReadHex(2, text);
    if (Take('u')) return ReadHex(4, text);
    if (Take('U')) return ReadHex(8, text);
    return Fail("unknown escape");
  }

  bool ReadHex(size_t digits, std::string* text) {
    uint32_t code_point = 0;
    const absl::string_view hex = path_.substr(pos_, digits);
    for (const char c : hex) {
      if (!absl::ascii_isxdigit(c)) return Fail("expected hex digits");
    }
    if (hex.size() < digits || !absl::SimpleHexAtoi(hex, &code_point) ||
        code_point > 0x10ffff) {
      return Fail("expected the hex digits of a character");
    }
    base::AppendUtf8(code_point, text);
    pos_ += digits;
    return true;
  }

  absl::string_view path_;
  size_t pos_ = 0;
  std::string fault_;
};

// Finds what a step leads to. What was written last wins, as in Python.
class Resolver {
 public:
  explicit Resolver(const Graph& graph) : graph_(graph), changes_(graph) {}

  // The node behind `step` of `from`, or kNoNode.
  NodeId Follow(NodeId from, const Step& step) const {
    if (step.kind == Step::kNumber) return Item(from, step.number);
    NodeId found = kNoNode;
    if (step.kind == Step::kName) found = Attribute(from, step.text);
    return found != kNoNode ? found : Value(from, step);
  }

  // "list of 3", for errors.
  std::string Describe(NodeId id) const {
    const Node node = graph_.node(id);
    switch (node.kind) {
      case NodeKind::kTuple:
      case NodeKind::kList:
        return absl::StrCat(NodeKindName(node.kind), " of ", Length(node));
      case NodeKind::kCall:
      case NodeKind::kNew: {
        const Node callable = graph_.node(node.subject);
        if (callable.kind != NodeKind::kGlobal) break;
        return absl::StrCat(NodeKindName(node.kind), " of ",
                            graph::AtomText(callable, 0));
      }
      default:
        break;
    }
    return std::string(NodeKindName(node.kind));
  }

 private:
  NodeId Attribute(NodeId from, absl::string_view name) const {
    NodeId found = kNoNode;
    const Step wanted{Step::kText, std::string(name)};
    for (const ChangeIndex::Entry& entry : changes_.of(from)) {
      const Node change = graph_.node(entry.change);
      if (change.kind != NodeKind::kBuild) continue;
      const Node state = graph_.node(change.args);
      std::vector<NodeId> dicts = {state.id};
      if (state.kind == NodeKind::kTuple && state.items.size() == 2) {
        dicts.assign({*state.items.begin(), *++state.items.begin()});
      }
      for (const NodeId dict : dicts) {
        const NodeId value = Value(dict, wanted);
        if (value != kNoNode) found = value;
      }
    }
    return found;
  }

  // The value of a key of a dict, or of what is used like one.
  NodeId Value(NodeId from, const Step& key) const {
    NodeId found = kNoNode;
    for (const ChangeIndex::Entry& entry : changes_.of(from)) {
      const Node change = graph_.node(entry.change);
      if (change.kind != NodeKind::kSetItems) continue;
      for (auto it = change.items.begin(); it != change.items.end(); ++it) {
        const bool match = IsKey(graph_.node(*it), key);
        ++it;
        if (match) found = *it;
      }
    }
    return found;
  }

  static bool IsKey(const Node& node, const Step& key) {
    if (key.kind == Step::kNumber) {
      return node.kind == NodeKind::kInt && !node.big &&
             node.integer == key.number;
    }
    return node.kind == NodeKind::kStr && !node.extent && node.text == key.text;
  }

  uint64_t Length(const Node& node) const {
    if (node.kind == NodeKind::kTuple) return node.items.size();
    uint64_t length = 0;
    for (const ChangeIndex::Entry& entry : changes_.of(node.id)) {
      const Node change = graph_.node(entry.change);
      if (change.kind == NodeKind::kAppend) length += change.items.size();
    }
    return length;
  }

  NodeId Item(NodeId from, int64_t number) const {
    const Node node = graph_.node(from);
    const uint64_t length = Length(node);
    if (length == 0) return Value(from, {Step::kNumber, "", number});
    uint64_t left = static_cast<uint64_t>(number);
    if (number < 0) left += length;  // a number too low wraps to one too high
    if (left >= length) return kNoNode;
    if (node.kind == NodeKind::kTuple) return At(node.items, left);
    for (const ChangeIndex::Entry& entry : changes_.of(from)) {
      const Node change = graph_.node(entry.change);
      if (change.kind != NodeKind::kAppend) continue;
      if (left < change.items.size()) return At(change.items, left);
      left -= change.items.size();
    }
    return kNoNode;
  }

  static NodeId At(const NodeList& items, uint64_t number) {
    auto it = items.begin();
    for (; number > 0; --number) ++it;
    return *it;
  }

  const Graph& graph_;
  const ChangeIndex changes_;
};

}  // namespace

absl::StatusOr<NodeId> FindPath(const Graph& graph, absl::string_view path) {
  const absl::StatusOr<std::vector<Step>> steps = PathParser(path).Parse();
  if (!steps.ok()) return steps.status();
  if (graph.root() == kNoNode) {
    return absl::NotFoundError(
        "the pickle has no root: it was not read to "
        "its end");
  }
  const Resolver resolver(graph);
  NodeId node = graph.root();
  size_t done = 1;  // of the path
  for (const Step& step : *steps) {
    const NodeId next = resolver.Follow(node, step);
    if (next == kNoNode) {
      return absl::NotFoundError(absl::StrCat(
          base::EscapeAscii(path.substr(0, done)), " is ",
          resolver.Describe(node), " (node ", node, "), which has no ",
          base::EscapeAscii(path.substr(done, step.end - done))));
    }
    node = next;
    done = step.end;
  }
  return node;
}

}  // namespace picklebox
