#include <algorithm>
#include <fstream>
#include <iterator>
#include <optional>
#include <set>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "picklebox/policy_check.h"
#include "picklebox/policy_rules.h"
#include "picklebox/threats.h"
#include "policy/conclusion.h"
#include "policy/document.h"
#include "policy/names.h"
#include "policy/pattern_review.h"

namespace picklebox {
namespace {

using policy::Document;
using policy::DocumentPart;

// Classes that no arguments make safe.
bool IsNeverSafe(absl::string_view danger) {
  return danger == "exec-code" || danger == "process" ||
         danger == "native-code" || danger == "import" || danger == "unpickle";
}

// Classes of which the arguments decide how much harm is done.
bool IsMatterOfSize(absl::string_view danger) {
  return danger == "dos" || danger == "mem-unsafe";
}

// "file:line:column: message", line by line, as the compiler writes it.
std::vector<PolicyRemark> Errors(absl::string_view messages) {
  std::vector<PolicyRemark> errors;
  for (const absl::string_view message : absl::StrSplit(messages, '\n')) {
    PolicyRemark remark;
    remark.error = true;
    remark.code = "invalid";
    remark.message = std::string(message);
    // From the right: a path may hold colons.
    const size_t text = message.find(": ");
    const std::vector<absl::string_view> place =
        absl::StrSplit(message.substr(0, text), ':');
    const size_t parts = place.size();
    if (text != absl::string_view::npos && parts >= 3 &&
        absl::SimpleAtoi(place[parts - 2], &remark.line) &&
        absl::SimpleAtoi(place[parts - 1], &remark.column)) {
      const size_t tail = place[parts - 2].size() + place[parts - 1].size() + 2;
      remark.file = std::string(message.substr(0, text - tail));
      remark.message = std::string(message.substr(text + 2));
    } else {
      remark.line = 0;
    }
    errors.push_back(std::move(remark));
  }
  return errors;
}

// The warnings about one file, which is a valid policy.
class Reviewer {
 public:
  Reviewer(const std::string& path, const DocumentPart& document,
           const Policy& merged, std::optional<Policy> base)
      : path_(path),
        document_(document),
        merged_(merged),
        base_(std::move(base)) {}

  std::vector<PolicyRemark> Review() {
    if (document_.persistent_ids.value_or(false)) {
      Warn({}, "persistent-ids",
           "persistent_ids lets the file name things outside of it; what they "
           "are, only the program that loads it decides");
    }
    for (const Document::Code& code : document_.codes) {
      if (code.pythons != 0 && code.reason.empty()) {
        Warn(code.position, "no-reason",
             "no reason says why this code is safe to run");
      } else if (code.pythons == 0) {
        Warn(code.position, "no-digest",
             "without a digest no code is allowed: this is for reports only");
      }
    }
    uint32_t unexplained = 0;  // the line of the last one
    for (const Document::Allow& allow : document_.allows) {
      ReviewUses(allow);
      if ((allow.flags & policy::kPattern) != 0) {
        for (auto& remark : policy::ReviewPattern(allow, merged_))
          Warn(remark.position, remark.code, std::move(remark.message));
      } else {
        if (allow.uses != 0) ReviewDanger(allow);
        ReviewReplaced(allow);
      }
      if (!allow.reason.empty() || allow.uses == 0) continue;
      // Several globals of one rule stand in lines one after the other.
      if (unexplained == 0 || allow.position.line > unexplained + 1) {
        Warn(allow.position, "no-reason",
             absl::StrCat("no reason says why ", Name(allow), " is safe"));
      }
      unexplained = allow.position.line;
    }
    return std::move(remarks_);
  }

 private:
  static std::string Name(const Document::Allow& allow) {
    const std::string name = policy::Spell(allow.module, allow.qualname);
    return (allow.flags & policy::kPattern) == 0
               ? name
               : absl::StrCat("what matches ", name);
  }

  void Warn(policy::Position position, absl::string_view code,
            std::string message) {
    PolicyRemark remark;
    remark.file = path_;
    remark.line = position.line;
    remark.column = position.column;
    remark.code = std::string(code);
    remark.message = std::move(message);
    remarks_.push_back(std::move(remark));
  }

  // Whether the rule says with what it may be used.
  bool IsBounded(const Document::Allow& allow) const {
    const std::optional<PolicyRule> rule =
        merged_.Find(allow.module, allow.qualname);
    if (!rule) return false;
    const Conditions conditions = ConditionsOf(*rule);
    return std::any_of(
        conditions.begin(), conditions.end(), [](const auto& condition) {
          return condition.first != "setstate" && condition.first != "hash";
        });
  }

  void ReviewDanger(const Document::Allow& allow) {
    const DangerClass* const danger =
        FindDanger(allow.module, allow.qualname, allow.uses);
    if (danger == nullptr) return;
    if (IsNeverSafe(danger->name)) {
      Warn(allow.position, "never-safe",
           absl::StrCat(Name(allow), " is dangerous, ", danger->name,
                        ", and no arguments make it safe: ", danger->text));
      return;
    }
    if (IsBounded(allow)) return;
    if (IsMatterOfSize(danger->name) && !allow.reason.empty()) return;
    Warn(allow.position, "dangerous",
         absl::StrCat(Name(allow), " is dangerous, ", danger->name, ": ",
                      danger->text));
  }

  void ReviewUses(const Document::Allow& allow) {
    const bool makes = (allow.uses & (kCall | kNew)) != 0;
    const bool changes = (allow.uses & (kBuild | kExtend)) != 0;
    if (changes && !makes) {
      Warn(allow.position, "no-effect",
           absl::StrCat("nothing may make an object of ", Name(allow),
                        ", so that ",
                        policy::ListUses(allow.uses & (kBuild | kExtend)),
                        " allows nothing"));
    }
    if ((allow.flags & policy::kSetState) != 0 && (allow.uses & kBuild) == 0) {
      Warn(allow.position, "no-effect",
           absl::StrCat("setstate is about the use build, which ", Name(allow),
                        " does not have"));
    }
  }

  // What the rule does to one that is extended.
  void ReviewReplaced(const Document::Allow& allow) {
    if (!base_) return;
    const std::optional<PolicyRule> before =
        base_->Find(allow.module, allow.qualname);
    const std::optional<PolicyRule> after =
        merged_.Find(allow.module, allow.qualname);
    if (!before || !after || before->is_pattern()) return;
    const Conditions was = ConditionsOf(*before);
    const Conditions is = ConditionsOf(*after);
    if (before->uses == after->uses && was == is) {
      Warn(allow.position, "redundant",
           absl::StrCat(Name(allow), " has the same rule in ", before->origin));
    } else if ((after->uses & ~before->uses) != 0 ||
               (!was.empty() && is.empty() && after->uses != 0)) {
      const Uses more = after->uses & ~before->uses;
      Warn(allow.position, "widens",
           absl::StrCat(Name(allow), " is allowed more than by ",
                        before->origin, ", whose place this takes: ",
                        more != 0 ? policy::ListUses(more)
                                  : "what it says of arguments and the like is "
                                    "gone"));
    }
  }

  const std::string& path_;
  const DocumentPart& document_;
  const Policy& merged_;
  const std::optional<Policy> base_;
  std::vector<PolicyRemark> remarks_;
};

// The policy of all that `document` extends; nullopt if it extends nothing.
std::optional<Policy> BaseOf(const Document& document,
                             const std::string& path) {
  if (document.extends.empty()) return std::nullopt;
  std::string names;
  for (const Document::Extends& extends : document.extends) {
    absl::StrAppend(&names, names.empty() ? "'" : ", '", extends.what, "'");
  }
  const size_t slash = path.rfind('/');
  const absl::StatusOr<Policy> base = Policy::FromToml(
      absl::StrCat("extends = [", names, "]\n"), path,
      slash == std::string::npos ? "." : path.substr(0, slash + 1));
  if (!base.ok()) return std::nullopt;
  return *base;
}

std::vector<PolicyRemark> ReviewOverride(const std::string& path,
                                         const Document::Override& override,
                                         const Policy& merged) {
  std::vector<PolicyRemark> remarks =
      Reviewer(path, override.part, merged, std::nullopt).Review();
  for (PolicyRemark& remark : remarks) {
    if (remark.line == 0) remark.line = override.position.line;
  }
  for (const std::string& pattern : override.paths) {
    if (pattern[0] != '*') continue;
    PolicyRemark remark;
    remark.file = path;
    remark.line = override.position.line;
    remark.column = override.position.column;
    remark.code = "override-anywhere";
    remark.message = absl::StrCat(
        "'", pattern,
        "' is for files in any folder: whoever names a file chooses whether "
        "this counts for it");
    remarks.push_back(std::move(remark));
  }
  return remarks;
}

void SortByPlace(std::vector<PolicyRemark>* remarks) {
  std::stable_sort(remarks->begin(), remarks->end(),
                   [](const PolicyRemark& a, const PolicyRemark& b) {
                     return std::pair(a.line, a.column) <
                            std::pair(b.line, b.column);
                   });
}

}  // namespace

absl::StatusOr<std::vector<PolicyRemark>> CheckPolicy(const std::string& path) {
  const absl::StatusOr<Policy> merged = Policy::FromFile(path);
  if (absl::IsInvalidArgument(merged.status()))
    return Errors(merged.status().message());
  if (!merged.ok()) return merged.status();
  std::ifstream in(path, std::ios::binary);
  const std::string text(std::istreambuf_iterator<char>(in), {});
  policy::Mistakes mistakes;
  policy::ShapePool shapes;
  const Document document =
      policy::ReadDocument(text, path, &shapes, &mistakes);
  if (!mistakes.empty()) return Errors(mistakes.status().message());
  std::vector<PolicyRemark> remarks =
      Reviewer(path, document, *merged, BaseOf(document, path)).Review();
  // Those of what is extended come first.
  const std::vector<PolicyOverride>& parts = merged->overrides();
  const size_t skipped = parts.size() - document.overrides.size();
  for (size_t i = 0; i < document.overrides.size(); ++i) {
    for (PolicyRemark& remark : ReviewOverride(path, document.overrides[i],
                                               parts[skipped + i].policy)) {
      remarks.push_back(std::move(remark));
    }
  }
  SortByPlace(&remarks);
  return remarks;
}

}  // namespace picklebox
