#include "picklebox/saved_report.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "base/file.h"
#include "picklebox/report_writer.h"

namespace picklebox {
namespace {

using Json = nlohmann::json;

// A report of a million files has some hundred megabytes.
constexpr size_t kMaxFile = size_t{1} << 30;

// The first thing that is wrong with a report.
class Mistake {
 public:
  void Say(const std::string& where, absl::string_view what) {
    if (text_.empty()) {
      text_ = absl::StrCat(where, where.empty() ? "" : ": ", what);
    }
  }
  const std::string& text() const { return text_; }

 private:
  std::string text_;
};

// Takes the properties of an object one by one; each must be there.
class Object {
 public:
  Object(const Json& value, std::string where, Mistake* mistake)
      : value_(value), where_(std::move(where)), mistake_(mistake) {
    if (!value_.is_object()) mistake_->Say(where_, "must be an object");
  }

  std::string At(const char* key) const {
    return absl::StrCat(where_, where_.empty() ? "" : ".", key);
  }
  void Fail(const char* key, absl::string_view what) {
    mistake_->Say(At(key), what);
  }

  // The property `key`, or null.
  const Json& Take(const char* key) {
    static const auto* const kNothing = new Json;
    if (!value_.is_object()) return *kNothing;
    asked_.emplace_back(key);
    const auto found = value_.find(key);
    if (found != value_.end()) return *found;
    Fail(key, "is missing");
    return *kNothing;
  }
  void Take(const char* key, std::string* to) {
    const Json& value = Take(key);
    if (value.is_string()) {
      *to = value.get<std::string>();
    } else {
      Fail(key, "must be a string");
    }
  }
  void Take(const char* key, uint64_t* to) {
    const Json& value = Take(key);
    if (value.is_number_unsigned()) {
      *to = value.get<uint64_t>();
    } else {
      Fail(key, "must be a whole number, not below 0");
    }
  }
  void Take(const char* key, double* to) {
    const Json& value = Take(key);
    if (value.is_number() && value.get<double>() >= 0) {
      *to = value.get<double>();
    } else {
      Fail(key, "must be a number, not below 0");
    }
  }
  void Take(const char* key, bool* to) {
    const Json& value = Take(key);
    if (value.is_boolean()) {
      *to = value.get<bool>();
    } else {
      Fail(key, "must be true or false");
    }
  }
  // One of a few words, by what names them.
  template <typename Value, size_t kSize>
  void Take(const char* key, const Value (&values)[kSize],
            absl::string_view (*name)(Value), Value* to) {
    std::string word;
    Take(key, &word);
    for (const Value value : values) {
      if (name(value) == word) {
        *to = value;
        return;
      }
    }
    Fail(key, absl::StrCat("must not be '", word, "'"));
  }
  template <typename Row>
  void Take(const char* key, std::vector<Row>* rows,
            Row (*read)(Object* object)) {
    const Json& value = Take(key);
    if (!value.is_array()) return Fail(key, "must be a list");
    size_t i = 0;
    for (const Json& item : value) {
      Object object(item, absl::StrCat(At(key), "[", i++, "]"), mistake_);
      rows->push_back(read(&object));
      object.End();
    }
  }
  // What was not asked for may not be there.
  void End() {
    if (!value_.is_object()) return;
    for (const auto& [key, value] : value_.items()) {
      if (std::find(asked_.begin(), asked_.end(), key) == asked_.end()) {
        Fail(key.c_str(), "is not known");
      }
    }
  }

 private:
  const Json& value_;
  const std::string where_;
  Mistake* const mistake_;
  std::vector<std::string> asked_;
};

constexpr Verdict kVerdicts[] = {Verdict::kDenied, Verdict::kIncomplete,
                                 Verdict::kUnsupported, Verdict::kClean};
constexpr Standing kStandings[] = {Standing::kOpen, Standing::kAccepted,
                                   Standing::kKnown};
constexpr Effect kEffects[] = {Effect::kNone, Effect::kIncomplete,
                               Effect::kDenies};

Uses ReadUses(Object* object, const char* key) {
  Uses uses = 0;
  const Json& list = object->Take(key);
  if (!list.is_array()) {
    object->Fail(key, "must be a list");
    return uses;
  }
  const std::vector<absl::string_view> names = UseNames(0xff);
  for (const Json& item : list) {
    const auto name =
        std::find(names.begin(), names.end(),
                  item.is_string() ? item.get<std::string>() : std::string());
    if (name == names.end()) {
      object->Fail(key, "holds what is no use of a global");
    } else {
      uses |= static_cast<Uses>(1 << (name - names.begin()));
    }
  }
  return uses;
}

MemberReport ReadMember(Object* object) {
  MemberReport member;
  object->Take("path", &member.path);
  object->Take("size", &member.size);
  const Json& offset = object->Take("offset");
  if (offset.is_number_unsigned()) {
    member.offset = offset.get<uint64_t>();
  } else if (!offset.is_null()) {
    object->Fail("offset", "must be a whole number, not below 0, or null");
  }
  object->Take("packing", &member.packing);
  object->Take("format", &member.format);
  object->Take("verdict", kVerdicts, &VerdictName, &member.verdict);
  return member;
}

std::vector<std::string> ReadStrings(Object* object, const char* key) {
  std::vector<std::string> strings;
  const Json& list = object->Take(key);
  if (!list.is_array()) object->Fail(key, "must be a list");
  for (const Json& item : list) {
    if (item.is_string()) {
      strings.push_back(item.get<std::string>());
    } else {
      object->Fail(key, "must hold strings");
    }
  }
  return strings;
}

StreamReport ReadStream(Object* object) {
  StreamReport stream;
  object->Take("member", &stream.member);
  object->Take("offset", &stream.begin);
  object->Take("end", &stream.end);
  object->Take("complete", &stream.complete);
  uint64_t protocol = 0;
  object->Take("protocol", &protocol);
  if (protocol > 255) object->Fail("protocol", "must be at most 255");
  stream.protocol = static_cast<int>(protocol & 255);
  object->Take("opcodes", &stream.opcodes);
  object->Take("nodes", &stream.nodes);
  object->Take("graph_bytes", &stream.graph_bytes);
  object->Take("verdict", kVerdicts, &VerdictName, &stream.verdict);
  return stream;
}

GlobalReport ReadGlobal(Object* object) {
  GlobalReport global;
  object->Take("module", &global.module);
  object->Take("qualname", &global.qualname);
  object->Take("raw_module", &global.raw_module);
  object->Take("raw_qualname", &global.raw_qualname);
  global.uses = ReadUses(object, "uses");
  global.denied = ReadUses(object, "denied_uses");
  global.granted = ReadUses(object, "granted_uses");
  global.rule_lines = ReadStrings(object, "rule_lines");
  std::string decision;
  object->Take("decision", &decision);
  if (decision != (global.allowed() ? "allowed" : "denied")) {
    object->Fail("decision", "is not what denied_uses say");
  }
  object->Take("reason", &global.reason);
  object->Take("policy_origin", &global.policy_origin);
  // These follow from the names, and are found out again when it is written.
  for (const char* key : {"grade", "danger", "danger_text"}) object->Take(key);
  object->Take("member", &global.member);
  object->Take("offset", &global.offset);
  object->Take("count", &global.count);
  return global;
}

Finding ReadFinding(Object* object) {
  Finding finding;
  std::string code;
  object->Take("code", &code);
  if (const std::optional<CodeInfo> info = FindCode(code)) {
    finding.code = info->code;
  } else {
    object->Fail("code", "is no code that this version knows");
  }
  Effect effect = Effect::kNone;
  object->Take("severity", kEffects, &Severity, &effect);
  if (effect != Info(finding.code).effect) {
    object->Fail("severity", "is not that of the code");
  }
  object->Take("detail", &finding.detail);
  object->Take("member", &finding.member);
  object->Take("offset", &finding.offset);
  object->Take("message", &finding.message);
  object->Take("fingerprint", &finding.fingerprint);
  object->Take("standing", kStandings, &StandingName, &finding.standing);
  object->Take("answer", &finding.answer);
  return finding;
}

FileReport ReadFile(Object* object) {
  FileReport file;
  object->Take("path", &file.path);
  object->Take("verdict", kVerdicts, &VerdictName, &file.verdict);
  object->Take("size", &file.size);
  object->Take("format", &file.format);
  object->Take("sha256", &file.sha256);
  object->Take("members", &file.members, &ReadMember);
  object->Take("streams", &file.streams, &ReadStream);
  object->Take("globals", &file.globals, &ReadGlobal);
  object->Take("findings", &file.findings, &ReadFinding);
  return file;
}

// The summary must be that of the files.
void CheckSummary(Object* object, const std::vector<FileReport>& files,
                  Summary* summary) {
  for (const FileReport& file : files) summary->Add(file);
  object->Take("excluded", &summary->excluded);
  object->Take("seconds", &summary->seconds);
  const std::pair<const char*, uint64_t> counts[] = {
      {"files", summary->files},
      {"clean", summary->clean},
      {"denied", summary->denied},
      {"incomplete", summary->incomplete},
      {"unsupported", summary->unsupported},
      {"accepted", summary->accepted},
      {"known", summary->known},
      {"excused", summary->excused},
      {"bytes", summary->bytes},
      {"exit_status", static_cast<uint64_t>(summary->exit_status())}};
  for (const auto& [key, count] : counts) {
    uint64_t said = 0;
    object->Take(key, &said);
    if (said != count) object->Fail(key, "is not what the files add up to");
  }
}

SavedReport ReadReport(const Json& json, Mistake* mistake) {
  SavedReport saved;
  Object object(json, "", mistake);
  uint64_t version = 0;
  object.Take("schema_version", &version);
  if (version != kReportSchemaVersion) {
    object.Fail("schema_version",
                absl::StrCat("is ", version, ", and this version reads ",
                             kReportSchemaVersion));
    return saved;
  }
  object.Take("files", &saved.files, &ReadFile);
  Object summary(object.Take("summary"), "summary", mistake);
  CheckSummary(&summary, saved.files, &saved.summary);
  summary.End();
  object.End();
  return saved;
}

absl::Status NoJson(absl::string_view text, absl::string_view name,
                    size_t place) {
  const absl::string_view before = text.substr(0, place == 0 ? 0 : place - 1);
  const size_t line = 1 + std::count(before.begin(), before.end(), '\n');
  const size_t newline = before.rfind('\n');
  const size_t column = before.size() -
                        (newline == absl::string_view::npos ? 0 : newline + 1) +
                        1;
  return absl::InvalidArgumentError(
      absl::StrCat(name, ":", line, ":", column, ": this is no JSON",
                   before.size() >= text.size() ? "; it ends too early" : ""));
}

}  // namespace

absl::StatusOr<SavedReport> ParseSavedReport(absl::string_view text,
                                             absl::string_view name) {
  Json json;
  try {
    json = Json::parse(text.begin(), text.end());
  } catch (const Json::parse_error& error) {
    return NoJson(text, name, error.byte);
  } catch (const Json::exception&) {  // a number that no double holds
    return absl::InvalidArgumentError(
        absl::StrCat(name, ": a number is too large"));
  }
  Mistake mistake;
  SavedReport saved = ReadReport(json, &mistake);
  if (!mistake.text().empty()) {
    return absl::InvalidArgumentError(absl::StrCat(name, ": ", mistake.text()));
  }
  return saved;
}

absl::StatusOr<SavedReport> ReadSavedReport(const std::string& path) {
  const absl::StatusOr<std::string> text =
      base::ReadFile(path, kMaxFile, "a report");
  if (!text.ok()) return text.status();
  return ParseSavedReport(*text, path);
}

}  // namespace picklebox
