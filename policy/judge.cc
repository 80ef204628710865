#include "policy/judge.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "graph/ledger.h"

namespace picklebox::policy {
namespace {

using graph::Fact;

// The longest name that attribute lookups are followed to.
constexpr size_t kMaxName = 4096;
// Values visited within keys: so many to begin with, and so many more a node.
constexpr uint64_t kKeyVisits = 1'000'000;
constexpr uint64_t kKeyVisitsPerNode = 16;

// What a global's rule asks of the arguments.
bool JudgesArguments(const JudgedGlobal& global) {
  return (global.callables | global.classes) != 0 ||
         (global.flags & kAttribute) != 0;
}

// Data of the interpreter's own types: calling it fails.
bool IsData(NodeKind kind) { return kind <= NodeKind::kFrozenSet; }

bool IsPlainPart(const graph::NodeSource& source, NodeId part) {
  const Fact fact = source.fact(part);
  const NodeKind kind = graph::KindOf(fact);
  return kind == NodeKind::kNone ||
         (kind == NodeKind::kDict && (fact & graph::kOddKeys) == 0);
}

// The index of the entry for `node`, or the size. What is asked for is nearly
// always near the end: gallop backwards.
template <typename Entry>
size_t FindFromEnd(const std::vector<Entry>& entries, NodeId node) {
  size_t high = entries.size();
  size_t low = high;
  for (size_t step = 1; low > 0; step *= 2) {
    low = low > step ? low - step : 0;
    if (entries[low].node <= node) break;
    high = low;
  }
  const auto it = std::lower_bound(
      entries.begin() + static_cast<ptrdiff_t>(low),
      entries.begin() + static_cast<ptrdiff_t>(high), node,
      [](const Entry& entry, NodeId wanted) { return entry.node < wanted; });
  const bool found = it != entries.end() && it->node == node;
  return found ? static_cast<size_t>(it - entries.begin()) : entries.size();
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
    : table_(table),
      options_(std::move(options)),
      globals_(table_, options_.max_globals) {}

void Judge::OnStart(const graph::NodeSource& source) {
  source_ = &source;
  named_.clear();
  made_.clear();
  globals_.Clear();
  findings_.clear();
  more_findings_ = denials_ = keys_visited_ = 0;
}

const Judge::Named* Judge::FindNamed(NodeId node) const {
  const size_t at = FindFromEnd(named_, node);
  return at < named_.size() ? &named_[at] : nullptr;
}

Judge::Made* Judge::FindMade(NodeId node) {
  const size_t at = FindFromEnd(made_, node);
  return at < made_.size() ? &made_[at] : nullptr;
}

void Judge::Use(uint32_t index, Uses use, uint64_t at) {
  JudgedGlobal& global = globals_[index];
  global.uses |= use;
  ++global.count;
  if ((global.allowed & use) != 0) [[likely]]
    return;
  if (global.denied == 0) global.denied_offset = at;
  global.denied |= use;
  ++denials_;
}

std::string Judge::SpellGlobal(uint32_t global) const {
  return Spell(globals_[global].module, globals_[global].qualname);
}

void Judge::Report(Code code, absl::string_view detail, uint64_t at,
                   std::string message) {
  ++denials_;
  if (findings_.size() >= options_.max_findings) {
    ++more_findings_;
    return;
  }
  findings_.push_back({code, std::string(detail), {}, at, std::move(message)});
}

void Judge::OnGlobal(NodeId node, const graph::GlobalName& name, uint64_t at) {
  uint8_t flavour = name.python2_names ? kPython2 : kPlain;
  if (name.dotted && name.qualname.find('.') != absl::string_view::npos)
    flavour |= kDotted;
  const uint32_t index =
      globals_.Intern(name.module, name.qualname, flavour, nullptr, at);
  // Resolving a name imports its module, whatever becomes of it.
  if (globals_[index].rule == kNoRule) Use(index, kReference, at);
  named_.push_back({node, index});
}

void Judge::OnReference(NodeId node) {
  const Named* const named = FindNamed(node);
  if (named == nullptr) return;
  const bool allowed = (globals_[named->global].allowed & kReference) != 0;
  Use(named->global, kReference, allowed ? 0 : source_->node(node).at);
}

void Judge::OnCall(NodeId node, NodeId callable, NodeId args, uint64_t at) {
  const Named* const named = FindNamed(callable);
  if (named == nullptr) {
    Report(Code::kCallOfValue, "call", at,
           absl::StrCat(Name(source_->kind(callable)), " is called"));
    return;
  }
  uint32_t global = named->global;
  if (source_->kind(args) != NodeKind::kTuple) {
    Report(Code::kArgumentsOpaque, "call", at,
           absl::StrCat(SpellGlobal(global), " is called with ",
                        Name(source_->kind(args)),
                        " in place of a tuple of arguments"));
  } else if (JudgesArguments(globals_[global])) [[unlikely]] {
    if (ResolveAttribute(node, global, args, at)) return;
    const uint32_t maker = JudgePlaces(global, args, at);
    Use(global, kCall, at);
    made_.push_back({node, maker, 0});
    return;
  }
  Use(global, kCall, at);
  made_.push_back({node, global, 0});
}

bool Judge::HasItems(NodeId tuple) const {
  return !source_->node(tuple).items.empty();
}

void Judge::OnNew(NodeId node, NewForm form, NodeId cls, NodeId args,
                  NodeId kwargs, uint64_t at) {
  const Named* const named = FindNamed(cls);
  if (named == nullptr) {
    Report(Code::kCallOfValue, NewFormName(form), at,
           absl::StrCat("an object is made of ", Name(source_->kind(cls)),
                        " in place of a class"));
    return;
  }
  uint32_t global = named->global;
  Use(global, kNew, at);
  const bool opaque =
      source_->kind(args) != NodeKind::kTuple ||
      (form == NewForm::kNewObjEx && source_->kind(kwargs) != NodeKind::kDict);
  if (opaque) {
    Report(
        Code::kArgumentsOpaque, NewFormName(form), at,
        absl::StrCat(SpellGlobal(global),
                     " is made an object of with arguments that are no tuple"));
  } else {
    const bool calls = form == NewForm::kObj || form == NewForm::kInst;
    if (calls && HasItems(args)) Use(global, kCall, at);
    if (JudgesArguments(globals_[global]))
      global = JudgePlaces(global, args, at);
  }
  made_.push_back({node, global, 0});
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
      const Named* const cls = JudgePlace(argument, kNew, at);
      if (first_class && cls != nullptr) maker = cls->global;
      first_class = false;
    }
  }
  return maker;
}

// Returns the argument if it is a global.
const Judge::Named* Judge::JudgePlace(NodeId argument, Uses use, uint64_t at) {
  if (IsData(source_->kind(argument))) return nullptr;
  const Named* const named = FindNamed(argument);
  if (named != nullptr) {
    Use(named->global, use, at);
    return named;
  }
  Report(Code::kCallOfValue, "argument", at,
         absl::StrCat(Name(source_->kind(argument)),
                      " is passed to a function that would call it"));
  return nullptr;
}

// getattr(global, "name") is the global behind the dotted name. The result is
// used where nobody tells, so that it must be allowed as a reference.
bool Judge::ResolveAttribute(NodeId node, uint32_t getter, NodeId args,
                             uint64_t at) {
  if ((globals_[getter].flags & kAttribute) == 0) return false;
  const Node tuple = source_->node(args);
  if (tuple.items.size() != 2) return false;
  auto item = tuple.items.begin();
  const NodeId owner_node = *item;
  const NodeId name_node = *++item;
  const Named* const owner = FindNamed(owner_node);
  if (owner == nullptr) return false;
  if (source_->kind(name_node) != NodeKind::kStr) return false;
  const Node name = source_->node(name_node);
  const JudgedGlobal& global = globals_[owner->global];
  const uint64_t size =
      global.raw_qualname.size() + global.qualname.size() + name.text.size();
  if (name.extent.has_value() ||
      name.text.find('.') != absl::string_view::npos || size > kMaxName) {
    return false;
  }
  const CanonicalName canonical{global.module,
                                absl::StrCat(global.qualname, ".", name.text)};
  const std::string module = global.raw_module;
  const std::string qualname =
      absl::StrCat(global.raw_qualname, ".", name.text);
  const uint8_t flavour = globals_.flavour(owner->global) | kAttributeOf;
  const uint32_t index =
      globals_.Intern(module, qualname, flavour, &canonical, at);
  globals_[getter].uses |= kCall;
  ++globals_[getter].count;
  Use(index, kReference, at);
  named_.push_back({node, index});
  return true;
}

void Judge::OnBuild(NodeId target, NodeId state, uint64_t at) {
  Made* const made = FindMade(target);
  if (made == nullptr) {
    if (const Named* named = FindNamed(target)) {
      Report(Code::kStateOnGlobal, "", at,
             absl::StrCat("state is set on ", SpellGlobal(named->global),
                          " itself"));
    } else {
      Report(Code::kStateOnValue, NodeKindName(source_->kind(target)), at,
             absl::StrCat("state is set on ", Name(source_->kind(target))));
    }
    return;
  }
  if (made->has_state != 0) {
    Report(Code::kStateTwice, "", at,
           absl::StrCat("state is set a second time on an object made by ",
                        SpellGlobal(made->global)));
    return;
  }
  made->has_state = 1;
  Use(made->global, kBuild, at);
  if ((globals_[made->global].flags & kSetState) == 0)
    JudgeState(made->global, state, at);
}

// Without a __setstate__ of the class, an unpickler takes a dict of attributes,
// or a pair of two such dicts, either of which may be None.
void Judge::JudgeState(uint32_t maker, NodeId state, uint64_t at) {
  const NodeKind kind = source_->kind(state);
  if (IsPlainPart(*source_, state)) return;
  if (kind == NodeKind::kTuple) {
    const Node pair = source_->node(state);
    bool plain = pair.items.size() == 2;
    if (plain) {
      for (const NodeId part : pair.items)
        plain = plain && IsPlainPart(*source_, part);
    }
    if (plain) return;
  }
  if (kind == NodeKind::kDict || kind == NodeKind::kTuple) {
    Report(Code::kStateKey, "key", at,
           absl::StrCat("the state of ", SpellGlobal(maker),
                        " holds a key that is no plain name of an attribute"));
  } else {
    Report(Code::kStateKey, "opaque", at,
           absl::StrCat("the state of ", SpellGlobal(maker), " is ", Name(kind),
                        " in place of a dict of attributes"));
  }
}

void Judge::OnExtend(NodeId target, NodeKind change, uint64_t at) {
  if (const Made* made = FindMade(target)) {
    Use(made->global, kExtend, at);
    return;
  }
  const Named* const named = FindNamed(target);
  const std::string what =
      named == nullptr ? Name(source_->kind(target))
                       : absl::StrCat(SpellGlobal(named->global), " itself");
  Report(Code::kItemsDenied, NodeKindName(change), at,
         absl::StrCat("items are added to ", what));
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
      const Made* const made = FindMade(value);
      const bool hashable =
          made != nullptr ? (globals_[made->global].flags & kHashable) != 0
                          : FindNamed(value) != nullptr;
      if (!hashable) return true;
    }
  }
  return false;
}

void Judge::OnForeignKey(NodeId key) {
  NodeId culprit = key;
  if (!IsForeign(key, &culprit)) return;
  const Made* const made = FindMade(culprit);
  const std::string what =
      made != nullptr
          ? absl::StrCat("an object made by ", SpellGlobal(made->global))
          : Name(source_->kind(culprit));
  Report(Code::kKeyForeign, NodeKindName(source_->kind(culprit)),
         source_->node(culprit).at,
         absl::StrCat(
             what, " is a dictionary key or a member of a set, or within one"));
}

void Judge::OnPersistent(NodeId, NodeId, uint64_t at) {
  if (options_.persistent_ids || table_.persistent_ids()) return;
  Report(Code::kPersistentDenied, "", at,
         "a persistent id refers to something outside of the pickle");
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
  const uint32_t index =
      globals_.Intern(module, qualname, kByCode, nullptr, at);
  // It may be used as a value, of which nobody tells.
  Use(index, kReference, at);
  named_.push_back({node, index});
}

}  // namespace picklebox::policy
