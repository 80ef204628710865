#include "code/instructions.h"

#include <algorithm>
#include <set>

namespace picklebox::code {
namespace {

constexpr absl::string_view kExtended = "EXTENDED_ARG";

bool IsFusedLocals(const Opcode& opcode) {
  return opcode.name == "LOAD_FAST_LOAD_FAST" ||
         opcode.name == "LOAD_FAST_BORROW_LOAD_FAST_BORROW" ||
         opcode.name == "STORE_FAST_LOAD_FAST" ||
         opcode.name == "STORE_FAST_STORE_FAST";
}

}  // namespace

bool Instructions::Next(Instruction* out) {
  if (at_ >= bytes_.size() || fault_ != nullptr) return false;
  if (bytes_.size() - at_ < 2) {
    fault_ = "half an instruction";
    return false;
  }
  const Opcode& opcode = FindOpcode(minor_, static_cast<uint8_t>(bytes_[at_]));
  if (opcode.name.empty() || opcode.name == "CACHE") {
    fault_ = "a number that is no instruction";
    return false;
  }
  out->offset = at_;
  out->opcode = &opcode;
  out->has_argument = opcode.argument != Argument::kPlain;
  out->argument = 0;
  out->target.reset();
  at_ += 2;
  if (out->has_argument) {
    const uint64_t argument =
        extended_ | static_cast<uint8_t>(bytes_[out->offset + 1]);
    if (argument > UINT32_MAX) {
      fault_ = "an argument that is too large";
      return false;
    }
    out->argument = static_cast<uint32_t>(argument);
    extended_ = opcode.name == kExtended ? argument << 8 : 0;
  } else {
    extended_ = 0;
  }
  const uint64_t caches = uint64_t{2} * opcode.caches;
  if (caches > bytes_.size() - at_) {
    fault_ = "an instruction without its caches";
    return false;
  }
  // Distances count instructions from 3.10 on, bytes before.
  const int64_t distance =
      static_cast<int64_t>(out->argument) * (minor_ >= 10 ? 2 : 1);
  // 3.11 counts from the instruction itself, whose jumps have no caches.
  const auto behind = static_cast<int64_t>(at_ + caches);
  if (opcode.argument == Argument::kForward) out->target = behind + distance;
  if (opcode.argument == Argument::kBackward) out->target = behind - distance;
  if (opcode.argument == Argument::kAbsolute) out->target = distance;
  at_ += caches;
  return true;
}

std::optional<Meaning> MeaningOf(const Instruction& in, int minor) {
  const uint64_t argument = in.argument;
  switch (in.opcode->argument) {
    case Argument::kConst:
      return Meaning{Meaning::Of::kConsts, argument};
    case Argument::kName: {
      uint64_t index = argument;
      if (minor >= 11 && in.opcode->name == "LOAD_GLOBAL") index /= 2;
      if (minor >= 12 && in.opcode->name == "LOAD_ATTR") index /= 2;
      if (minor >= 12 && in.opcode->name == "LOAD_SUPER_ATTR") index /= 4;
      if (minor >= 15 && in.opcode->name == "IMPORT_NAME") index /= 4;
      return Meaning{Meaning::Of::kNames, index};
    }
    case Argument::kLocal:
    case Argument::kFree:
      if (IsFusedLocals(*in.opcode)) return std::nullopt;
      return Meaning{Meaning::Of::kVariables, argument};
    default:
      return std::nullopt;
  }
}

Variables::Variables(const Store& store, const CodeObject& code, int minor)
    : unified_(minor >= 11) {
  for (const ValueId name : store.ItemsOf(code.varnames))
    locals_.push_back(store.TextOf(name));
  std::vector<absl::string_view>* const rest = unified_ ? &locals_ : &frees_;
  const std::set<absl::string_view> own(locals_.begin(), locals_.end());
  for (const ValueId name : store.ItemsOf(code.cellvars)) {
    const absl::string_view text = store.TextOf(name);
    // A cell that is an argument is where the argument is.
    if (unified_ && own.count(text) > 0) continue;
    rest->push_back(text);
  }
  for (const ValueId name : store.ItemsOf(code.freevars))
    rest->push_back(store.TextOf(name));
}

absl::string_view Variables::Local(uint64_t index) const {
  return index < locals_.size() ? locals_[index] : "";
}

absl::string_view Variables::Free(uint64_t index) const {
  if (unified_) return Local(index);
  return index < frees_.size() ? frees_[index] : "";
}

namespace {

bool ArgumentFits(const Store& store, const CodeObject& code,
                  const Variables& variables, const Instruction& in,
                  int minor) {
  if (!in.has_argument) return true;
  if (IsFusedLocals(*in.opcode)) {
    return in.argument <= 0xff && variables.HasLocal(in.argument >> 4) &&
           variables.HasLocal(in.argument & 15);
  }
  const std::optional<Meaning> meaning = MeaningOf(in, minor);
  if (!meaning) return true;
  switch (meaning->of) {
    case Meaning::Of::kConsts:
      return meaning->index < store.ItemsOf(code.consts).size();
    case Meaning::Of::kNames:
      return meaning->index < store.ItemsOf(code.names).size();
    case Meaning::Of::kVariables:
      return in.opcode->argument == Argument::kLocal
                 ? variables.HasLocal(meaning->index)
                 : variables.HasFree(meaning->index);
  }
  return false;
}

// 3.10 has the line of every instruction, in pairs that begin with a length;
// before, the last line had no length.
bool LinesCanBe(const Store& store, const CodeObject& code, int minor) {
  const absl::string_view table = store.TextOf(code.line_table);
  if (code.layout != Layout::kPython38 || code.line_table == kNoValue)
    return true;
  uint64_t covered = 0;
  for (size_t i = 0; i < table.size(); i += 2)
    covered += static_cast<uint8_t>(table[i]);
  return (covered == store.TextOf(code.bytecode).size()) == (minor == 10);
}

bool CanBe(const Store& store, const CodeObject& code, int minor,
           uint64_t* work) {
  const absl::string_view bytes = store.TextOf(code.bytecode);
  // Lists of names can be shared by many code objects, too.
  const uint64_t cost =
      1 + bytes.size() / 2 + store.TextOf(code.line_table).size() / 2 +
      store.ItemsOf(code.varnames).size() +
      store.ItemsOf(code.cellvars).size() + store.ItemsOf(code.freevars).size();
  if (cost > *work) {
    *work = 0;
    return true;
  }
  *work -= cost;
  if (!LinesCanBe(store, code, minor)) return false;
  const Variables variables(store, code, minor);
  Instructions walk(store, code, minor);
  std::vector<bool> starts(bytes.size() + 1);
  std::vector<int64_t> targets;
  bool resumes = minor < 11;
  bool caches = true;  // all are zero
  for (Instruction in; walk.Next(&in);) {
    starts[in.offset] = true;
    if (!ArgumentFits(store, code, variables, in, minor)) return false;
    if (in.target) targets.push_back(*in.target);
    resumes = resumes || in.opcode->name == "RESUME";
    for (uint64_t i = 0; i < uint64_t{2} * in.opcode->caches; ++i)
      caches = caches && bytes[in.offset + 2 + i] == 0;
  }
  if (walk.fault() != nullptr || !resumes || !caches) return false;
  return std::all_of(targets.begin(), targets.end(), [&](int64_t target) {
    return target >= 0 && target < static_cast<int64_t>(bytes.size()) &&
           starts[static_cast<size_t>(target)];
  });
}

}  // namespace

Versions NarrowVersions(const Store& store, const CodeObject& code,
                        uint64_t* work) {
  Versions left = 0;
  for (int minor = kOldestPython; minor <= kNewestPython; ++minor) {
    if ((code.versions & VersionBit(minor)) != 0 &&
        CanBe(store, code, minor, work)) {
      left |= VersionBit(minor);
    }
  }
  return left;
}

}  // namespace picklebox::code
