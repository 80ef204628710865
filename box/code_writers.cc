#include <algorithm>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "base/text.h"
#include "picklebox/embedded_code.h"
#include "picklebox/scanner.h"
#include "report/json.h"
#include "report/output.h"

namespace picklebox {
namespace {

using base::EscapeAscii;
using report::Output;
using report::Quoted;

// Of a list, so many are shown to people.
constexpr size_t kShown = 12;

std::string Shown(const std::vector<std::string>& list, bool quoted) {
  std::vector<std::string> shown;
  for (const std::string& entry : list) {
    if (shown.size() == kShown) break;
    shown.push_back(quoted ? absl::StrCat("'", EscapeAscii(entry, '\''), "'")
                           : EscapeAscii(entry));
  }
  std::string text = absl::StrJoin(shown, ", ");
  if (list.size() > kShown)
    absl::StrAppend(&text, " and ", list.size() - kShown, " more");
  return text;
}

void WriteOne(const EmbeddedCode& code, const std::string& indent,
              Output& out) {
  const auto row = [&](absl::string_view name, const std::string& text) {
    if (!text.empty())
      out.Print(indent, "  ", absl::StrFormat("%-12s", name), text, "\n");
  };
  const std::string name = code.name.empty() ? "without a name" : code.name;
  out.Print(indent, CodeFormName(code.form), " ",
            EscapeAscii(absl::StrCat(name, code.signature)), "  ",
            code.filename.empty()
                ? ""
                : EscapeAscii(
                      absl::StrCat(code.filename, ":", code.first_line, "  ")),
            EscapeAscii(code.member), absl::StrFormat("@0x%x\n", code.offset));
  row("digest", code.digest);
  row("for", EscapeAscii(PythonsOf(code)));
  row("made by", EscapeAscii(code.maker));
  row("imports", Shown(code.imports, false));
  row("globals", Shown(code.globals, false));
  row("attributes", Shown(code.attributes, false));
  row("calls", Shown(code.calls, false));
  row("strings", Shown(code.strings, true));
  row("does", absl::StrJoin(CodeDoingNames(code.doings), ", "));
}

std::string ListOf(const std::vector<std::string>& texts) {
  return absl::StrCat(
      "[",
      absl::StrJoin(texts, ", ",
                    [](std::string* out, const std::string& text) {
                      absl::StrAppend(out, Quoted(text));
                    }),
      "]");
}

std::string DoingsOf(uint8_t doings) {
  std::vector<std::string> names;
  for (const absl::string_view name : CodeDoingNames(doings))
    names.emplace_back(name);
  return ListOf(names);
}

}  // namespace

void WriteCodeText(const Scan& scan, const Sink& sink) {
  Output out(sink);
  const size_t count = scan.code.size();
  out.Print(EscapeAscii(scan.report.path), ": ",
            count == 0 ? "no code" : absl::StrCat(count, " code object"),
            count > 1 ? "s\n" : "\n");
  std::vector<size_t> depths;
  for (size_t i = 0; i < count; ++i) {
    const EmbeddedCode& code = scan.code[i];
    depths.push_back(code.parent < i ? depths[code.parent] + 1 : 0);
    // However deep they are nested, they stay on the page.
    WriteOne(code, std::string(2 + 2 * std::min<size_t>(depths[i], 10), ' '),
             out);
  }
}

void WriteCodeJson(const Scan& scan, const Sink& sink) {
  Output out(sink);
  out.Print("{\"path\": ", Quoted(scan.report.path), ", \"code\": [");
  absl::string_view separator = "\n  ";
  for (size_t i = 0; i < scan.code.size(); ++i) {
    const EmbeddedCode& code = scan.code[i];
    out.Print(
        separator, "{\"form\": ", Quoted(CodeFormName(code.form)),
        ", \"name\": ", Quoted(code.name),
        ", \"qualname\": ", Quoted(code.qualname),
        ", \"signature\": ", Quoted(code.signature),
        ", \"file\": ", Quoted(code.filename), ", \"line\": ", code.first_line,
        ", \"member\": ", Quoted(code.member), ", \"offset\": ", code.offset,
        ", \"parent\": ", code.parent < i ? absl::StrCat(code.parent) : "null");
    out.Print(",\n   \"digest\": ", Quoted(code.digest),
              ", \"maker\": ", Quoted(code.maker), ", \"versions\": [",
              absl::StrJoin(code.versions, ", ",
                            [](std::string* to, int minor) {
                              absl::StrAppend(to, "\"3.", minor, "\"");
                            }),
              "], \"layout\": ", Quoted(code.layout),
              ", \"does\": ", DoingsOf(code.doings));
    out.Print(",\n   \"imports\": ", ListOf(code.imports),
              ", \"globals\": ", ListOf(code.globals),
              ", \"attributes\": ", ListOf(code.attributes),
              ", \"calls\": ", ListOf(code.calls),
              ", \"strings\": ", ListOf(code.strings), "}");
    separator = ",\n  ";
  }
  out.Print("]}");
}

}  // namespace picklebox
