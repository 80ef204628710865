#include "picklebox/requirements.h"

#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "box/needed_functions.h"
#include "box/portability_tables.h"
#include "box/stdlib_names.h"

namespace picklebox {
namespace {

// Of a key or a value that tells a version.
constexpr size_t kMostOfVersion = 64;
// Kinds of versions, and what one library or one name is told with; behind
// that, they are hostile.
constexpr size_t kMostVersions = 1000;
constexpr size_t kMostNotes = 10'000;

// Modules that are the program itself, whichever it was.
bool IsProgram(absl::string_view module) {
  return module == "__main__" || module == "__mp_main__" ||
         module == "__console__" || module == "__channelexec__";
}

absl::string_view Top(absl::string_view module) {
  return module.substr(0, module.find('.'));
}

// The oldest Python that has a protocol.
absl::string_view PythonOf(int protocol) {
  static constexpr absl::string_view kPythons[] = {"2.0", "2.0", "2.3",
                                                   "3.0", "3.4", "3.8"};
  return kPythons[std::clamp(protocol, 0, 5)];
}

bool LooksLikeVersion(absl::string_view text) {
  if (text.empty() || text.size() > kMostOfVersion) return false;
  const auto digit = [](char c) { return c >= '0' && c <= '9'; };
  return digit(text[0]) && std::all_of(text.begin(), text.end(), [&](char c) {
           return digit(c) || (c >= 'a' && c <= 'z') || c == '.' || c == '+' ||
                  c == '-' || c == '_';
         });
}

// "sklearn" of "_sklearn_version"; empty: not the key of a version.
absl::string_view LibraryOfKey(absl::string_view key) {
  while (absl::ConsumeSuffix(&key, "_")) {
  }
  if (!absl::ConsumeSuffix(&key, "_version")) return "";
  while (absl::ConsumePrefix(&key, "_")) {
  }
  return key;
}

// Compares "1.10" and "1.9" as versions.
bool IsOlder(absl::string_view a, absl::string_view b) {
  while (!a.empty() || !b.empty()) {
    const auto number = [](absl::string_view* text) {
      uint64_t value = 0;
      size_t digits = 0;
      while (digits < text->size() && (*text)[digits] >= '0' &&
             (*text)[digits] <= '9' && digits < 9) {
        value = value * 10 + static_cast<uint64_t>((*text)[digits++] - '0');
      }
      const size_t dot = text->find('.');
      *text = dot == absl::string_view::npos ? "" : text->substr(dot + 1);
      return value;
    };
    const uint64_t of_a = number(&a);
    const uint64_t of_b = number(&b);
    if (of_a != of_b) return of_a < of_b;
  }
  return false;
}

// The row side `name` covers the global.
bool Covers(absl::string_view name, absl::string_view module,
            absl::string_view qualname) {
  const size_t colon = name.find(':');
  if (colon != absl::string_view::npos) {
    return module == name.substr(0, colon) &&
           Top(qualname) == name.substr(colon + 1);
  }
  return absl::ConsumePrefix(&module, name) &&
         (module.empty() || module[0] == '.');
}

class Collector {
 public:
  explicit Collector(const Scan& scan) : scan_(scan) {
    const FileReport& report = scan.report;
    needs_.path = report.path;
    needs_.format = report.format;
    needs_.complete = !report.streams.empty();
    for (const StreamReport& stream : report.streams) {
      needs_.protocol = std::max(needs_.protocol, stream.protocol);
      needs_.complete = needs_.complete && stream.complete;
    }
    for (const Finding& finding : report.findings) {
      if (Info(finding.code).effect == Effect::kIncomplete)
        needs_.complete = false;
    }
    needs_.python = std::string(PythonOf(needs_.protocol));
  }

  Requirements Take() && {
    for (const GlobalReport& global : scan_.report.globals) AddGlobal(global);
    for (size_t i = 0; i < scan_.graphs.size(); ++i)
      ReadVersions(scan_.graphs[i], scan_.report.streams[i].member);
    Attribute();
    JudgeStates();
    needs_.functions = box::FunctionsOf(scan_);
    TellTraces();
    for (auto& [name, module] : modules_)
      needs_.modules.push_back(std::move(module));
    return std::move(needs_);
  }

 private:
  void AddGlobal(const GlobalReport& global) {
    if (box::IsDillMarker(global)) return;
    const std::string name =
        absl::StrCat(global.raw_module, ":", global.raw_qualname);
    const absl::string_view top = Top(global.raw_module);
    NeededModule& module = modules_[std::string(top)];
    if (module.globals.empty()) {
      module.name = std::string(top);
      module.distribution = std::string(box::DistributionOf(top));
      module.provider = IsProgram(top)         ? Provider::kNowhere
                        : box::IsOfStdlib(top) ? Provider::kStandardLibrary
                        : module.distribution.empty() ? Provider::kUnknown
                                                      : Provider::kDistribution;
    }
    if (std::find(module.globals.begin(), module.globals.end(), name) ==
            module.globals.end() &&
        module.globals.size() < kMostNotes) {
      module.globals.push_back(name);
    }
    Judge(global, name, &module);
  }

  void Judge(const GlobalReport& global, const std::string& name,
             NeededModule* module) {
    if (module->provider == Provider::kNowhere) {
      Note(
          Portability::kOnlyWhereMade, global, name,
          absl::StrCat("AttributeError: Can't get attribute '",
                       global.raw_qualname, "' on <module '", global.raw_module,
                       "'>, unless the program that loads it defines ",
                       global.raw_qualname));
    } else if (absl::StrContains(global.raw_qualname, "<locals>") ||
               absl::StrContains(global.raw_qualname, "<lambda>")) {
      Note(
          Portability::kOnlyWhereMade, global, name,
          absl::StrCat("AttributeError: Can't get attribute '",
                       global.raw_qualname, "' on <module '", global.raw_module,
                       "'>, since it was made within a function"));
    } else if (module->provider == Provider::kUnknown) {
      Note(Portability::kUnknownModule, global, name,
           absl::StrCat("ModuleNotFoundError: No module named '", module->name,
                        "', unless it is yours: no distribution that is known "
                        "here has it"));
    }
    for (const box::MovedName& moved : box::kMovedNames) {
      const bool is_old =
          Covers(moved.old_name, global.raw_module, global.raw_qualname);
      const bool is_new =
          !is_old && !moved.since.empty() &&
          Covers(moved.new_name, global.raw_module, global.raw_qualname);
      if (!is_old && !is_new) continue;
      NoteMoved(moved, is_old, global, name);
      if (is_new && IsOlder(module->at_least, moved.since))
        module->at_least = std::string(moved.since);
      if (is_old && !moved.until.empty() &&
          (module->below.empty() || IsOlder(moved.until, module->below))) {
        module->below = std::string(moved.until);
      }
      break;
    }
  }

  void NoteMoved(const box::MovedName& moved, bool is_old,
                 const GlobalReport& global, const std::string& name) {
    const bool module = !absl::StrContains(moved.old_name, ":");
    std::string error =
        module ? absl::StrCat("ModuleNotFoundError: No module named '",
                              is_old ? moved.old_name : moved.new_name, "'")
               : absl::StrCat("AttributeError: Can't get attribute '",
                              global.raw_qualname, "' on <module '",
                              global.raw_module, "'>");
    std::string message;
    if (is_old && moved.until.empty()) {
      message = absl::StrCat(
          moved.distribution, " has it as ", moved.new_name,
          moved.since.empty() ? "" : absl::StrCat(" since ", moved.since),
          " and still finds it under the old name");
    } else if (is_old) {
      message =
          absl::StrCat(error, " from ", moved.distribution, " ", moved.until,
                       " on, which has ", moved.new_name, " instead");
    } else {
      message =
          absl::StrCat(error, " before ", moved.distribution, " ", moved.since,
                       ", which had ", moved.old_name, " instead");
    }
    Note(is_old ? Portability::kOldName : Portability::kNewName, global, name,
         std::move(message), is_old ? moved.until : moved.since, is_old);
  }

  void Note(Portability kind, const GlobalReport& global,
            const std::string& name, std::string message,
            absl::string_view since = "", bool is_old = false) {
    if (needs_.notes.size() >= kMostNotes) return;
    needs_.notes.push_back({kind, name, global.member, global.offset,
                            std::move(message), std::string(since), is_old});
  }

  // Classes that the file has in a state which not every release takes.
  void JudgeStates() {
    for (const GlobalReport& global : scan_.report.globals) {
      for (const box::ChangedState& row : box::kChangedStates) {
        if (Covers(row.name, global.raw_module, global.raw_qualname))
          JudgeState(row, global);
      }
    }
  }

  void JudgeState(const box::ChangedState& row, const GlobalReport& global) {
    NeededModule& module = modules_[std::string(Top(global.raw_module))];
    const bool by_name = row.told_by == box::ToldBy::kNameIsNew;
    if (!by_name && module.recorded.empty()) return;
    const bool is_old = !by_name && IsOlder(module.recorded, row.since);
    if (by_name && IsOlder(module.at_least, row.since))
      module.at_least = std::string(row.since);
    Note(Portability::kChangedState, global,
         absl::StrCat(global.raw_module, ":", global.raw_qualname),
         absl::StrCat(row.error, is_old ? " from " : " before ",
                      row.distribution, " ", row.since,
                      is_old ? " on, which has changed its state"
                             : ", which changed its state"),
         row.since, is_old);
  }

  // Keys that tell a version, in dicts and states.
  void ReadVersions(const Graph& graph, const std::string& member) {
    std::map<NodeId, std::string> keys;
    std::map<NodeId, std::string> values;
    for (GraphCursor c(graph); !c.done(); c.Next()) {
      const Node& node = c.node();
      if (node.kind == NodeKind::kStr && !node.extent &&
          node.text.size() <= kMostOfVersion) {
        if (!LibraryOfKey(node.text).empty()) {
          keys.emplace(node.id, node.text);
        } else if (LooksLikeVersion(node.text)) {
          values.emplace(node.id, node.text);
        }
      }
      if (node.kind != NodeKind::kSetItems || keys.empty()) continue;
      bool is_key = true;
      auto key = keys.end();
      for (const NodeId item : node.items) {
        if (is_key) {
          key = keys.find(item);
        } else if (key != keys.end()) {
          const auto value = values.find(item);
          if (value != values.end()) Record(key->second, value->second, member);
        }
        is_key = !is_key;
      }
    }
  }

  void Record(const std::string& key, const std::string& version,
              const std::string& member) {
    const auto found =
        std::find_if(needs_.versions.begin(), needs_.versions.end(),
                     [&](const RecordedVersion& known) {
                       return known.key == key && known.version == version &&
                              known.member == member;
                     });
    if (found != needs_.versions.end()) {
      ++found->count;
    } else if (needs_.versions.size() < kMostVersions) {
      needs_.versions.push_back(
          {key, version, std::string(box::DistributionOf(LibraryOfKey(key))),
           member, 1});
    }
  }

  // Versions to the modules that they are of.
  void Attribute() {
    for (const RecordedVersion& record : needs_.versions) {
      for (auto& [name, module] : modules_) {
        if (module.distribution == record.distribution &&
            !record.distribution.empty() &&
            IsOlder(module.recorded, record.version)) {
          module.recorded = record.version;
        }
      }
    }
  }

  bool Names(absl::string_view module) const {
    return std::any_of(scan_.report.globals.begin(), scan_.report.globals.end(),
                       [module](const GlobalReport& global) {
                         return Covers(module, global.raw_module,
                                       global.raw_qualname);
                       });
  }

  void TellTraces() {
    std::vector<std::string>& traces = needs_.traces;
    bool dill = false;
    for (const GlobalReport& global : scan_.report.globals)
      dill = dill || box::IsDillMarker(global);
    if (!dill && needs_.protocol <= 2) {
      if (Names("_codecs:encode")) {
        traces.emplace_back(
            "bytes are written as text: by Python 3, for a protocol that "
            "Python 2 reads");
      }
      if (Names("__builtin__") || Names("copy_reg")) {
        traces.emplace_back(
            "names of Python 2: by Python 2, or by Python 3 with fix_imports");
      } else if (Names("builtins") || Names("copyreg")) {
        traces.emplace_back(
            "names of Python 3 in a protocol of Python 2: Python 2 cannot load "
            "it");
      }
    }
    if (Names("numpy._core")) {
      traces.emplace_back("modules of NumPy 2 (numpy._core)");
    } else if (Names("numpy.core")) {
      traces.emplace_back("modules of NumPy 1 (numpy.core)");
    }
    for (const GlobalReport& global : scan_.report.globals) {
      if (absl::EndsWith(Top(global.raw_module), "dill") ||
          absl::StrContains(global.raw_module, "cloudpickle")) {
        traces.push_back(absl::StrCat(
            "functions or classes by value (", global.raw_module,
            "), which load under the Python that wrote them only"));
        break;
      }
    }
  }

  const Scan& scan_;
  Requirements needs_;
  std::map<std::string, NeededModule> modules_;
};

}  // namespace

absl::string_view ProviderName(Provider provider) {
  static constexpr absl::string_view kNames[] = {
      "standard-library", "distribution", "unknown", "nowhere"};
  return kNames[static_cast<int>(provider)];
}

absl::string_view PortabilityName(Portability kind) {
  static constexpr absl::string_view kNames[] = {"only-where-made",
                                                 "unknown-module", "old-name",
                                                 "new-name", "changed-state"};
  return kNames[static_cast<int>(kind)];
}

bool Requirements::misses() const {
  return std::any_of(notes.begin(), notes.end(),
                     [](const PortabilityNote& note) {
                       return note.kind == Portability::kOnlyWhereMade;
                     });
}

Requirements RequirementsOf(const Scan& scan) { return Collector(scan).Take(); }

}  // namespace picklebox
