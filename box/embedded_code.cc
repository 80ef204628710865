#include "picklebox/embedded_code.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

namespace picklebox {
namespace {

// Of a list, so many stand in a sentence.
constexpr size_t kInSentence = 5;

void AddList(absl::string_view verb, const std::vector<std::string>& list,
             std::vector<std::string>* parts) {
  if (list.empty()) return;
  const bool cut = list.size() > kInSentence;
  const std::vector<std::string> shown(
      list.begin(), cut ? list.begin() + kInSentence : list.end());
  parts->push_back(absl::StrCat(verb, " ", absl::StrJoin(shown, ", "),
                                cut ? " and others" : ""));
}

}  // namespace

absl::string_view CodeFormName(CodeForm form) {
  static constexpr absl::string_view kNames[kCodeForms] = {
      "function", "lambda", "nested", "class-body", "code"};
  return kNames[static_cast<int>(form)];
}

std::vector<absl::string_view> CodeDoingNames(uint8_t doings) {
  static constexpr absl::string_view kNames[] = {
      "reads the environment", "opens files", "uses the network",
      "runs processes", "reaches code by name"};
  std::vector<absl::string_view> names;
  for (int bit = 0; bit < 5; ++bit) {
    if ((doings >> bit & 1) != 0) names.push_back(kNames[bit]);
  }
  return names;
}

std::string PythonsOf(const EmbeddedCode& code) {
  const std::vector<int>& versions = code.versions;
  if (versions.empty()) {
    return code.layout.empty() ? "no Python that is known" : code.layout;
  }
  const int first = versions.front();
  const int last = versions.back();
  if (first == last) return absl::StrCat("Python 3.", first);
  const bool gapless = static_cast<size_t>(last - first) + 1 == versions.size();
  if (gapless && versions.size() > 2)
    return absl::StrCat("Python 3.", first, " to 3.", last);
  return absl::StrCat(
      "Python ", absl::StrJoin(versions, " or ", [](std::string* out, int v) {
        absl::StrAppend(out, "3.", v);
      }));
}

std::string Describe(const EmbeddedCode& code) {
  absl::string_view what = "code object ";
  if (code.form == CodeForm::kFunction) what = "function ";
  if (code.form == CodeForm::kLambda) what = "";
  if (code.form == CodeForm::kNested) what = "nested function ";
  if (code.form == CodeForm::kClassBody) what = "class body ";
  std::string text =
      absl::StrCat(what, code.name.empty() ? "without a name" : code.name,
                   code.form == CodeForm::kClassBody ? "" : code.signature);
  if (!code.filename.empty())
    absl::StrAppend(&text, ", ", code.filename, ":", code.first_line);
  absl::StrAppend(&text, ", for ", PythonsOf(code));
  std::vector<std::string> parts;
  AddList("imports", code.imports, &parts);
  AddList("calls", code.calls, &parts);
  for (const absl::string_view doing : CodeDoingNames(code.doings))
    parts.emplace_back(doing);
  if (!parts.empty()) absl::StrAppend(&text, ": ", absl::StrJoin(parts, "; "));
  return text;
}

}  // namespace picklebox
