// Build step: reads policy/threats.toml and writes it as C++ tables.
//
//   threats_gen OUTPUT THREATS.toml
//
// Fails on an entry that is malformed, listed twice, or of no class.
#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <fstream>
#include <map>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "toml++/toml.h"

namespace picklebox::report {
namespace {

constexpr int kAllUses = 31;
constexpr int kHarmlessNumber = 0xff;

struct Entry {
  int danger = 0;
  int uses = kAllUses;
};

// What globs are ordered and found by, as in threats.cc.
std::string FirstSegment(const std::string& text) {
  const std::string segment = text.substr(0, text.find_first_of(".:"));
  return absl::StrContains(segment, "*") ? "*" : segment;
}

size_t Literals(const std::string& glob) {
  return glob.size() -
         static_cast<size_t>(std::count(glob.begin(), glob.end(), '*'));
}

class Generator {
 public:
  bool Read(const char* path) {
    const toml::parse_result result = toml::parse_file(path);
    if (!result) {
      std::fprintf(stderr, "%s:%u: %s\n", path,
                   static_cast<unsigned>(result.error().source().begin.line),
                   std::string(result.error().description()).c_str());
      return false;
    }
    const toml::table& top = result.table();
    for (auto&& node : *top["class"].as_array()) {
      const toml::table& row = *node.as_table();
      numbers_[row["name"].value_or("")] = static_cast<int>(classes_.size());
      classes_.emplace_back(row["name"].value_or(""), row["text"].value_or(""));
    }
    numbers_["harmless"] = kHarmlessNumber;
    for (auto&& [from, to] : *top["aliases"].as_table())
      aliases_.emplace_back(std::string(from.str()), to.value_or(""));
    for (auto&& vendor : *top["vendored"].as_array())
      vendors_[vendor.value_or("")] = {};
    for (auto&& family : *top["family"].as_array())
      ReadFamily(*family.as_table());
    return ok_;
  }

  bool Write(const char* path) {
    std::string rows;
    WriteRows("kThreatNames", names_, &rows);
    WriteGlobs(&rows);
    WriteRows("kThreatTrees", trees_, &rows);
    WriteRows("kThreatWords", words_, &rows);
    WriteRows("kThreatClassWords", class_words_, &rows);
    WriteRows("kThreatVendors", vendors_, &rows);
    absl::StrAppend(&rows, "constexpr ThreatAlias kThreatAliases[] = {");
    for (const auto& [from, to] : aliases_)
      absl::StrAppend(&rows, "{", Row(from, {}), Row(to, {}), "},\n");
    absl::StrAppend(&rows, "};\nconstexpr DangerClass kDangerClasses[] = {");
    for (const auto& [name, text] : classes_)
      absl::StrAppend(&rows, "{\"", name, "\",\n\"", text, "\"},\n");
    absl::StrAppend(&rows, "};\n");
    std::ofstream out(path, std::ios::binary);
    out << "// Made by threats_gen of policy/threats.toml.\n"
        << "constexpr char kThreatText[] =";
    for (size_t i = 0; i < text_.size(); i += 100)
      out << "\n    \"" << text_.substr(i, 100) << "\"";
    out << ";\n" << rows;
    out.close();
    return out.good();
  }

 private:
  using Entries = std::map<std::string, Entry>;

  void Fail(const std::string& message) {
    ok_ = false;
    std::fprintf(stderr, "threats.toml: %s\n", message.c_str());
  }

  static bool IsPlain(const std::string& text) {
    return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
      return c >= ' ' && c < 0x7f && c != '"' && c != '\\';
    });
  }

  void ReadFamily(const toml::table& family) {
    const std::string name = family["class"].value_or("");
    const auto number = numbers_.find(name);
    if (number == numbers_.end()) return Fail("no class is called " + name);
    Entry entry{number->second, kAllUses};
    if (const toml::array* uses = family["uses"].as_array()) {
      static constexpr const char* kUses[] = {"reference", "call", "new",
                                              "build", "extend"};
      entry.uses = 0;
      for (auto&& use : *uses) {
        for (int i = 0; i < 5; ++i)
          entry.uses |= use.value_or(std::string()) == kUses[i] ? 1 << i : 0;
      }
      if (entry.uses == 0) Fail("'uses' has none in " + name);
    }
    for (auto&& [key, value] : family) {
      if (key == "class" || key == "uses") continue;
      Entries* const entries = key == "names"         ? &names_
                               : key == "modules"     ? &trees_
                               : key == "words"       ? &words_
                               : key == "class_words" ? &class_words_
                                                      : nullptr;
      if (entries == nullptr || value.as_array() == nullptr) {
        Fail(absl::StrCat("unknown key ", std::string(key.str())));
        continue;
      }
      for (auto&& item : *value.as_array())
        Add(item.value_or(std::string()), entry, entries);
    }
  }

  void Add(const std::string& text, Entry entry, Entries* entries) {
    const bool is_name = entries == &names_;
    if (!IsPlain(text) || absl::StrContains(text, ":") != is_name)
      return Fail("malformed: '" + text + "'");
    if (is_name && absl::StrContains(text, "*")) {
      for (const auto& [glob, known] : globs_) {
        if (glob == text) return Fail("twice: " + text);
      }
      globs_.emplace_back(text, entry);
    } else if (!entries->emplace(text, entry).second) {
      Fail("twice: " + text);
    }
  }

  std::string Row(const std::string& text, Entry entry) {
    const auto [known, is_new] = offsets_.emplace(text, text_.size());
    if (is_new) text_ += text;
    return absl::StrFormat("{%d, %d, %d, %d},", known->second, text.size(),
                           entry.danger, entry.uses);
  }

  void WriteRows(const char* name, const Entries& entries, std::string* out) {
    absl::StrAppend(out, "constexpr ThreatRow ", name, "[] = {\n");
    for (const auto& [text, entry] : entries)
      absl::StrAppend(out, Row(text, entry), "\n");
    absl::StrAppend(out, "};\n");
  }

  // Of one package what is harmless comes first, then what says most.
  void WriteGlobs(std::string* out) {
    std::stable_sort(
        globs_.begin(), globs_.end(), [](const auto& a, const auto& b) {
          const std::string first = FirstSegment(a.first);
          const std::string second = FirstSegment(b.first);
          if (first != second) return first < second;
          const bool is_harmless = a.second.danger == kHarmlessNumber;
          if (is_harmless != (b.second.danger == kHarmlessNumber))
            return is_harmless;
          return Literals(a.first) > Literals(b.first);
        });
    absl::StrAppend(out, "constexpr ThreatRow kThreatGlobs[] = {\n");
    for (const auto& [text, entry] : globs_)
      absl::StrAppend(out, Row(text, entry), "\n");
    absl::StrAppend(out, "};\n");
  }

  bool ok_ = true;
  std::vector<std::pair<std::string, std::string>> classes_;
  std::map<std::string, int> numbers_;
  std::vector<std::pair<std::string, std::string>> aliases_;
  Entries names_;
  Entries trees_;
  Entries words_;
  Entries class_words_;
  Entries vendors_;
  std::vector<std::pair<std::string, Entry>> globs_;
  std::string text_;
  std::map<std::string, size_t> offsets_;
};

int Main(int argc, char** argv) {
  Generator generator;
  return argc == 3 && generator.Read(argv[2]) && generator.Write(argv[1]) ? 0
                                                                          : 1;
}

}  // namespace
}  // namespace picklebox::report

int main(int argc, char** argv) { return picklebox::report::Main(argc, argv); }
