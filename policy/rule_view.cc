#include "policy/rule_view.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "policy/checks/checks.h"
#include "policy/shape_text.h"

namespace picklebox {

std::vector<std::string> PolicyRule::Lines() const {
  std::vector<std::string> lines;
  const auto add = [&](absl::string_view key, const std::string& value) {
    if (!value.empty()) lines.push_back(absl::StrCat(key, " = ", value));
  };
  add("call", call);
  add("new", new_arguments);
  add("kwargs", kwargs);
  add("state", state);
  add("items", items);
  if (!checks.empty()) {
    lines.push_back(
        absl::StrCat("check = [\"", absl::StrJoin(checks, "\", \""), "\"]"));
  }
  if (setstate) lines.emplace_back("setstate = true");
  if (hash) lines.emplace_back("hash = true");
  if (attribute) lines.emplace_back("attribute = true");
  if (type_lookup) lines.emplace_back("type_lookup = true");
  if (makes_classes) lines.emplace_back("makes_classes = true");
  if (argument) lines.emplace_back("argument = true");
  return lines;
}

namespace policy {

PolicyRule ViewOf(const PolicyTable& table, const Rule& rule) {
  PolicyRule view;
  view.module = std::string(rule.module);
  view.qualname = std::string(rule.qualname);
  view.module_pattern = (rule.flags & kModulePattern) != 0;
  view.qualname_pattern = (rule.flags & kQualnamePattern) != 0;
  view.uses = rule.uses;
  const RuleShapes& shapes = rule.shapes;
  if (shapes.call != kNoShape) view.call = ArgumentsText(table, shapes.call);
  if (shapes.create != kNoShape)
    view.new_arguments = ArgumentsText(table, shapes.create);
  // Without the key, whoever gives arguments gives no keywords.
  const std::string keywords = ShapeText(table, shapes.keywords);
  if (shapes.keywords != kNoShape &&
      (keywords != "dict[]" || shapes.create == kNoShape))
    view.kwargs = TomlString(keywords);
  if (shapes.state != kNoShape)
    view.state = TomlString(ShapeText(table, shapes.state));
  if (shapes.items != kNoShape)
    view.items = TomlString(EntriesText(table, shapes.items));
  for (int i = 0; i < kChecks; ++i) {
    if ((rule.checks & CheckSet{1} << i) != 0)
      view.checks.emplace_back(CheckName(static_cast<Check>(i)));
  }
  view.setstate = (rule.flags & kSetState) != 0;
  view.hash = (rule.flags & kHashable) != 0;
  view.attribute = (rule.flags & kAttribute) != 0;
  view.type_lookup = (rule.flags & kTypeLookup) != 0;
  view.makes_classes = (rule.flags & kMakesClasses) != 0;
  view.argument = (rule.flags & kArgument) != 0;
  view.origin = std::string(rule.origin);
  view.reason = std::string(rule.reason);
  return view;
}

}  // namespace policy
}  // namespace picklebox
