#include "policy/path_pattern.h"

#include <filesystem>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "re2/re2.h"

namespace picklebox::policy {
namespace {

constexpr size_t kMaxPathPattern = 4096;

std::string Normal(absl::string_view path) {
  return std::filesystem::path(std::string(path)).lexically_normal().string();
}

}  // namespace

std::optional<PathPattern> PathPattern::Compile(absl::string_view pattern,
                                                std::string* mistake) {
  if (pattern.empty() || pattern.size() > kMaxPathPattern) {
    *mistake = "a path has from 1 to 4096 bytes";
    return std::nullopt;
  }
  if (pattern.find_first_of("[{\\!") != absl::string_view::npos) {
    *mistake = absl::StrCat("'", pattern,
                            "': of patterns, '?', '*' and '**' are taken");
    return std::nullopt;
  }
  const std::string normal = Normal(pattern);
  std::string text;
  for (absl::string_view rest = normal; !rest.empty();) {
    size_t taken = 1;
    if (absl::StartsWith(rest, "**/")) {
      text += "(?:.*/)?";
      taken = 3;
    } else if (absl::StartsWith(rest, "**")) {
      text += ".*";
      taken = 2;
    } else if (rest[0] == '*') {
      text += "[^/]*";
    } else if (rest[0] == '?') {
      text += "[^/]";
    } else {
      text += RE2::QuoteMeta(re2::StringPiece(rest.data(), 1));
    }
    rest.remove_prefix(taken);
  }
  RE2::Options options(RE2::Latin1);
  options.set_dot_nl(true);
  options.set_log_errors(false);
  auto expression = std::make_shared<const RE2>(text, options);
  if (!expression->ok()) {
    *mistake = expression->error();
    return std::nullopt;
  }
  return PathPattern(std::move(expression));
}

bool PathPattern::Matches(absl::string_view path) const {
  return RE2::FullMatch(Normal(path), *expression_);
}

}  // namespace picklebox::policy
