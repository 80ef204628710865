#include "cli/policy_learner.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "cli/policy_text.h"
#include "picklebox/graph.h"
#include "picklebox/report_writer.h"
#include "picklebox/threats.h"

namespace picklebox::cli {
namespace {

// What a tuple holds is written down to this depth and number of items.
constexpr int kMaxDepth = 2;
constexpr uint64_t kMaxItems = 12;
// A longer text is data, not a choice of words.
constexpr size_t kMaxWord = 32;
// A place that saw more kinds of values than that takes any.
constexpr size_t kMaxShapes = 8;
// A dict with more keys than that has data for keys, not names.
constexpr size_t kMaxKeys = 16;

bool IsIdentifier(absl::string_view text) {
  if (text.empty() || absl::ascii_isdigit(static_cast<unsigned char>(text[0])))
    return false;
  return std::all_of(text.begin(), text.end(), [](unsigned char c) {
    return absl::ascii_isalnum(c) || c == '_' || c >= 0x80;
  });
}

// A key that sets an attribute and none of Python's own.
bool IsAttribute(absl::string_view key) {
  return IsIdentifier(key) &&
         !(absl::StartsWith(key, "__") && absl::EndsWith(key, "__"));
}

bool IsWord(absl::string_view text) {
  return !text.empty() && text.size() <= kMaxWord &&
         std::all_of(text.begin(), text.end(), [](unsigned char c) {
           return absl::ascii_isalnum(c) || c == '_' || c == '-' || c == '.';
         });
}

bool IsName(absl::string_view dotted) {
  size_t begin = 0;
  while (true) {
    const size_t dot = dotted.find('.', begin);
    if (!IsIdentifier(dotted.substr(begin, dot - begin))) return false;
    if (dot == absl::string_view::npos) return true;
    begin = dot + 1;
  }
}

}  // namespace

// One walk over the graph of a file.
class PolicyLearner::Walk {
 public:
  Walk(const Graph& graph, PolicyLearner* learner)
      : graph_(graph), learner_(learner) {}

  void Run() {
    for (GraphCursor cursor(graph_); !cursor.done(); cursor.Next())
      Gather(cursor.node());
    for (GraphCursor cursor(graph_); !cursor.done(); cursor.Next())
      Visit(cursor.node());
  }

 private:
  void Visit(const Node& node) {
    switch (node.kind) {
      case NodeKind::kCall:
        if (Learned* learned = Find(Named(node.subject)))
          See(node.args, &learned->call);
        break;
      case NodeKind::kNew:
        if (Learned* learned = Find(Named(node.subject))) {
          See(node.args, &learned->create);
          learned->keywords |= node.form == NewForm::kNewObjEx;
        }
        break;
      case NodeKind::kBuild:
        if (Learned* learned = Find(Made(node.subject))) {
          See(node.args, &learned->state);
          learned->odd_keys |= HasOddKeys(node.args);
        }
        break;
      case NodeKind::kPersistent:
        learner_->persistent_ids_ = true;
        break;
      case NodeKind::kAppend:
      case NodeKind::kAddItems:
        AddItems(node);
        break;
      case NodeKind::kSetItems:
        AddPairs(node);
        break;
      default:
        break;
    }
  }

  // Notes what a list, a set or a dict is filled with, which comes behind its
  // use as often as before.
  void Gather(const Node& node) {
    if (node.kind == NodeKind::kAppend || node.kind == NodeKind::kAddItems) {
      if (!IsContainer(node.subject)) return;
      std::set<std::string>& items = contents_[node.subject].items;
      for (const NodeId item : node.items) {
        if (items.size() > kMaxShapes) return;
        items.insert(ShapeOf(item, 1));
      }
    } else if (node.kind == NodeKind::kSetItems && IsContainer(node.subject)) {
      auto& pairs = contents_[node.subject].pairs;
      std::set<std::string>* values = nullptr;
      for (const NodeId item : node.items) {
        if (values == nullptr) {
          values = &pairs[KeyShape(item)];
          continue;
        }
        if (values->size() <= kMaxShapes) values->insert(ShapeOf(item, 1));
        values = nullptr;
      }
    }
  }

  bool IsContainer(NodeId id) const {
    const NodeKind kind = graph_.node(id).kind;
    return kind == NodeKind::kList || kind == NodeKind::kSet ||
           kind == NodeKind::kDict;
  }

  std::string KeyShape(NodeId key) const {
    const Node node = graph_.node(key);
    return node.kind == NodeKind::kStr && !node.extent && IsWord(node.text)
               ? absl::StrCat("'", node.text, "'")
               : ShapeOf(key, 1);
  }

  void AddItems(const Node& node) {
    Learned* const learned = Find(Made(node.subject));
    for (const NodeId item : node.items) {
      if (learned != nullptr) {
        ++learned->items.count;
        learned->items.shapes.insert(ShapeOf(item, 0));
      }
      if (node.kind == NodeKind::kAddItems) UseAsKey(item);
    }
  }

  void AddPairs(const Node& node) {
    Learned* const learned = Find(Made(node.subject));
    NodeId key = kNoNode;
    for (const NodeId item : node.items) {
      if (key == kNoNode) {
        key = item;
        continue;
      }
      UseAsKey(key);
      const Node name = graph_.node(key);
      if (name.kind != NodeKind::kStr || !IsAttribute(name.text))
        odd_.insert(node.subject);
      if (learned != nullptr) {
        ++learned->items.count;
        learned->items.shapes.insert(
            absl::StrCat(ShapeOf(key, 0), ": ", ShapeOf(item, 0)));
      }
      key = kNoNode;
    }
  }

  void UseAsKey(NodeId key) {
    if (Learned* learned = Find(Made(key))) learned->is_key = true;
  }

  // Whether a state, or a part of a pair of states, has odd keys.
  bool HasOddKeys(NodeId state) const {
    const Node node = graph_.node(state);
    if (node.kind == NodeKind::kDict) return odd_.count(state) != 0;
    if (node.kind == NodeKind::kNone) return false;
    if (node.kind != NodeKind::kTuple || node.items.size() != 2) return true;
    for (const NodeId part : node.items) {
      const NodeKind kind = graph_.node(part).kind;
      if (kind != NodeKind::kNone &&
          (kind != NodeKind::kDict || odd_.count(part) != 0)) {
        return true;
      }
    }
    return false;
  }

  Learned* Find(const std::optional<Key>& key) {
    if (!key) return nullptr;
    const auto known = learner_->globals_.find(*key);
    return known == learner_->globals_.end() ? nullptr : &known->second;
  }

  // The global that a value is, or that getattr made of one.
  std::optional<Key> Named(NodeId id) const {
    const Node node = graph_.node(id);
    if (node.kind == NodeKind::kGlobal) {
      auto name = Policy::CanonicalGlobal(node.module(), node.qualname,
                                          node.python2_names);
      return Key(std::move(name.first), std::move(name.second));
    }
    if (node.kind != NodeKind::kCall) return std::nullopt;
    const Node callable = graph_.node(node.subject);
    const Node args = graph_.node(node.args);
    if (callable.kind != NodeKind::kGlobal || callable.qualname != "getattr" ||
        args.kind != NodeKind::kTuple || args.items.size() != 2) {
      return std::nullopt;
    }
    const NodeId owner = *args.items.begin();
    const Node of = graph_.node(owner);
    const Node attribute = graph_.node(*++args.items.begin());
    if (of.kind != NodeKind::kGlobal || attribute.kind != NodeKind::kStr)
      return std::nullopt;
    auto name =
        Policy::CanonicalGlobal(of.module(), of.qualname, of.python2_names);
    return Key(std::move(name.first),
               absl::StrCat(name.second, ".", attribute.text));
  }

  // The global that made a value.
  std::optional<Key> Made(NodeId id) const {
    const Node node = graph_.node(id);
    if (node.kind != NodeKind::kCall && node.kind != NodeKind::kNew)
      return std::nullopt;
    std::optional<Key> maker = Named(node.subject);
    if (!maker || maker->second != "_reconstructor" ||
        maker->first != "copyreg") {
      return maker;
    }
    const Node args = graph_.node(node.args);
    if (args.kind != NodeKind::kTuple || args.items.empty()) return maker;
    return Named(*args.items.begin());
  }

  void See(NodeId args, Arguments* arguments) {
    const Node node = graph_.node(args);
    if (node.kind != NodeKind::kTuple) return;
    std::vector<Seen>& places = arguments->by_count[node.items.size()];
    places.resize(node.items.size());
    size_t i = 0;
    for (const NodeId item : node.items) See(item, &places[i++]);
  }

  void See(NodeId value, Seen* seen) {
    ++seen->count;
    const Node node = graph_.node(value);
    if (IsContainer(value)) {
      Contents& all = seen->containers[std::string(NodeKindName(node.kind))];
      const Contents& contents = contents_[value];
      all.items.insert(contents.items.begin(), contents.items.end());
      for (const auto& [key, values] : contents.pairs)
        all.pairs[key].insert(values.begin(), values.end());
      return;
    }
    seen->shapes.insert(ShapeOf(value, 0));
    if (node.kind == NodeKind::kStr && !node.extent && seen->texts.size() < 2)
      seen->texts.insert(std::string(node.text));
  }

  // The recursion ends at kMaxDepth.
  // NOLINTNEXTLINE(misc-no-recursion)
  std::string ShapeOf(NodeId id, int depth) const {
    const Node node = graph_.node(id);
    if (node.kind == NodeKind::kTuple && depth < kMaxDepth &&
        node.items.size() <= kMaxItems) {
      std::vector<std::string> items;
      for (const NodeId item : node.items)
        items.push_back(ShapeOf(item, depth + 1));
      return absl::StrCat("tuple[", absl::StrJoin(items, ", "), "]");
    }
    if (const std::optional<Key> name = Named(id)) {
      return IsName(name->first) && IsName(name->second)
                 ? absl::StrCat("global(", name->first, ":", name->second, ")")
                 : "global";
    }
    if (const std::optional<Key> maker = Made(id)) {
      return IsName(maker->first) && IsName(maker->second)
                 ? absl::StrCat("made(", maker->first, ":", maker->second, ")")
                 : "made";
    }
    switch (node.kind) {
      case NodeKind::kCall:
      case NodeKind::kNew:
        return "made";
      case NodeKind::kExtension:
        return "global";
      case NodeKind::kReadonly:
        return "buffer";
      default:
        return std::string(NodeKindName(node.kind));
    }
  }

  const Graph& graph_;
  PolicyLearner* learner_;
  std::map<NodeId, Contents> contents_;
  std::set<NodeId> odd_;  // dicts with keys that are no attributes
};

void PolicyLearner::Add(const Scan& scan) {
  files_.push_back(scan.report.path);
  for (const GlobalReport& global : scan.report.globals) {
    Learned& learned = globals_[{global.module, global.qualname}];
    if (learned.first.empty()) {
      learned.first =
          absl::StrFormat("%s%s%s@0x%x", Printable(scan.report.path),
                          global.member.empty() ? "" : "!",
                          Printable(global.member), global.offset);
    }
    learned.uses |= global.uses;
    learned.count += global.count;
    learned.files.insert(scan.report.path);
    learned.denied |= !global.allowed();
    if (const DangerClass* danger = DangerOf(global)) {
      learned.danger = std::string(danger->name);
      learned.danger_text = std::string(danger->text);
    }
  }
  for (const Graph& graph : scan.graphs) Walk(graph, this).Run();
}

std::vector<std::string> PolicyLearner::Dangerous() const {
  std::vector<std::string> names;
  for (const auto& [key, learned] : globals_) {
    if (learned.denied && !learned.danger.empty())
      names.push_back(GlobalText(key.first, key.second));
  }
  return names;
}

namespace {

std::string AnyOf(const std::set<std::string>& shapes) {
  return shapes.size() > kMaxShapes ? "any" : absl::StrJoin(shapes, "|");
}

// "'a': int, 'b': str", or of many keys "str: int|str".
std::string PairsText(
    const std::map<std::string, std::set<std::string>>& pairs) {
  const bool few = pairs.size() <= kMaxKeys;
  std::map<std::string, std::set<std::string>> wide;
  for (const auto& [key, values] : pairs) {
    std::set<std::string>& of_key = wide[few || key[0] != '\'' ? key : "str"];
    of_key.insert(values.begin(), values.end());
  }
  std::vector<std::string> texts;
  texts.reserve(wide.size());
  for (const auto& [key, values] : wide)
    texts.push_back(absl::StrCat(key, ": ", AnyOf(values)));
  // A literal stands before the kind that it is of: `'` sorts before letters.
  return absl::StrJoin(texts, ", ");
}

template <typename Seen>
std::string ShapeText(const Seen& seen) {
  std::set<std::string> shapes = seen.shapes;
  for (const auto& [kind, contents] : seen.containers) {
    shapes.insert(absl::StrCat(kind, "[",
                               contents.pairs.empty()
                                   ? AnyOf(contents.items)
                                   : PairsText(contents.pairs),
                               "]"));
  }
  if (shapes.size() > kMaxShapes) return "any";
  // The same word each time is a choice, and not data.
  if (seen.count > 1 && seen.texts.size() == 1 && shapes.size() == 1 &&
      IsWord(*seen.texts.begin()) && *shapes.begin() == "str") {
    return absl::StrCat("'", *seen.texts.begin(), "'");
  }
  return absl::StrJoin(shapes, "|");
}

// What a rule says of uses that it does not allow.
void DropUnused(PolicyRule* rule) {
  if ((rule->uses & kCall) == 0) rule->call.clear();
  if ((rule->uses & kNew) == 0) {
    rule->new_arguments.clear();
    rule->kwargs.clear();
  }
  if ((rule->uses & kBuild) == 0) {
    rule->state.clear();
    rule->setstate = false;
  }
  if ((rule->uses & kExtend) == 0) rule->items.clear();
}

// "int|str", or "str: int|float, int: any": of pairs, the values of each key.
std::string EntriesText(const std::set<std::string>& shapes) {
  std::map<std::string, std::vector<std::string>> values;
  std::vector<std::string> items;
  for (const std::string& shape : shapes) {
    const size_t colon = shape.find(": ");
    if (colon == std::string::npos) {
      items.push_back(shape);
    } else {
      values[shape.substr(0, colon)].push_back(shape.substr(colon + 2));
    }
  }
  if (!items.empty() && !values.empty()) return "";
  if (!items.empty())
    return items.size() > kMaxShapes ? "any" : absl::StrJoin(items, "|");
  std::vector<std::string> pairs;
  pairs.reserve(values.size());
  for (const auto& [key, of_key] : values) {
    pairs.push_back(absl::StrCat(
        key, ": ",
        of_key.size() > kMaxShapes ? "any" : absl::StrJoin(of_key, "|")));
  }
  return absl::StrJoin(pairs, ", ");
}

// [["str"], ["str", "int"]]
template <typename Arguments>
std::string ArgumentLists(const Arguments& arguments) {
  std::vector<std::string> lists;
  for (const auto& [count, places] : arguments.by_count) {
    std::vector<std::string> shapes;
    for (const auto& seen : places)
      shapes.push_back(TomlString(ShapeText(seen)));
    lists.push_back(absl::StrCat("[", absl::StrJoin(shapes, ", "), "]"));
  }
  return lists.size() == 1 ? lists[0]
                           : absl::StrCat("[", absl::StrJoin(lists, ", "), "]");
}

}  // namespace

std::string PolicyLearner::RuleOf(const Key& key, const Learned& learned,
                                  const LearnStyle& style) const {
  std::optional<PolicyRule> rule = known_.Find(key.first, key.second);
  const bool taken_over = rule.has_value() && !learned.denied;
  std::string text = absl::StrCat(
      "\n# ", GlobalText(key.first, key.second), ": ", learned.count,
      learned.count == 1 ? " use in " : " uses in ", learned.files.size(),
      learned.files.size() == 1 ? " file" : " files", ", first at ",
      learned.first, "\n");
  if (taken_over) {
    absl::StrAppend(&text, "# As in ", Printable(rule->origin),
                    ", for what was seen.\n");
    rule->module = key.first;
    rule->qualname = key.second;
    rule->module_pattern = rule->qualname_pattern = false;
    rule->uses &= learned.uses;
    DropUnused(&*rule);
    return text + RuleText(*rule);
  }
  PolicyRule made;
  made.module = key.first;
  made.qualname = key.second;
  made.uses = learned.uses | (rule ? rule->uses : Uses{0});
  if (!learned.call.by_count.empty() && (made.uses & kCall) != 0)
    made.call = ArgumentLists(learned.call);
  if (!learned.create.by_count.empty() && (made.uses & kNew) != 0)
    made.new_arguments = ArgumentLists(learned.create);
  if (learned.state.count > 0 && (made.uses & kBuild) != 0) {
    made.state = TomlString(ShapeText(learned.state));
  }
  if (learned.keywords && (made.uses & kNew) != 0)
    made.kwargs = TomlString("dict[str: any]");
  const std::string items = EntriesText(learned.items.shapes);
  if (!items.empty() && (made.uses & kExtend) != 0)
    made.items = TomlString(items);
  made.setstate = learned.odd_keys;
  made.hash = learned.is_key;
  std::string toml = RuleText(made);
  if (learned.danger.empty()) return text + toml;
  absl::StrAppend(&text, "# Dangerous, ", learned.danger, ": ",
                  learned.danger_text, "\n");
  if (style.include_dangerous) return text + toml;
  absl::StrAppend(&text, "# Left out; --include-dangerous takes it in:\n");
  std::string commented = "# ";
  for (size_t i = 0; i < toml.size(); ++i) {
    commented += toml[i];
    if (toml[i] == '\n' && i + 1 < toml.size()) commented += "# ";
  }
  return text + commented;
}

std::string PolicyLearner::Text(const LearnStyle& style) const {
  std::string text = absl::StrCat(
      "# What ", files_.size(), files_.size() == 1 ? " file does" : " files do",
      ", learned by `picklebox policy learn`:\n");
  for (const std::string& file : files_)
    absl::StrAppend(&text, "#   ", Printable(file), "\n");
  absl::StrAppend(
      &text,
      "# Read each rule before you rely on it, and say in a `reason` why it is "
      "safe: what\n# these files did is allowed to every file from now on.\n"
      "name = ",
      TomlString(style.name), "\n");
  if (!style.extends.empty()) {
    std::vector<std::string> quoted;
    for (const std::string& what : style.extends)
      quoted.push_back(TomlString(what));
    absl::StrAppend(&text, "extends = [", absl::StrJoin(quoted, ", "), "]\n");
  }
  if (persistent_ids_) absl::StrAppend(&text, "persistent_ids = true\n");
  uint64_t unnamed = 0;
  for (const auto& [key, learned] : globals_) {
    if (!style.extends.empty() && !learned.denied) continue;
    if (IsName(key.first) && IsName(key.second)) {
      absl::StrAppend(&text, RuleOf(key, learned, style));
    } else {
      ++unnamed;
    }
  }
  if (unnamed > 0) {
    absl::StrAppend(&text, "\n# ", unnamed,
                    " more have names that no honest global has.\n");
  }
  return text;
}

}  // namespace picklebox::cli
