#include "code/marshal.h"

#include <bit>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/numbers.h"
#include "base/bytes.h"
#include "base/text.h"

namespace picklebox::code {
namespace {

constexpr uint8_t kFlagRef = 0x80;
// Kinds of fast locals from 3.11 on.
constexpr uint8_t kLocal = 0x20;
constexpr uint8_t kCell = 0x40;
constexpr uint8_t kFree = 0x80;

// How a layout of code objects is written: ints, values, the first line, and
// the values behind it.
struct Scheme {
  Layout layout;
  size_t ints;
  size_t before;
  size_t after;
};
constexpr Scheme kSchemes[] = {{Layout::kPython311, 5, 8, 2},
                               {Layout::kPython38, 6, 8, 1},
                               {Layout::kPython36, 5, 8, 1}};

class Reader {
 public:
  Reader(absl::string_view bytes, const Scheme& scheme, uint64_t at,
         Store* store)
      : bytes_(bytes), scheme_(scheme), at_(at), store_(*store) {}

  ValueId Read() {
    ValueId done = Begin();
    while (!failed_) {
      if (done == kNoValue) {
        done = Begin();
        continue;
      }
      // `done` is a part of the innermost value that is open.
      if (open_.empty()) return done;
      open_.back().parts.push_back(done);
      done = Finish();
    }
    return kNoValue;
  }

 private:
  // A value of which not all parts were read.
  struct Open {
    char type = 0;
    size_t wanted = 0;
    std::optional<size_t> ref;
    std::vector<int64_t> ints;
    std::vector<ValueId> parts;
  };

  ValueId Fail() {
    failed_ = true;
    return kNoValue;
  }

  bool Need(size_t size) {
    if (bytes_.size() < size) failed_ = true;
    return !failed_;
  }
  absl::string_view Take(size_t size) {
    if (!Need(size)) return "";
    const absl::string_view taken = bytes_.substr(0, size);
    bytes_.remove_prefix(size);
    return taken;
  }
  template <typename T>
  T Number() {
    const absl::string_view taken = Take(sizeof(T));
    return failed_ ? T{0}
                   : base::LoadLittle<T>(
                         reinterpret_cast<const uint8_t*>(taken.data()));
  }
  // A size that is written with 32 bits.
  size_t Size() {
    const auto size = static_cast<int32_t>(Number<uint32_t>());
    if (size < 0 || static_cast<size_t>(size) > bytes_.size()) failed_ = true;
    return failed_ ? 0 : static_cast<size_t>(size);
  }

  // Reads the start of a value: the value if that is all of it, else kNoValue
  // and it is open.
  ValueId Begin() {
    const uint8_t byte = Number<uint8_t>();
    if (failed_) return kNoValue;
    std::optional<size_t> ref;
    if ((byte & kFlagRef) != 0) {
      ref = refs_.size();
      refs_.push_back(kNoValue);
    }
    const char type = static_cast<char>(byte & ~kFlagRef);
    switch (type) {
      case '(':
        return Start(type, Size(), ref);
      case ')':
        return Start(type, Number<uint8_t>(), ref);
      case '>':
        return Start(type, Size(), ref);
      case ':':
        return Start(type, 3, ref);
      case 'c':
        return Start(type, scheme_.before + scheme_.after, ref);
      case 'r': {
        const uint32_t index = Number<uint32_t>();
        if (index >= refs_.size() || refs_[index] == kNoValue) return Fail();
        return refs_[index];
      }
      default: {
        const ValueId value = Atom(type);
        if (failed_) return kNoValue;
        if (ref) refs_[*ref] = value;
        return value;
      }
    }
  }

  ValueId Start(char type, size_t wanted, std::optional<size_t> ref) {
    if (failed_ || open_.size() >= kMarshalDepth) return Fail();
    Open open;
    open.type = type;
    open.wanted = wanted;
    open.ref = ref;
    if (type == 'c') {
      for (size_t i = 0; i < scheme_.ints; ++i)
        open.ints.push_back(static_cast<int32_t>(Number<uint32_t>()));
    }
    open_.push_back(std::move(open));
    return Finish();
  }

  // The innermost value if it has all its parts, else kNoValue.
  ValueId Finish() {
    Open& open = open_.back();
    if (open.type == 'c' && open.parts.size() == scheme_.before &&
        open.ints.size() == scheme_.ints) {
      open.ints.push_back(static_cast<int32_t>(Number<uint32_t>()));
    }
    if (failed_ || open.parts.size() < open.wanted) return kNoValue;
    ValueId value = kNoValue;
    if (open.type == 'c') {
      value = Code(open);
    } else {
      value = store_.Items(open.type == '>'   ? ValueKind::kFrozenSet
                           : open.type == ':' ? ValueKind::kSlice
                                              : ValueKind::kTuple,
                           std::move(open.parts));
    }
    if (value == kNoValue || store_.full()) return Fail();
    if (open.ref) refs_[*open.ref] = value;
    open_.pop_back();
    return value;
  }

  ValueId Atom(char type) {
    switch (type) {
      case 'N':
        return store_.Plain(ValueKind::kNone);
      case 'F':
        return store_.Plain(ValueKind::kFalse);
      case 'T':
        return store_.Plain(ValueKind::kTrue);
      case '.':
        return store_.Plain(ValueKind::kEllipsis);
      case 'S':
        return store_.Plain(ValueKind::kStopIteration);
      case 'i':
        return store_.Int(static_cast<int32_t>(Number<uint32_t>()));
      case 'I':
        return store_.Int(static_cast<int64_t>(Number<uint64_t>()));
      case 'l':
        return Long();
      case 'g':
        return store_.Float(Number<uint64_t>());
      case 'y': {
        const uint64_t real = Number<uint64_t>();
        return store_.Complex(real, Number<uint64_t>());
      }
      case 'f':
        return store_.Float(FloatText());
      case 'x': {
        const uint64_t real = FloatText();
        return store_.Complex(real, FloatText());
      }
      case 's':
        return store_.Text(ValueKind::kBytes, Take(Size()));
      case 'u':
      case 't':
      case 'a':
      case 'A':
        return String(Take(Size()));
      case 'z':
      case 'Z':
        return String(Take(Number<uint8_t>()));
      default:
        return Fail();
    }
  }

  ValueId String(absl::string_view text) {
    if (base::FindInvalidUtf8(text.data(), text.size()) != base::kValid)
      return Fail();
    return store_.Text(ValueKind::kStr, text);
  }

  uint64_t FloatText() {
    double value = 0;
    if (!absl::SimpleAtod(Take(Number<uint8_t>()), &value)) failed_ = true;
    return std::bit_cast<uint64_t>(value);
  }

  // Digits of 15 bits each.
  ValueId Long() {
    const int64_t count = static_cast<int32_t>(Number<uint32_t>());
    const uint64_t digits = static_cast<uint64_t>(count < 0 ? -count : count);
    if (digits > bytes_.size() / 2) return Fail();
    std::string bytes;
    uint32_t pending = 0;
    int bits = 0;
    for (uint64_t i = 0; i < digits; ++i) {
      pending |= static_cast<uint32_t>(Number<uint16_t>() & 0x7fff) << bits;
      for (bits += 15; bits >= 8; bits -= 8) {
        bytes.push_back(static_cast<char>(pending & 0xff));
        pending >>= 8;
      }
    }
    bytes.push_back(static_cast<char>(pending));
    bytes.push_back(0);
    if (count < 0) {
      int carry = 1;
      for (char& byte : bytes) {
        const int sum = static_cast<uint8_t>(~byte) + carry;
        byte = static_cast<char>(sum);
        carry = sum >> 8;
      }
    }
    return store_.Int(bytes);
  }

  bool AreStrings(ValueId id) const {
    if (!store_.Is(id, ValueKind::kTuple)) return false;
    for (const ValueId item : store_.ItemsOf(id)) {
      if (!store_.Is(item, ValueKind::kStr)) return false;
    }
    return true;
  }

  ValueId Code(const Open& open) {
    CodeObject code;
    code.layout = scheme_.layout;
    code.at = at_;
    size_t next = 0;
    code.arguments = open.ints[next++];
    if (code.layout != Layout::kPython36)
      code.positional_only = open.ints[next++];
    code.keyword_only = open.ints[next++];
    if (code.layout != Layout::kPython311) code.locals = open.ints[next++];
    code.stack_size = open.ints[next++];
    code.flags = open.ints[next++];
    code.first_line = open.ints[next];
    code.bytecode = open.parts[0];
    code.consts = open.parts[1];
    code.names = open.parts[2];
    bool right = store_.Is(code.bytecode, ValueKind::kBytes) &&
                 store_.Is(code.consts, ValueKind::kTuple) &&
                 AreStrings(code.names);
    if (code.layout == Layout::kPython311) {
      right = right && SplitLocals(open.parts[3], open.parts[4], &code);
      code.filename = open.parts[5];
      code.name = open.parts[6];
      code.qualname = open.parts[7];
      code.line_table = open.parts[8];
      code.exceptions = open.parts[9];
      right = right && store_.Is(code.qualname, ValueKind::kStr) &&
              store_.Is(code.exceptions, ValueKind::kBytes);
    } else {
      code.varnames = open.parts[3];
      code.freevars = open.parts[4];
      code.cellvars = open.parts[5];
      code.filename = open.parts[6];
      code.name = open.parts[7];
      code.line_table = open.parts[8];
      right = right && AreStrings(code.varnames) && AreStrings(code.freevars) &&
              AreStrings(code.cellvars);
    }
    right = right && store_.Is(code.filename, ValueKind::kStr) &&
            store_.Is(code.name, ValueKind::kStr) &&
            store_.Is(code.line_table, ValueKind::kBytes);
    return right ? store_.Code(std::move(code)) : kNoValue;
  }

  // One list of names with their kinds to the three lists of the constructor.
  bool SplitLocals(ValueId names, ValueId kinds, CodeObject* code) {
    const absl::Span<const ValueId> items = store_.ItemsOf(names);
    const std::string kind(store_.TextOf(kinds));
    if (!AreStrings(names) || !store_.Is(kinds, ValueKind::kBytes) ||
        items.size() != kind.size()) {
      return false;
    }
    std::vector<ValueId> locals;
    std::vector<ValueId> cells;
    std::vector<ValueId> frees;
    for (size_t i = 0; i < kind.size(); ++i) {
      const auto bits = static_cast<uint8_t>(kind[i]);
      if ((bits & kLocal) != 0) locals.push_back(items[i]);
      if ((bits & kCell) != 0) cells.push_back(items[i]);
      if ((bits & kFree) != 0) frees.push_back(items[i]);
    }
    code->locals = static_cast<int64_t>(locals.size());
    code->varnames = store_.Items(ValueKind::kTuple, std::move(locals));
    code->cellvars = store_.Items(ValueKind::kTuple, std::move(cells));
    code->freevars = store_.Items(ValueKind::kTuple, std::move(frees));
    return true;
  }

  absl::string_view bytes_;
  const Scheme& scheme_;
  const uint64_t at_;
  Store& store_;
  std::vector<Open> open_;
  std::vector<ValueId> refs_;
  bool failed_ = false;
};

}  // namespace

ValueId ReadMarshal(absl::string_view bytes, uint64_t at, Store* store) {
  for (const Scheme& scheme : kSchemes) {
    const ValueId value = Reader(bytes, scheme, at, store).Read();
    if (value != kNoValue) return value;
  }
  return kNoValue;
}

}  // namespace picklebox::code
