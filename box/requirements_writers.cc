#include <algorithm>
#include <map>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "base/text.h"
#include "picklebox/requirements.h"
#include "report/json.h"
#include "report/output.h"

namespace picklebox {
namespace {

using base::EscapeAscii;
using report::Boolean;
using report::Output;
using report::Quoted;
using report::QuotedList;

// Of the globals of a module, so many are shown to people.
constexpr size_t kShown = 6;
constexpr size_t kFunctionsShown = 20;

// "scikit-learn==1.0.2", "numpy>=1.26": as pip reads it.
std::string Specifier(const NeededModule& module) {
  if (!module.recorded.empty())
    return absl::StrCat(module.distribution, "==", module.recorded);
  std::vector<std::string> bounds;
  if (!module.at_least.empty()) bounds.push_back(">=" + module.at_least);
  if (!module.below.empty()) bounds.push_back("<" + module.below);
  return module.distribution + absl::StrJoin(bounds, ",");
}

std::string Comes(const NeededModule& module) {
  switch (module.provider) {
    case Provider::kStandardLibrary:
      return "Python";
    case Provider::kDistribution:
      return Specifier(module);
    case Provider::kNowhere:
      return "nowhere";
    case Provider::kUnknown:
      return "unknown";
  }
  return "";
}

std::string Place(const std::string& member, uint64_t offset) {
  return absl::StrFormat("%s@0x%x", EscapeAscii(member), offset);
}

// The file says which version of the library it is from, so which older ones
// lack a name is no news.
bool IsPinned(const Requirements& needs, const PortabilityNote& note) {
  const std::string top =
      note.global.substr(0, note.global.find_first_of(".:"));
  return std::any_of(needs.modules.begin(), needs.modules.end(),
                     [&](const NeededModule& module) {
                       return module.name == top && !module.recorded.empty();
                     });
}

// The word for `function` that scripts look for.
absl::string_view HowOf(const NeededFunction& function) {
  return function.by_value ? "by-value" : "by-reference";
}

void WriteFunctions(const Requirements& needs, Output* out) {
  size_t shown = 0;
  for (const NeededFunction& function : needs.functions) {
    if (shown++ == kFunctionsShown) {
      out->Print("  function and ", needs.functions.size() - kFunctionsShown,
                 " more\n");
      return;
    }
    out->Print("  function ", EscapeAscii(function.name), " ",
               Place(function.member, function.offset), ", ",
               function.by_value
                   ? absl::StrCat("by value (", CodeFormName(function.form),
                                  "): code of ", function.pythons)
                   : "by reference",
               "\n");
  }
}

}  // namespace

void WriteText(const Requirements& needs, const Sink& sink) {
  Output out(sink);
  out.Print(EscapeAscii(needs.path), ": ",
            needs.format.empty() ? "unknown" : EscapeAscii(needs.format),
            ", protocol ", needs.protocol, " (Python ", needs.python,
            " or newer)\n");
  if (!needs.complete)
    out.Print("  not all of it could be read: more may be needed\n");
  for (const std::string& trace : needs.traces)
    out.Print("  trace    ", EscapeAscii(trace), "\n");
  for (const RecordedVersion& version : needs.versions) {
    out.Print(
        "  version  ", EscapeAscii(version.key), " ",
        EscapeAscii(version.version),
        version.count > 1 ? absl::StrCat(", ", version.count, " times") : "",
        "\n");
  }
  for (const NeededModule& module : needs.modules) {
    std::vector<std::string> shown;
    for (const std::string& global : module.globals) {
      if (shown.size() == kShown) break;
      shown.push_back(EscapeAscii(global));
    }
    if (module.globals.size() > kShown) {
      shown.push_back(
          absl::StrCat("and ", module.globals.size() - kShown, " more"));
    }
    out.Print("  needs    ",
              absl::StrFormat("%-16s %-24s ", EscapeAscii(module.name),
                              EscapeAscii(Comes(module))),
              absl::StrJoin(shown, ", "), "\n");
  }
  WriteFunctions(needs, &out);
  // What is said of several names is said once.
  std::map<std::string, std::vector<const PortabilityNote*>> by_message;
  std::vector<std::string> order;
  for (const PortabilityNote& note : needs.notes) {
    if (note.kind == Portability::kNewName && IsPinned(needs, note)) continue;
    std::vector<const PortabilityNote*>& notes = by_message[note.message];
    if (notes.empty()) order.push_back(note.message);
    notes.push_back(&note);
  }
  for (const std::string& message : order) {
    const std::vector<const PortabilityNote*>& notes = by_message[message];
    std::vector<std::string> places;
    for (const PortabilityNote* note : notes) {
      if (places.size() == kShown) break;
      places.push_back(absl::StrCat(EscapeAscii(note->global), " ",
                                    Place(note->member, note->offset)));
    }
    if (notes.size() > kShown)
      places.push_back(absl::StrCat("and ", notes.size() - kShown, " more"));
    out.Print("  ", PortabilityName(notes[0]->kind), "  ",
              absl::StrJoin(places, ", "), "\n    ", EscapeAscii(message),
              "\n");
  }
}

void WriteJson(const Requirements& needs, const Sink& sink) {
  Output out(sink);
  out.Print("{\"path\": ", Quoted(needs.path),
            ", \"format\": ", Quoted(needs.format),
            ", \"protocol\": ", needs.protocol,
            ", \"python\": ", Quoted(needs.python),
            ", \"complete\": ", Boolean(needs.complete),
            ",\n \"traces\": ", QuotedList(needs.traces), ",\n \"modules\": [");
  absl::string_view separator = "\n  ";
  for (const NeededModule& module : needs.modules) {
    out.Print(separator, "{\"name\": ", Quoted(module.name),
              ", \"provider\": ", Quoted(ProviderName(module.provider)),
              ", \"distribution\": ", Quoted(module.distribution),
              ", \"recorded\": ", Quoted(module.recorded),
              ", \"at_least\": ", Quoted(module.at_least),
              ", \"below\": ", Quoted(module.below),
              ", \"globals\": ", QuotedList(module.globals), "}");
    separator = ",\n  ";
  }
  out.Print("],\n \"versions\": [");
  separator = "\n  ";
  for (const RecordedVersion& version : needs.versions) {
    out.Print(separator, "{\"key\": ", Quoted(version.key),
              ", \"version\": ", Quoted(version.version),
              ", \"distribution\": ", Quoted(version.distribution),
              ", \"member\": ", Quoted(version.member),
              ", \"count\": ", version.count, "}");
    separator = ",\n  ";
  }
  out.Print("],\n \"functions\": [");
  separator = "\n  ";
  for (const NeededFunction& function : needs.functions) {
    out.Print(separator, "{\"how\": ", Quoted(HowOf(function)), ", \"form\": ",
              Quoted(function.by_value ? CodeFormName(function.form) : ""),
              ", \"name\": ", Quoted(function.name),
              ", \"maker\": ", Quoted(function.maker),
              ", \"member\": ", Quoted(function.member),
              ", \"offset\": ", function.offset,
              ", \"python\": ", Quoted(function.pythons), ", \"versions\": [",
              absl::StrJoin(function.versions, ", "), "]}");
    separator = ",\n  ";
  }
  out.Print("],\n \"notes\": [");
  separator = "\n  ";
  for (const PortabilityNote& note : needs.notes) {
    out.Print(separator, "{\"kind\": ", Quoted(PortabilityName(note.kind)),
              ", \"global\": ", Quoted(note.global),
              ", \"member\": ", Quoted(note.member),
              ", \"offset\": ", note.offset,
              ", \"message\": ", Quoted(note.message),
              ", \"since\": ", Quoted(note.since),
              ", \"is_old\": ", Boolean(note.is_old), "}");
    separator = ",\n  ";
  }
  out.Print("]}");
}

void WritePip(const Requirements& needs, const Sink& sink) {
  Output out(sink);
  out.Print("# ", EscapeAscii(needs.path), "\n");
  for (const NeededModule& module : needs.modules) {
    if (module.provider == Provider::kDistribution) {
      out.Print(EscapeAscii(Specifier(module)), "\n");
    } else if (module.provider != Provider::kStandardLibrary) {
      out.Print("# not on any index: ", EscapeAscii(module.name), "\n");
    }
  }
}

}  // namespace picklebox
