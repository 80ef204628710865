// What the judge holds code to.
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "policy/judge.h"

namespace picklebox::policy {
namespace {

std::string Hex(const graph::Digest& digest) {
  return absl::BytesToHexString(absl::string_view(
      reinterpret_cast<const char*>(digest.data()), digest.size()));
}

std::string NameOf(const MadeCode& code) {
  return code.name.empty() ? std::string("without a name") : code.name;
}

// "Python 3.11 or 3.12".
std::string PythonsOf(uint32_t pythons) {
  std::string text;
  for (int minor = 0; minor < 32; ++minor) {
    if ((pythons >> minor & 1) == 0) continue;
    absl::StrAppend(&text, text.empty() ? "Python 3." : " or 3.", minor);
  }
  return text;
}

// Whether that Python makes code objects of as many parts.
bool IsLayoutOf(uint64_t layout, uint32_t python) {
  return layout == (python < 8 ? 0u : python < 11 ? 1u : 2u);
}

}  // namespace

// The call `node` of a global that makes code, or a function of it.
void Judge::JudgeMaker(uint32_t global, NodeId node, NodeId args, uint64_t at) {
  // Of what is not listed at all, nothing more needs to be said.
  if (globals_[global].rule == kNoRule) return;
  switch (globals_[global].maker) {
    case graph::CodeMaker::kCode:
      return JudgeCode(node, args, at);
    case graph::CodeMaker::kFunction:
      return JudgeFunction(global, args, at);
    case graph::CodeMaker::kMarshal:
      return Report(Code::kEmbeddedCode, "form", at,
                    "marshal data are read, of which nobody takes a digest");
    default:
      return;
  }
}

void Judge::JudgeCode(NodeId node, NodeId args, uint64_t at) {
  const std::string fault = codes_.Read(node, args);
  if (!fault.empty()) {
    return Report(Code::kEmbeddedCode, "form", at,
                  absl::StrCat("a code object without a digest: ", fault));
  }
  const MadeCode& code = *codes_.Find(node);
  const std::optional<CodeRule> rule = table_.FindCode(code.digest);
  if (!rule) {
    if (findings_.size() < options_.max_findings)
      code_denials_.push_back({findings_.size(), code.name, code.filename});
    return Report(Code::kEmbeddedCode, "digest", at,
                  absl::StrCat("the code of ", NameOf(code),
                               ": the policy allows none of its digest, ",
                               Hex(code.digest)));
  }
  const bool runs = options_.python < 32 &&
                    (rule->pythons >> options_.python & 1) != 0 &&
                    IsLayoutOf(code.layout, options_.python);
  if (options_.python == 0 || runs) return;
  Report(Code::kEmbeddedCode, "version", at,
         absl::StrCat("the code of ", NameOf(code), " is of ",
                      PythonsOf(rule->pythons), ", as ", rule->origin,
                      " says, and would run in Python 3.", options_.python,
                      ", whose instructions are others"));
}

// The first argument has to be code that was judged. If that denied it, that
// was said.
void Judge::JudgeFunction(uint32_t global, NodeId args, uint64_t at) {
  const auto items = values_.Tuple(args);
  if (!items || items->size() < 2 || codes_.Find(items->front()) == nullptr) {
    return Report(Code::kEmbeddedCode, "form", at,
                  absl::StrCat(SpellGlobal(global),
                               " makes a function of what is no code object "
                               "that was read"));
  }
  const NodeId globals = (*items)[1];
  if (source_->kind(globals) != NodeKind::kDict) return;
  values_.Forget(globals);
  if (matcher_.AddGlobals(globals) && !values_.IsFrozen(globals)) return;
  Report(
      Code::kEmbeddedCode, "globals", at,
      absl::StrCat("the globals of a function that ", SpellGlobal(global),
                   " makes are values that were checked for something else"));
}

}  // namespace picklebox::policy
