#include "picklebox/threats.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "report/threat_tables.h"

namespace picklebox {
namespace {

using report::kHarmless;
using report::ThreatAlias;
using report::ThreatRow;

// kThreatText; rows sorted by text: kThreatNames ("os:system"), kThreatTrees
// (modules), kThreatWords and kThreatClassWords; kThreatGlobs, sorted by their
// first segment; kThreatAliases; kThreatVendors (the segments of modules behind
// which copies of other packages lie); kDangerClasses.
#include "report/threats.inc"

// Longer names are looked at in part: no honest one is.
constexpr size_t kMaxName = 512;
constexpr size_t kMaxSegments = 8;
constexpr size_t kMaxWords = 24;
constexpr size_t kMaxPhrase = 3;  // words

struct Name {
  std::string module;
  std::string qualname;
};

absl::string_view Text(const ThreatRow& row) {
  return {kThreatText + row.offset, row.size};
}

template <size_t kSize>
const ThreatRow* Find(const ThreatRow (&rows)[kSize], absl::string_view text) {
  const ThreatRow* const row = std::lower_bound(
      std::begin(rows), std::end(rows), text,
      [](const ThreatRow& a, absl::string_view b) { return Text(a) < b; });
  return row != std::end(rows) && Text(*row) == text ? row : nullptr;
}

// What globs are found by: what stands before the first dot or colon, or "*" if
// there is a star in it.
absl::string_view FirstSegment(absl::string_view text) {
  const absl::string_view segment =
      text.substr(0, std::min(text.find_first_of(".:"), text.size()));
  return absl::StrContains(segment, "*") ? "*" : segment;
}

// Whether all of `text` matches; a `*` stands for any characters.
bool MatchesGlob(absl::string_view glob, absl::string_view text) {
  size_t g = 0;
  size_t t = 0;
  size_t star = absl::string_view::npos;
  size_t retry = 0;
  while (t < text.size()) {
    if (g < glob.size() && glob[g] == '*') {
      star = ++g;
      retry = t;
    } else if (g < glob.size() && glob[g] == text[t]) {
      ++g;
      ++t;
    } else if (star != absl::string_view::npos) {
      g = star;
      t = ++retry;
    } else {
      return false;
    }
  }
  while (g < glob.size() && glob[g] == '*') ++g;
  return g == glob.size();
}

// By its full name, or as an attribute of what is listed as dangerous.
const ThreatRow* FindName(const Name& name) {
  std::string spelled = absl::StrCat(name.module, ":", name.qualname);
  const ThreatRow* row = Find(kThreatNames, spelled);
  while (row == nullptr || row->danger == kHarmless) {
    if (row != nullptr &&
        spelled.size() == name.module.size() + 1 + name.qualname.size()) {
      return row;
    }
    const size_t dot = spelled.rfind('.');
    if (dot == std::string::npos || dot < name.module.size()) return nullptr;
    spelled.resize(dot);
    row = Find(kThreatNames, spelled);
  }
  return row;
}

const ThreatRow* FindGlob(const Name& name) {
  const std::string spelled = absl::StrCat(name.module, ":", name.qualname);
  const auto first = [](const ThreatRow& a, absl::string_view b) {
    return FirstSegment(Text(a)) < b;
  };
  const ThreatRow* const end = std::end(kThreatGlobs);
  for (const absl::string_view segment :
       {FirstSegment(spelled), absl::string_view("*")}) {
    const ThreatRow* row =
        std::lower_bound(std::begin(kThreatGlobs), end, segment, first);
    for (; row != end && FirstSegment(Text(*row)) == segment; ++row) {
      if (MatchesGlob(Text(*row), spelled)) return row;
    }
  }
  return nullptr;
}

// The innermost listed module that the name is in.
const ThreatRow* FindTree(const Name& name) {
  absl::string_view module = name.module;
  while (true) {
    if (const ThreatRow* row = Find(kThreatTrees, module)) return row;
    const size_t dot = module.rfind('.');
    if (dot == absl::string_view::npos) return nullptr;
    module = module.substr(0, dot);
  }
}

// The words of an identifier in lower case: "_runCommand2" -> run command 2.
std::vector<std::string> Words(absl::string_view identifier) {
  std::vector<std::string> words;
  enum { kNone, kLower, kUpper, kDigit } before = kNone;
  for (size_t i = 0; i < identifier.size(); ++i) {
    const auto c = static_cast<unsigned char>(identifier[i]);
    const auto now = absl::ascii_isdigit(c)   ? kDigit
                     : absl::ascii_isupper(c) ? kUpper
                     : c == '_'               ? kNone
                                              : kLower;
    if (now != kNone) {
      // "HTTPServer": its S belongs to what follows.
      const bool heads =
          now == kUpper && i + 1 < identifier.size() &&
          absl::ascii_islower(static_cast<unsigned char>(identifier[i + 1]));
      const bool goes_on = before == now && !heads;
      if (!goes_on && !(before == kUpper && now == kLower)) {
        if (words.size() == kMaxWords) break;
        words.emplace_back();
      }
      words.back() += static_cast<char>(absl::ascii_tolower(c));
    }
    before = now;
  }
  return words;
}

// By what the last part of the name says: a verb for a function, and for a
// class the noun that it ends with. The longest phrase decides, then the worst.
const ThreatRow* FindWords(const Name& name) {
  const absl::string_view qualname = name.qualname;
  const absl::string_view last = qualname.substr(qualname.rfind('.') + 1);
  const size_t letter = last.find_first_not_of('_');
  if (letter == absl::string_view::npos) return nullptr;
  const bool is_class =
      absl::ascii_isupper(static_cast<unsigned char>(last[letter]));
  std::vector<std::string> words = Words(last);
  while (!words.empty() &&
         absl::ascii_isdigit(static_cast<unsigned char>(words.back()[0])))
    words.pop_back();
  const ThreatRow* best = nullptr;
  size_t length = 0;
  for (size_t i = 0; i < words.size(); ++i) {
    std::string phrase;
    for (size_t j = i; j < std::min(words.size(), i + kMaxPhrase); ++j) {
      absl::StrAppend(&phrase, j == i ? "" : " ", words[j]);
      if (is_class && j + 1 < words.size()) continue;
      const ThreatRow* const row = is_class ? Find(kThreatClassWords, phrase)
                                            : Find(kThreatWords, phrase);
      if (row == nullptr) continue;
      if (row->danger == kHarmless) return nullptr;
      const size_t size = j + 1 - i;
      if (size < length || (size == length && row->danger >= best->danger))
        continue;
      best = row;
      length = size;
    }
  }
  return best;
}

std::vector<absl::string_view> Segments(absl::string_view dotted) {
  std::vector<absl::string_view> segments;
  while (true) {
    const size_t dot = dotted.find('.');
    segments.push_back(dotted.substr(0, dot));
    if (dot == absl::string_view::npos || segments.size() == kMaxSegments)
      return segments;
    dotted = dotted.substr(dot + 1);
  }
}

std::string Join(const std::vector<absl::string_view>& segments, size_t begin,
                 size_t end) {
  std::string joined;
  for (size_t i = begin; i < end; ++i)
    absl::StrAppend(&joined, i == begin ? "" : ".", segments[i]);
  return joined;
}

// The name, and what else it may be. "a:b.c.d" leads through a.b and a.b.c if
// those are modules, and where b is a module that a imports, it is b:c.d.
std::vector<Name> Readings(absl::string_view module,
                           absl::string_view qualname) {
  std::vector<Name> readings = {{std::string(module), std::string(qualname)}};
  const std::vector<absl::string_view> parts = Segments(qualname);
  for (size_t end = 1; end < parts.size(); ++end) {
    const std::string rest = Join(parts, end, parts.size());
    readings.push_back({absl::StrCat(module, ".", Join(parts, 0, end)), rest});
    for (size_t begin = 0; begin < end; ++begin) {
      const std::string inner = Join(parts, begin, end);
      readings.push_back({inner, rest});
      // "import os as _os".
      const size_t letter = inner.find_first_not_of('_');
      if (letter != 0 && letter != std::string::npos)
        readings.push_back({inner.substr(letter), rest});
    }
  }
  const size_t plain = readings.size();
  for (size_t i = 0; i < plain; ++i) {
    const Name name = readings[i];
    const std::vector<absl::string_view> path = Segments(name.module);
    for (size_t j = 1; j + 1 < path.size(); ++j) {
      if (Find(kThreatVendors, path[j]) != nullptr)
        readings.push_back({Join(path, j + 1, path.size()), name.qualname});
    }
  }
  for (size_t i = 0, known = readings.size(); i < known; ++i) {
    for (const ThreatAlias& alias : kThreatAliases) {
      const absl::string_view from = Text(alias.from);
      const std::string& spelled = readings[i].module;
      if (!absl::StartsWith(spelled, from)) continue;
      const std::string rest = spelled.substr(from.size());
      if (!rest.empty() && rest[0] != '.') continue;
      readings.push_back(
          {absl::StrCat(Text(alias.to), rest), readings[i].qualname});
    }
  }
  return readings;
}

const ThreatRow* FindRow(const std::vector<Name>& readings) {
  for (const auto find : {FindName, FindGlob, FindTree, FindWords}) {
    const ThreatRow* worst = nullptr;
    for (size_t i = 0; i < readings.size(); ++i) {
      const ThreatRow* const row = find(readings[i]);
      if (row == nullptr) continue;
      // What the name is of itself goes before what it may lead to.
      if (i == 0) return row;
      if (worst == nullptr || row->danger < worst->danger) worst = row;
    }
    if (worst != nullptr && worst->danger != kHarmless) return worst;
  }
  return nullptr;
}

}  // namespace

absl::string_view GradeName(Grade grade) {
  switch (grade) {
    case Grade::kAllowed:
      return "allowed";
    case Grade::kUnknown:
      return "unknown";
    case Grade::kDangerous:
      return "dangerous";
  }
  return "unknown";
}

const DangerClass* DangerOf(const GlobalReport& global) {
  if (global.allowed()) return nullptr;
  const DangerClass* const danger =
      FindDanger(global.module, global.qualname, global.uses);
  return danger != nullptr
             ? danger
             : FindDanger(global.raw_module, global.raw_qualname, global.uses);
}

Grade GradeOf(const GlobalReport& global) {
  if (global.allowed()) return Grade::kAllowed;
  return DangerOf(global) != nullptr ? Grade::kDangerous : Grade::kUnknown;
}

absl::Span<const DangerClass> DangerClasses() { return kDangerClasses; }

const DangerClass* FindDanger(absl::string_view module,
                              absl::string_view qualname, Uses uses) {
  const ThreatRow* const row = FindRow(
      Readings(module.substr(0, kMaxName), qualname.substr(0, kMaxName)));
  if (row == nullptr || row->danger == kHarmless || (row->uses & uses) == 0)
    return nullptr;
  return &kDangerClasses[row->danger];
}

std::vector<absl::string_view> KnownDangers() {
  std::vector<absl::string_view> names;
  for (const ThreatRow& row : kThreatNames) {
    if (row.danger != kHarmless) names.push_back(Text(row));
  }
  return names;
}

}  // namespace picklebox
