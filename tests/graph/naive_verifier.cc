#include "naive_verifier.h"

#include <algorithm>
#include <optional>
#include <vector>

#include "absl/strings/str_cat.h"
#include "graph/dtype.h"
#include "picklebox/limits.h"

namespace picklebox::graph {
namespace {

using Int128 = __int128;
using Bytes = std::vector<uint8_t>;

// Kinds of nodes, by the tag that the page lists first.
enum Kind {
  kScalar,  // None, bool, int, float: hashable, and no more is asked
  kText,    // str, bytes
  kArrayOfBytes,
  kTupleOf,
  kListOf,
  kDictOf,
  kSetOf,
  kFrozen,
  kObject,  // of which only running it would tell
  kChange,
};

struct Value {
  Kind kind = kScalar;
  bool hashable = true;
  uint64_t weight = 1;  // as an item of a tuple
};

struct Fault {
  std::string why;
};

class Naive {
 public:
  explicit Naive(const NaiveClaim& claim) : claim_(claim) {
    arrays_left_ = claim.input_size;
  }

  void Run() {
    while (place_ < claim_.encoding.size()) {
      start_ = place_;
      spelt_.clear();
      One();
      Require(std::equal(spelt_.begin(), spelt_.end(),
                         claim_.encoding.begin() + start_,
                         claim_.encoding.begin() + place_),
              "another spelling");
    }
    start_ = place_;
    Require(values_.size() == claim_.nodes, "number of nodes");
    if (claim_.root == 0xffffffff) return;
    Require(claim_.root < values_.size(), "root out of range");
    Require(values_[claim_.root].kind != kChange, "the root is a change");
  }
  size_t start() const { return start_; }

 private:
  static void Require(bool condition, const char* why) {
    if (!condition) throw Fault{why};
  }

  // ---- reading, in any spelling

  uint8_t Byte() {
    Require(place_ < claim_.encoding.size(), "cut off");
    return claim_.encoding[place_++];
  }
  uint64_t Little(int bytes) {
    uint64_t value = 0;
    for (int i = 0; i < bytes; ++i) value |= uint64_t{Byte()} << (8 * i);
    return value;
  }
  Int128 Signed(int bytes) {
    const uint64_t value = Little(bytes);
    const Int128 top = Int128{1} << (8 * bytes - 1);
    return (static_cast<Int128>(value) ^ top) - top;
  }
  uint64_t Varint() {
    Int128 value = 0;
    for (int shift = 0;; shift += 7) {
      const uint8_t byte = Byte();
      Require(shift < 70, "a number too long");
      value |= Int128{byte & 0x7f} << shift;
      if (byte < 0x80) break;
    }
    Require(value < Int128{1} << 64, "a number beyond 64 bits");
    return static_cast<uint64_t>(value);
  }
  Bytes Take(uint64_t length) {
    Require(length <= claim_.encoding.size() - place_, "cut off");
    const auto from = claim_.encoding.begin() + static_cast<ptrdiff_t>(place_);
    place_ += length;
    return {from, from + static_cast<ptrdiff_t>(length)};
  }
  // A reference: the number of an earlier value.
  uint64_t Ref() {
    const uint8_t first = Byte();
    const Int128 own = static_cast<Int128>(values_.size());
    Int128 number;
    if (first < 0x60) {
      number = own - first;
    } else if (first < 0x80) {
      number = (first - 0x60) << 8 | Byte();
    } else {
      --place_;
      number = own - (static_cast<Int128>(Varint()) - 32);
    }
    Require(number >= 0 && number < own, "a reference to nothing");
    const uint64_t earlier = static_cast<uint64_t>(number);
    Require(values_[earlier].kind != kChange, "a reference to a change");
    return earlier;
  }
  // What follows the count of a list, or the whole of a run.
  std::vector<uint64_t> Refs(uint64_t count) {
    std::vector<uint64_t> refs;
    if (count >= 32) length_ = Varint();
    const size_t from = place_;
    for (uint64_t i = 0; i < count; ++i) refs.push_back(Ref());
    Require(count < 32 || place_ - from == length_, "the length of a list");
    return refs;
  }
  std::vector<uint64_t> RunOf(uint64_t count) {
    runs_ += count;
    Require(runs_ <= claim_.input_size, "more items than input");
    const uint64_t first = Ref();
    std::vector<uint64_t> refs;
    for (uint64_t i = 0; i < count; ++i) {
      Require(first + i < values_.size() && values_[first + i].kind != kChange,
              "a run over what is no value");
      refs.push_back(first + i);
    }
    return refs;
  }

  // ---- spelling

  void Put(uint64_t byte) { spelt_.push_back(static_cast<uint8_t>(byte)); }
  void PutVarint(uint64_t value) {
    for (; value >= 0x80; value >>= 7) Put((value & 0x7f) | 0x80);
    Put(value);
  }
  void PutLittle(uint64_t value, int bytes) {
    for (int i = 0; i < bytes; ++i) Put(value >> (8 * i) & 0xff);
  }
  void PutBytes(const Bytes& bytes) {
    spelt_.insert(spelt_.end(), bytes.begin(), bytes.end());
  }
  void PutRef(uint64_t earlier) {
    const uint64_t distance = values_.size() - earlier;
    if (distance < 96) return Put(distance);
    if (earlier < 8192) {
      Put(0x60 + (earlier >> 8));
      return Put(earlier & 0xff);
    }
    PutVarint(distance + 32);
  }
  void PutRefs(const std::vector<uint64_t>& refs) {
    Bytes before;
    before.swap(spelt_);
    for (const uint64_t ref : refs) PutRef(ref);
    before.swap(spelt_);
    if (refs.size() >= 32) PutVarint(before.size());
    PutBytes(before);
  }

  // ---- nodes

  void Add(Kind kind, bool hashable = true, uint64_t weight = 1) {
    values_.push_back({kind, hashable, weight});
  }
  const Value& At(uint64_t number) const { return values_[number]; }

  void One() {
    uint8_t tag = Byte();
    const bool has_at = tag == 0x27;
    if (has_at) {
      const uint64_t zigzag = Varint();
      Put(0x27);
      PutVarint(zigzag);
      const Int128 delta = zigzag % 2 == 0
                               ? static_cast<Int128>(zigzag / 2)
                               : -static_cast<Int128>(zigzag / 2) - 1;
      at_ += delta;
      Require(at_ >= 0 && at_ <= static_cast<Int128>(claim_.input_size),
              "an offset beyond the input");
      tag = Byte();
    }
    if (tag >= 0x1f && tag <= 0x25) return Change(tag, has_at);
    const bool wants_at = (tag >= 0x15 && tag <= 0x1d) || tag == 0x26;
    Require(has_at == wants_at, "an offset where none belongs");
    wants_at ? Object(tag) : Plain(tag);
  }

  void Int(Int128 value) {
    if (value >= 0 && value < 128) {
      Put(0x80 + static_cast<uint64_t>(value));
    } else if (value >= 0 && value < 256) {
      Put(0x28), PutLittle(static_cast<uint64_t>(value), 1);
    } else if (value >= 0 && value < 65536) {
      Put(0x29), PutLittle(static_cast<uint64_t>(value), 2);
    } else if (value >= -(Int128{1} << 31) && value < Int128{1} << 31) {
      Put(0x2a), PutLittle(static_cast<uint64_t>(value), 4);
    } else {
      Put(0x03), PutLittle(static_cast<uint64_t>(value), 8);
    }
    Add(kScalar);
  }

  void BigInt() {
    Bytes bytes = Take(Varint());
    Require(bytes.size() <= Limits().integer, "an int over the limit");
    // Without a byte too many; what fits into 64 bits has another tag.
    while (bytes.size() > 1) {
      const uint8_t top = bytes.back();
      const bool negative = (bytes[bytes.size() - 2] & 0x80) != 0;
      if (top != (negative ? 0xff : 0x00)) break;
      bytes.pop_back();
    }
    Require(bytes.size() > 8, "a big int that is small");
    Put(0x04);
    PutVarint(bytes.size());
    PutBytes(bytes);
    Add(kScalar);
  }

  static bool IsUtf8(const Bytes& bytes) {
    for (size_t i = 0; i < bytes.size();) {
      const uint8_t lead = bytes[i];
      const size_t size = lead < 0x80             ? 1
                          : (lead & 0xe0) == 0xc0 ? 2
                          : (lead & 0xf0) == 0xe0 ? 3
                          : (lead & 0xf8) == 0xf0 ? 4
                                                  : 0;
      if (size == 0 || size > bytes.size() - i) return false;
      uint32_t point = size == 1 ? lead : lead & (0x7f >> size);
      for (size_t k = 1; k < size; ++k) {
        if ((bytes[i + k] & 0xc0) != 0x80) return false;
        point = point << 6 | (bytes[i + k] & 0x3f);
      }
      constexpr uint32_t kLeast[] = {0, 0, 0x80, 0x800, 0x10000};
      if (point < kLeast[size] || point > 0x10ffff) return false;
      i += size;
    }
    return true;
  }

  void Str(uint64_t length) {
    const Bytes text = Take(length);
    Require(IsUtf8(text), "no UTF-8");
    if (length < 64) {
      Put(0x40 + length);
    } else {
      Put(0x06), PutVarint(length);
    }
    PutBytes(text);
    Add(kText);
  }

  void Extent(uint8_t tag) {
    const uint64_t offset = Varint();
    const uint64_t length = Varint();
    Put(tag), PutVarint(offset), PutVarint(length);
    Require(offset >= extents_end_, "extents out of order");
    const Int128 end = static_cast<Int128>(offset) + length;
    Require(end <= claim_.input_size, "an extent beyond the input");
    extents_end_ = static_cast<uint64_t>(end);
  }

  void Blob(uint8_t tag) {
    const Bytes bytes = Take(Varint());
    Put(tag), PutVarint(bytes.size()), PutBytes(bytes);
  }

  // A tuple or frozenset of these.
  void Gather(Kind kind, const std::vector<uint64_t>& items) {
    Value value{kind, true, 1};
    for (const uint64_t item : items) {
      const Value& of = At(item);
      const bool nested = of.kind == kTupleOf || of.kind == kFrozen;
      value.hashable = value.hashable && of.hashable;
      value.weight += nested ? std::max<uint64_t>(of.weight, 16) : 1;
      value.weight = std::min<uint64_t>(value.weight, uint64_t{1} << 40);
    }
    if (kind == kFrozen) {
      for (const uint64_t item : items) Key(item);
    }
    values_.push_back(value);
  }
  void Key(uint64_t item) const {
    Require(At(item).hashable, "an unhashable key");
    const bool nested = At(item).kind == kTupleOf || At(item).kind == kFrozen;
    Require(!nested || At(item).weight <= Limits().key, "a key over the limit");
  }

  void Tuple(uint64_t count, uint8_t long_tag, Kind kind) {
    const std::vector<uint64_t> items = Refs(count);
    if (kind == kTupleOf && count < 4) {
      Put(0x0c + count);
      for (const uint64_t item : items) PutRef(item);
    } else {
      Put(long_tag), PutVarint(count), PutRefs(items);
    }
    Gather(kind, items);
  }

  void Array() {
    const Bytes text = Take(Varint());
    const uint8_t order = Byte();
    const uint64_t rank = Varint();
    Require(order <= 1 && rank <= 64, "an order or rank that is none");
    Require(order == 0 || rank >= 2, "an order of nothing");
    Put(0x2b), PutVarint(text.size()), PutBytes(text), Put(order);
    PutVarint(rank);
    const std::optional<uint64_t> size =
        ItemSize({reinterpret_cast<const char*>(text.data()), text.size()});
    Require(size.has_value(), "a dtype that is none");
    bool empty = false;
    Int128 bytes = *size;
    for (uint64_t i = 0; i < rank; ++i) {
      const uint64_t dim = Varint();
      PutVarint(dim);
      empty = empty || dim == 0;
      if (dim == 0) continue;
      bytes *= dim;
      Require(bytes < Int128{1} << 64, "a shape that overflows");
    }
    if (empty) bytes = 0;
    const uint64_t stream = Varint();
    const uint64_t offset = Varint();
    const uint64_t length = Varint();
    PutVarint(stream), PutVarint(offset), PutVarint(length);
    Require(stream == 0, "no such stream");
    Require(bytes == length, "an array of another size");
    Require(static_cast<Int128>(offset) + length <= claim_.input_size,
            "an array beyond the input");
    Require(length <= arrays_left_, "more arrays than input");
    arrays_left_ -= length;
    Add(kObject);
  }

  void Plain(uint8_t tag) {
    if (tag >= 0x80) return Int(tag - 0x80);
    if (tag >= 0x40) return Str(tag - 0x40);
    switch (tag) {
      case 0x00:
      case 0x01:
      case 0x02:
        Put(tag);
        return Add(kScalar);
      case 0x03:
        return Int(Signed(8));
      case 0x28:
        return Int(static_cast<Int128>(Little(1)));
      case 0x29:
        return Int(static_cast<Int128>(Little(2)));
      case 0x2a:
        return Int(Signed(4));
      case 0x04:
        return BigInt();
      case 0x05:
        Put(tag), PutLittle(Little(8), 8);
        return Add(kScalar);
      case 0x06:
        return Str(Varint());
      case 0x07:
      case 0x09:
        Extent(tag);
        return Add(kText);
      case 0x08:
        Blob(tag);
        return Add(kText);
      case 0x0a:
        Blob(tag);
        return Add(kArrayOfBytes, false);
      case 0x0b:
        Extent(tag);
        return Add(kArrayOfBytes, false);
      case 0x0c:
      case 0x0d:
      case 0x0e:
      case 0x0f:
        return Tuple(tag - 0x0c, 0x10, kTupleOf);
      case 0x10:
        return Tuple(Varint(), 0x10, kTupleOf);
      case 0x11:
      case 0x12:
      case 0x13:
        Put(tag);
        return Add(static_cast<Kind>(kListOf + (tag - 0x11)), false);
      case 0x14:
        return Tuple(Varint(), 0x14, kFrozen);
      case 0x1e: {
        const uint64_t buffer = Ref();
        Put(tag), PutRef(buffer);
        return Add(kObject);
      }
      case 0x2b:
        return Array();
      default:
        throw Fault{"no tag"};
    }
  }

  void Name() {
    const Bytes text = Take(Varint());
    Require(text.size() <= Limits().name, "a name over the limit");
    Require(IsUtf8(text), "a name that is no UTF-8");
    PutVarint(text.size()), PutBytes(text);
  }

  void Object(uint8_t tag) {
    Put(tag);
    if (tag == 0x15) {
      const uint8_t flags = Byte();
      Require(flags <= 3, "no flag");
      Put(flags);
      Name();
      Name();
      return Add(kObject);
    }
    if (tag == 0x1c || tag == 0x1d) {
      const uint64_t number = Varint();
      PutVarint(number);
      Require(tag == 0x1d || (number >= 1 && number < uint64_t{1} << 31),
              "no extension code");
      return Add(kObject);
    }
    const int refs = tag == 0x18 ? 3 : tag == 0x1b ? 1 : 2;
    for (int i = 0; i < refs; ++i) {
      const uint64_t ref = Ref();
      PutRef(ref);
      const Kind kind = At(ref).kind;
      if (tag == 0x26 || i == 0) continue;
      Require(kind == kObject || kind == (i == 1 ? kTupleOf : kDictOf),
              "arguments that are none");
    }
    Add(tag == 0x26 ? kChange : kObject);
  }

  void Change(uint8_t tag, bool has_at) {
    const uint64_t target = Ref();
    const uint64_t each = tag >= 0x22 && tag <= 0x24 ? 2 : 1;
    const Kind native = tag == 0x25 ? kSetOf : each == 2 ? kDictOf : kListOf;
    Require(has_at == (At(target).kind != native),
            "an offset where none belongs, or none");
    const bool one = tag == 0x1f || tag == 0x22;
    const bool run = tag == 0x21 || tag == 0x24;
    const uint64_t count = one ? 1 : Varint();
    Require(count >= 1 && count < uint64_t{1} << 40, "a change of nothing");
    const std::vector<uint64_t> items = one   ? Few(each)
                                        : run ? RunOf(count * each)
                                              : Refs(count * each);
    bool consecutive = true;
    for (size_t i = 0; i < items.size(); ++i)
      consecutive = consecutive && items[i] == items[0] + i;
    // In the one spelling that it has.
    const uint8_t first = each == 2 ? 0x22 : 0x1f;
    if (tag == 0x25) {
      Put(tag), PutRef(target), PutVarint(count), PutRefs(items);
    } else if (count == 1) {
      Put(first), PutRef(target);
      for (const uint64_t item : items) PutRef(item);
    } else if (consecutive) {
      Put(first + 2), PutRef(target), PutVarint(count), PutRef(items[0]);
    } else {
      Put(first + 1), PutRef(target), PutVarint(count), PutRefs(items);
    }
    if (At(target).kind == native && native != kListOf) {
      for (size_t i = 0; i < items.size(); i += each) Key(items[i]);
    }
    Add(kChange);
  }
  std::vector<uint64_t> Few(uint64_t count) {
    std::vector<uint64_t> refs;
    for (uint64_t i = 0; i < count; ++i) refs.push_back(Ref());
    return refs;
  }

  const NaiveClaim& claim_;
  size_t place_ = 0;
  size_t start_ = 0;  // of the node that is read
  Bytes spelt_;       // that node, once more
  std::vector<Value> values_;
  Int128 at_ = 0;
  uint64_t extents_end_ = 0;
  uint64_t arrays_left_ = 0;
  uint64_t runs_ = 0;  // items in them
  uint64_t length_ = 0;
};

}  // namespace

std::string NaiveFault(const NaiveClaim& claim) {
  Naive naive(claim);
  try {
    naive.Run();
  } catch (const Fault& fault) {
    return absl::StrCat(fault.why, " at ", naive.start());
  }
  return "";
}

}  // namespace picklebox::graph
