#include "code/summary.h"

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "code/instructions.h"

namespace picklebox::code {
namespace {

constexpr int64_t kVarArgs = 4;  // of co_flags
constexpr int64_t kVarKeywords = 8;
constexpr size_t kMostArguments = 64;
constexpr size_t kMostOnStack = 10'000;

struct DoingRow {
  absl::string_view name;
  Doing doing;
};
constexpr DoingRow kDoings[] = {
#define PICKLEBOX_DOING(name, kind) {name, kind},
#include "code/doings.def"
#undef PICKLEBOX_DOING
};

// What somebody does who uses `name`.
Doings DoingsOf(absl::string_view name) {
  Doings doings = 0;
  for (const DoingRow& row : kDoings) {
    absl::string_view rest = name;
    if (absl::ConsumePrefix(&rest, row.name) &&
        (rest.empty() || rest[0] == '.')) {
      doings = static_cast<Doings>(doings | row.doing);
    }
  }
  return doings;
}

class List {
 public:
  explicit List(std::vector<std::string>* out) : out_(*out) {}
  void Add(absl::string_view text) {
    if (text.empty() || out_.size() >= kMostEntries) return;
    std::string entry(text.substr(0, kMostOfEntry));
    if (seen_.insert(entry).second) out_.push_back(std::move(entry));
  }

 private:
  std::vector<std::string>& out_;
  std::set<std::string> seen_;
};

class Reader {
 public:
  Reader(const Store& store, const CodeObject& code, int minor)
      : store_(store),
        code_(code),
        minor_(minor),
        variables_(store, code, minor),
        imports_(&summary_.imports),
        globals_(&summary_.globals),
        attributes_(&summary_.attributes),
        calls_(&summary_.calls),
        strings_(&summary_.strings) {}

  Summary Read() {
    for (const ValueId item : store_.ItemsOf(code_.consts)) {
      if (store_.Is(item, ValueKind::kStr)) strings_.Add(store_.TextOf(item));
    }
    Instructions walk(store_, code_, minor_);
    for (Instruction in; walk.Next(&in);) Step(in);
    return std::move(summary_);
  }

 private:
  // What lies on the stack, as far as it has a name.
  struct Slot {
    std::string name;  // dotted; empty: something else
    bool null = false;
  };

  void Push(std::string name = "", bool null = false) {
    if (stack_.size() >= kMostOnStack) stack_.clear();
    if (name.size() > kMostOfEntry) name.clear();
    stack_.push_back({std::move(name), null});
  }
  Slot Pop() {
    if (stack_.empty()) return {};
    Slot slot = std::move(stack_.back());
    stack_.pop_back();
    return slot;
  }
  void Drop(uint64_t count) {
    stack_.resize(stack_.size() - std::min<uint64_t>(count, stack_.size()));
  }

  void Use(const std::string& name) {
    summary_.doings =
        static_cast<Doings>(summary_.doings | DoingsOf(name) |
                            DoingsOf(absl::StrCat("builtins.", name)));
  }

  absl::string_view NameOf(const Instruction& in) const {
    const std::optional<Meaning> meaning = MeaningOf(in, minor_);
    if (!meaning) return "";
    switch (in.opcode->argument) {
      case Argument::kName:
        return store_.Name(code_.names, meaning->index);
      case Argument::kLocal:
        return variables_.Local(meaning->index);
      case Argument::kFree:
        return variables_.Free(meaning->index);
      default:
        return "";
    }
  }

  void Step(const Instruction& in) {
    const absl::string_view op = in.opcode->name;
    const std::string name(NameOf(in));
    const bool flag = (in.argument & 1) != 0;
    if (op == "LOAD_GLOBAL" || op == "LOAD_NAME" ||
        op == "LOAD_FROM_DICT_OR_GLOBALS") {
      globals_.Add(name);
      const auto known = known_.find(name);
      const std::string full = known == known_.end() ? name : known->second;
      Use(full);
      const bool with_null = op == "LOAD_GLOBAL" && minor_ >= 11 && flag;
      if (with_null && minor_ < 13) Push("", true);
      Push(full);
      if (with_null && minor_ >= 13) Push("", true);
    } else if (op == "IMPORT_NAME") {
      Drop(2);
      imports_.Add(name);
      Use(name);
      Push(name);
    } else if (op == "IMPORT_FROM") {
      const std::string full =
          stack_.empty() || stack_.back().name.empty()
              ? name
              : absl::StrCat(stack_.back().name, ".", name);
      attributes_.Add(name);
      Use(full);
      Push(full);
    } else if (op == "LOAD_ATTR" || op == "LOAD_METHOD") {
      attributes_.Add(name);
      const Slot owner = Pop();
      const std::string full =
          owner.name.empty() ? "" : absl::StrCat(owner.name, ".", name);
      if (!full.empty()) Use(full);
      const bool method =
          op == "LOAD_METHOD" || (op == "LOAD_ATTR" && minor_ >= 12 && flag);
      Push(full.empty() && method ? "." + name : full);
      if (method) Push("", true);
    } else if (op == "STORE_FAST" || op == "STORE_NAME" ||
               op == "STORE_GLOBAL" || op == "STORE_DEREF") {
      const Slot value = Pop();
      if (value.name.empty()) {
        known_.erase(name);
      } else {
        known_[name] = value.name;
      }
    } else if (op == "LOAD_FAST" || op == "LOAD_FAST_CHECK" ||
               op == "LOAD_FAST_BORROW" || op == "LOAD_FAST_AND_CLEAR" ||
               op == "LOAD_DEREF" || op == "LOAD_CLASSDEREF") {
      const auto known = known_.find(name);
      Push(known == known_.end() ? "" : known->second);
    } else if (op == "PUSH_NULL") {
      Push("", true);
    } else if (op == "LOAD_BUILD_CLASS" || op == "LOAD_CONST" ||
               op == "LOAD_CLOSURE" || op == "LOAD_LOCALS" ||
               op == "LOAD_SMALL_INT" || op == "LOAD_COMMON_CONSTANT") {
      Push();
    } else {
      Rest(in, op);
    }
  }

  void Rest(const Instruction& in, absl::string_view op) {
    const uint64_t n = in.argument;
    if (op == "CALL_FUNCTION") {
      Called(n, 1);
    } else if (op == "CALL_METHOD") {
      Called(n, 2);
    } else if (op == "CALL") {
      Called(n, 2);
    } else if (op == "CALL_KW") {
      Called(n + 1, 2);
    } else if (op == "CALL_FUNCTION_KW") {
      Called(n + 1, 1);
    } else if (op == "CALL_FUNCTION_EX") {
      // From 3.14 on there is a place for keywords always.
      Called(minor_ >= 14 ? 2 : 1 + (n & 1), minor_ >= 11 ? 2 : 1);
    } else if (op == "POP_TOP" || op == "RETURN_VALUE" ||
               absl::StartsWith(op, "POP_JUMP")) {
      Drop(1);
    } else if (absl::StartsWith(op, "BINARY_") ||
               absl::StartsWith(op, "INPLACE_") || op == "COMPARE_OP" ||
               op == "IS_OP" || op == "CONTAINS_OP") {
      Drop(op == "BINARY_SLICE" ? 3 : 2);
      Push();
    } else if (absl::StartsWith(op, "BUILD_") && op != "BUILD_MAP" &&
               op != "BUILD_CONST_KEY_MAP") {
      Drop(n);
      Push();
    } else if (op == "BUILD_CONST_KEY_MAP") {
      Drop(n + 1);
      Push();
    } else if (op == "BUILD_MAP") {
      Drop(2 * n);
      Push();
    } else if (op == "LOAD_FAST_LOAD_FAST" ||
               op == "LOAD_FAST_BORROW_LOAD_FAST_BORROW") {
      Push();
      Push();
    } else if (op == "EXTENDED_ARG" || op == "NOP" || op == "RESUME" ||
               op == "PRECALL" || op == "KW_NAMES" || op == "CACHE" ||
               absl::StartsWith(op, "UNARY_") || op == "COPY_FREE_VARS" ||
               op == "MAKE_CELL" || op == "TO_BOOL" || op == "NOT_TAKEN") {
      // Nothing that has a name comes or goes.
    } else {
      // Not followed any further.
      stack_.clear();
    }
  }

  // A call of `arguments` values; callable and self or null below them.
  void Called(uint64_t arguments, uint64_t below) {
    if (stack_.size() < arguments + below) {
      stack_.clear();
      Push();
      return;
    }
    Drop(arguments);
    std::string callee;
    for (uint64_t i = 0; i < below; ++i) {
      const Slot slot = Pop();
      if (!slot.name.empty()) callee = slot.name;
    }
    calls_.Add(absl::StripPrefix(callee, "."));
    Push();
  }

  const Store& store_;
  const CodeObject& code_;
  const int minor_;
  const Variables variables_;
  Summary summary_;
  List imports_;
  List globals_;
  List attributes_;
  List calls_;
  List strings_;
  std::vector<Slot> stack_;
  std::map<std::string, std::string> known_;  // variables, by what they hold
};

}  // namespace

Summary Summarize(const Store& store, const CodeObject& code, int minor) {
  return Reader(store, code, minor).Read();
}

std::string Signature(const Store& store, const CodeObject& code) {
  std::string text = "(";
  const absl::Span<const ValueId> names = store.ItemsOf(code.varnames);
  size_t next = 0;
  const auto add = [&](absl::string_view stars) {
    if (next >= names.size() || next >= kMostArguments) return;
    absl::StrAppend(&text, text.size() > 1 ? ", " : "", stars,
                    store.TextOf(names[next++]).substr(0, kMostOfEntry));
  };
  const auto sign = [&](absl::string_view mark) {
    absl::StrAppend(&text, text.size() > 1 ? ", " : "", mark);
  };
  const auto bounded = [](int64_t count) {
    return std::clamp<int64_t>(count, 0, kMostArguments);
  };
  const bool var_args = (code.flags & kVarArgs) != 0;
  const int64_t positional = bounded(code.arguments);
  for (int64_t i = 0; i < positional; ++i) {
    add("");
    if (i + 1 == code.positional_only) sign("/");
  }
  // The names of *args and **kwargs stand behind those of keywords.
  const size_t stars_at =
      next + static_cast<size_t>(bounded(code.keyword_only));
  const size_t keywords_at = next;
  if (var_args) {
    next = stars_at;
    add("*");
  } else if (code.keyword_only > 0) {
    sign("*");
  }
  next = keywords_at;
  for (int64_t i = 0; i < bounded(code.keyword_only); ++i) add("");
  if ((code.flags & kVarKeywords) != 0) {
    next = stars_at + (var_args ? 1 : 0);
    add("**");
  }
  return text + ")";
}

}  // namespace picklebox::code
