#include "policy/judge.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "graph/ledger.h"

namespace picklebox::policy {
namespace {

using graph::Fact;

// By what way a global was named; two ways may mean two things.
enum Flavour : uint8_t { kPlain = 0, kPython2 = 1, kDotted = 2, kAttributeOf = 4, kByCode = 8 };

constexpr size_t kFirstSlots = 64;
// A name that finds no place within as many slots was made for that end.
constexpr size_t kMaxProbes = 64;
// The longest name that attribute lookups are followed to.
constexpr size_t kMaxName = 4096;
// Values visited within keys: so many to begin with, and so many more a node.
constexpr uint64_t kKeyVisits = 1'000'000;
constexpr uint64_t kKeyVisitsPerNode = 16;

// What a global's rule asks of the arguments.
bool JudgesArguments(const JudgedGlobal& global) {
  return (global.callables | global.classes) != 0 || (global.flags & kAttribute) != 0;
}

// Data of the interpreter's own types: calling it fails.
bool IsData(NodeKind kind) { return kind <= NodeKind::kFrozenSet; }

bool IsPlainPart(const graph::NodeSource& source, NodeId part) {
  const Fact fact = source.fact(part);
  const NodeKind kind = graph::KindOf(fact);
  return kind == NodeKind::kNone ||
         (kind == NodeKind::kDict && (fact & graph::kOddKeys) == 0);
}

std::string Name(NodeKind kind) {
  switch (kind) {
    case NodeKind::kCall:
      return "the result of a call";
    case NodeKind::kNew:
      return "a new object";
    case NodeKind::kPersistent:
      return "what a persistent id stands for";
    case NodeKind::kExtension:
      return "what an extension code stands for";
    default:
      return absl::StrCat("a value of kind ", NodeKindName(kind));
  }
}

}  // namespace

Judge::Judge(const PolicyTable& table, JudgeOptions options)
    : table_(table), options_(std::move(options)) {}

void Judge::OnStart(const graph::NodeSource& source) {
  source_ = &source;
  origins_.clear();
  globals_.clear();
  flavours_.clear();
  slots_.clear();
  findings_.clear();
  more_findings_ = denials_ = keys_visited_ = 0;
  overflow_ = kNoGlobal;
}

// What is asked for is nearly always near the end: gallop backwards.
Judge::Origin* Judge::Find(NodeId node) {
  size_t high = origins_.size();
  size_t low = high;
  for (size_t step = 1; low > 0; step *= 2) {
    low = low > step ? low - step : 0;
    if (origins_[low].node <= node) break;
    high = low;
  }
  const auto it =
      std::lower_bound(origins_.begin() + static_cast<ptrdiff_t>(low),
                       origins_.begin() + static_cast<ptrdiff_t>(high), node,
                       [](const Origin& origin, NodeId wanted) { return origin.node < wanted; });
  return it != origins_.end() && it->node == node ? &*it : nullptr;
}

void Judge::GrowSlots() {
  std::vector<Slot> old(slots_.empty() ? kFirstSlots : slots_.size() * 4);
  old.swap(slots_);
  for (const Slot& slot : old) {
    if (slot.global_plus_one == 0) continue;
    size_t at = slot.hash & (slots_.size() - 1);
    while (slots_[at].global_plus_one != 0) at = (at + 1) & (slots_.size() - 1);
    slots_[at] = slot;
  }
}

// The index of the global, which is added if it is new.
uint32_t Judge::Intern(absl::string_view module, absl::string_view qualname, uint8_t flavour,
                       const CanonicalName* canonical, uint64_t at) {
  if (globals_.size() * 4 >= slots_.size()) GrowSlots();
  const uint64_t wide = HashGlobal(module, qualname) + flavour;
  const uint32_t hash = static_cast<uint32_t>(wide ^ (wide >> 32));
  for (size_t probe = 0; probe < kMaxProbes; ++probe) {
    Slot& slot = slots_[(hash + probe) & (slots_.size() - 1)];
    if (slot.global_plus_one == 0) {
      if (globals_.size() >= options_.max_globals) break;
      slot = {hash, static_cast<uint32_t>(globals_.size() + 1)};
      return AddGlobal(module, qualname, flavour, canonical, at);
    }
    const uint32_t index = slot.global_plus_one - 1;
    const JudgedGlobal& known = globals_[index];
    if (slot.hash == hash && flavours_[index] == flavour && known.raw_module == module &&
        known.raw_qualname == qualname) {
      return index;
    }
  }
  // Too many: from here on all share one entry, for which there is no rule.
  if (overflow_ == kNoGlobal) {
    overflow_ = static_cast<uint32_t>(globals_.size());
    JudgedGlobal global;
    global.several = true;
    global.offset = at;
    globals_.push_back(std::move(global));
    flavours_.push_back(kPlain);
  }
  return overflow_;
}

uint32_t Judge::AddGlobal(absl::string_view module, absl::string_view qualname, uint8_t flavour,
                          const CanonicalName* canonical, uint64_t at) {
  CanonicalName name =
      canonical != nullptr ? *canonical : Canonical(module, qualname, (flavour & kPython2) != 0);
  JudgedGlobal global;
  global.offset = at;
  global.raw_module = std::string(module);
  global.raw_qualname = std::string(qualname);
  global.unresolvable = (flavour & (kDotted | kAttributeOf)) == 0 &&
                        name.qualname.find('.') != std::string::npos;
  if (!global.unresolvable) global.rule = table_.Find(name.module, name.qualname);
  if (global.rule != kNoRule) {
    const Rule rule = table_.rule(global.rule);
    global.allowed = rule.uses;
    global.flags = rule.flags;
    global.callables = rule.callables;
    global.classes = rule.classes;
  }
  global.module = std::move(name.module);
  global.qualname = std::move(name.qualname);
  globals_.push_back(std::move(global));
  flavours_.push_back(flavour);
  return static_cast<uint32_t>(globals_.size() - 1);
}

void Judge::Use(uint32_t index, Uses use, uint64_t at) {
  JudgedGlobal& global = globals_[index];
  global.uses |= use;
  ++global.count;
  if ((global.allowed & use) != 0) [[likely]] return;
  if (global.denied == 0) global.denied_offset = at;
  global.denied |= use;
  ++denials_;
}

void Judge::Report(Code code, absl::string_view detail, uint64_t at, std::string message) {
  ++denials_;
  if (findings_.size() >= options_.max_findings) {
    ++more_findings_;
    return;
  }
  findings_.push_back({code, std::string(detail), {}, at, std::move(message)});
}

void Judge::OnGlobal(NodeId node, const graph::GlobalName& name, uint64_t at) {
  uint8_t flavour = name.python2_names ? kPython2 : kPlain;
  if (name.dotted && name.qualname.find('.') != absl::string_view::npos) flavour |= kDotted;
  const uint32_t index = Intern(name.module, name.qualname, flavour, nullptr, at);
  // Resolving a name imports its module, whatever becomes of it.
  if (globals_[index].rule == kNoRule) Use(index, kReference, at);
  origins_.push_back({node, index, 1, 0});
}

void Judge::OnReference(NodeId node) {
  const Origin* const origin = Find(node);
  if (origin == nullptr) return;
  const bool allowed = (globals_[origin->global].allowed & kReference) != 0;
  Use(origin->global, kReference, allowed ? 0 : source_->node(node).at);
}

void Judge::OnCall(NodeId node, NodeId callable, NodeId args, uint64_t at) {
  const Origin* const origin = Find(callable);
  if (origin == nullptr || origin->is_global == 0) {
    Report(Code::kCallOfValue, "call", at,
           absl::StrCat(Name(source_->kind(callable)), " is called"));
    return;
  }
  uint32_t global = origin->global;
  if (source_->kind(args) != NodeKind::kTuple) {
    Report(Code::kArgumentsOpaque, "call", at,
           absl::StrCat(Spell(globals_[global].module, globals_[global].qualname),
                        " is called with ", Name(source_->kind(args)),
                        " in place of a tuple of arguments"));
  } else if (JudgesArguments(globals_[global])) [[unlikely]] {
    if (ResolveAttribute(node, global, args, at)) return;
    const uint32_t maker = JudgePlaces(global, args, at);
    Use(global, kCall, at);
    origins_.push_back({node, maker, 0, 0});
    return;
  }
  Use(global, kCall, at);
  origins_.push_back({node, global, 0, 0});
}

bool Judge::HasItems(NodeId tuple) const { return !source_->node(tuple).items.empty(); }

void Judge::OnNew(NodeId node, NewForm form, NodeId cls, NodeId args, NodeId kwargs, uint64_t at) {
  const Origin* const origin = Find(cls);
  if (origin == nullptr || origin->is_global == 0) {
    Report(Code::kCallOfValue, NewFormName(form), at,
           absl::StrCat("an object is made of ", Name(source_->kind(cls)),
                        " in place of a class"));
    return;
  }
  uint32_t global = origin->global;
  Use(global, kNew, at);
  const bool opaque =
      source_->kind(args) != NodeKind::kTuple ||
      (form == NewForm::kNewObjEx && source_->kind(kwargs) != NodeKind::kDict);
  if (opaque) {
    Report(Code::kArgumentsOpaque, NewFormName(form), at,
           absl::StrCat(Spell(globals_[global].module, globals_[global].qualname),
                        " is made an object of with arguments that are no tuple"));
  } else {
    const bool calls = form == NewForm::kObj || form == NewForm::kInst;
    if (calls && HasItems(args)) Use(global, kCall, at);
    if (JudgesArguments(globals_[global])) global = JudgePlaces(global, args, at);
  }
  origins_.push_back({node, global, 0, 0});
}

// Judges the arguments that the rule of `global` says are called or made
// objects of. Returns the global that counts as the maker of the result.
uint32_t Judge::JudgePlaces(uint32_t global, NodeId args, uint64_t at) {
  const Places callables = globals_[global].callables;
  const Places classes = globals_[global].classes;
  uint32_t maker = global;
  bool first_class = true;
  int place = 0;
  const Node tuple = source_->node(args);
  for (const NodeId argument : tuple.items) {
    if (place == kMaxPlaces) break;
    const int bit = 1 << place++;
    if ((callables & bit) != 0) JudgePlace(argument, kCall, at);
    if ((classes & bit) != 0) {
      const Origin* const cls = JudgePlace(argument, kNew, at);
      if (first_class && cls != nullptr) maker = cls->global;
      first_class = false;
    }
  }
  return maker;
}

// Returns the origin of an argument that is a global.
const Judge::Origin* Judge::JudgePlace(NodeId argument, Uses use, uint64_t at) {
  if (IsData(source_->kind(argument))) return nullptr;
  const Origin* const origin = Find(argument);
  if (origin != nullptr && origin->is_global != 0) {
    Use(origin->global, use, at);
    return origin;
  }
  Report(Code::kCallOfValue, "argument", at,
         absl::StrCat(Name(source_->kind(argument)),
                      " is passed to a function that would call it"));
  return nullptr;
}

// getattr(global, "name") is the global behind the dotted name. The result is
// used where nobody tells, so that it must be allowed as a reference.
bool Judge::ResolveAttribute(NodeId node, uint32_t getter, NodeId args, uint64_t at) {
  if ((globals_[getter].flags & kAttribute) == 0) return false;
  const Node tuple = source_->node(args);
  if (tuple.items.size() != 2) return false;
  auto item = tuple.items.begin();
  const NodeId owner_node = *item;
  const NodeId name_node = *++item;
  const Origin* const owner = Find(owner_node);
  if (owner == nullptr || owner->is_global == 0) return false;
  if (source_->kind(name_node) != NodeKind::kStr) return false;
  const Node name = source_->node(name_node);
  const JudgedGlobal& global = globals_[owner->global];
  const uint64_t size = global.raw_qualname.size() + global.qualname.size() + name.text.size();
  if (name.extent.has_value() || name.text.find('.') != absl::string_view::npos ||
      size > kMaxName) {
    return false;
  }
  const CanonicalName canonical{global.module, absl::StrCat(global.qualname, ".", name.text)};
  const std::string module = global.raw_module;
  const std::string qualname = absl::StrCat(global.raw_qualname, ".", name.text);
  const uint8_t flavour = flavours_[owner->global] | kAttributeOf;
  const uint32_t index = Intern(module, qualname, flavour, &canonical, at);
  globals_[getter].uses |= kCall;
  ++globals_[getter].count;
  Use(index, kReference, at);
  origins_.push_back({node, index, 1, 0});
  return true;
}

void Judge::OnBuild(NodeId target, NodeId state, uint64_t at) {
  Origin* const origin = Find(target);
  if (origin == nullptr) {
    Report(Code::kStateOnValue, NodeKindName(source_->kind(target)), at,
           absl::StrCat("state is set on ", Name(source_->kind(target))));
    return;
  }
  const JudgedGlobal& global = globals_[origin->global];
  if (origin->is_global != 0) {
    Report(Code::kStateOnGlobal, "", at,
           absl::StrCat("state is set on ", Spell(global.module, global.qualname), " itself"));
    return;
  }
  if (origin->has_state != 0) {
    Report(Code::kStateTwice, "", at,
           absl::StrCat("state is set a second time on an object made by ",
                        Spell(global.module, global.qualname)));
    return;
  }
  origin->has_state = 1;
  Use(origin->global, kBuild, at);
  if ((global.flags & kSetState) == 0) JudgeState(state, at);
}

// Without a __setstate__ of the class, an unpickler takes a dict of attributes,
// or a pair of two such dicts, either of which may be None.
void Judge::JudgeState(NodeId state, uint64_t at) {
  const NodeKind kind = source_->kind(state);
  if (IsPlainPart(*source_, state)) return;
  if (kind == NodeKind::kTuple) {
    const Node pair = source_->node(state);
    bool plain = pair.items.size() == 2;
    if (plain) {
      for (const NodeId part : pair.items) plain = plain && IsPlainPart(*source_, part);
    }
    if (plain) return;
  }
  if (kind == NodeKind::kDict || kind == NodeKind::kTuple) {
    Report(Code::kStateKey, "key", at, "state holds a key that is no plain name of an attribute");
  } else {
    Report(Code::kStateKey, "opaque", at,
           absl::StrCat("state is ", Name(kind), " in place of a dict of attributes"));
  }
}

void Judge::OnExtend(NodeId target, NodeKind change, uint64_t at) {
  const Origin* const origin = Find(target);
  if (origin != nullptr && origin->is_global == 0) {
    Use(origin->global, kExtend, at);
    return;
  }
  const std::string what =
      origin == nullptr ? Name(source_->kind(target))
                        : absl::StrCat(Spell(globals_[origin->global].module,
                                             globals_[origin->global].qualname),
                                       " itself");
  Report(Code::kItemsDenied, NodeKindName(change), at, absl::StrCat("items are added to ", what));
}

// Whether hashing `key` runs code that no rule vouches for; `culprit` is then
// the value that has it.
bool Judge::IsForeign(NodeId key, NodeId* culprit) {
  const uint64_t budget = kKeyVisits + kKeyVisitsPerNode * key;
  pending_.assign(1, key);
  while (!pending_.empty()) {
    const NodeId value = *culprit = pending_.back();
    pending_.pop_back();
    if (++keys_visited_ > budget) return true;
    const Fact fact = source_->fact(value);
    const NodeKind kind = graph::KindOf(fact);
    if (kind == NodeKind::kTuple || kind == NodeKind::kFrozenSet) {
      if ((fact & graph::kHoldsForeign) == 0) continue;
      const Node nested = source_->node(value);
      for (const NodeId item : nested.items) pending_.push_back(item);
    } else if (!IsData(kind)) {
      const Origin* const origin = Find(value);
      if (origin == nullptr) return true;
      if (origin->is_global == 0 && (globals_[origin->global].flags & kHashable) == 0) return true;
    }
  }
  return false;
}

void Judge::OnForeignKey(NodeId key) {
  NodeId culprit = key;
  if (!IsForeign(key, &culprit)) return;
  const Origin* const origin = Find(culprit);
  const std::string what =
      origin != nullptr ? absl::StrCat("an object made by ", Spell(globals_[origin->global].module,
                                                                   globals_[origin->global].qualname))
                        : Name(source_->kind(culprit));
  Report(Code::kKeyForeign, NodeKindName(source_->kind(culprit)), source_->node(culprit).at,
         absl::StrCat(what, " is a dictionary key or a member of a set, or within one"));
}

void Judge::OnPersistent(NodeId, NodeId, uint64_t at) {
  if (options_.persistent_ids || table_.persistent_ids()) return;
  Report(Code::kPersistentDenied, "", at, "a persistent id refers to something outside of the pickle");
}

void Judge::OnExtension(NodeId node, uint32_t code, uint64_t at) {
  absl::string_view module;
  absl::string_view qualname;
  for (uint32_t i = 0; i < table_.extension_count(); ++i) {
    const ExtensionRule extension = table_.extension(i);
    if (extension.code != code) continue;
    module = extension.module;
    qualname = extension.qualname;
  }
  for (const JudgeOptions::Extension& extension : options_.extensions) {
    if (extension.code != code) continue;
    module = extension.module;
    qualname = extension.qualname;
  }
  if (module.empty()) {
    Report(Code::kExtensionDenied, "", at,
           absl::StrCat("extension code ", code, " is not mapped to a global"));
    return;
  }
  const uint32_t index = Intern(module, qualname, kByCode, nullptr, at);
  // It may be used as a value, of which nobody tells.
  Use(index, kReference, at);
  origins_.push_back({node, index, 1, 0});
}

}  // namespace picklebox::policy
