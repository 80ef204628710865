#include "policy/objects.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "policy/names.h"
#include "policy/shape_text.h"

namespace picklebox::policy {
namespace {

// Of what was given, a message shows so much.
constexpr int kShownItems = 8;
constexpr int kShownDepth = 2;
constexpr size_t kShownText = 24;

// The index of the entry for `node`, or the size. What is asked for is nearly
// always near the end: gallop backwards.
template <typename Entry>
size_t FindFromEnd(const std::vector<Entry>& entries, NodeId node) {
  size_t high = entries.size();
  size_t low = high;
  for (size_t step = 1; low > 0; step *= 2) {
    low = low > step ? low - step : 0;
    if (entries[low].node <= node) break;
    high = low;
  }
  const auto it = std::lower_bound(
      entries.begin() + static_cast<ptrdiff_t>(low),
      entries.begin() + static_cast<ptrdiff_t>(high), node,
      [](const Entry& entry, NodeId wanted) { return entry.node < wanted; });
  const bool found = it != entries.end() && it->node == node;
  return found ? static_cast<size_t>(it - entries.begin()) : entries.size();
}

}  // namespace

const Named* Objects::FindNamed(NodeId node) const {
  const size_t at = FindFromEnd(named_, node);
  return at < named_.size() ? &named_[at] : nullptr;
}

const Made* Objects::FindMade(NodeId node) const {
  const size_t at = FindFromEnd(made_, node);
  return at < made_.size() ? &made_[at] : nullptr;
}

std::optional<NodeId> Objects::EncodedText(NodeId node) const {
  if (source_->kind(node) != NodeKind::kCall) return std::nullopt;
  const Made* const made = FindMade(node);
  if (made == nullptr || !global(made->global).makes_bytes) return std::nullopt;
  const NodeId args = source_->node(node).args;
  if (source_->kind(args) != NodeKind::kTuple) return std::nullopt;
  const Node tuple = source_->node(args);
  const bool is_encode = global(made->global).qualname == "encode";
  if (!is_encode)
    return tuple.items.empty() ? std::optional<NodeId>(kNoNode) : std::nullopt;
  if (tuple.items.size() != 2) return std::nullopt;
  const NodeId text = *tuple.items.begin();
  if (source_->kind(text) != NodeKind::kStr) return std::nullopt;
  return text;
}

std::string Objects::Describe(NodeId node) const {
  const NodeKind kind = source_->kind(node);
  switch (kind) {
    case NodeKind::kCall:
      return "the result of a call";
    case NodeKind::kNew:
      return "a new object";
    case NodeKind::kPersistent:
      return "what a persistent id stands for";
    case NodeKind::kExtension:
      return "what an extension code stands for";
    default:
      return absl::StrCat("a value of kind ", NodeKindName(kind));
  }
}

std::string Objects::ShapeOf(NodeId node) const { return ShapeOf(node, 0); }

// NOLINTNEXTLINE(misc-no-recursion): no deeper than kShownDepth.
std::string Objects::ShapeOf(NodeId id, int depth) const {
  if (const Named* named = FindNamed(id)) {
    const JudgedGlobal& judged = global(named->global);
    return absl::StrCat("global(", Spell(judged.module, judged.qualname), ")");
  }
  if (const Made* made = FindMade(id)) {
    const JudgedGlobal& judged = global(made->global);
    return absl::StrCat("made(", Spell(judged.module, judged.qualname), ")");
  }
  const Node node = source_->node(id);
  switch (node.kind) {
    case NodeKind::kBool:
      return node.integer != 0 ? "true" : "false";
    case NodeKind::kInt:
      return node.big ? "int" : absl::StrCat(node.integer);
    case NodeKind::kStr:
      if (node.extent || node.text.size() > kShownText) return "str";
      return Literal(node.text);
    case NodeKind::kTuple: {
      if (depth >= kShownDepth) return "tuple";
      std::string text = "tuple[";
      int shown = 0;
      for (const NodeId item : node.items) {
        if (shown++ == kShownItems) return absl::StrCat(text, ", any*]");
        absl::StrAppend(&text, shown > 1 ? ", " : "", ShapeOf(item, depth + 1));
      }
      return text + "]";
    }
    case NodeKind::kCall:
    case NodeKind::kNew:
    case NodeKind::kExtension:
      return "made";
    case NodeKind::kBuffer:
    case NodeKind::kReadonly:
      return "buffer";
    default:
      return std::string(NodeKindName(node.kind));
  }
}

std::string Objects::ArgumentsOf(NodeId tuple) const {
  std::string text = "[";
  int shown = 0;
  const Node node = source_->node(tuple);
  for (const NodeId item : node.items) {
    if (shown++ == kShownItems) return absl::StrCat(text, ", ...]");
    absl::StrAppend(&text, shown > 1 ? ", " : "", TomlString(ShapeOf(item)));
  }
  return text + "]";
}

}  // namespace picklebox::policy
