#include "container/dtype_reader.h"

#include <algorithm>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "graph/dtype.h"
#include "graph/wire.h"

namespace picklebox::container {
namespace {

constexpr size_t kMostFields = 4096;
// Types of types of types, by their own shapes.
constexpr int kMostWrapped = 4;

}  // namespace

// What the call and the state say.
struct DtypeReader::Parts {
  std::string code;  // "f8", "V16"
  char order = '|';
  std::string unit;  // "[ns]"
  std::vector<uint64_t> dims;
  NodeId base = kNoNode;  // with `dims`
  bool record = false;
  Record fields;
  int64_t size = -1;     // as the state has it
  bool objects = false;  // as the flags have it
};

Dtype DtypeReader::Read(NodeId node, NodeId end) {
  const auto known = known_.find(node);
  if (known != known_.end()) return known->second;
  end_ = end;
  dtype_ = {};
  open_.clear();
  const bool whole = Write(node);
  if (!whole || dtype_.objects != flagged_) {
    dtype_ = {};  // NumPy goes by the flags
  } else if (dtype_.objects || !graph::ItemSize(dtype_.text)) {
    dtype_.text.clear();
  }
  return known_[node] = dtype_;
}

bool DtypeReader::Write(NodeId node) {
  if (!Open(node)) return false;
  while (!open_.empty()) {
    Record& record = open_.back();
    if (dtype_.text.size() > graph::kMaxDtype) return false;
    if (record.next == record.fields.size()) {
      if (record.offset > record.size) return false;
      Pad(record.size - record.offset);
      if (!Close()) return false;
      continue;
    }
    const Field field = record.fields[record.next++];
    if (field.offset < record.offset) return false;  // fields overlap
    Pad(field.offset - record.offset);
    absl::StrAppend(&dtype_.text, dtype_.text.back() == '[' ? "" : ", ", "(",
                    field.head, ", ");
    record.offset = field.offset;
    if (!Open(field.dtype)) return false;
  }
  return true;
}

// Writes a scalar, or begins a record.
bool DtypeReader::Open(NodeId node) {
  Parts parts;
  std::vector<uint64_t> dims;
  for (int wrapped = 0;; ++wrapped) {
    parts = {};
    if (wrapped == kMostWrapped || !ReadParts(node, &parts)) return false;
    if (open_.empty() && wrapped == 0) flagged_ = parts.objects;
    dims.insert(dims.end(), parts.dims.begin(), parts.dims.end());
    if (parts.base == kNoNode) break;
    node = parts.base;
  }
  const std::optional<uint64_t> count = graph::ArrayLength(1, dims);
  if (!count || *count == 0 || (open_.empty() && !dims.empty())) return false;
  const std::string shape = dims.empty()
                                ? ""
                                : absl::StrCat(", (", absl::StrJoin(dims, ", "),
                                               dims.size() == 1 ? ",)" : ")");
  if (parts.record) {
    if (open_.size() >= graph::kMaxDtypeDepth) return false;
    parts.fields.dims = shape;
    parts.fields.count = *count;
    open_.push_back(std::move(parts.fields));
    absl::StrAppend(&dtype_.text, "[");
    return true;
  }
  return WriteScalar(parts, shape, *count);
}

// In the record that is open, by `count` items.
bool DtypeReader::Advance(uint64_t size, uint64_t count) {
  const std::optional<uint64_t> bytes = graph::ArrayLength(size, {count});
  if (!bytes || *bytes > INT32_MAX) return false;
  open_.back().offset += *bytes;
  return open_.back().offset <= INT32_MAX;
}

void DtypeReader::Pad(uint64_t bytes) {
  if (bytes == 0) return;
  absl::StrAppend(&dtype_.text, dtype_.text.back() == '[' ? "" : ", ",
                  "('', '|V", bytes, "')");
}

bool DtypeReader::Close() {
  const Record record = std::move(open_.back());
  open_.pop_back();
  absl::StrAppend(&dtype_.text, "]");
  if (open_.empty()) return true;
  absl::StrAppend(&dtype_.text, record.dims, ")");
  return Advance(record.size, record.count);
}

bool DtypeReader::WriteScalar(const Parts& parts, absl::string_view shape,
                              uint64_t count) {
  const char letter = parts.code[0];
  std::string scalar = "|O8";
  uint64_t size = 8;
  if (letter == 'O') {
    dtype_.objects = true;
  } else {
    const bool no_order = absl::StrContains("SVb", letter) ||
                          parts.code == "i1" || parts.code == "u1";
    const absl::string_view order = no_order             ? "|"
                                    : parts.order == '>' ? ">"
                                                         : "<";
    scalar = absl::StrCat(order, parts.code, parts.unit);
    const std::optional<uint64_t> known = graph::ScalarSize(scalar);
    if (!known || (parts.size >= 0 && *known != uint64_t(parts.size)))
      return false;
    size = *known;
  }
  if (open_.empty()) {
    dtype_.text = scalar;
    return true;
  }
  absl::StrAppend(&dtype_.text, "'", scalar, "'", shape, ")");
  return Advance(size, count);
}

bool DtypeReader::ReadParts(NodeId id, Parts* parts) {
  if (values_.kind(id) != NodeKind::kCall) return false;
  const Node call = values_.source().node(id);
  if (values_.Global(call.subject) != "numpy.dtype") return false;
  const auto args = values_.Tuple(call.args, 3);
  if (!args || args->empty()) return false;
  const auto code = values_.Text((*args)[0]);
  if (!code || code->size() < 2) return false;
  parts->code = *code;
  parts->objects = parts->code[0] == 'O';
  const NodeId state = values_.State(id, end_);
  return state == kNoNode || ReadState(state, parts);
}

// (version, order, (base, shape), names, fields, size, alignment, flags
// [, metadata])
bool DtypeReader::ReadState(NodeId node, Parts* parts) {
  const auto state = values_.Tuple(node, 9);
  if (!state || state->size() < 6) return false;
  const auto order = values_.Text((*state)[1]);
  if (!order || order->size() != 1) return false;
  parts->order = (*order)[0];
  const auto size = values_.Int((*state)[5]);
  const auto flags =
      state->size() > 7 ? values_.Int((*state)[7]) : std::optional<int64_t>(0);
  if (!size || *size < -1 || *size > INT32_MAX || !flags) return false;
  parts->size = *size;
  parts->objects = (*flags & 1) != 0;
  if (values_.kind((*state)[2]) != NodeKind::kNone) {
    const auto sub = values_.Tuple((*state)[2], 2);
    if (!sub || sub->size() != 2) return false;
    const auto dims = values_.Lengths((*sub)[1], graph::kMaxRank);
    if (!dims) return false;
    parts->base = (*sub)[0];
    parts->dims = *dims;
    return true;
  }
  if (values_.kind((*state)[3]) != NodeKind::kNone) {
    if (*size < 0) return false;
    parts->record = true;
    parts->fields.size = static_cast<uint64_t>(*size);
    return ReadFields((*state)[3], (*state)[4], &parts->fields);
  }
  if (state->size() == 9 && absl::StrContains("Mm", parts->code[0])) {
    const auto metadata = values_.Tuple((*state)[8], 2);
    if (!metadata || metadata->size() != 2) return false;
    const auto unit = values_.Tuple((*metadata)[1], 4);
    if (!unit || unit->size() < 2) return false;
    const auto name = values_.Text((*unit)[0]);
    const auto count = values_.Int((*unit)[1]);
    if (!name || !count) return false;
    if (*name != "generic") {
      parts->unit = absl::StrCat("[", *count == 1 ? "" : absl::StrCat(*count),
                                 *name, "]");
    }
  }
  return true;
}

bool DtypeReader::ReadFields(NodeId names, NodeId fields, Record* record) {
  const auto order = values_.Tuple(names, kMostFields);
  const auto pairs = values_.Pairs(fields, end_, kMostFields);
  if (!order || !pairs) return false;
  absl::flat_hash_map<std::string, NodeId> by_name;
  for (const auto& [key, value] : *pairs) {
    const auto name = values_.Text(key);
    if (!name || !by_name.emplace(*name, value).second) return false;
  }
  size_t titles = 0;
  for (const NodeId key : *order) {
    const auto name = values_.Text(key);
    if (!name) return false;
    const auto spelled = graph::SpellFieldName(*name);
    const auto found = by_name.find(*name);
    if (!spelled || found == by_name.end()) return false;
    const auto place = values_.Tuple(found->second, 3);
    if (!place || place->size() < 2) return false;
    std::string head = absl::StrCat("'", *spelled, "'");
    // A title is another key for the field.
    if (place->size() == 3) {
      const auto title = values_.Text((*place)[2]);
      const auto key_too = graph::SpellFieldName(title.value_or("\n"));
      if (!key_too || !by_name.contains(*title)) return false;
      head = absl::StrCat("('", *key_too, "', ", head, ")");
      ++titles;
    }
    const auto offset = values_.Int((*place)[1]);
    if (!offset || *offset < 0 || *offset > INT32_MAX) return false;
    record->fields.push_back(
        {std::move(head), (*place)[0], static_cast<uint64_t>(*offset)});
  }
  return order->size() + titles == by_name.size();
}

}  // namespace picklebox::container
