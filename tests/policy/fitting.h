// Values that fit the shapes of a rule: the least that it asks for.
//
//   Fitting fitting(&p, table);
//   p.Call(global, fitting.Arguments(rule.shapes.call));
#ifndef PICKLEBOX_TESTS_POLICY_FITTING_H_
#define PICKLEBOX_TESTS_POLICY_FITTING_H_

#include <string>
#include <vector>

#include "policy/checks/checks.h"
#include "policy/names.h"
#include "policy/table.h"
#include "tests/policy/pickle.h"

namespace picklebox::policy {

class Fitting {
 public:
  Fitting(Pickle* p, const PolicyTable& table) : p_(*p), table_(table) {}

  // What a call of the rule, or a new object, takes.
  std::vector<NodeId> Arguments(const Rule& rule, Uses use) {
    if (Checks(rule, kCheckNumpyScalar))
      return {Dtype(), p_->Bytes("12345678")};
    if (Checks(rule, kCheckNumpyBuffer))
      return {p_->Bytes(""), Dtype(), p_->Tuple({p_->Int(0)}), p_->Str("C")};
    if (rule.qualname == "dtype") return {p_->Str("f8")};
    const uint32_t number =
        use == kCall ? rule.shapes.call : rule.shapes.create;
    if (number == kNoShape) return {};
    return Items(table_.part(table_.shape(number).first_part));
  }

  // What may be set on what the rule made.
  NodeId State(const Rule& rule) {
    const NodeId none = p_->None();
    if (Checks(rule, kCheckNumpyDtype)) {
      return p_->Tuple({p_->Int(3), p_->Str("<"), none, none, none, p_->Int(-1),
                        p_->Int(-1), p_->Int(0)});
    }
    const bool masked = Checks(rule, kCheckNumpyMasked);
    if (masked || Checks(rule, kCheckNumpyArray)) {
      std::vector<NodeId> items = {p_->Int(1), p_->Tuple({p_->Int(0)}), Dtype(),
                                   p_->Bool(false), p_->Bytes("")};
      if (masked) {
        items.push_back(p_->Bytes(""));
        items.push_back(none);
      }
      return p_->Tuple(items);
    }
    return rule.shapes.state == kNoShape ? p_.Dict("x")
                                         : Value(rule.shapes.state);
  }

  NodeId Dtype() {
    const NodeId text = p_->Str("f8");
    return p_.Call("numpy:dtype", {text});
  }

  NodeId Global(const Rule& rule) {
    return p_.Global(Spell(rule.module, rule.qualname),
                     rule.qualname.find('.') != absl::string_view::npos);
  }

  // The checks of the rule compare values that are more than a fitting: what
  // they let pass is in tests/policy/checks/data.
  static bool IsBeyond(const Rule& rule) {
    return (rule.checks >> (kCheckNumpyRandom + 1)) != 0;
  }

  // An object that the rule makes, by a call if it may be called.
  NodeId Make(const Rule& rule) {
    const Uses use = (rule.uses & kCall) != 0 ? kCall : kNew;
    const std::vector<NodeId> args = Arguments(rule, use);
    const NodeId global = Global(rule);
    return use == kCall
               ? p_.Call(global, args)
               : p_->New(NewForm::kNewObj, global, p_->Tuple(args), kNoNode, 1);
  }

  // NOLINTNEXTLINE(misc-no-recursion): over shapes of our own.
  NodeId Value(uint32_t number) {
    const Shape shape = table_.shape(number);
    for (int i = 0; i < static_cast<int>(NodeKind::kAppend); ++i) {
      const auto kind = static_cast<NodeKind>(i);
      if ((shape.kinds & KindBit(kind)) != 0) return OfKind(kind);
    }
    return OfPart(table_.part(shape.first_part));
  }

 private:
  static bool Checks(const Rule& rule, Check check) {
    return (rule.checks & CheckSet{1} << check) != 0;
  }

  NodeId OfKind(NodeKind kind) {
    switch (kind) {
      case NodeKind::kBool:
        return p_->Bool(false);
      case NodeKind::kInt:
        return p_->Int(0);
      case NodeKind::kFloat:
        return p_->Float(0);
      case NodeKind::kStr:
        return p_->Str("x");
      case NodeKind::kBytes:
        return p_->Bytes("x");
      case NodeKind::kByteArray:
        return p_->ByteArray("x");
      case NodeKind::kTuple:
        return p_->Tuple({});
      case NodeKind::kList:
        return p_->List();
      case NodeKind::kDict:
        return p_->Dict();
      case NodeKind::kSet:
        return p_->Set();
      case NodeKind::kGlobal:
        return p_.Global("builtins:object");
      case NodeKind::kCall:
        return p_.Call("types:SimpleNamespace");
      default:
        return p_->None();
    }
  }

  // NOLINTNEXTLINE(misc-no-recursion)
  NodeId OfPart(const ShapePart& part) {
    switch (part.kind) {
      case PartKind::kText:
        return p_->Str(part.text);
      case PartKind::kBytes:
        return p_->Bytes(part.text);
      case PartKind::kInteger:
        return p_->Int(part.low);
      case PartKind::kBool:
        return p_->Bool(part.low != 0);
      case PartKind::kGlobal:
        return p_.Global(Spell(part.text, part.qualname));
      case PartKind::kMade:
      case PartKind::kContents:
      case PartKind::kArray: {
        const int rule =
            part.kind == PartKind::kArray
                ? table_.Find("numpy._core.multiarray", "_reconstruct")
                : table_.Find(part.text, part.qualname);
        return rule == kNoRule ? p_->None() : Make(table_.rule(rule));
      }
      case PartKind::kCallable:
        return p_.Global("builtins:list");
      case PartKind::kClass:
        return p_.Global("builtins:object");
      case PartKind::kTuple:
        return p_->Tuple(Items(part));
      case PartKind::kList:
        return p_->List();
      case PartKind::kDict:
        return p_->Dict();
      case PartKind::kSet:
        return p_->Set();
      case PartKind::kFrozenSet:
        return p_->FrozenSet({});
    }
    return p_->None();
  }

  // Those of a tuple that must be there.
  // NOLINTNEXTLINE(misc-no-recursion)
  std::vector<NodeId> Items(const ShapePart& part) {
    std::vector<NodeId> items;
    for (uint32_t i = 0; i < part.item_count; ++i) {
      const uint32_t number = part.first_item + i;
      if (table_.shape(number).repeat == Repeat::kOnce)
        items.push_back(Value(number));
    }
    return items;
  }

  Pickle& p_;
  const PolicyTable& table_;
};

}  // namespace picklebox::policy

#endif  // PICKLEBOX_TESTS_POLICY_FITTING_H_
