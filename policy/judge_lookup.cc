// What the judge makes of calls that look something up, and of globals that are
// arguments of a call and no values.
#include <algorithm>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "graph/ledger.h"
#include "policy/judge.h"

namespace picklebox::policy {
namespace {

// The longest name that attribute lookups are followed to.
constexpr size_t kMaxName = 4096;

}  // namespace

void Judge::DenyPending() {
  for (const PendingArgument& pending : pending_arguments_)
    Use(pending.global, kReference, pending.at);
  pending_arguments_.clear();
}

// `named` are globals that stand among the arguments of a call because its
// shape names them, or because it looks up an attribute.
void Judge::AcceptArguments(const std::vector<NodeId>& named) {
  for (PendingArgument& pending : pending_arguments_) {
    if (std::find(named.begin(), named.end(), pending.node) != named.end())
      pending.named = true;
  }
}

// Denies what the call `node` of `args` did not name. Of the next use of the
// rest, and of the arguments, the judge is told again.
void Judge::SettleArguments(NodeId node, NodeId args) {
  std::vector<PendingArgument> accepted;
  const auto is_accepted = [&](const PendingArgument& pending) {
    if (!pending.named || pending.user != args || args + 1 != node)
      return false;
    const Node tuple = source_->node(args);
    return std::count(tuple.items.begin(), tuple.items.end(), pending.node) ==
           1;
  };
  for (const PendingArgument& pending : pending_arguments_) {
    if (is_accepted(pending)) accepted.push_back(pending);
  }
  pending_arguments_.erase(
      std::remove_if(pending_arguments_.begin(), pending_arguments_.end(),
                     is_accepted),
      pending_arguments_.end());
  DenyPending();
  for (const PendingArgument& pending : accepted)
    source_->BecomeGlobal(pending.node);
  if (accepted.empty()) return;
  sealed_.insert(args);
  source_->BecomeGlobal(args);
}

// getattr(global, "name") is the global behind the dotted name. The result is
// used where nobody tells, so that it must be allowed as a reference.
bool Judge::ResolveAttribute(NodeId node, uint32_t getter, NodeId args,
                             uint64_t at) {
  if ((globals_[getter].flags & kAttribute) == 0) return false;
  const Node tuple = source_->node(args);
  if (tuple.items.size() != 2 && tuple.items.size() != 3) return false;
  auto item = tuple.items.begin();
  const NodeId owner_node = *item;
  const NodeId name_node = *++item;
  const NodeId default_node = tuple.items.size() == 3 ? *++item : kNoNode;
  const Named* const owner = objects_.FindNamed(owner_node);
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
  if (default_node != kNoNode && !IsSameRule(index, default_node)) return false;
  globals_[getter].uses |= kCall;
  ++globals_[getter].count;
  AcceptArguments({owner_node, default_node});
  const bool is_argument = (globals_[index].flags & kArgument) != 0;
  if (!is_argument) Use(index, kReference, at);
  objects_.AddNamed(node, index);
  if (is_argument) source_->BecomeGlobal(node);
  return true;
}

// Whether the global `node` has the very rule of `index`: written once, for
// both. Whichever of the two it is in the end, the same is allowed.
bool Judge::IsSameRule(uint32_t index, NodeId node) const {
  const Named* const named = objects_.FindNamed(node);
  if (named == nullptr) return false;
  const JudgedGlobal& one = globals_[index];
  const JudgedGlobal& other = globals_[named->global];
  return one.rule != kNoRule && other.rule != kNoRule &&
         table_.rule(one.rule).IsSame(table_.rule(other.rule));
}

// "CodeType" is types:CodeType, and "int" is builtins:int. dill knows a few
// more, by names that are neither: no policy lists these.
bool Judge::ResolveType(NodeId node, uint32_t lookup, NodeId args,
                        uint64_t at) {
  const Node tuple = source_->node(args);
  if (tuple.items.size() != 1) return false;
  const NodeId name_node = *tuple.items.begin();
  if (source_->kind(name_node) != NodeKind::kStr) return false;
  const Node name = source_->node(name_node);
  if (name.extent.has_value() || name.text.size() > kMaxName) return false;
  const CanonicalName type{
      absl::EndsWith(name.text, "Type") ? "types" : "builtins",
      std::string(name.text)};
  Use(lookup, kCall, at);
  const uint32_t index =
      globals_.Intern(type.module, type.qualname, kAttributeOf, &type, at);
  if (globals_[index].rule == kNoRule) Use(index, kReference, at);
  objects_.AddNamed(node, index);
  source_->BecomeGlobal(node);
  return true;
}

}  // namespace picklebox::policy
