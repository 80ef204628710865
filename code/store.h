// Constants and code objects, as a pickle or marshal data hold them.
//
//   Store store;
//   const ValueId one = store.Int(1);
//   const ValueId pair = store.Items(ValueKind::kTuple, {one, one});
//   store.digest(pair)          // SHA-256 of its canonical form
//
// A value refers to earlier values only, so nothing that walks them needs a
// stack, and what is shared is stored once. Every value has a digest, made of
// the digests of its items when it is added (docs/embedded-code.md).
//
// Worker only. Not thread-safe.
#ifndef PICKLEBOX_CODE_STORE_H_
#define PICKLEBOX_CODE_STORE_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "graph/canonical_form.h"

namespace picklebox::code {

using ValueId = uint32_t;
inline constexpr ValueId kNoValue = ~ValueId{0};
using CodeId = uint32_t;
inline constexpr CodeId kNoCode = ~CodeId{0};
using graph::Digest;

enum class ValueKind : uint8_t {
  kNone,
  kFalse,
  kTrue,
  kEllipsis,
  kStopIteration,
  kInt,
  kFloat,
  kComplex,
  kStr,
  kBytes,
  kTuple,
  kFrozenSet,
  kSlice,
  kCode,
  kOther,  // what no constant of CPython is: `text` says what
};

struct Value {
  ValueKind kind = ValueKind::kNone;
  // kStr: UTF-8 with lone surrogates. kBytes: the bytes. kInt: two's
  // complement, little-endian, minimal; empty is 0.
  std::string text;
  std::vector<ValueId> items;  // kTuple, kFrozenSet, kSlice
  uint64_t real = 0;           // kFloat, kComplex: bits
  uint64_t imaginary = 0;
  CodeId code = kNoCode;
};

// What a code object's constructor is given, by the versions that take it so.
enum class Layout : uint8_t {
  kPython36,   // 3.6, 3.7
  kPython38,   // 3.8 to 3.10
  kPython311,  // 3.11 and later
  kOther,      // one that is known and not read: Python 2.7, PyPy, an alpha
};

// Minor versions of Python 3, as bits.
using Versions = uint32_t;
inline constexpr int kOldestPython = 6;
inline constexpr int kNewestPython = 15;
inline constexpr Versions VersionBit(int minor) { return Versions{1} << minor; }
Versions VersionsOf(Layout layout);

struct CodeObject {
  Layout layout = Layout::kOther;
  std::string layout_note;  // kOther: what it is
  uint64_t at = 0;          // of the opcode that makes it, in the pickle
  int64_t arguments = 0;
  int64_t positional_only = 0;
  int64_t keyword_only = 0;
  int64_t locals = 0;
  int64_t stack_size = 0;
  int64_t flags = 0;
  int64_t first_line = 0;
  // kNoValue where it is missing or of another kind.
  ValueId bytecode = kNoValue;  // kBytes
  ValueId consts = kNoValue;    // kTuple
  ValueId names = kNoValue;     // kTuple of kStr, as the four that follow
  ValueId varnames = kNoValue;
  ValueId freevars = kNoValue;
  ValueId cellvars = kNoValue;
  ValueId filename = kNoValue;    // kStr
  ValueId name = kNoValue;        // kStr
  ValueId qualname = kNoValue;    // kStr, from 3.11
  ValueId line_table = kNoValue;  // kBytes
  ValueId exceptions = kNoValue;  // kBytes, from 3.11
  // The versions whose instructions it can be made of.
  Versions versions = 0;
};

class Store {
 public:
  // Bytes that are kept at most; what is added beyond becomes kOther.
  static constexpr uint64_t kMostBytes = 64 << 20;

  Store();

  ValueId Plain(ValueKind kind);  // kNone to kStopIteration
  ValueId Int(int64_t value);
  // Two's complement, little-endian.
  ValueId Int(absl::string_view bytes);
  ValueId Float(uint64_t bits);
  ValueId Complex(uint64_t real, uint64_t imaginary);
  ValueId Text(ValueKind kind, absl::string_view text);  // kStr, kBytes, kOther
  ValueId Items(ValueKind kind, std::vector<ValueId> items);
  ValueId Code(CodeObject code);

  size_t size() const { return values_.size(); }
  const Value& operator[](ValueId id) const { return values_[id]; }
  const Digest& digest(ValueId id) const { return digests_[id]; }

  size_t codes() const { return codes_.size(); }
  const CodeObject& code(CodeId id) const { return codes_[id]; }
  CodeObject& code(CodeId id) { return codes_[id]; }
  // The value that a code object is.
  ValueId value_of(CodeId id) const { return code_values_[id]; }

  // Whether `id` is there and of that kind.
  bool Is(ValueId id, ValueKind kind) const {
    return id < values_.size() && values_[id].kind == kind;
  }
  // The text of a kStr or kBytes; empty for anything else.
  absl::string_view TextOf(ValueId id) const;
  // The items of a kTuple; none for anything else.
  absl::Span<const ValueId> ItemsOf(ValueId id) const;
  // The text of item `index` of a tuple of strings; empty if it is not there.
  absl::string_view Name(ValueId tuple, uint64_t index) const;
  // Something was too much.
  bool full() const { return bytes_ > kMostBytes; }

 private:
  ValueId Add(Value value);
  Digest DigestOf(const Value& value) const;
  graph::CodeForm FormOf(const CodeObject& code) const;

  std::vector<Value> values_;
  std::vector<Digest> digests_;
  std::vector<CodeObject> codes_;
  std::vector<ValueId> code_values_;
  uint64_t bytes_ = 0;
};

}  // namespace picklebox::code

#endif  // PICKLEBOX_CODE_STORE_H_
