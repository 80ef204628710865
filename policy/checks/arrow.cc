// Arrays of Arrow, as pyarrow pickles them: a type, numbers, and buffers. It
// makes them without a look at whether the buffers are as long as that takes.
// The layouts are those of Arrow's columnar format ("Physical Memory Layout").
#include <memory>
#include <optional>
#include <string>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "policy/checks/checks.h"
#include "policy/checks/reading.h"

namespace picklebox::policy {
namespace {

// (type, length, nulls, offset, buffers, children, dictionary)
enum : size_t {
  kType,
  kLength,
  kNulls,
  kOffset,
  kBuffers,
  kChildren,
  kParts = 7
};

struct Layout {
  int64_t bits = 0;     // of an item, where these have one size
  int64_t offsets = 0;  // bytes of an offset, where they have not
};

struct NamedLayout {
  const char*
      name;  // as pyarrow.lib.type_for_alias takes it; a prefix with '['
  Layout layout;
};

constexpr NamedLayout kLayouts[] = {
    {"null", {0, 0}},        {"bool", {1, 0}},         {"int8", {8, 0}},
    {"uint8", {8, 0}},       {"int16", {16, 0}},       {"uint16", {16, 0}},
    {"halffloat", {16, 0}},  {"float16", {16, 0}},     {"int32", {32, 0}},
    {"uint32", {32, 0}},     {"float", {32, 0}},       {"float32", {32, 0}},
    {"date32", {32, 0}},     {"date32[day]", {32, 0}}, {"time32[s]", {32, 0}},
    {"time32[ms]", {32, 0}}, {"int64", {64, 0}},       {"uint64", {64, 0}},
    {"double", {64, 0}},     {"float64", {64, 0}},     {"date64", {64, 0}},
    {"date64[ms]", {64, 0}}, {"time64[us]", {64, 0}},  {"time64[ns]", {64, 0}},
    {"timestamp[", {64, 0}}, {"duration[", {64, 0}},   {"string", {0, 4}},
    {"utf8", {0, 4}},        {"binary", {0, 4}},       {"large_string", {0, 8}},
    {"large_utf8", {0, 8}},  {"large_binary", {0, 8}},
};

std::optional<Layout> FindLayout(NodeId type, Values& values) {
  const JudgedGlobal* const maker = values.MakerOf(type);
  if (maker == nullptr || maker->qualname != "type_for_alias")
    return std::nullopt;
  const auto args = values.Tuple(values.ArgumentsOf(type));
  const auto alias =
      args && args->size() == 1 ? values.Text(args->front()) : std::nullopt;
  if (!alias) return std::nullopt;
  for (const NamedLayout& known : kLayouts) {
    const absl::string_view name = known.name;
    if (*alias == name ||
        (absl::EndsWith(name, "[") && absl::StartsWith(*alias, name))) {
      return known.layout;
    }
  }
  return std::nullopt;
}

// The bytes that py_buffer was given, or a bytearray of bytes; kNoNode.
NodeId BytesOf(NodeId buffer, Values& values) {
  for (const char* name : {"py_buffer", "bytearray"}) {
    const JudgedGlobal* const maker = values.MakerOf(buffer);
    if (maker == nullptr || maker->qualname != name) continue;
    const auto args = values.Tuple(values.ArgumentsOf(buffer));
    if (!args || args->size() > 1) return kNoNode;
    if (args->empty())
      return absl::string_view(name) == "bytearray" ? buffer
                                                    : kNoNode;  // of no bytes
    buffer = args->front();
  }
  return buffer;
}

struct Buffer {
  bool is_none = true;
  int64_t length = 0;  // kAnyHigh: only the worker can tell
  NodeId bytes = kNoNode;
};

// The bytes that a long text stands for, in protocols below 3: read to the end.
std::optional<int64_t> CountBytes(NodeId bytes, Values& values) {
  const Values::Stored stored = values.StoredAt(bytes);
  if (!stored.is_text || !stored.extent) return std::nullopt;
  NumpyArray characters;
  characters.type =
      std::make_shared<ItemType>(ItemType{NumberType{'u', 1, false}, {}});
  characters.items = static_cast<int64_t>(stored.extent->length);
  characters.data = bytes;
  ItemReader reader(characters, &values);
  while (reader.Next() != nullptr) {
  }
  if (reader.fault().empty() && reader.count() < characters.items)
    return kAnyHigh;
  return reader.fault().empty() || reader.at_end()
             ? std::optional(reader.count())
             : std::nullopt;
}

std::optional<Buffer> ReadBuffer(NodeId id, Values& values) {
  if (values.IsNone(id)) return Buffer();
  const JudgedGlobal* const maker = values.MakerOf(id);
  if (maker == nullptr || maker->qualname != "py_buffer") return std::nullopt;
  const NodeId bytes = BytesOf(id, values);
  if (bytes == kNoNode) return std::nullopt;
  const JudgedGlobal* const empty = values.MakerOf(bytes);
  if (empty != nullptr && empty->qualname == "bytearray")
    return Buffer{false, 0, kNoNode};
  std::optional<int64_t> length = values.Length(bytes);
  if (!length) length = CountBytes(bytes, values);
  const bool is_bytes =
      values.IsBytes(bytes) || values.kind(bytes) == NodeKind::kByteArray;
  if (!is_bytes || !length) return std::nullopt;
  return Buffer{false, *length, bytes};
}

int64_t BytesFor(int64_t items, int64_t bits) {
  int64_t all;
  if (__builtin_mul_overflow(items, bits, &all) || all > kAnyHigh - 7)
    return kAnyHigh;
  return (all + 7) / 8;
}

// Offsets of `first` to `last` that grow, up to the bytes that there are.
std::string CheckOffsets(const Buffer& buffer, int64_t size, int64_t first,
                         int64_t last, int64_t bytes, Values& values) {
  NumpyArray offsets;
  offsets.type =
      std::make_shared<ItemType>(ItemType{NumberType{'i', size, false}, {}});
  offsets.items = last + 1;
  offsets.data = buffer.bytes;
  ItemReader reader(offsets, &values);
  int64_t before = 0;
  while (const uint8_t* const item = reader.Next()) {
    if (reader.count() - 1 < first) continue;
    const int64_t offset = offsets.type->Integer(item);
    if (offset < before || offset > bytes)
      return absl::StrCat("offset ", reader.count() - 1, " is ", offset,
                          ", after ", before, ", and there are ", bytes,
                          " bytes");
    before = offset;
  }
  return reader.fault();
}

struct Extents {
  int64_t length = 0;
  int64_t offset = 0;
  int64_t items() const { return length + offset; }
};

std::string CheckBuffers(const std::vector<NodeId>& ids, const Layout& layout,
                         const Extents& extents, int64_t nulls,
                         Values& values) {
  std::vector<Buffer> buffers;
  for (const NodeId id : ids) {
    const auto buffer = ReadBuffer(id, values);
    if (!buffer) return "its buffers are no bytes that can be looked at here";
    buffers.push_back(*buffer);
  }
  const bool is_null = layout.bits == 0 && layout.offsets == 0;
  const size_t expected = is_null ? 1 : layout.offsets > 0 ? 3 : 2;
  if (buffers.size() != expected)
    return absl::StrCat("it has ", buffers.size(), " buffers in place of ",
                        expected);
  if (is_null) return buffers[0].is_none ? "" : "its nulls have a buffer";
  const int64_t items = extents.items();
  if (buffers[0].is_none ? nulls > 0 : buffers[0].length < BytesFor(items, 1)) {
    return "it has not as many bits for what is null as items";
  }
  const int64_t width = layout.offsets > 0 ? 8 * layout.offsets : layout.bits;
  if (extents.length == 0) return "";
  if (buffers[1].length < BytesFor(items + (layout.offsets > 0 ? 1 : 0), width))
    return absl::StrCat("it has ", items, " items, and ", buffers[1].length,
                        " bytes for them");
  if (layout.offsets == 0) return "";
  return CheckOffsets(buffers[1], layout.offsets, extents.offset, items,
                      buffers[2].length, values);
}

}  // namespace

std::string CheckArrowArray(const CheckEvent& event, Values& values) {
  if (event.use != kCall) return "";
  const auto args = values.Tuple(event.value);
  const auto parts =
      args && args->size() == 1 ? values.Tuple(args->front()) : std::nullopt;
  if (!parts || parts->size() != kParts)
    return "an array is made of something else than a tuple of seven";
  const auto layout = FindLayout((*parts)[kType], values);
  if (!layout) return "its type is none whose layout is known here";
  const auto length = values.Int((*parts)[kLength]);
  const auto nulls = values.Int((*parts)[kNulls]);
  const auto offset = values.Int((*parts)[kOffset]);
  if (!length || !nulls || !offset || *length < 0 || *offset < 0 ||
      *length > kAnyHigh / 128 || *offset > kAnyHigh / 128 || *nulls < -1 ||
      *nulls > *length) {
    return "its length, offset and number of nulls do not agree";
  }
  const auto buffers = values.List((*parts)[kBuffers]);
  const auto children = values.ListLength((*parts)[kChildren]);
  if (!buffers || children != 0u || !values.IsNone(parts->back()))
    return "it has other parts than buffers";
  values.Freeze((*parts)[kBuffers]);
  values.Freeze((*parts)[kChildren]);
  values.Remember(event.object, *length);
  return CheckBuffers(*buffers, *layout, {*length, *offset}, *nulls, values);
}

}  // namespace picklebox::policy
