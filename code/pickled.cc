#include "code/pickled.h"

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/text.h"
#include "code/arguments.h"
#include "code/instructions.h"
#include "code/marshal.h"
#include "graph/code_makers.h"

namespace picklebox::code {
namespace {

// Nodes that code is made of, and code objects, at most.
constexpr size_t kMostNodes = 1 << 18;
constexpr size_t kMostCodes = 10'000;
// Instructions that are decoded to tell the versions, each by each table.
constexpr uint64_t kMostWork = 1 << 24;
// How often lists are gone through for what is in lists.
constexpr int kMostRounds = 4;

constexpr int64_t kOptimized = 1;  // of co_flags: not of a class or a module

using Maker = graph::CodeMaker;

class Finder {
 public:
  Finder(const graph::NodeSource& source, const ReadExtent& read,
         Pickled* found)
      : source_(source), read_(read), found_(*found), store_(found->store) {}

  void Run(absl::Span<const EncodedCode> encoded) {
    FindCalls();
    for (const EncodedCode& code : encoded) ReadEncoded(code);
    if (calls_.empty() && encoded_.empty()) return;
    Mark();
    for (const NodeId node : needed_) values_[node] = Convert(node);
    Narrow();
    Tell();
  }

 private:
  struct Call {
    NodeId node = kNoNode;
    NodeId args = kNoNode;
    Maker maker = Maker::kNone;
    std::string name;
    uint64_t at = 0;
  };

  // Code in a text. A function is made of it, unless it is a module's.
  void ReadEncoded(const EncodedCode& encoded) {
    if (store_.codes() >= kMostCodes) {
      found_.cut = true;
      return;
    }
    const ValueId value = ReadMarshal(encoded.bytes, encoded.at, &store_);
    if (!store_.Is(value, ValueKind::kCode)) return;
    Function function;
    function.code = store_[value].code;
    function.at = encoded.at;
    function.maker = encoded.maker;
    if ((store_.code(function.code).flags & kOptimized) != 0)
      function.how = How::kFunction;
    encoded_.push_back(std::move(function));
  }

  // The maker that a callable is: a global, or a type that was looked up.
  Maker Resolve(NodeId callable, std::string* name) const {
    Node node = source_.node(callable);
    if (node.kind == NodeKind::kGlobal) {
      *name = absl::StrCat(node.module(), ":", node.qualname);
      return graph::CodeMakerOf(node.module(), node.qualname);
    }
    if (node.kind != NodeKind::kCall) return Maker::kNone;
    const NodeId args = node.args;
    if (source_.kind(node.subject) != NodeKind::kGlobal) return Maker::kNone;
    node = source_.node(node.subject);
    if (graph::CodeMakerOf(node.module(), node.qualname) != Maker::kLookup)
      return Maker::kNone;
    *name = absl::StrCat(node.module(), ":", node.qualname);
    const std::optional<std::vector<NodeId>> items = TupleOf(args);
    if (!items || items->size() != 1 ||
        source_.kind((*items)[0]) != NodeKind::kStr) {
      return Maker::kNone;
    }
    const std::string type(source_.node((*items)[0]).text);
    absl::StrAppend(name, "(", type, ")");
    return graph::CodeMakerOfType(type);
  }

  std::optional<std::vector<NodeId>> TupleOf(NodeId id) const {
    // The judge may have made something else of its kind.
    if (id == kNoNode) return std::nullopt;
    const Node node = source_.node(id);
    if (node.kind != NodeKind::kTuple || node.items.size() > kMostNodes)
      return std::nullopt;
    return std::vector<NodeId>(node.items.begin(), node.items.end());
  }

  void FindCalls() {
    for (graph::NodeWalk walk(source_, 0); !walk.done(); walk.Next()) {
      const Node& node = walk.node();
      if (node.kind != NodeKind::kCall) continue;
      Call call;
      call.node = node.id;
      call.args = node.args;
      call.at = node.at;
      const NodeId subject = node.subject;
      const auto known = resolved_.find(subject);
      if (known != resolved_.end()) {
        call.maker = known->second.first;
        call.name = known->second.second;
      } else if (source_.kind(subject) == NodeKind::kGlobal ||
                 source_.kind(subject) == NodeKind::kCall) {
        call.maker = Resolve(subject, &call.name);
        if (call.maker != Maker::kNone)
          resolved_[subject] = {call.maker, call.name};
      }
      const bool code =
          call.maker == Maker::kCode || call.maker == Maker::kMarshal;
      if (call.maker != Maker::kFunction && !code) continue;
      if (calls_.size() + functions_.size() >= 2 * kMostCodes) {
        found_.cut = true;
        return;
      }
      if (code) {
        calls_.emplace(call.node, call);
      } else {
        functions_.push_back(call);
      }
    }
  }

  // Collects the nodes that the code is made of.
  void Mark() {
    std::vector<NodeId> todo;
    for (const auto& [node, call] : calls_) todo.push_back(node);
    for (int round = 0; round < kMostRounds && !todo.empty(); ++round) {
      while (!todo.empty() && needed_.size() < kMostNodes) {
        const NodeId id = todo.back();
        todo.pop_back();
        if (!needed_.insert(id).second) continue;
        const Node node = source_.node(id);
        if (node.kind == NodeKind::kCall) {
          todo.push_back(node.args);
        } else if (node.kind == NodeKind::kTuple ||
                   node.kind == NodeKind::kFrozenSet) {
          if (node.items.size() > kMostNodes - needed_.size()) {
            found_.cut = true;
            return;
          }
          todo.insert(todo.end(), node.items.begin(), node.items.end());
        } else if (node.kind == NodeKind::kList) {
          lists_.emplace(id, std::vector<NodeId>());
        }
      }
      if (lists_.size() == lists_filled_) return;
      FillLists(&todo);
    }
    found_.cut = found_.cut || !todo.empty();
  }

  // Collects what is appended to the lists that are needed.
  void FillLists(std::vector<NodeId>* todo) {
    for (auto& [list, items] : lists_) items.clear();
    for (graph::NodeWalk walk(source_, lists_.begin()->first); !walk.done();
         walk.Next()) {
      const Node& node = walk.node();
      if (node.kind != NodeKind::kAppend) continue;
      const auto list = lists_.find(node.subject);
      if (list == lists_.end()) continue;
      if (node.items.size() > kMostNodes - needed_.size()) {
        found_.cut = true;
        return;
      }
      for (const NodeId item : node.items) {
        list->second.push_back(item);
        todo->push_back(item);
      }
    }
    lists_filled_ = lists_.size();
  }

  ValueId ValueOf(NodeId node) const {
    const auto found = values_.find(node);
    return found == values_.end() ? kNoValue : found->second;
  }

  std::vector<ValueId> ValuesOf(const std::vector<NodeId>& nodes) {
    std::vector<ValueId> values;
    values.reserve(nodes.size());
    for (const NodeId node : nodes) {
      const ValueId value = ValueOf(node);
      values.push_back(value == kNoValue ? Other("something later") : value);
    }
    return values;
  }

  ValueId Other(absl::string_view what) {
    return store_.Text(ValueKind::kOther, what);
  }

  ValueId Blob(const Node& node, ValueKind kind) {
    if (!node.extent) return store_.Text(kind, node.text);
    std::string text;
    if (!read_(*node.extent, &text)) {
      found_.cut = true;
      return Other("what could not be read");
    }
    if (kind == ValueKind::kStr &&
        base::FindInvalidUtf8(text.data(), text.size()) != base::kValid) {
      return Other("text that is no text");
    }
    return store_.Text(kind, text);
  }

  ValueId Convert(NodeId id) {
    const Node node = source_.node(id);
    switch (node.kind) {
      case NodeKind::kNone:
        return store_.Plain(ValueKind::kNone);
      case NodeKind::kBool:
        return store_.Plain(node.integer != 0 ? ValueKind::kTrue
                                              : ValueKind::kFalse);
      case NodeKind::kInt:
        return node.big ? store_.Int(node.text) : store_.Int(node.integer);
      case NodeKind::kFloat:
        return store_.Float(node.float_bits);
      case NodeKind::kStr:
        return Blob(node, ValueKind::kStr);
      case NodeKind::kBytes:
        return Blob(node, ValueKind::kBytes);
      case NodeKind::kTuple:
      case NodeKind::kFrozenSet:
        return store_.Items(node.kind == NodeKind::kTuple
                                ? ValueKind::kTuple
                                : ValueKind::kFrozenSet,
                            ValuesOf({node.items.begin(), node.items.end()}));
      case NodeKind::kGlobal:
        if (node.qualname == "Ellipsis")
          return store_.Plain(ValueKind::kEllipsis);
        return Other(
            absl::StrCat("global ", node.module(), ":", node.qualname));
      case NodeKind::kCall:
        return ConvertCall(node);
      default:
        return Other(NodeKindName(node.kind));
    }
  }

  ValueId ConvertCall(const Node& node) {
    const auto call = calls_.find(node.id);
    const std::optional<std::vector<NodeId>> nodes = TupleOf(node.args);
    if (call != calls_.end()) return ConvertCode(call->second);
    std::string name;
    const Maker maker = Resolve(node.subject, &name);
    const std::vector<ValueId> args =
        nodes ? ValuesOf(*nodes) : std::vector<ValueId>();
    switch (maker) {
      case Maker::kComplex:
        if (args.size() == 2 && store_.Is(args[0], ValueKind::kFloat) &&
            store_.Is(args[1], ValueKind::kFloat)) {
          return store_.Complex(store_[args[0]].real, store_[args[1]].real);
        }
        break;
      case Maker::kFrozenSet:
        if (args.size() == 1) {
          const auto list = lists_.find((*nodes)[0]);
          if (list != lists_.end())
            return store_.Items(ValueKind::kFrozenSet, ValuesOf(list->second));
          if (store_.Is(args[0], ValueKind::kTuple)) {
            return store_.Items(ValueKind::kFrozenSet,
                                std::vector<ValueId>(store_[args[0]].items));
          }
        }
        break;
      case Maker::kEncode:
        if (!args.empty() && store_.Is(args[0], ValueKind::kStr))
          return Encode(store_[args[0]].text);
        break;
      case Maker::kBytes:
        if (args.empty()) return store_.Text(ValueKind::kBytes, "");
        break;
      case Maker::kEllipsis:
        return store_.Plain(ValueKind::kEllipsis);
      case Maker::kRepr:
        if (args.size() == 1 && store_.TextOf(args[0]) == "Ellipsis")
          return store_.Plain(ValueKind::kEllipsis);
        break;
      default:
        break;
    }
    return Other(absl::StrCat("a call of ", name));
  }

  // Bytes that are written as text of these code points.
  ValueId Encode(const std::string& text) {
    std::string bytes;
    for (size_t at = 0; at < text.size();) {
      const uint32_t c = base::DecodeUtf8(text, &at);
      if (c > 0xff) return Other("text that is no bytes");
      bytes.push_back(static_cast<char>(c));
    }
    return store_.Text(ValueKind::kBytes, bytes);
  }

  ValueId ConvertCode(const Call& call) {
    if (store_.codes() >= kMostCodes) {
      found_.cut = true;
      return Other("too many code objects");
    }
    const std::optional<std::vector<NodeId>> nodes = TupleOf(call.args);
    if (call.maker == Maker::kMarshal) {
      ValueId value = kNoValue;
      if (nodes && nodes->size() == 1) {
        const NodeId bytes = (*nodes)[0];
        const auto known = marshalled_.find(bytes);
        if (known != marshalled_.end()) return known->second;
        if (store_.Is(ValueOf(bytes), ValueKind::kBytes)) {
          // A copy: the store grows while it is read.
          const std::string data(store_.TextOf(ValueOf(bytes)));
          value = ReadMarshal(data, call.at, &store_);
        }
        if (value != kNoValue) return marshalled_[bytes] = value;
      }
      found_.unread.push_back(call.at);
      return Other("marshal data");
    }
    CodeObject code = FromArguments(
        store_, nodes ? ValuesOf(*nodes) : std::vector<ValueId>());
    code.at = call.at;
    return store_.Code(std::move(code));
  }

  // All code of one pickle is of one Python: what some of it rules out is
  // ruled out for all.
  void Narrow() {
    uint64_t work = kMostWork;
    Versions common = ~Versions{0};
    for (CodeId id = 0; id < store_.codes(); ++id) {
      CodeObject& code = store_.code(id);
      if (code.layout == Layout::kOther) continue;
      code.versions = NarrowVersions(store_, code, &work);
      if ((common & code.versions) != 0) common &= code.versions;
    }
    for (CodeId id = 0; id < store_.codes(); ++id) {
      CodeObject& code = store_.code(id);
      if ((code.versions & common) != 0) code.versions &= common;
    }
  }

  // Which code objects are reached from a call, and from which other.
  void Tell() {
    std::vector<Function> of(store_.codes());
    std::vector<bool> reached(store_.codes());
    std::vector<CodeId> outer(store_.codes(), kNoCode);
    for (const auto& [node, call] : calls_) {
      const ValueId value = ValueOf(node);
      if (!store_.Is(value, ValueKind::kCode)) continue;
      Function& function = of[store_[value].code];
      function.at = call.at;
      function.maker = call.name;
      function.marshalled = call.maker == Maker::kMarshal;
      reached[store_[value].code] = true;
    }
    for (const Call& call : functions_) {
      const std::optional<std::vector<NodeId>> args = TupleOf(call.args);
      if (!args || args->empty()) continue;
      const ValueId value = ValueOf((*args)[0]);
      if (!store_.Is(value, ValueKind::kCode)) continue;
      Function& function = of[store_[value].code];
      function.how = How::kFunction;
      function.maker = call.name;
    }
    for (const Function& function : encoded_) {
      of[function.code] = function;
      reached[function.code] = true;
    }
    // A code object is made before the one that it is nested in.
    std::vector<std::vector<CodeId>> inner(store_.codes());
    for (CodeId id = static_cast<CodeId>(store_.codes()); id-- > 0;) {
      if (!reached[id]) continue;
      for (const ValueId item : store_.ItemsOf(store_.code(id).consts)) {
        if (!store_.Is(item, ValueKind::kCode)) continue;
        const CodeId nested = store_[item].code;
        reached[nested] = true;
        if (outer[nested] != kNoCode || of[nested].how == How::kFunction)
          continue;
        outer[nested] = id;
        inner[id].push_back(nested);
        of[nested].how = How::kNested;
        of[nested].maker.clear();
        if (of[nested].at == 0) of[nested].at = of[id].at;
      }
    }
    std::vector<CodeId> roots;
    for (CodeId id = 0; id < store_.codes(); ++id) {
      if (reached[id] && outer[id] == kNoCode) roots.push_back(id);
    }
    std::stable_sort(roots.begin(), roots.end(),
                     [&of](CodeId a, CodeId b) { return of[a].at < of[b].at; });
    for (const CodeId root : roots) TellTree(root, inner, &of);
  }

  void TellTree(CodeId root, const std::vector<std::vector<CodeId>>& inner,
                std::vector<Function>* of) {
    std::vector<std::pair<CodeId, size_t>> todo = {
        {root, found_.functions.size()}};
    while (!todo.empty()) {
      const auto [id, parent] = todo.back();
      todo.pop_back();
      Function& function = (*of)[id];
      const CodeObject& code = store_.code(id);
      // What is nested in marshal data is in them, too.
      if (parent < found_.functions.size())
        function.marshalled |= found_.functions[parent].marshalled;
      function.code = id;
      function.parent = parent;
      if (function.how == How::kFunction) {
        if (store_.TextOf(code.name) == "<lambda>") function.how = How::kLambda;
      } else if (code.layout != Layout::kOther &&
                 (code.flags & kOptimized) == 0) {
        function.how = How::kClassBody;
      }
      const size_t place = found_.functions.size();
      found_.functions.push_back(std::move(function));
      for (auto it = inner[id].rbegin(); it != inner[id].rend(); ++it)
        todo.emplace_back(*it, place);
    }
  }

  const graph::NodeSource& source_;
  const ReadExtent& read_;
  Pickled& found_;
  Store& store_;
  std::map<NodeId, std::pair<Maker, std::string>> resolved_;
  std::map<NodeId, Call> calls_;   // that make code
  std::vector<Call> functions_;    // that make functions
  std::vector<Function> encoded_;  // in texts
  std::set<NodeId> needed_;
  std::map<NodeId, std::vector<NodeId>> lists_;
  size_t lists_filled_ = 0;
  std::map<NodeId, ValueId> values_;
  std::map<NodeId, ValueId> marshalled_;
};

}  // namespace

bool MakesCode(absl::string_view module, absl::string_view qualname) {
  const Maker maker = graph::CodeMakerOf(module, qualname);
  return maker == Maker::kCode || maker == Maker::kLookup ||
         maker == Maker::kMarshal;
}

void FindCode(const graph::NodeSource& source, const ReadExtent& read,
              absl::Span<const EncodedCode> encoded, Pickled* found) {
  Finder(source, read, found).Run(encoded);
}

}  // namespace picklebox::code
