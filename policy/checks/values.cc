#include "policy/checks/values.h"

#include <algorithm>

namespace picklebox::policy {
namespace {

constexpr uint64_t kSteps = 4'000'000;
constexpr uint64_t kStepsPerNode = 16;

// Characters of UTF-8.
uint64_t CountCharacters(absl::string_view text) {
  return static_cast<uint64_t>(std::count_if(
      text.begin(), text.end(),
      [](char c) { return (static_cast<unsigned char>(c) & 0xc0) != 0x80; }));
}

}  // namespace

void Values::Start() {
  steps_ = 0;
  frozen_.clear();
  dtypes_.clear();
  arrays_.clear();
}

bool Values::Charge(uint64_t steps) {
  steps_ += steps;
  return steps_ <= kSteps + kStepsPerNode * objects_.source().size();
}

std::optional<int64_t> Values::Int(NodeId id) const {
  const NodeKind kind_of = kind(id);
  if (kind_of != NodeKind::kInt && kind_of != NodeKind::kBool)
    return std::nullopt;
  const Node node = objects_.source().node(id);
  if (kind_of == NodeKind::kInt && node.big) return std::nullopt;
  return node.integer;
}

std::optional<absl::string_view> Values::Text(NodeId id) const {
  const NodeKind kind_of = kind(id);
  if (kind_of != NodeKind::kStr && kind_of != NodeKind::kBytes)
    return std::nullopt;
  const Node node = objects_.source().node(id);
  if (node.extent) return std::nullopt;
  return node.text;
}

std::optional<uint64_t> Values::Length(NodeId id) const {
  if (const std::optional<NodeId> encoded = objects_.EncodedText(id)) {
    if (*encoded == kNoNode) return 0;
    id = *encoded;
  }
  const NodeKind kind_of = kind(id);
  const bool is_str = kind_of == NodeKind::kStr;
  if (!is_str && kind_of != NodeKind::kBytes && kind_of != NodeKind::kByteArray)
    return std::nullopt;
  const Node node = objects_.source().node(id);
  if (is_str && node.extent) return std::nullopt;
  if (node.extent) return node.extent->length;
  return is_str ? CountCharacters(node.text) : node.text.size();
}

std::optional<std::vector<NodeId>> Values::Tuple(NodeId id) {
  if (kind(id) != NodeKind::kTuple) return std::nullopt;
  const Node node = objects_.source().node(id);
  if (node.items.size() > kMaxItems || !Charge(8 + node.items.size()))
    return std::nullopt;
  return std::vector<NodeId>(node.items.begin(), node.items.end());
}

std::optional<uint64_t> Values::ListLength(NodeId id) {
  if (kind(id) != NodeKind::kList) return std::nullopt;
  uint64_t length = 0;
  for (graph::NodeWalk walk(objects_.source(), id + 1); !walk.done();
       walk.Next()) {
    if (!Charge(1)) return std::nullopt;
    const Node& node = walk.node();
    if (node.kind == NodeKind::kAppend && node.subject == id)
      length += node.items.size();
  }
  return length;
}

std::optional<Values::Pairs> Values::Dict(NodeId id) {
  if (kind(id) != NodeKind::kDict) return std::nullopt;
  Pairs pairs;
  for (graph::NodeWalk walk(objects_.source(), id + 1); !walk.done();
       walk.Next()) {
    if (!Charge(1)) return std::nullopt;
    const Node& node = walk.node();
    if (node.kind != NodeKind::kSetItems || node.subject != id) continue;
    if (pairs.size() + node.items.size() / 2 > kMaxItems) return std::nullopt;
    std::optional<absl::string_view> key;
    bool is_value = false;
    for (const NodeId item : node.items) {
      if (is_value) {
        pairs.emplace_back(*key, item);
      } else {
        key = Text(item);
        if (!key || !Charge(8)) return std::nullopt;
      }
      is_value = !is_value;
    }
  }
  std::vector<absl::string_view> keys;
  for (const auto& pair : pairs) keys.push_back(pair.first);
  std::sort(keys.begin(), keys.end());
  if (std::adjacent_find(keys.begin(), keys.end()) != keys.end())
    return std::nullopt;
  return pairs;
}

void Values::Freeze(NodeId container) {
  frozen_.insert(container);
  objects_.source().Watch(container);
}

bool Values::IsNamed(NodeId id, absl::string_view module,
                     absl::string_view qualname) const {
  const Named* const named = objects_.FindNamed(id);
  if (named == nullptr) return false;
  const JudgedGlobal& global = objects_.global(named->global);
  return global.module == module && global.qualname == qualname;
}

NumpyDtype* Values::FindDtype(NodeId id) {
  const auto dtype = dtypes_.find(id);
  return dtype == dtypes_.end() ? nullptr : &dtype->second;
}

std::optional<uint64_t> Values::ArraySize(NodeId id) const {
  const auto array = arrays_.find(id);
  return array == arrays_.end() ? std::nullopt
                                : std::optional<uint64_t>(array->second);
}

}  // namespace picklebox::policy
