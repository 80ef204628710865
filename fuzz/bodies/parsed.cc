#include "fuzz/bodies/parsed.h"

#include <nlohmann/json.hpp>
#include <string>

#include "absl/strings/str_split.h"
#include "fuzz/bodies/check.h"

namespace picklebox::fuzz {
namespace {

// The JSON in `text`; aborts if there is none, or something behind it.
nlohmann::json Parsed(absl::string_view text) {
  nlohmann::json value = nlohmann::json::parse(
      text.begin(), text.end(), nullptr, /*allow_exceptions=*/false);
  FUZZ_CHECK(!value.is_discarded(), std::string(text));
  return value;
}

}  // namespace

void CheckArrayText(absl::string_view text, size_t size) {
  const nlohmann::json value = Parsed(text);
  FUZZ_CHECK(value.is_array() && value.size() == size, std::string(text));
}

void CheckReportText(absl::string_view format, absl::string_view text,
                     size_t findings) {
  if (format == "jsonl") {
    for (const absl::string_view line :
         absl::StrSplit(text, '\n', absl::SkipEmpty()))
      FUZZ_CHECK(Parsed(line).is_object(), std::string(line));
  } else if (format == "json") {
    const nlohmann::json report = Parsed(text);
    FUZZ_CHECK(report.contains("/files/0/verdict"_json_pointer) &&
                   report["files"].size() == 1 &&
                   report["files"][0]["findings"].size() == findings,
               std::string(text));
  } else if (format == "sarif") {
    const nlohmann::json report = Parsed(text);
    FUZZ_CHECK(report.value("version", "") == "2.1.0" &&
                   report.contains("/runs/0/tool/driver/name"_json_pointer),
               std::string(text));
    const nlohmann::json& results = report["runs"][0]["results"];
    for (const nlohmann::json& result : results) {
      FUZZ_CHECK(result.contains("/message/text"_json_pointer) &&
                     result.contains("/ruleId"_json_pointer),
                 result.dump());
    }
  }
}

}  // namespace picklebox::fuzz
