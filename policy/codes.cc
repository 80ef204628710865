#include "policy/codes.h"

#include <utility>

#include "base/bytes.h"
#include "base/text.h"
#include "graph/ledger.h"

namespace picklebox::policy {
namespace {

using graph::Digest;
using graph::FormTag;

// Constants of one graph, and bytes of each, that digests are made of.
constexpr size_t kMostConstants = 1 << 18;
// Steps that hashing costs, beyond one for each so many bytes.
constexpr uint64_t kStepsOfHash = 8;
constexpr uint64_t kBytesAStep = 64;

bool IsVarint(absl::string_view* rest) {
  while (!rest->empty()) {
    const auto byte = static_cast<uint8_t>(rest->front());
    if ((byte & 0x80) != 0) return false;
    rest->remove_prefix(1);
    if ((byte & 0x40) == 0) return true;
  }
  return false;
}

}  // namespace

// From 3.11 on (Objects/locations.md of CPython): entries that begin with a
// byte whose high bit is set, which no other byte has. Readers look for that
// bit in either direction, and for the end of a number, without looking where
// the table ends. Before, pairs of bytes.
bool IsLineTable(absl::string_view table, uint64_t layout) {
  if (layout != 2) return table.size() % 2 == 0;
  while (!table.empty()) {
    const auto head = static_cast<uint8_t>(table.front());
    if ((head & 0x80) == 0) return false;
    table.remove_prefix(1);
    const int form = head >> 3 & 15;
    size_t bytes = 0;
    int numbers = 0;
    if (form < 10) {
      bytes = 1;
    } else if (form < 13) {
      bytes = 2;
    } else if (form == 13) {
      numbers = 1;
    } else if (form == 14) {
      numbers = 4;
    }
    if (bytes > table.size()) return false;
    for (; bytes > 0; --bytes) {
      if ((table.front() & 0x80) != 0) return false;
      table.remove_prefix(1);
    }
    for (; numbers > 0; --numbers) {
      if (!IsVarint(&table)) return false;
    }
  }
  return true;
}

const MadeCode* Codes::Find(NodeId node) const {
  const auto found = codes_.find(node);
  return found == codes_.end() ? nullptr : &found->second;
}

std::string Codes::Read(NodeId node, NodeId arguments) {
  std::optional<std::vector<NodeId>> args = values_.Tuple(arguments);
  if (!args) return "its parts are no tuple";
  // dill puts the table of lines of older Pythons in front.
  if (!args->empty() && values_.IsBytes(args->front()))
    args->erase(args->begin());
  graph::CodeForm form;
  switch (args->size()) {
    case 15:
      form.layout = 0;
      break;
    case 16:
      form.layout = 1;
      break;
    case 18:
      form.layout = 2;
      break;
    default:
      return "it has as many parts as no Python from 3.6 to 3.15 has";
  }
  auto next = args->begin();
  for (size_t i = 0; i < form.counts.size(); ++i) {
    if (i == 1 && form.layout == 0) continue;  // no positional-only arguments
    const std::optional<int64_t> count = values_.Int(*next++);
    if (!count) return "a number of it is none";
    form.counts[i] = *count;
  }
  enum { kName, kCode, kExceptions, kConsts, kNames, kVars, kFrees, kCells };
  bool known = true;
  const auto take = [&](int part) {
    const std::optional<Digest> digest = DigestOf(*next++);
    known = known && digest.has_value();
    if (digest) form.parts[static_cast<size_t>(part)] = *digest;
  };
  MadeCode code;
  const auto text = [&](std::string* to) {
    const std::optional<absl::string_view> found =
        values_.kind(*next) == NodeKind::kStr ? values_.Text(*next)
                                              : std::nullopt;
    known = known && found.has_value();
    if (found && to != nullptr) *to = std::string(*found);
    ++next;
  };
  form.parts[kExceptions] = graph::DigestOfPlain(FormTag::kNone);
  for (const int part : {kCode, kConsts, kNames, kVars}) take(part);
  text(&code.filename);
  code.name = std::string(values_.Text(*next).value_or(""));
  take(kName);
  if (form.layout == 2) text(nullptr);  // the qualified name
  if (!values_.Int(*next++)) return "its first line is no number";
  const std::optional<std::string> lines = BytesOf(*next++);
  if (!lines || !IsLineTable(*lines, form.layout))
    return "its table of lines is none";
  if (form.layout == 2) take(kExceptions);
  for (const int part : {kFrees, kCells}) take(part);
  if (!known) {
    return "a part of it is no constant, is longer than 16 KiB, or is too much "
           "to look at";
  }
  code.digest = graph::DigestOfCode(form);
  code.layout = form.layout;
  codes_[node] = std::move(code);
  return "";
}

// Values refer to earlier ones: what is missing is taken first.
std::optional<Digest> Codes::DigestOf(NodeId root) {
  std::vector<NodeId> todo = {root};
  while (!todo.empty()) {
    const NodeId id = todo.back();
    if (digests_.count(id) != 0) {
      todo.pop_back();
      continue;
    }
    const size_t before = todo.size();
    const std::optional<Digest> digest = Step(id, &todo);
    if (todo.size() > before) continue;
    if (!digest || digests_.size() >= kMostConstants) return std::nullopt;
    digests_[id] = *digest;
    todo.pop_back();
  }
  return digests_[root];
}

std::optional<Digest> Codes::Step(NodeId id, std::vector<NodeId>* missing) {
  if (!values_.Charge(kStepsOfHash)) return std::nullopt;
  const graph::NodeSource& source = values_.source();
  const Node node = source.node(id);
  switch (node.kind) {
    case NodeKind::kNone:
      return graph::DigestOfPlain(FormTag::kNone);
    case NodeKind::kBool:
      return graph::DigestOfPlain(node.integer != 0 ? FormTag::kTrue
                                                    : FormTag::kFalse);
    case NodeKind::kInt: {
      uint8_t buffer[8];
      base::StoreLittle(buffer, static_cast<uint64_t>(node.integer));
      const absl::string_view bytes =
          node.big ? node.text
                   : absl::string_view(reinterpret_cast<const char*>(buffer),
                                       sizeof(buffer));
      if (!values_.Charge(bytes.size() / kBytesAStep)) return std::nullopt;
      return graph::DigestOfText(FormTag::kInt, graph::MinimalInt(bytes));
    }
    case NodeKind::kFloat:
      return graph::DigestOfFloat(node.float_bits);
    case NodeKind::kStr:
    case NodeKind::kBytes:
      if (node.extent || !values_.Charge(node.text.size() / kBytesAStep))
        return std::nullopt;
      return graph::DigestOfText(
          node.kind == NodeKind::kStr ? FormTag::kStr : FormTag::kBytes,
          node.text);
    case NodeKind::kTuple:
    case NodeKind::kFrozenSet:
      if (!values_.Charge(node.items.size())) return std::nullopt;
      return OfItems(
          node.kind == NodeKind::kTuple ? FormTag::kTuple : FormTag::kFrozenSet,
          {node.items.begin(), node.items.end()}, missing);
    case NodeKind::kGlobal:
      if (!values_.IsNamed(id, "builtins", "Ellipsis")) return std::nullopt;
      return graph::DigestOfPlain(FormTag::kEllipsis);
    case NodeKind::kCall:
      return OfCall(id, missing);
    default:
      return std::nullopt;
  }
}

std::optional<Digest> Codes::OfItems(FormTag tag,
                                     const std::vector<NodeId>& items,
                                     std::vector<NodeId>* missing) {
  std::vector<Digest> digests;
  bool all = true;
  for (const NodeId item : items) {
    const auto known = digests_.find(item);
    if (known == digests_.end()) {
      missing->push_back(item);
      all = false;
    } else if (all) {
      digests.push_back(known->second);
    }
  }
  if (!all) return std::nullopt;
  return graph::DigestOfItems(tag, std::move(digests));
}

// Code itself, and the constants that protocols or picklers write as calls.
std::optional<Digest> Codes::OfCall(NodeId id, std::vector<NodeId>* missing) {
  if (const MadeCode* const code = Find(id)) return code->digest;
  if (const std::optional<std::string> bytes = BytesOf(id))
    return graph::DigestOfText(FormTag::kBytes, *bytes);
  const JudgedGlobal* const maker = values_.MakerOf(id);
  const auto args = values_.Tuple(values_.ArgumentsOf(id));
  if (maker == nullptr || !args) return std::nullopt;
  switch (maker->maker) {
    case graph::CodeMaker::kComplex: {
      if (args->size() != 2) return std::nullopt;
      uint64_t bits[2];
      for (size_t i = 0; i < 2; ++i) {
        if (values_.kind((*args)[i]) != NodeKind::kFloat) return std::nullopt;
        bits[i] = values_.source().node((*args)[i]).float_bits;
      }
      return graph::DigestOfComplex(bits[0], bits[1]);
    }
    case graph::CodeMaker::kFrozenSet: {
      if (args->size() != 1) return std::nullopt;
      const NodeId items = args->front();
      const auto members = values_.kind(items) == NodeKind::kList
                               ? ListBefore(items, id)
                               : values_.Tuple(items);
      if (!members) return std::nullopt;
      return OfItems(FormTag::kFrozenSet, *members, missing);
    }
    case graph::CodeMaker::kEllipsis:
      return graph::DigestOfPlain(FormTag::kEllipsis);
    case graph::CodeMaker::kRepr:
      if (args->size() != 1 || values_.Text(args->front()) != "Ellipsis")
        return std::nullopt;
      return graph::DigestOfPlain(FormTag::kEllipsis);
    default:
      return std::nullopt;
  }
}

// What was in `list` when node `end` was made: a call has copied it, and what
// is added later is not in the copy.
std::optional<std::vector<NodeId>> Codes::ListBefore(NodeId list, NodeId end) {
  std::vector<NodeId> items;
  for (graph::NodeWalk walk(values_.source(), list + 1); !walk.done();
       walk.Next()) {
    if (!values_.Charge(1)) return std::nullopt;
    const Node& node = walk.node();
    if (node.id >= end) break;
    if (node.kind != NodeKind::kAppend || node.subject != list) continue;
    if (!values_.Charge(node.items.size())) return std::nullopt;
    items.insert(items.end(), node.items.begin(), node.items.end());
  }
  return items;
}

// Bytes, or the call by which protocols below 3 write them, whose text has the
// code points of the bytes. All of it in the graph.
std::optional<std::string> Codes::BytesOf(NodeId id) {
  if (values_.kind(id) == NodeKind::kBytes) {
    const std::optional<absl::string_view> bytes = values_.Text(id);
    if (!bytes) return std::nullopt;
    return std::string(*bytes);
  }
  const std::optional<NodeId> encoded = values_.objects().EncodedText(id);
  if (!encoded) return std::nullopt;
  if (*encoded == kNoNode) return std::string();
  const auto args = values_.Tuple(values_.ArgumentsOf(id));
  const std::optional<absl::string_view> text = values_.Text(*encoded);
  if (!args || args->size() != 2 || values_.Text((*args)[1]) != "latin1" ||
      !text || !values_.Charge(kStepsOfHash + text->size() / kBytesAStep)) {
    return std::nullopt;
  }
  std::string bytes;
  const std::string copy(*text);
  for (size_t at = 0; at < copy.size();) {
    const uint32_t point = base::DecodeUtf8(copy, &at);
    if (point > 0xff) return std::nullopt;
    bytes.push_back(static_cast<char>(point));
  }
  return bytes;
}

}  // namespace picklebox::policy
