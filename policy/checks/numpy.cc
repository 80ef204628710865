// NumPy believes what a pickle says of its types, arrays and generators. These
// checks compute again what can be computed, and compare.
#include <algorithm>
#include <limits>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "policy/checks/checks.h"

namespace picklebox::policy {
namespace {

constexpr int64_t kMaxItemsize = int64_t{1} << 31;
constexpr int64_t kMaxDimensions = 64;

// Flags of a type. Those that make NumPy treat items as references.
constexpr int64_t kReferenceFlags = 0x01 | 0x02;
constexpr int64_t kObjectFlags = 0x3f;       // of object itself
constexpr int64_t kObjectFieldFlags = 0x1b;  // of a type with such a field
constexpr int64_t kHarmlessFlags =
    0x08 | 0x10;  // initialised; by the interpreter
constexpr int64_t kAlignedFlag = 0x80;

struct Described {
  char kind;
  int64_t itemsize;
};

// "f8", "U3", "V16", with or without a byte order; what else there is, no.
std::optional<Described> ParseTypeString(absl::string_view text) {
  if (!text.empty() &&
      absl::string_view("<>|=").find(text[0]) != absl::string_view::npos) {
    text.remove_prefix(1);
  }
  if (text == "?") return Described{'b', 1};
  if (text.empty()) return std::nullopt;
  const char kind = text[0];
  int64_t size = 0;
  const absl::string_view digits = text.substr(1);
  const bool is_number = digits.size() <= 10 &&
                         std::all_of(digits.begin(), digits.end(), [](char c) {
                           return c >= '0' && c <= '9';
                         });
  if (!is_number || !absl::SimpleAtoi(digits, &size)) return std::nullopt;
  const auto one_of = [&](std::initializer_list<int64_t> sizes) {
    return std::find(sizes.begin(), sizes.end(), size) != sizes.end();
  };
  bool known = false;
  switch (kind) {
    case 'b':
      known = size == 1;
      break;
    case 'i':
    case 'u':
      known = one_of({1, 2, 4, 8});
      break;
    case 'f':
      known = one_of({2, 4, 8, 12, 16});
      break;
    case 'c':
      known = one_of({8, 16, 24, 32});
      break;
    case 'O':
      known = one_of({4, 8});
      break;
    case 'M':
    case 'm':
      known = size == 8;
      break;
    case 'S':
    case 'V':
      known = size < kMaxItemsize;
      break;
    case 'U':
      known = size < kMaxItemsize / 4;
      size *= 4;
      break;
    default:
      break;
  }
  if (!known) return std::nullopt;
  return Described{kind, size};
}

// The product of a shape, which is a tuple of ints or one int.
std::optional<int64_t> CountItems(NodeId shape, Values& values,
                                  std::vector<int64_t>* lengths = nullptr) {
  std::vector<NodeId> dims = {shape};
  if (values.kind(shape) == NodeKind::kTuple) {
    const auto items = values.Tuple(shape);
    if (!items || items->size() > kMaxDimensions) return std::nullopt;
    dims = *items;
  }
  int64_t count = 1;
  bool empty = false;
  for (const NodeId item : dims) {
    const std::optional<int64_t> dim = values.Int(item);
    if (!dim || *dim < 0) return std::nullopt;
    if (lengths != nullptr) lengths->push_back(*dim);
    if (*dim == 0) {
      empty = true;
    } else if (__builtin_mul_overflow(count, *dim, &count)) {
      return std::nullopt;
    }
  }
  return empty ? 0 : count;
}

std::optional<int64_t> CountBytes(int64_t items, const NumpyDtype& dtype) {
  int64_t bytes;
  if (__builtin_mul_overflow(items, dtype.itemsize, &bytes))
    return std::nullopt;
  return bytes;
}

// A type that may be used from here on.
NumpyDtype* UseDtype(NodeId id, Values& values) {
  NumpyDtype* const dtype = values.FindDtype(id);
  if (dtype == nullptr || dtype->itemsize < 0) return nullptr;
  dtype->is_used = true;
  if (dtype->type == nullptr) {
    ItemType type;
    type.kind = dtype->kind;
    type.size = dtype->itemsize;
    type.big_endian = dtype->big_endian;
    type.fields = dtype->fields;
    dtype->type = std::make_shared<const ItemType>(std::move(type));
  }
  return dtype;
}

std::string DtypeOfCall(const CheckEvent& event, Values& values) {
  const auto args = values.Tuple(event.value);
  if (!args || args->empty()) return "a type is made of something else";
  NumpyDtype dtype;
  if (const auto text = values.Text(args->front())) {
    const std::optional<Described> described = ParseTypeString(*text);
    if (!described)
      return absl::StrCat("'", *text, "' describes no type that NumPy writes");
    dtype.kind = described->kind;
    dtype.big_endian = (*text)[0] == '>';
    dtype.itemsize = described->itemsize;
    dtype.has_objects = described->kind == 'O';
  } else if (values.IsNamed(args->front(), "numpy", "record")) {
    dtype.kind = 'V';
  } else if (values.kind(args->front()) == NodeKind::kBool) {
    // Text of any length: NumPy pickles its items as objects.
    dtype.kind = 'T';
    dtype.itemsize = 16;
    dtype.has_objects = true;
  } else {
    return "a type is made of something else than a description";
  }
  *values.AddDtype(event.object) = dtype;
  return "";
}

// What the state of a type says, apart from its fields.
struct DtypeState {
  NodeId subarray = kNoNode;
  NodeId names = kNoNode;
  NodeId fields = kNoNode;
  int64_t itemsize = -1;
  int64_t alignment = -1;
  int64_t flags = 0;
};

struct Span {
  int64_t begin;
  int64_t end;
  bool has_objects;
  NumberType type;
};

// The size of a type of an array within a type: (type, shape).
std::string CheckSubarray(const DtypeState& state, NumpyDtype* dtype,
                          Values& values) {
  const auto pair = values.Tuple(state.subarray);
  if (!pair || pair->size() != 2) return "the array within it is no pair";
  const NumpyDtype* const base = UseDtype(pair->front(), values);
  const auto count = CountItems(pair->back(), values);
  if (base == nullptr || !count)
    return "the array within it has no type or no shape";
  const auto bytes = CountBytes(*count, *base);
  if (!bytes || *bytes != state.itemsize)
    return "its size is not that of the array within it";
  dtype->has_objects = base->has_objects;
  return "";
}

// One field, (type, offset) or (type, offset, title).
std::string CheckField(absl::string_view key, NodeId field, int64_t itemsize,
                       bool is_title, Values& values, Span* span) {
  const auto parts = values.Tuple(field);
  if (!parts || parts->size() < 2 || parts->size() > 3)
    return absl::StrCat("the field '", key, "' is no type and offset");
  if (is_title) {
    const auto title = parts->size() == 3 ? values.Text(parts->back())
                                          : std::optional<absl::string_view>();
    if (!title || *title != key)
      return absl::StrCat("there is a field '", key, "' that has no name");
  }
  const NumpyDtype* const dtype = UseDtype((*parts)[0], values);
  const auto offset = values.Int((*parts)[1]);
  if (dtype == nullptr)
    return absl::StrCat("the field '", key, "' has no known type");
  if (!offset || *offset < 0 || *offset > itemsize ||
      dtype->itemsize > itemsize - *offset) {
    return absl::StrCat("the field '", key, "' reaches beyond the item");
  }
  *span = {*offset, *offset + dtype->itemsize, dtype->has_objects,
           static_cast<const NumberType&>(*dtype->type)};
  // A record within a record, or an array, is no number.
  if (dtype->kind == 'V' || dtype->has_objects) span->type.kind = 'V';
  return "";
}

// Objects that share their place with something else could be forged by it.
bool ObjectsOverlap(std::vector<Span> spans) {
  std::sort(spans.begin(), spans.end(), [](const Span& a, const Span& b) {
    return a.begin != b.begin ? a.begin < b.begin : a.end < b.end;
  });
  Span reach = {0, 0, false, {}};
  int64_t object_end = 0;
  for (const Span& span : spans) {
    if (span.begin == span.end) continue;
    if (span.begin < (span.has_objects ? reach.end : object_end)) return true;
    reach.end = std::max(reach.end, span.end);
    if (span.has_objects) object_end = std::max(object_end, span.end);
  }
  return false;
}

std::string CheckFields(const DtypeState& state, NumpyDtype* dtype,
                        Values& values) {
  const auto names = values.Tuple(state.names);
  const auto fields = values.Dict(state.fields);
  if (!names || !fields) return "its fields are no names and a dict of text";
  std::vector<absl::string_view> known;
  for (const NodeId name : *names) {
    const auto text = values.Text(name);
    if (!text) return "the name of a field is no text";
    known.push_back(*text);
  }
  std::sort(known.begin(), known.end());
  if (std::adjacent_find(known.begin(), known.end()) != known.end())
    return "two fields have one name";
  std::vector<Span> spans;
  size_t found = 0;
  for (const auto& [key, field] : *fields) {
    const bool is_name = std::binary_search(known.begin(), known.end(), key);
    Span span{};
    std::string fault =
        CheckField(key, field, state.itemsize, !is_name, values, &span);
    if (!fault.empty()) return fault;
    if (!is_name) continue;
    ++found;
    spans.push_back(span);
    dtype->fields.push_back({std::string(key), span.begin, span.type});
    dtype->has_objects = dtype->has_objects || span.has_objects;
  }
  if (found != known.size()) return "a name has no field";
  if (ObjectsOverlap(std::move(spans))) return "an object overlaps a field";
  values.Freeze(state.fields);
  return "";
}

std::string CheckFlags(const DtypeState& state, const NumpyDtype& dtype) {
  const int64_t flags = state.flags & 0xff;  // old releases wrote it signed
  if (state.flags < -128 || state.flags > 255) return "its flags are none";
  const bool plain_object = dtype.kind == 'O';
  if (plain_object)
    return flags == kObjectFlags ? "" : "its flags are not those of objects";
  if (dtype.has_objects) {
    const int64_t rest = flags & ~kObjectFieldFlags & ~kAlignedFlag;
    return (flags & kObjectFieldFlags) == kObjectFieldFlags && rest == 0
               ? ""
               : "it holds objects, and its flags do not say so";
  }
  return (flags & ~kHarmlessFlags & ~kAlignedFlag) == 0 &&
                 (flags & kReferenceFlags) == 0
             ? ""
             : "its flags say that it holds objects";
}

std::string CheckSizes(const DtypeState& state, const NumpyDtype& dtype,
                       bool has_parts) {
  const bool is_flexible =
      dtype.kind == 'S' || dtype.kind == 'U' || dtype.kind == 'V';
  if (!is_flexible && !has_parts) {
    const bool agrees = (state.itemsize == -1 && state.alignment == -1) ||
                        state.itemsize == dtype.itemsize;
    return agrees ? "" : "its size is not that of its description";
  }
  if (state.itemsize < 0 || state.itemsize >= kMaxItemsize ||
      (dtype.itemsize >= 0 && state.itemsize != dtype.itemsize)) {
    return "its size is not that of its description";
  }
  const bool power = state.alignment > 0 && state.alignment <= 64 &&
                     (state.alignment & (state.alignment - 1)) == 0;
  return power ? "" : "its alignment is no power of two";
}

// (version, order, subarray, names, fields, itemsize, alignment, flags), and
// with version 4 metadata.
std::string DtypeOfState(const CheckEvent& event, Values& values) {
  NumpyDtype* const dtype = values.FindDtype(event.object);
  if (dtype == nullptr) return "the type was not made of a description";
  if (dtype->is_used) return "its state is set after it was used";
  const auto items = values.Tuple(event.value);
  if (!items || items->size() < 8 || items->size() > 9)
    return "its state is no tuple of 8 or 9";
  const auto version = values.Int((*items)[0]);
  const bool has_metadata = items->size() == 9;
  if (!version || *version != (has_metadata ? 4 : 3))
    return "its state is of no known version";
  const auto order = values.Text((*items)[1]);
  if (!order || order->size() != 1 ||
      absl::string_view("<>|=").find(*order) == absl::string_view::npos) {
    return "its byte order is none";
  }
  const auto itemsize = values.Int((*items)[5]);
  const auto alignment = values.Int((*items)[6]);
  const auto flags = values.Int((*items)[7]);
  if (!itemsize || !alignment || !flags) return "its sizes are no numbers";
  const DtypeState state = {(*items)[2], (*items)[3], (*items)[4],
                            *itemsize,   *alignment,  *flags};
  const bool has_subarray = !values.IsNone(state.subarray);
  const bool has_fields = !values.IsNone(state.names);
  if (has_fields == values.IsNone(state.fields))
    return "it has names or fields, but not both";
  if ((has_fields || has_subarray) && dtype->kind != 'V')
    return "only a type V has fields";
  if (has_fields && has_subarray) return "it has fields and is an array";
  std::string fault = CheckSizes(state, *dtype, has_fields || has_subarray);
  if (fault.empty() && has_subarray)
    fault = CheckSubarray(state, dtype, values);
  if (fault.empty() && has_fields) fault = CheckFields(state, dtype, values);
  if (fault.empty()) fault = CheckFlags(state, *dtype);
  if (!fault.empty()) return fault;
  if (state.itemsize >= 0) dtype->itemsize = state.itemsize;
  dtype->big_endian = *order == ">";
  return dtype->itemsize < 0 ? "its size is unknown" : "";
}

// Whether `data` is what an array of `items` items of this type holds.
std::string CheckData(NodeId data, int64_t items, const NumpyDtype& dtype,
                      Values& values) {
  if (dtype.has_objects) {
    const auto length = values.ListLength(data);
    if (!length) return "it holds objects, and its data are no list";
    return *length == static_cast<uint64_t>(items)
               ? ""
               : absl::StrCat("it has ", items, " items, and its list ",
                              *length);
  }
  const NodeKind kind = values.kind(data);
  if (kind != NodeKind::kStr && !values.IsBytes(data))
    return "its data are no bytes";
  const auto bytes = CountBytes(items, dtype);
  const auto length = values.Length(data);
  if (!bytes) return "its size is beyond all bounds";
  // A long text that the file holds is of an old protocol: NumPy compares.
  if (!length) return "";
  return length && *length == static_cast<uint64_t>(*bytes)
             ? ""
             : absl::StrCat("shape and type say ", *bytes,
                            " bytes, and it has ", length.value_or(0));
}

// (1, shape, type, order, data, ...): what arrays have in common.
std::string ArrayOfState(const CheckEvent& event, size_t size, Values& values) {
  const auto state = values.Tuple(event.value);
  if (!state || state->size() != size)
    return absl::StrCat("the state is no tuple of ", size);
  if (values.Int((*state)[0]) != 1) return "the state is of no known version";
  NumpyArray array;
  const auto items = values.kind((*state)[1]) == NodeKind::kTuple
                         ? CountItems((*state)[1], values, &array.dims)
                         : std::nullopt;
  if (!items) return "the shape is no tuple of sizes";
  const NumpyDtype* const dtype = UseDtype((*state)[2], values);
  if (dtype == nullptr) return "the type is unknown";
  const auto order = values.Int((*state)[3]);
  if (!order || *order < 0 || *order > 1) return "the order is no bool";
  std::string fault = CheckData((*state)[4], *items, *dtype, values);
  if (!fault.empty()) return fault;
  if (size > 5) {
    // The mask: a bool an item, or for each field of it.
    const auto length = values.Length((*state)[5]);
    const bool is_text = values.kind((*state)[5]) == NodeKind::kStr ||
                         values.IsBytes((*state)[5]);
    if (!is_text) return "the mask is no bytes";
    const bool fits =
        !length || (*items == 0 ? *length == 0
                                : *length >= static_cast<uint64_t>(*items) &&
                                      *length % *items == 0);
    if (!fits) return "the mask is not as long as the array";
  }
  array.type = dtype->type;
  array.has_objects = dtype->has_objects;
  array.fortran = *order != 0 && array.dims.size() > 1;
  array.items = *items;
  array.data = (*state)[4];
  values.AddArray(event.object, std::move(array));
  return "";
}

// A number of the state of a generator.
std::string CheckPosition(const Values::Pairs& pairs, absl::string_view key,
                          int64_t high, Values& values) {
  for (const auto& [name, value] : pairs) {
    if (name != key) continue;
    const auto position = values.Int(value);
    if (!position || *position < 0 || *position > high)
      return absl::StrCat("'", key, "' is not within 0 to ", high);
  }
  return "";
}

constexpr int64_t kTwisterWords = 624;
constexpr int64_t kPhiloxWords = 4;

// The table of a Mersenne twister.
std::string CheckTable(const Values::Pairs& pairs, Values& values) {
  bool is_twister = false;
  for (const auto& pair : pairs) is_twister |= pair.first == "pos";
  for (const auto& [name, value] : pairs) {
    if (!is_twister || name != "key") continue;
    const auto size = values.ArraySize(value);
    if (size && *size != static_cast<uint64_t>(kTwisterWords))
      return absl::StrCat("'key' has ", *size, " words in place of 624");
  }
  return CheckPosition(pairs, "pos", kTwisterWords, values);
}

std::string CheckGenerator(NodeId state, Values& values) {
  const auto pairs = values.Dict(state);
  if (!pairs) return "the state is no dict of names";
  std::string fault = CheckTable(*pairs, values);
  if (fault.empty())
    fault = CheckPosition(*pairs, "buffer_pos", kPhiloxWords, values);
  for (const auto& [name, value] : *pairs) {
    if (!fault.empty()) return fault;
    if (name != "state" || values.kind(value) != NodeKind::kDict) continue;
    const auto inner = values.Dict(value);
    fault = inner ? CheckTable(*inner, values)
                  : std::string("'state' is no dict of names");
  }
  return fault;
}

}  // namespace

std::string CheckNumpyDtype(const CheckEvent& event, Values& values) {
  return event.use == kBuild ? DtypeOfState(event, values)
                             : DtypeOfCall(event, values);
}

std::string CheckNumpyArray(const CheckEvent& event, Values& values) {
  return event.use == kBuild ? ArrayOfState(event, 5, values) : "";
}

// (_reconstruct, its arguments, the state, ...)
std::string CheckDillArray(const CheckEvent& event, Values& values) {
  const auto args = values.Tuple(event.value);
  if (!args || args->size() < 3) return "there is no state";
  return ArrayOfState({kBuild, event.object, (*args)[2]}, 5, values);
}

std::string CheckNumpyMasked(const CheckEvent& event, Values& values) {
  return event.use == kBuild ? ArrayOfState(event, 7, values) : "";
}

// (buffer, type, shape, order, ...)
std::string CheckNumpyBuffer(const CheckEvent& event, Values& values) {
  const auto args = values.Tuple(event.value);
  if (!args || args->size() < 4) return "there is no buffer, type and shape";
  const NumpyDtype* const dtype = UseDtype((*args)[1], values);
  if (dtype == nullptr) return "the type is unknown";
  if (dtype->has_objects) return "objects are made of bytes";
  NumpyArray array;
  const auto items = CountItems((*args)[2], values, &array.dims);
  if (!items) return "the shape is none";
  const auto order = values.Text((*args)[3]);
  if (!order) return "the order is no text";
  const auto bytes = CountBytes(*items, *dtype);
  const auto length = values.Length((*args)[0]);
  if (!bytes || (length && *length != static_cast<uint64_t>(*bytes)))
    return "the bytes are not as many as shape and type say";
  array.type = dtype->type;
  array.fortran = *order == "F" && array.dims.size() > 1;
  // With another order, a permutation of the axes follows.
  if (array.dims.size() > 1 && *order != "F" && *order != "C")
    array.dims.clear();
  array.items = *items;
  array.data = (*args)[0];
  values.AddArray(event.object, std::move(array));
  return "";
}

// (type, bytes); of a type with objects, (type, array).
std::string CheckNumpyScalar(const CheckEvent& event, Values& values) {
  const auto args = values.Tuple(event.value);
  if (!args || args->size() != 2) return "there is no type and value";
  const NumpyDtype* const dtype = UseDtype(args->front(), values);
  if (dtype == nullptr) return "the type is unknown";
  const auto length = values.Length(args->back());
  if (dtype->has_objects) {
    return dtype->kind == 'V' && values.ArraySize(args->back()) == 1u
               ? ""
               : "an object is made of bytes";
  }
  if (!length || *length != static_cast<uint64_t>(dtype->itemsize)) {
    return absl::StrCat("the type has ", dtype->itemsize,
                        " bytes, and the value ", length.value_or(0));
  }
  NumpyArray scalar;
  scalar.type = dtype->type;
  scalar.items = 1;
  scalar.data = args->back();
  if (!scalar.is_integers()) return "";
  ItemReader reader(scalar, &values);
  if (const uint8_t* const item = reader.Next())
    values.Remember(event.object, dtype->type->Integer(item));
  return reader.fault();
}

// A dict; a pair of one and a seed sequence; or, of old, a tuple of five.
std::string CheckNumpyRandom(const CheckEvent& event, Values& values) {
  if (event.use != kBuild || values.IsNone(event.value)) return "";
  if (values.kind(event.value) == NodeKind::kDict)
    return CheckGenerator(event.value, values);
  const auto items = values.Tuple(event.value);
  if (!items || items->empty()) return "the state is no dict";
  if (items->size() == 2) return CheckGenerator(items->front(), values);
  if (items->size() < 3) return "the state is of no known form";
  const auto position = values.Int((*items)[2]);
  if (!position || *position < 0 || *position > kTwisterWords)
    return "the position is not within 0 to 624";
  return "";
}

}  // namespace picklebox::policy
