#include "policy/global_register.h"

#include <utility>

namespace picklebox::policy {
namespace {

constexpr size_t kFirstSlots = 64;
// A quarter of the slots is taken at most. A name that then finds no place
// within so many was made for that end.
constexpr size_t kMaxProbes = 64;

// What NumPy itself, and dill, pickle arrays by.
bool MakesArrays(const CanonicalName& name) {
  return (name.module == "numpy._core.multiarray" &&
          name.qualname == "_reconstruct") ||
         (name.module == "dill._dill" && name.qualname == "_create_array") ||
         (name.module == "numpy._core.numeric" &&
          name.qualname == "_frombuffer");
}

}  // namespace

void GlobalRegister::Clear() {
  globals_.clear();
  flavours_.clear();
  slots_.clear();
  overflow_ = kNoGlobal;
}

void GlobalRegister::GrowSlots() {
  std::vector<Slot> old(slots_.empty() ? kFirstSlots : slots_.size() * 4);
  old.swap(slots_);
  for (const Slot& slot : old) {
    if (slot.global_plus_one == 0) continue;
    size_t at = slot.hash & (slots_.size() - 1);
    while (slots_[at].global_plus_one != 0) at = (at + 1) & (slots_.size() - 1);
    slots_[at] = slot;
  }
}

uint32_t GlobalRegister::Intern(absl::string_view module,
                                absl::string_view qualname, uint8_t flavour,
                                const CanonicalName* canonical, uint64_t at) {
  if (globals_.size() * 4 >= slots_.size()) GrowSlots();
  const uint64_t wide = HashGlobal(module, qualname) + flavour;
  const uint32_t hash = static_cast<uint32_t>(wide ^ (wide >> 32));
  for (size_t probe = 0; probe < kMaxProbes; ++probe) {
    Slot& slot = slots_[(hash + probe) & (slots_.size() - 1)];
    if (slot.global_plus_one == 0) {
      if (globals_.size() >= max_globals_) break;
      slot = {hash, static_cast<uint32_t>(globals_.size() + 1)};
      return Add(Judged(module, qualname, flavour, canonical, at), flavour);
    }
    const uint32_t index = slot.global_plus_one - 1;
    const JudgedGlobal& known = globals_[index];
    if (slot.hash == hash && flavours_[index] == flavour &&
        known.raw_module == module && known.raw_qualname == qualname) {
      return index;
    }
  }
  if (overflow_ == kNoGlobal) {
    JudgedGlobal several;
    several.several = true;
    several.offset = at;
    overflow_ = Add(std::move(several), kPlain);
  }
  return overflow_;
}

uint32_t GlobalRegister::Add(JudgedGlobal global, uint8_t flavour) {
  globals_.push_back(std::move(global));
  flavours_.push_back(flavour);
  return static_cast<uint32_t>(globals_.size() - 1);
}

JudgedGlobal GlobalRegister::Judged(absl::string_view module,
                                    absl::string_view qualname, uint8_t flavour,
                                    const CanonicalName* canonical,
                                    uint64_t at) const {
  CanonicalName name =
      canonical != nullptr
          ? *canonical
          : Canonical(module, qualname, (flavour & kPython2) != 0);
  JudgedGlobal global;
  global.offset = at;
  global.raw_module = std::string(module);
  global.raw_qualname = std::string(qualname);
  global.unresolvable = (flavour & (kDotted | kAttributeOf)) == 0 &&
                        name.qualname.find('.') != std::string::npos;
  if (!global.unresolvable)
    global.rule = table_.Find(name.module, name.qualname);
  if (global.rule != kNoRule) {
    const Rule rule = table_.rule(global.rule);
    global.allowed = rule.uses;
    global.flags = rule.flags;
    global.shapes = rule.shapes;
    global.checks = rule.checks;
  }
  global.makes_arrays = MakesArrays(name);
  global.makes_bytes =
      (name.module == "_codecs" && name.qualname == "encode") ||
      (name.module == "builtins" && name.qualname == "bytes");
  global.maker = graph::CodeMakerOf(name.module, name.qualname);
  global.module = std::move(name.module);
  global.qualname = std::move(name.qualname);
  return global;
}

}  // namespace picklebox::policy
