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
  steps_ = bytes_read_ = alone_read_ = 0;
  frozen_.clear();
  filled_.clear();
  dtypes_.clear();
  arrays_.clear();
  numbers_.clear();
  alone_numbers_.clear();
}

void Values::Begin(bool alone) {
  alone_ = alone;
  steps_before_ = steps_;
  skipped_ = over_limit_ = false;
}

// What the worker does alone must not count for what both do.
void Values::End() {
  if (alone_) steps_ = steps_before_;
  alone_ = false;
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

std::optional<std::vector<NodeId>> Values::List(NodeId id) {
  if (kind(id) != NodeKind::kList) return std::nullopt;
  std::vector<NodeId> items;
  for (graph::NodeWalk walk(objects_.source(), id + 1); !walk.done();
       walk.Next()) {
    if (!Charge(1)) return std::nullopt;
    const Node& node = walk.node();
    if (node.kind != NodeKind::kAppend || node.subject != id) continue;
    if (!Charge(node.items.size())) return std::nullopt;
    items.insert(items.end(), node.items.begin(), node.items.end());
  }
  return items;
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
  if (kind(id) != NodeKind::kDict || filled_.count(id) != 0)
    return std::nullopt;
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

const NumpyArray* Values::FindArray(NodeId id) {
  if (const auto known = arrays_.find(id); known != arrays_.end())
    return &known->second;
  if (kind(id) != NodeKind::kArray) return nullptr;
  const Node node = source().node(id);
  std::optional<ItemType> type = ParseItemType(node.text);
  if (!type || !Charge(8 + node.text.size())) return nullptr;
  NumpyArray array;
  array.type = std::make_shared<const ItemType>(*std::move(type));
  for (const uint64_t dim : node.shape.dims())
    array.dims.push_back(static_cast<int64_t>(dim));
  array.fortran = node.fortran;
  array.items = static_cast<int64_t>(node.extent->length) / array.type->size;
  array.data = id;
  return &(arrays_[id] = std::move(array));
}

std::optional<uint64_t> Values::ArraySize(NodeId id) {
  const NumpyArray* const array = FindArray(id);
  return array == nullptr ? std::nullopt
                          : std::optional<uint64_t>(array->items);
}

const JudgedGlobal* Values::MakerOf(NodeId object) const {
  const Made* const made = objects_.FindMade(object);
  return made == nullptr ? nullptr : &objects_.global(made->global);
}

NodeId Values::ArgumentsOf(NodeId object) const {
  const NodeKind kind_of = kind(object);
  return kind_of == NodeKind::kCall || kind_of == NodeKind::kNew
             ? source().node(object).args
             : kNoNode;
}

std::optional<int64_t> Values::Recall(NodeId object) const {
  if (alone_) {
    const auto own = alone_numbers_.find(object);
    if (own != alone_numbers_.end()) return own->second;
  }
  const auto number = numbers_.find(object);
  return number == numbers_.end() ? std::nullopt
                                  : std::optional<int64_t>(number->second);
}

Values::Stored Values::StoredAt(NodeId data) const {
  Stored stored;
  if (data == kNoNode) return stored;
  if (const std::optional<NodeId> encoded = objects_.EncodedText(data)) {
    if (*encoded == kNoNode) {
      stored.text = "";
      return stored;
    }
    data = *encoded;
  }
  const NodeKind kind_of = kind(data);
  stored.is_text = kind_of == NodeKind::kStr;
  if (!stored.is_text && kind_of != NodeKind::kBytes &&
      kind_of != NodeKind::kByteArray && kind_of != NodeKind::kArray) {
    return stored;
  }
  const Node node = source().node(data);
  stored.extent = node.extent;
  if (!node.extent) stored.text = node.text;
  return stored;
}

bool Values::Read(const Extent& extent, absl::Span<uint8_t> to,
                  std::string* fault) {
  const BytesSource::Reach reach = bytes_ == nullptr
                                       ? BytesSource::Reach::kNobody
                                       : bytes_->reach(extent.stream);
  if (reach == BytesSource::Reach::kNobody) {
    *fault =
        "the bytes of an array among these lie where nobody can check them";
    return false;
  }
  if (reach == BytesSource::Reach::kWorker) {
    skipped_ = true;
    if (!alone_) return false;
  }
  if (!ChargeBytes(to.size(), fault)) return false;
  if (bytes_->Read(extent.stream, extent.offset, to)) return true;
  *fault = "the bytes of an array among these cannot be read";
  return false;
}

bool Values::ChargeBytes(uint64_t bytes, std::string* fault) {
  uint64_t& read = alone_ ? alone_read_ : bytes_read_;
  const uint64_t left = alone_ ? alone_left_ : bytes_left_;
  if (bytes <= left - read) {
    read += bytes;
    return true;
  }
  over_limit_ = true;
  *fault = "it is too much to read";
  return false;
}

}  // namespace picklebox::policy
