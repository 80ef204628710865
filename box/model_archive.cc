#include "box/model_archive.h"

#include <algorithm>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "absl/strings/string_view.h"
#include "base/text.h"
#include "container/torchscript.h"

namespace picklebox::box {
namespace {

constexpr absl::string_view kCode = "code/";
constexpr absl::string_view kPackagedCode = ".data/ts_code/code/";
constexpr absl::string_view kBytecode = "bytecode.pkl";
constexpr absl::string_view kExterns = ".data/extern_modules";
// Names and places that a message or a member has at most.
constexpr size_t kNamed = 5;
constexpr int kMostPlaces = 20;
// Code of which more is searched than anybody wrote.
constexpr uint64_t kMostCode = 64 << 20;

// The folder that all members of PyTorch's archives lie in, with its slash.
absl::string_view Top(absl::string_view name) {
  return name.substr(0, name.find('/') + 1);
}

bool Has(const Members& members, uint32_t archive, absl::string_view top,
         absl::string_view name) {
  return members.Find(archive, absl::StrCat(top, name)) != Members::kNone;
}

bool HoldsScripts(const Members& members, uint32_t archive,
                  absl::string_view top) {
  // model.json is of before 1.4.
  return Has(members, archive, top, "constants.pkl") ||
         Has(members, archive, top, kExterns) ||
         Has(members, archive, top, kBytecode) ||
         Has(members, archive, top, "model.json");
}

// A source of TorchScript, or bytecode.
bool IsScript(absl::string_view top, absl::string_view name) {
  const absl::string_view rest = name.substr(top.size());
  return rest == kBytecode || (absl::EndsWith(rest, ".py") &&
                               (absl::StartsWith(rest, kCode) ||
                                absl::StartsWith(rest, kPackagedCode)));
}

// What lies in one folder.
struct Sources {
  std::string top;
  std::vector<std::string> names;  // the first few, shown
  size_t count = 0;

  void Add(absl::string_view name) {
    ++count;
    if (names.size() < kNamed) names.push_back(base::EscapeAscii(name));
  }
  std::string Text(absl::string_view what) const {
    return absl::StrCat(count, " ", what, count == 1 ? " (" : "s (",
                        absl::StrJoin(names, ", "),
                        count > names.size() ? ", ...)" : ")");
  }
};

void NoteScripts(const Sources& code, Notes* notes) {
  notes->Add(Code::kTorchscriptCode, 0,
             absl::StrCat("TorchScript: ", code.Text("member"),
                          " with code that PyTorch runs"));
}

void NotePackage(const Sources& code, Notes* notes) {
  notes->Add(Code::kPackageCode, 0,
             absl::StrCat("a torch.package: ", code.Text("source"),
                          " of Python that its importer runs"));
}

}  // namespace

void NoteModelArchive(const Members& members, uint32_t archive, Notes* notes) {
  // By name, so that a folder's members stand together.
  Sources scripts;
  Sources python;
  bool is_script = false;
  bool is_package = false;
  const auto conclude = [&] {
    if (is_script && (scripts.count > 0 || !is_package))
      NoteScripts(scripts, notes);
    if (is_package) NotePackage(python, notes);
  };
  std::string top;
  bool first = true;
  members.ForEachIn(archive, [&](absl::string_view name) {
    if (first || Top(name) != top) {
      conclude();
      first = false;
      top = std::string(Top(name));
      scripts = python = {};
      is_script = HoldsScripts(members, archive, top);
      is_package = Has(members, archive, top, kExterns);
    }
    if (is_script && IsScript(top, name)) {
      scripts.Add(name);
    } else if (is_package && absl::EndsWith(name, ".py")) {
      python.Add(name);
    }
  });
  conclude();
}

void LookIntoCode(const Members& members, uint32_t member, base::Window& in,
                  Notes* notes) {
  const MemberRecord& record = members[member];
  const absl::string_view name = record.name;
  const absl::string_view top = Top(name);
  const bool externs = name.substr(top.size()) == kExterns;
  const bool script =
      IsScript(top, name) && HoldsScripts(members, record.parent, top);
  if (member == 0 || (!externs && !script)) return;
  in.Seek(0);
  const uint64_t size = std::min(in.size(), kMostCode);
  if (!in.Need(size)) {
    notes->Add(Code::kLimitMemory, 0, "no memory to search its code");
    return;
  }
  const absl::string_view text(reinterpret_cast<const char*>(in.p), size);
  if (externs) {
    Sources modules;
    for (const absl::string_view line :
         absl::StrSplit(text, '\n', absl::SkipWhitespace())) {
      modules.Add(line);
    }
    if (modules.count > 0) {
      notes->Add(Code::kPackageCode, 0,
                 absl::StrCat("the package imports ", modules.Text("module"),
                              " of the environment"));
    }
    return;
  }
  int places = 0;
  container::SearchScript(text, [&](const container::ScriptAccess& access) {
    if (++places > kMostPlaces) return;
    notes->Add(Code::kTorchscriptAccess, access.offset,
               absl::StrCat(base::EscapeAscii(access.name), " ", access.why));
  });
}

}  // namespace picklebox::box
