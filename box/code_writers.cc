#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
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
using report::QuotedList;

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
  row("allowed by", EscapeAscii(code.allowed_by));
  row("for", EscapeAscii(PythonsOf(code)));
  row("made by", EscapeAscii(code.maker));
  row("imports", Shown(code.imports, false));
  row("globals", Shown(code.globals, false));
  row("attributes", Shown(code.attributes, false));
  row("calls", Shown(code.calls, false));
  row("strings", Shown(code.strings, true));
  row("does", absl::StrJoin(CodeDoingNames(code.doings), ", "));
}

std::string DoingsOf(uint8_t doings) {
  std::vector<std::string> names;
  for (const absl::string_view name : CodeDoingNames(doings))
    names.emplace_back(name);
  return QuotedList(names);
}

// What may stand in a policy as it is, and has no meaning as a pattern.
bool IsPlain(absl::string_view text) {
  return !text.empty() && EscapeAscii(text, '"') == text &&
         text.find_first_of("*?[{\\!\"") == absl::string_view::npos;
}

bool CanBeAllowed(const EmbeddedCode& code) {
  return !code.marshalled && !code.digest.empty() && !code.versions.empty();
}

// Code that is nested in none, and what is to be written of it.
struct Fragment {
  const EmbeddedCode* outer;
  std::vector<std::string> digests;
  std::vector<int> versions;
};

// Of all code that no policy allows and one could: with what is nested in it.
std::vector<Fragment> FragmentsOf(const Scan& scan) {
  std::vector<Fragment> fragments;
  std::vector<size_t> outermost;
  std::map<size_t, size_t> places;  // in `fragments`, by outermost code
  std::set<std::string> written;
  for (size_t i = 0; i < scan.code.size(); ++i) {
    const EmbeddedCode& code = scan.code[i];
    outermost.push_back(code.parent < i ? outermost[code.parent] : i);
    const size_t outer = outermost[i];
    if (!CanBeAllowed(code) || !code.allowed_by.empty() ||
        !written.insert(code.digest).second) {
      continue;
    }
    const auto [place, is_new] = places.emplace(outer, fragments.size());
    if (is_new) fragments.push_back({&scan.code[outer], {}, code.versions});
    fragments[place->second].digests.push_back(code.digest);
  }
  return fragments;
}

std::string TomlOf(const Fragment& fragment) {
  const EmbeddedCode& code = *fragment.outer;
  std::string text = "[[allow_code]]\n";
  if (IsPlain(code.name))
    absl::StrAppend(&text, "name    = \"", code.name, "\"\n");
  if (IsPlain(code.filename))
    absl::StrAppend(&text, "file    = \"", code.filename, "\"\n");
  if (fragment.digests.size() == 1) {
    absl::StrAppend(&text, "digest  = \"", fragment.digests[0], "\"\n");
  } else {
    absl::StrAppend(&text, "digests = [\n  \"",
                    absl::StrJoin(fragment.digests, "\",\n  \""), "\",\n]\n");
  }
  absl::StrAppend(&text, "python  = [",
                  absl::StrJoin(fragment.versions, ", ",
                                [](std::string* to, int minor) {
                                  absl::StrAppend(to, "\"3.", minor, "\"");
                                }),
                  "]\n");
  return text;
}

}  // namespace

void WriteCodeToml(const Scan& scan, const Sink& sink) {
  Output out(sink);
  for (const Fragment& fragment : FragmentsOf(scan)) {
    out.Print("# ", EscapeAscii(scan.report.path), ": ",
              EscapeAscii(Describe(*fragment.outer)), "\n", TomlOf(fragment),
              "\n");
  }
}

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
  const std::vector<Fragment> fragments = FragmentsOf(scan);
  if (fragments.empty()) return;
  out.Print("  Only if you trust this code, add to your policy:\n");
  for (const Fragment& fragment : fragments) {
    out.Print("\n");
    for (const absl::string_view line :
         absl::StrSplit(TomlOf(fragment), '\n', absl::SkipEmpty())) {
      out.Print("    ", line, "\n");
    }
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
              ", \"allowed_by\": ", Quoted(code.allowed_by),
              ", \"maker\": ", Quoted(code.maker), ", \"versions\": [",
              absl::StrJoin(code.versions, ", ",
                            [](std::string* to, int minor) {
                              absl::StrAppend(to, "\"3.", minor, "\"");
                            }),
              "], \"layout\": ", Quoted(code.layout),
              ", \"does\": ", DoingsOf(code.doings));
    out.Print(",\n   \"imports\": ", QuotedList(code.imports),
              ", \"globals\": ", QuotedList(code.globals),
              ", \"attributes\": ", QuotedList(code.attributes),
              ", \"calls\": ", QuotedList(code.calls),
              ", \"strings\": ", QuotedList(code.strings), "}");
    separator = ",\n  ";
  }
  out.Print("]}");
}

}  // namespace picklebox
