#include "container/values.h"

#include "absl/strings/str_cat.h"

namespace picklebox::container {

std::optional<std::string> Values::Text(NodeId id) const {
  if (kind(id) != NodeKind::kStr && kind(id) != NodeKind::kBytes)
    return std::nullopt;
  const Node node = source_.node(id);
  if (node.extent) return std::nullopt;
  return std::string(node.text);
}

std::optional<int64_t> Values::Int(NodeId id) const {
  if (kind(id) != NodeKind::kInt) return std::nullopt;
  const Node node = source_.node(id);
  if (node.big) return std::nullopt;
  return node.integer;
}

std::optional<bool> Values::Bool(NodeId id) const {
  if (kind(id) != NodeKind::kBool) return std::nullopt;
  return source_.node(id).integer != 0;
}

std::optional<std::vector<NodeId>> Values::Tuple(NodeId id, size_t most) const {
  if (kind(id) != NodeKind::kTuple) return std::nullopt;
  const Node node = source_.node(id);
  if (node.items.size() > most) return std::nullopt;
  return std::vector<NodeId>(node.items.begin(), node.items.end());
}

std::optional<std::vector<uint64_t>> Values::Lengths(NodeId id,
                                                     size_t most) const {
  const auto items = Tuple(id, most);
  if (!items) return std::nullopt;
  std::vector<uint64_t> lengths;
  for (const NodeId item : *items) {
    const std::optional<int64_t> length = Int(item);
    if (!length || *length < 0) return std::nullopt;
    lengths.push_back(static_cast<uint64_t>(*length));
  }
  return lengths;
}

std::optional<std::string> Values::Global(NodeId id) const {
  if (kind(id) != NodeKind::kGlobal) return std::nullopt;
  const Node node = source_.node(id);
  return absl::StrCat(node.module(), ".", node.qualname);
}

bool Values::Charge(NodeId first, NodeId end) {
  const uint64_t steps = end > first ? end - first : 0;
  if (steps > kStepsAtOnce || steps > steps_) return false;
  steps_ -= steps;
  return true;
}

NodeId Values::State(NodeId target, NodeId end) {
  NodeId state = kNoNode;
  if (end > target + kStepsAtOnce) end = target + kStepsAtOnce;
  if (!Charge(target, end)) return state;
  source_.Walk(target + 1, end, [&](const Node& node) {
    if (node.kind == NodeKind::kBuild && node.subject == target)
      state = node.args;
    return state == kNoNode;
  });
  return state;
}

std::optional<std::vector<std::pair<NodeId, NodeId>>> Values::Pairs(
    NodeId dict, NodeId end, size_t most) {
  if (kind(dict) != NodeKind::kDict || !Charge(dict, end)) return std::nullopt;
  std::vector<std::pair<NodeId, NodeId>> pairs;
  source_.Walk(dict + 1, end, [&](const Node& node) {
    if (node.kind != NodeKind::kSetItems || node.subject != dict) return true;
    for (auto it = node.items.begin(); it != node.items.end(); ++it) {
      const NodeId key = *it;
      pairs.emplace_back(key, *++it);
      if (pairs.size() > most) return false;
    }
    return true;
  });
  if (pairs.size() > most) return std::nullopt;
  return pairs;
}

std::optional<std::vector<NodeId>> Values::Items(NodeId list, NodeId end,
                                                 size_t most) {
  if (kind(list) != NodeKind::kList || !Charge(list, end)) return std::nullopt;
  std::vector<NodeId> items;
  source_.Walk(list + 1, end, [&](const Node& node) {
    if (node.kind != NodeKind::kAppend || node.subject != list) return true;
    for (const NodeId item : node.items) {
      items.push_back(item);
      if (items.size() > most) return false;
    }
    return true;
  });
  if (items.size() > most) return std::nullopt;
  return items;
}

}  // namespace picklebox::container
