// A pattern for paths of files, as `[[override]]` has it: held against all of
// a path, as reports show it.
//
//   std::string mistake;
//   const auto pattern = PathPattern::Compile("legacy/**/*.pkl", &mistake);
//   pattern->Matches("legacy/2019/a.pkl")        // true
//   pattern->Matches("incoming/legacy/a.pkl")    // false
//
// `?` is one character and `*` any number of them, but no slash; `**` is
// anything, and `**/` any folders or none. A path is taken without "./" and
// "a/..", as it is written: links are not followed. Parent only.
#ifndef PICKLEBOX_POLICY_PATH_PATTERN_H_
#define PICKLEBOX_POLICY_PATH_PATTERN_H_

#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "absl/strings/string_view.h"

namespace re2 {
class RE2;
}  // namespace re2

namespace picklebox::policy {

class PathPattern {
 public:
  // nullopt after a mistake.
  static std::optional<PathPattern> Compile(absl::string_view pattern,
                                            std::string* mistake);
  bool Matches(absl::string_view path) const;

 private:
  explicit PathPattern(std::shared_ptr<const re2::RE2> expression)
      : expression_(std::move(expression)) {}
  std::shared_ptr<const re2::RE2> expression_;
};

}  // namespace picklebox::policy

#endif  // PICKLEBOX_POLICY_PATH_PATTERN_H_
