#include "code/arguments.h"

#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"

namespace picklebox::code {
namespace {

CodeObject Unknown(std::string note) {
  CodeObject code;
  code.layout = Layout::kOther;
  code.layout_note = std::move(note);
  return code;
}

// Takes arguments one by one, and remembers whether each was what it should be.
class Arguments {
 public:
  Arguments(const Store& store, const std::vector<ValueId>& args)
      : store_(store), args_(args) {}

  bool right() const { return right_; }

  ValueId Take(ValueKind kind) {
    const ValueId id = args_[next_++];
    if (store_.Is(id, kind)) return id;
    right_ = false;
    return kNoValue;
  }
  int64_t TakeInt() {
    int64_t value = 0;
    right_ = IntOf(args_[next_++], &value) && right_;
    return value;
  }

 private:
  bool IntOf(ValueId id, int64_t* out) const {
    if (!store_.Is(id, ValueKind::kInt) || store_[id].text.size() > 8)
      return false;
    const std::string& bytes = store_[id].text;
    uint64_t value = 0;
    if (!bytes.empty() && static_cast<uint8_t>(bytes.back()) >= 0x80)
      value = ~uint64_t{0};
    for (size_t i = bytes.size(); i > 0; --i)
      value = value << 8 | static_cast<uint8_t>(bytes[i - 1]);
    *out = static_cast<int64_t>(value);
    return true;
  }

  const Store& store_;
  const std::vector<ValueId>& args_;
  size_t next_ = 0;
  bool right_ = true;
};

// Of a layout that is not read further: the file name stands before the name.
CodeObject Named(const Store& store, const std::vector<ValueId>& args,
                 size_t name, std::string note) {
  CodeObject code = Unknown(std::move(note));
  if (store.Is(args[name], ValueKind::kStr)) code.name = args[name];
  if (store.Is(args[name - 1], ValueKind::kStr)) code.filename = args[name - 1];
  return code;
}

CodeObject Known(const Store& store, const std::vector<ValueId>& args,
                 Layout layout) {
  Arguments from(store, args);
  CodeObject code;
  code.layout = layout;
  code.arguments = from.TakeInt();
  if (layout != Layout::kPython36) code.positional_only = from.TakeInt();
  code.keyword_only = from.TakeInt();
  code.locals = from.TakeInt();
  code.stack_size = from.TakeInt();
  code.flags = from.TakeInt();
  if (!from.right()) return Unknown("no Python's: a count that is no number");
  code.bytecode = from.Take(ValueKind::kBytes);
  code.consts = from.Take(ValueKind::kTuple);
  code.names = from.Take(ValueKind::kTuple);
  code.varnames = from.Take(ValueKind::kTuple);
  code.filename = from.Take(ValueKind::kStr);
  code.name = from.Take(ValueKind::kStr);
  if (layout == Layout::kPython311) code.qualname = from.Take(ValueKind::kStr);
  code.first_line = from.TakeInt();
  code.line_table = from.Take(ValueKind::kBytes);
  if (layout == Layout::kPython311)
    code.exceptions = from.Take(ValueKind::kBytes);
  code.freevars = from.Take(ValueKind::kTuple);
  code.cellvars = from.Take(ValueKind::kTuple);
  if (!from.right()) {
    code.layout = Layout::kOther;
    code.layout_note = "no Python's: a part of another type";
  }
  return code;
}

}  // namespace

CodeObject FromArguments(const Store& store, std::vector<ValueId> args) {
  const size_t given = args.size();
  // dill puts the line table of older Pythons in front.
  if (!args.empty() && store.Is(args[0], ValueKind::kBytes))
    args.erase(args.begin());
  switch (args.size()) {
    case 14:
      return Named(store, args, 9, "Python 2.7");
    case 15:
      return Known(store, args, Layout::kPython36);
    case 16:
      return Known(store, args, Layout::kPython38);
    case 17:
      return Named(store, args, 11, "PyPy 3.11");
    case 18:
      return Known(store, args, Layout::kPython311);
    case 20:
      return Named(store, args, 11, "an alpha of Python 3.11");
    default:
      return Unknown(absl::StrCat("no Python's: ", given, " arguments"));
  }
}

}  // namespace picklebox::code
