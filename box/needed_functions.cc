#include "box/needed_functions.h"

#include <map>
#include <set>
#include <string>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"

namespace picklebox::box {
namespace {

// Of each kind; behind that, they are hostile.
constexpr size_t kMost = 1000;

using Name = std::pair<std::string, std::string>;  // module, qualname

Name NameOf(const Node& node) {
  return {std::string(node.module()), std::string(node.qualname)};
}

// numpy's _reconstruct, copyreg's _reconstructor: their first argument is the
// class of what they make.
bool IsReconstructor(absl::string_view qualname) {
  return absl::StartsWith(qualname, "_reconstruct");
}

// The classes that reconstructors are given.
void AddReconstructed(const Graph& graph, std::set<Name>* names) {
  std::map<NodeId, Name> globals;
  std::set<NodeId> reconstructors;
  std::map<NodeId, NodeId> firsts;  // of tuples that begin with a global
  for (GraphCursor c(graph); !c.done(); c.Next()) {
    const Node& node = c.node();
    if (node.kind == NodeKind::kGlobal) {
      if (IsReconstructor(node.qualname)) reconstructors.insert(node.id);
      globals.emplace(node.id, NameOf(node));
    } else if (node.kind == NodeKind::kTuple && !node.items.empty() &&
               globals.count(node.items.front()) > 0) {
      firsts[node.id] = node.items.front();
    } else if (node.kind == NodeKind::kCall &&
               reconstructors.count(node.subject) > 0) {
      const auto first = firsts.find(node.args);
      if (first != firsts.end()) names->insert(globals.at(first->second));
    }
  }
}

bool NamesReconstructor(const Scan& scan) {
  for (const GlobalReport& global : scan.report.globals) {
    if (IsReconstructor(global.raw_qualname)) return true;
  }
  return false;
}

void AddReferences(const Scan& scan, std::vector<NeededFunction>* functions) {
  std::set<Name> classes;
  if (NamesReconstructor(scan)) {
    for (const Graph& graph : scan.graphs) AddReconstructed(graph, &classes);
  }
  for (const GlobalReport& global : scan.report.globals) {
    if (functions->size() >= kMost) return;
    if (global.uses != kReference || IsDillMarker(global) ||
        classes.count({global.raw_module, global.raw_qualname}) > 0) {
      continue;
    }
    NeededFunction function;
    function.name = absl::StrCat(global.raw_module, ":", global.raw_qualname);
    function.member = global.member;
    function.offset = global.offset;
    functions->push_back(std::move(function));
  }
}

void AddCode(const Scan& scan, std::vector<NeededFunction>* functions) {
  size_t added = 0;
  for (size_t i = 0; i < scan.code.size() && added < kMost; ++i) {
    const EmbeddedCode& code = scan.code[i];
    if (code.parent != i) continue;
    NeededFunction function;
    function.by_value = true;
    function.form = code.form;
    function.name = absl::StrCat(code.name, code.signature);
    function.maker = code.maker;
    function.member = code.member;
    function.offset = code.offset;
    function.versions = code.versions;
    function.pythons = PythonsOf(code);
    functions->push_back(std::move(function));
    ++added;
  }
}

}  // namespace

std::vector<NeededFunction> FunctionsOf(const Scan& scan) {
  std::vector<NeededFunction> functions;
  AddReferences(scan, &functions);
  AddCode(scan, &functions);
  return functions;
}

}  // namespace picklebox::box
