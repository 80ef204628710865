#include "picklebox/configuration.h"

#include <algorithm>

#include "absl/status/status.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "base/file.h"
#include "picklebox/acceptance.h"
#include "picklebox/limits.h"
#include "picklebox/report_writer.h"
#include "policy/document.h"
#include "policy/toml_reader.h"
#include "toml++/toml.h"

namespace picklebox {
namespace {

using policy::Mistakes;
using policy::TomlReader;
using policy::View;

// Nobody writes a configuration as long as that.
constexpr size_t kMaxFile = 16 << 20;
constexpr int kMostJobs = 1024;

class Reader : public TomlReader {
 public:
  Reader(absl::string_view file, absl::string_view directory)
      : TomlReader(file, &mistakes_), directory_(directory) {}

  absl::StatusOr<Configuration> Read(absl::string_view text) {
    if (const auto top = Parse(text)) ReadTop(*top);
    if (!mistakes_.empty()) return mistakes_.status();
    return std::move(configuration_);
  }

 private:
  // The text of a node that must be some; empty after a mistake.
  std::string Text(const toml::node& node, absl::string_view key) {
    const auto* const value = node.as_string();
    if (value != nullptr && !value->get().empty()) return value->get();
    Complain(node, absl::StrCat("'", key, "' must be a string, and not empty"));
    return "";
  }

  std::vector<std::string> Strings(const toml::node& node,
                                   absl::string_view key) {
    std::vector<std::string> strings;
    if (const toml::array* const list = node.as_array()) {
      for (const toml::node& item : *list) strings.push_back(Text(item, key));
    } else {
      Complain(node, absl::StrCat("'", key, "' must be a list of strings"));
    }
    return strings;
  }

  std::string Located(const std::string& path) const {
    if (absl::StartsWith(path, "/") || directory_.empty()) return path;
    return absl::StrCat(directory_, absl::EndsWith(directory_, "/") ? "" : "/",
                        path);
  }

  void ReadTop(const toml::table& top) {
    for (auto&& [key, node] : top) {
      if (key == "policy") {
        configuration_.policy = Located(Text(node, "policy"));
      } else if (key == "format") {
        configuration_.format = Text(node, "format");
        CheckFormat(node, configuration_.format);
      } else if (key == "output") {
        ReadOutputs(node);
      } else if (key == "exclude") {
        configuration_.exclude = Strings(node, "exclude");
      } else if (key == "jobs") {
        ReadJobs(node);
      } else if (key == "limits") {
        ReadLimits(node);
      } else if (key == "accept") {
        ReadAccepts(node);
      } else {
        ComplainOfKey(key, "a configuration");
      }
    }
  }

  void CheckFormat(const toml::node& node, absl::string_view format) {
    const std::vector<absl::string_view> formats = ReportFormats();
    if (std::find(formats.begin(), formats.end(), format) != formats.end()) {
      return;
    }
    Complain(node,
             absl::StrCat("no format is called '", format,
                          "'; there are: ", absl::StrJoin(formats, ", ")));
  }

  void ReadOutputs(const toml::node& node) {
    for (const std::string& output : Strings(node, "output")) {
      const size_t colon = output.find(':');
      if (colon == std::string::npos || colon + 1 == output.size()) {
        Complain(node, "'output' wants FORMAT:FILE, such as \"sarif:x.sarif\"");
        return;
      }
      const std::string format = output.substr(0, colon);
      CheckFormat(node, format);
      configuration_.outputs.push_back(
          absl::StrCat(format, ":", Located(output.substr(colon + 1))));
    }
  }

  void ReadJobs(const toml::node& node) {
    const auto* const jobs = node.as_integer();
    if (jobs == nullptr || jobs->get() < 1 || jobs->get() > kMostJobs) {
      Complain(node,
               absl::StrCat("'jobs' must be a number from 1 to ", kMostJobs));
      return;
    }
    configuration_.jobs = static_cast<int>(jobs->get());
  }

  void ReadLimits(const toml::node& node) {
    const toml::table* const limits = node.as_table();
    if (limits == nullptr) return Complain(node, "'limits' must be a table");
    Limits scratch;
    for (auto&& [key, value] : *limits) {
      std::string text;
      if (const auto* const number = value.as_integer()) {
        text = absl::StrCat(number->get());
      } else {
        text = Text(value, View(key.str()));
      }
      const std::string name(key.str());
      const absl::Status status = scratch.Set(name, text);
      if (!status.ok()) Complain(value, status.message());
      configuration_.limits.emplace_back(name, text);
    }
  }

  void ReadAccepts(const toml::node& node) {
    const toml::array* const list = node.as_array();
    if (list == nullptr || !list->is_array_of_tables()) {
      return Complain(node, "'accept' must be tables: [[accept]]");
    }
    for (const toml::node& item : *list) ReadAccept(*item.as_table());
  }

  void ReadAccept(const toml::table& table) {
    Configuration::Accept accept;
    bool expires = false;
    for (auto&& [key, node] : table) {
      if (key == "fingerprint") {
        accept.fingerprint = Text(node, "fingerprint");
        if (!IsFingerprint(accept.fingerprint)) {
          Complain(node,
                   "a fingerprint has 32 hexadecimal digits; `picklebox "
                   "scan -v` shows them");
        }
      } else if (key == "reason") {
        accept.reason = Text(node, "reason");
      } else if (key == "expires") {
        expires = true;
        ReadDay(node, &accept.expires);
      } else {
        ComplainOfKey(key, "[[accept]]");
      }
    }
    const std::pair<absl::string_view, bool> wanted[] = {
        {"fingerprint", table.contains("fingerprint")},
        {"reason", table.contains("reason")},
        {"expires", expires}};
    for (const auto& [key, there] : wanted) {
      if (!there) {
        Complain(table, absl::StrCat("[[accept]] wants '", key, "'"));
      }
    }
    configuration_.accepts.push_back(std::move(accept));
  }

  void ReadDay(const toml::node& node, absl::CivilDay* day) {
    const auto* const date = node.as_date();
    if (date == nullptr) {
      return Complain(node,
                      "'expires' must be a day, such as 2027-01-31, without "
                      "quotes");
    }
    *day = absl::CivilDay(date->get().year, date->get().month, date->get().day);
  }

  const std::string directory_;
  Mistakes mistakes_;
  Configuration configuration_;
};

}  // namespace

absl::StatusOr<Configuration> Configuration::FromToml(
    absl::string_view text, absl::string_view file,
    absl::string_view directory) {
  return Reader(file, directory).Read(text);
}

absl::StatusOr<Configuration> Configuration::FromFile(const std::string& path) {
  const absl::StatusOr<std::string> text =
      base::ReadFile(path, kMaxFile, "a configuration");
  if (!text.ok()) return text.status();
  const size_t slash = path.rfind('/');
  return FromToml(*text, path,
                  slash == std::string::npos ? "" : path.substr(0, slash + 1));
}

}  // namespace picklebox
