#include "policy/conclusion.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "policy/path_pattern.h"
#include "policy/rule_view.h"
#include "policy/shipped.h"

namespace picklebox::policy {
namespace {

constexpr absl::string_view kUnresolvable =
    "the name holds a dot, which an unpickler does not follow in this protocol";

std::string NameOf(const GlobalReport& report) {
  std::string named = Spell(report.module, report.qualname);
  const std::string raw = Spell(report.raw_module, report.raw_qualname);
  if (raw != named) absl::StrAppend(&named, " (written as ", raw, ")");
  return named;
}

std::string Reason(const JudgedGlobal& global, const Rule& rule) {
  if (global.unresolvable) return std::string(kUnresolvable);
  if (global.rule == kNoRule) return "the policy does not list it";
  if (global.denied != 0) {
    return rule.uses == 0
               ? std::string("the policy allows no use of it")
               : absl::StrCat("the policy allows ", ListUses(rule.uses),
                              ", not ", ListUses(global.denied));
  }
  return std::string(rule.reason);
}

}  // namespace

std::string ListUses(Uses uses) {
  const std::vector<absl::string_view> names = UseNames(uses);
  if (names.empty()) return "nothing";
  const std::string head = absl::StrJoin(names.begin(), names.end() - 1, ", ");
  return head.empty() ? std::string(names.back())
                      : absl::StrCat(head, " and ", names.back());
}

Conclusion::Conclusion(const PolicyTable& table, uint64_t max_findings,
                       uint64_t max_globals)
    : table_(table), max_findings_(max_findings), max_globals_(max_globals) {}

void Conclusion::Add(const Judge& judge, absl::string_view member) {
  denials_ += judge.denials();
  for (const JudgedGlobal& global : judge.globals()) AddGlobal(global, member);
  dropped_ += judge.more_findings();
  const std::vector<Judge::CodeDenial>& denials = judge.code_denials();
  auto denial = denials.begin();
  for (size_t i = 0; i < judge.findings().size(); ++i) {
    const bool of_code = denial != denials.end() && denial->finding == i;
    if (findings_.size() >= max_findings_) {
      ++dropped_;
    } else {
      findings_.push_back(judge.findings()[i]);
      findings_.back().member = std::string(member);
      if (of_code) AddWhatIsKnown(*denial, &findings_.back());
    }
    if (of_code) ++denial;
  }
}

// Says what the policy has to say of code of that name, from that file.
void Conclusion::AddWhatIsKnown(const Judge::CodeDenial& denial,
                                Finding* finding) {
  for (uint32_t i = 0; i < table_.code_count(); ++i) {
    const CodeRule rule = table_.code(i);
    if (rule.name.empty() && rule.file.empty()) continue;
    if (!rule.name.empty() && rule.name != denial.name) continue;
    std::string mistake;
    if (!rule.file.empty()) {
      const auto pattern = PathPattern::Compile(rule.file, &mistake);
      if (!pattern || !pattern->Matches(denial.filename)) continue;
    }
    finding->detail = rule.pythons != 0 ? "changed" : "known";
    absl::StrAppend(
        &finding->message, "; ", rule.origin,
        rule.pythons != 0
            ? " allows code of that name and file with another digest: this "
              "one "
              "was changed, or is of another Python"
            : " knows code of that name and file, and allows none without its "
              "digest",
        rule.reason.empty() ? "" : ": ", rule.reason);
    return;
  }
}

void Conclusion::AddGlobal(const JudgedGlobal& global,
                           absl::string_view member) {
  Key key = {std::string(member), global.raw_module, global.raw_qualname,
             global.module, global.qualname};
  const auto known = indices_.find(key);
  if (known != indices_.end()) {
    JudgedGlobal& judged = judged_[known->second];
    if (judged.denied == 0) judged.denied_offset = global.denied_offset;
    judged.uses |= global.uses;
    judged.denied |= global.denied;
    judged.count += global.count;
    judged.unresolvable |= global.unresolvable;
    if (global.rule == kNoRule) judged.rule = kNoRule;
    return;
  }
  if (global.several || globals_.size() >= max_globals_) {
    ++dropped_;
    return;
  }
  indices_.emplace(std::move(key), globals_.size());
  GlobalReport report;
  report.module = global.module;
  report.qualname = global.qualname;
  report.raw_module = global.raw_module;
  report.raw_qualname = global.raw_qualname;
  report.member = std::string(member);
  globals_.push_back(std::move(report));
  judged_.push_back(global);
  JudgedGlobal& judged = judged_.back();
  for (std::string* name : {&judged.module, &judged.qualname,
                            &judged.raw_module, &judged.raw_qualname}) {
    name->clear();
  }
}

void Conclusion::AddFinding(const JudgedGlobal& global,
                            const GlobalReport& report) {
  Finding finding;
  finding.member = report.member;
  finding.offset = global.denied_offset;
  const std::string named = NameOf(report);
  if (global.unresolvable) {
    finding.code = Code::kGlobalDenied;
    finding.detail = "dotted";
    finding.message = absl::StrCat(named, ": ", kUnresolvable);
  } else if (global.rule == kNoRule) {
    finding.code = Code::kGlobalDenied;
    const absl::string_view profile =
        ProfileWith(report.module, report.qualname);
    finding.message = absl::StrCat(
        named, " is not listed by the policy ", table_.name(),
        profile.empty() ? "" : ", but by the shipped profile ", profile,
        "; the pickle uses it for ", ListUses(global.uses));
  } else if ((global.flags & kAttribute) != 0) {
    finding.code = Code::kUseDenied;
    finding.detail = std::string(UseNames(global.denied).front());
    finding.message = absl::StrCat(
        named, " is used otherwise than to name an attribute of a global");
  } else {
    finding.code = Code::kUseDenied;
    finding.detail = std::string(UseNames(global.denied).front());
    finding.message =
        absl::StrCat(named, " is used for ", ListUses(global.denied),
                     ", where ", report.policy_origin, " allows ",
                     ListUses(table_.rule(global.rule).uses));
  }
  findings_.push_back(std::move(finding));
}

void Conclusion::MoveTo(FileReport* report) {
  std::vector<Finding> others;
  others.swap(findings_);
  for (size_t i = 0; i < globals_.size(); ++i) {
    const JudgedGlobal& judged = judged_[i];
    GlobalReport& global = globals_[i];
    const Rule rule =
        judged.rule == kNoRule ? Rule() : table_.rule(judged.rule);
    global.uses = judged.uses;
    global.denied = judged.denied;
    global.granted = judged.allowed;
    global.offset = judged.offset;
    global.count = judged.count;
    global.policy_origin = std::string(rule.origin);
    global.reason = Reason(judged, rule);
    if (global.denied == 0) continue;
    if (judged.rule != kNoRule)
      global.rule_lines = ViewOf(table_, rule).Lines();
    if (findings_.size() < max_findings_) {
      AddFinding(judged, global);
    } else {
      ++dropped_;
    }
  }
  for (Finding& finding : others) {
    if (findings_.size() < max_findings_) {
      findings_.push_back(std::move(finding));
    } else {
      ++dropped_;
    }
  }
  if (dropped_ > 0) {
    findings_.push_back(
        {Code::kLimitFindings, "", "", 0,
         absl::StrCat(dropped_,
                      " more things were denied or named than are listed")});
  }
  std::move(globals_.begin(), globals_.end(),
            std::back_inserter(report->globals));
  std::move(findings_.begin(), findings_.end(),
            std::back_inserter(report->findings));
}

}  // namespace picklebox::policy
