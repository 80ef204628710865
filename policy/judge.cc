#include "policy/judge.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "graph/ledger.h"
#include "policy/checks/checks.h"
#include "policy/shape_text.h"

namespace picklebox::policy {
namespace {

using graph::Fact;

// Values visited within keys: so many to begin with, and so many more a node.
constexpr uint64_t kKeyVisits = 1'000'000;
constexpr uint64_t kKeyVisitsPerNode = 16;

// Data of the interpreter's own types: calling it fails.
bool IsData(NodeKind kind) { return kind <= NodeKind::kFrozenSet; }

bool IsPlainPart(const graph::NodeSource& source, NodeId part) {
  const Fact fact = source.fact(part);
  const NodeKind kind = graph::KindOf(fact);
  return kind == NodeKind::kNone ||
         (kind == NodeKind::kDict && (fact & graph::kOddKeys) == 0);
}

bool MakesCode(graph::CodeMaker maker) {
  return maker == graph::CodeMaker::kCode ||
         maker == graph::CodeMaker::kFunction ||
         maker == graph::CodeMaker::kMarshal;
}

// What a rule allows may be long.
std::string Shorten(std::string text) {
  constexpr size_t kShown = 300;
  if (text.size() > kShown) text.replace(kShown, std::string::npos, " ...");
  return text;
}

}  // namespace

Judge::Judge(const PolicyTable& table, JudgeOptions options)
    : table_(table),
      options_(std::move(options)),
      globals_(table_, options_.max_globals),
      objects_(globals_),
      matcher_(table_, objects_),
      values_(objects_, options_.max_check_bytes),
      codes_(values_) {}

void Judge::OnStart(const graph::NodeSource& source) {
  source_ = &source;
  objects_.Start(source);
  matcher_.Start();
  values_.Start();
  codes_.Start();
  code_denials_.clear();
  pending_arguments_.clear();
  sealed_.clear();
  globals_.Clear();
  findings_.clear();
  alone_findings_.clear();
  more_findings_ = denials_ = keys_visited_ = 0;
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
  Settle();
  uint8_t flavour = name.python2_names ? kPython2 : kPlain;
  if (name.dotted && name.qualname.find('.') != absl::string_view::npos)
    flavour |= kDotted;
  const uint32_t index =
      globals_.Intern(name.module, name.qualname, flavour, nullptr, at);
  // Resolving a name imports its module, whatever becomes of it.
  if (globals_[index].rule == kNoRule) Use(index, kReference, at);
  objects_.AddNamed(node, index);
}

void Judge::OnReference(NodeId node) {
  const Named* const named = objects_.FindNamed(node);
  if (named == nullptr) {
    if (sealed_.count(node) != 0) {
      Report(Code::kArgumentsDenied, "again", source_->node(node).at,
             "arguments of a call are used a second time, with a global among "
             "them that may be no value");
    }
    return;
  }
  const JudgedGlobal& global = globals_[named->global];
  const bool allowed = (global.allowed & kReference) != 0;
  if (!allowed && (global.flags & kArgument) != 0) {
    pending_arguments_.push_back(
        {node, named->global, source_->node(node).at, source_->size(), false});
    return;
  }
  Use(named->global, kReference, allowed ? 0 : source_->node(node).at);
}

void Judge::OnCall(NodeId node, NodeId callable, NodeId args, uint64_t at) {
  JudgeCall(node, callable, args, at);
  if (!pending_arguments_.empty()) [[unlikely]]
    SettleArguments(node, args);
}

void Judge::JudgeCall(NodeId node, NodeId callable, NodeId args, uint64_t at) {
  const Named* const named = objects_.FindNamed(callable);
  if (named == nullptr) {
    Report(Code::kCallOfValue, "call", at,
           absl::StrCat(objects_.Describe(callable), " is called"));
    return;
  }
  const uint32_t global = named->global;
  uint32_t maker = global;
  if (source_->kind(args) != NodeKind::kTuple) {
    Report(Code::kArgumentsOpaque, "call", at,
           absl::StrCat(SpellGlobal(global), " is called with ",
                        objects_.Describe(args),
                        " in place of a tuple of arguments"));
  } else if ((globals_[global].flags & kAttribute) != 0) [[unlikely]] {
    if (ResolveAttribute(node, global, args, at)) return;
  } else if ((globals_[global].flags & kTypeLookup) != 0) [[unlikely]] {
    if (ResolveType(node, global, args, at)) return;
    Report(Code::kArgumentsDenied, "call", at,
           absl::StrCat(SpellGlobal(global), " is called with ",
                        objects_.ArgumentsOf(args),
                        " in place of the name of a type"));
  } else {
    JudgeArguments(Place::kCall, global, args, at, &maker);
  }
  Use(global, kCall, at);
  objects_.AddMade(node, maker);
  if (globals_[global].maker != graph::CodeMaker::kNone) [[unlikely]]
    JudgeMaker(global, node, args, at);
  if (globals_[global].checks != 0) RunChecks(global, kCall, node, args, at);
}

bool Judge::HasItems(NodeId tuple) const {
  return !source_->node(tuple).items.empty();
}

void Judge::OnNew(NodeId node, NewForm form, NodeId cls, NodeId args,
                  NodeId kwargs, uint64_t at) {
  Settle();
  const Named* const named = objects_.FindNamed(cls);
  if (named == nullptr) {
    const Made* const made = objects_.FindMade(cls);
    if (made != nullptr && made->is_instance == 0 &&
        (globals_[made->global].flags & kMakesClasses) != 0) {
      return NewInstance(node, form, *made, args, kwargs, at);
    }
    Report(Code::kCallOfValue, NewFormName(form), at,
           absl::StrCat("an object is made of ", objects_.Describe(cls),
                        " in place of a class"));
    return;
  }
  const uint32_t global = named->global;
  uint32_t maker = global;
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
    const bool calls =
        (form == NewForm::kObj || form == NewForm::kInst) && HasItems(args);
    if (calls) Use(global, kCall, at);
    JudgeArguments(calls ? Place::kCall : Place::kNew, global, args, at,
                   &maker);
    if (form == NewForm::kNewObjEx)
      JudgeArguments(Place::kKeywords, global, kwargs, at, &maker);
  }
  objects_.AddMade(node, maker);
  if (MakesCode(globals_[global].maker)) [[unlikely]] {
    Report(Code::kEmbeddedCode, "form", at,
           absl::StrCat(SpellGlobal(global),
                        " is made an object of, and not called"));
  }
  if (globals_[global].checks != 0) RunChecks(global, kNew, node, args, at);
}

// An object of a class that is made here. What its methods do is code that was
// judged; its bases are what the rule for the class lets be.
void Judge::NewInstance(NodeId node, NewForm form, const Made& cls, NodeId args,
                        NodeId kwargs, uint64_t at) {
  const uint32_t global = cls.global;
  const bool plain =
      (form == NewForm::kNewObj || form == NewForm::kNewObjEx) &&
      source_->kind(args) == NodeKind::kTuple &&
      (form == NewForm::kNewObj || source_->kind(kwargs) == NodeKind::kDict);
  if (!plain) {
    Report(Code::kArgumentsOpaque, NewFormName(form), at,
           absl::StrCat("a class that ", SpellGlobal(global),
                        " made is called, or with no tuple of arguments"));
  }
  objects_.AddInstance(node, global);
}

// Runs the checks that the rule of `global` names, up to the first fault.
void Judge::RunChecks(uint32_t global, Uses use, NodeId object, NodeId value,
                      uint64_t at) {
  for (int i = 0; i < kChecks; ++i) {
    const Check check = static_cast<Check>(i);
    if ((globals_[global].checks & CheckSet{1} << i) == 0) continue;
    if (!RunCheck(check, global, {use, object, value}, at)) return;
  }
}

// Reports what is wrong. False: and that is all that is said of the value. What
// only the worker sees must not decide on that.
bool Judge::RunCheck(Check check, uint32_t global, const CheckEvent& event,
                     uint64_t at) {
  const auto run = [&](bool alone) {
    values_.Begin(alone);
    std::string fault = FunctionOf(check)(event, values_);
    values_.End();
    if (fault.empty()) return std::string();
    return absl::StrCat("the value that ", SpellGlobal(global),
                        event.use == kBuild ? " made is set to is false: "
                                            : " is given is false: ",
                        fault);
  };
  std::string fault = run(/*alone=*/false);
  const bool is_alone = fault.empty() && values_.skipped() &&
                        bytes_ != nullptr && bytes_->is_worker();
  if (is_alone) fault = run(/*alone=*/true);
  if (fault.empty()) return true;
  const Code code =
      values_.over_limit() ? Code::kLimitCheckBytes : Code::kValueDenied;
  if (!is_alone && code == Code::kValueDenied) {
    Report(code, CheckName(check), at, std::move(fault));
    return false;
  }
  std::vector<Finding>& findings = is_alone ? alone_findings_ : findings_;
  if (findings.size() < options_.max_findings) {
    findings.push_back(
        {code, std::string(CheckName(check)), {}, at, std::move(fault)});
  }
  return is_alone;
}

// Holds `value` to what the rule of `global` says of it. `*maker` becomes the
// global that counts as the maker of the result.
void Judge::JudgeArguments(Place::What what, uint32_t global, NodeId value,
                           uint64_t at, uint32_t* maker) {
  const RuleShapes& shapes = globals_[global].shapes;
  const uint32_t shape = what == Place::kCall  ? shapes.call
                         : what == Place::kNew ? shapes.create
                                               : shapes.keywords;
  if (shape == kNoShape) return;
  const Place place{what, global, shape, value, at};
  const Matcher::Outcome& outcome = matcher_.Hold(place);
  if (!Accept(place, outcome)) {
    // It is denied; what is named for nothing needs no word of its own.
    for (PendingArgument& pending : pending_arguments_) pending.named = true;
    return;
  }
  if (outcome.has_maker) *maker = outcome.maker;
  AcceptArguments(outcome.named);
}

// Judges what comes of a match, or denies what does not fit.
bool Judge::Accept(const Place& place, const Matcher::Outcome& outcome) {
  if (!outcome.fits) {
    Refuse(place, outcome);
    return false;
  }
  for (const Matcher::Used& used : outcome.uses) {
    Use(used.global, used.use, place.at);
    if (!MakesCode(globals_[used.global].maker)) continue;
    Report(Code::kEmbeddedCode, "form", place.at,
           absl::StrCat(SpellGlobal(used.global),
                        " is handed over, to be called with whatever comes"));
  }
  return true;
}

// One finding for each global and place; more of the kind are counted.
void Judge::Refuse(const Place& place, const Matcher::Outcome& outcome) {
  JudgedGlobal& global = globals_[place.global];
  const uint8_t bit = static_cast<uint8_t>(1 << place.what);
  if ((global.refused & bit) != 0) {
    ++denials_;
    return;
  }
  global.refused |= bit;
  const std::string name = SpellGlobal(place.global);
  std::string said;  // of what was given
  std::string given;
  std::string allowed;
  switch (place.what) {
    case Place::kCall:
    case Place::kNew:
      said = place.what == Place::kCall ? " is called with "
                                        : " is made an object of with ";
      given = objects_.ArgumentsOf(place.value);
      allowed = ArgumentsText(table_, place.shape);
      break;
    case Place::kKeywords:
      said = " is made an object of with keyword arguments ";
      given = TomlString(objects_.ShapeOf(place.value));
      allowed = TomlString(ShapeText(table_, place.shape));
      break;
    case Place::kState:
      said = " made an object whose state is set to ";
      given = TomlString(objects_.ShapeOf(place.value));
      allowed = TomlString(ShapeText(table_, place.shape));
      break;
    case Place::kItems:
      said = " made an object to which other items are added";
      allowed = TomlString(EntriesText(table_, place.shape));
      break;
  }
  const bool is_items = place.what == Place::kItems;
  const Code code = is_items                      ? Code::kItemsDenied
                    : place.what == Place::kState ? Code::kStateDenied
                                                  : Code::kArgumentsDenied;
  static constexpr absl::string_view kDetails[] = {"call", "new", "kwargs", "",
                                                   "shape"};
  Report(code, kDetails[place.what], place.at,
         absl::StrCat(name, said, given, ", where ",
                      table_.rule(global.rule).origin, " allows ",
                      Shorten(std::move(allowed)),
                      outcome.why.empty() ? "" : "; ", outcome.why));
}

void Judge::OnBuild(NodeId target, NodeId state, uint64_t at) {
  Settle();
  Made* const made = objects_.FindMade(target);
  if (made == nullptr) {
    if (const Named* named = objects_.FindNamed(target)) {
      Report(Code::kStateOnGlobal, "", at,
             absl::StrCat("state is set on ", SpellGlobal(named->global),
                          " itself"));
    } else {
      Report(Code::kStateOnValue, NodeKindName(source_->kind(target)), at,
             absl::StrCat("state is set on ", objects_.Describe(target)));
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
  const uint32_t maker = made->global;
  if (made->is_instance != 0) return JudgeState(maker, state, at);
  Use(maker, kBuild, at);
  const JudgedGlobal& global = globals_[maker];
  if ((global.flags & kSetState) == 0) JudgeState(maker, state, at);
  if (global.shapes.state != kNoShape) {
    const Place place{Place::kState, maker, global.shapes.state, state, at};
    Accept(place, matcher_.Hold(place));
  }
  if (global.checks != 0) RunChecks(maker, kBuild, target, state, at);
}

// Without a __setstate__ of the class, an unpickler takes a dict of attributes,
// or a pair of two such dicts, either of which may be None.
void Judge::JudgeState(uint32_t maker, NodeId state, uint64_t at) {
  const NodeKind kind = source_->kind(state);
  if (IsPlainPart(*source_, state) && !matcher_.IsGlobals(state)) return;
  if (kind == NodeKind::kTuple) {
    const Node pair = source_->node(state);
    bool plain = pair.items.size() == 2;
    if (plain) {
      for (const NodeId part : pair.items) {
        plain =
            plain && IsPlainPart(*source_, part) && !matcher_.IsGlobals(part);
      }
    }
    if (plain) return;
  }
  if (kind == NodeKind::kDict || kind == NodeKind::kTuple) {
    Report(Code::kStateKey, "key", at,
           absl::StrCat("the state of ", SpellGlobal(maker),
                        " holds a key that is no plain name of an attribute"));
  } else {
    Report(Code::kStateKey, "opaque", at,
           absl::StrCat("the state of ", SpellGlobal(maker), " is ",
                        objects_.Describe(state),
                        " in place of a dict of attributes"));
  }
}

void Judge::OnExtend(NodeId change, NodeId target, NodeKind kind, uint64_t at) {
  Settle();
  if (values_.IsFrozen(target)) {
    Report(Code::kValueDenied, "later", at,
           "what was checked is changed later");
  }
  const Made* const made = objects_.FindMade(target);
  if (made != nullptr && made->is_instance == 0) {
    const uint32_t maker = made->global;
    Use(maker, kExtend, at);
    const uint32_t shape = globals_[maker].shapes.items;
    if (shape != kNoShape) {
      const Place place{Place::kItems, maker, shape, target, at};
      Accept(place, matcher_.HoldItems(change, place));
    }
    if (made->watched == 0) return;
  } else if (!graph::IsNative(kind, source_->kind(target))) {
    const Named* const named = objects_.FindNamed(target);
    const std::string what =
        named == nullptr ? objects_.Describe(target)
                         : absl::StrCat(SpellGlobal(named->global), " itself");
    Report(Code::kItemsDenied, NodeKindName(kind), at,
           absl::StrCat("items are added to ", what));
    return;
  }
  Place place;
  const Matcher::Outcome& outcome = matcher_.HoldChange(change, target, &place);
  Accept(place, outcome);
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
      const Made* const made = objects_.FindMade(value);
      const bool hashable =
          made != nullptr ? (globals_[made->global].flags & kHashable) != 0
                          : objects_.FindNamed(value) != nullptr;
      if (!hashable) return true;
    }
  }
  return false;
}

void Judge::OnForeignKey(NodeId key) {
  Settle();
  NodeId culprit = key;
  if (!IsForeign(key, &culprit)) return;
  const Made* const made = objects_.FindMade(culprit);
  const std::string what =
      made != nullptr
          ? absl::StrCat("an object made by ", SpellGlobal(made->global))
          : objects_.Describe(culprit);
  Report(Code::kKeyForeign, NodeKindName(source_->kind(culprit)),
         source_->node(culprit).at,
         absl::StrCat(
             what, " is a dictionary key or a member of a set, or within one"));
}

void Judge::OnPersistent(NodeId, NodeId, uint64_t at) {
  Settle();
  if (options_.persistent_ids || table_.persistent_ids() || cut_off_) return;
  Report(Code::kPersistentDenied, "", at,
         "a persistent id refers to something outside of the pickle");
}

void Judge::OnExtension(NodeId node, uint32_t code, uint64_t at) {
  Settle();
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
  objects_.AddNamed(node, index);
}

}  // namespace picklebox::policy
