// A pattern for one half of a global's name: an RE2 regular expression that has
// to match all of it.
//
//   PatternMistake mistake;
//   const auto pattern = NamePattern::Compile(NamePattern::kQualname,
//                                             "Outer\\.[A-Z]\\w*", &mistake);
//   pattern->Matches("Outer.Ranker")        // true
//   pattern->Matches("Outer.Ranker.load")   // false
//
// A dot in a qualname leads through attributes, wherever they lead. So in a
// pattern for one nothing stands for a dot but a dot that is written: `\.`, or
// one in a class, `[\w.]`. What else would is taken without it: `.` is `[^.]`,
// `[^a]` is `[^.a]`, `\W` is `[^\w.]`. In a pattern for a module a dot is a
// character like others.
//
// Only what is a dotted name of up to kMaxNameMatched bytes is ever matched.
// Both processes compile patterns by this code and match alike. Matching takes
// time in proportion to the name, and memory up to a bound; it makes no system
// call. Any number of threads may match.
#ifndef PICKLEBOX_POLICY_NAME_PATTERN_H_
#define PICKLEBOX_POLICY_NAME_PATTERN_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "absl/strings/string_view.h"

namespace re2 {
class RE2;
}  // namespace re2

namespace picklebox::policy {

// Longer names are matched by no pattern.
inline constexpr size_t kMaxNameMatched = 1024;
// Longer patterns are a mistake, and so are more of them in one policy.
inline constexpr size_t kMaxPattern = 1024;
inline constexpr uint32_t kMaxPatternRules = 256;

struct PatternMistake {
  size_t at = 0;  // offset in the pattern
  std::string message;
};

class NamePattern {
 public:
  enum Half : uint8_t { kModule, kQualname };

  // nullopt after a mistake, which is then set.
  static std::optional<NamePattern> Compile(Half half,
                                            absl::string_view pattern,
                                            PatternMistake* mistake);

  bool Matches(absl::string_view name) const;
  // A dot may be part of what it matches.
  bool crosses_dots() const { return crosses_dots_; }

 private:
  NamePattern(std::shared_ptr<const re2::RE2> expression, bool crosses_dots)
      : expression_(std::move(expression)), crosses_dots_(crosses_dots) {}

  std::shared_ptr<const re2::RE2> expression_;
  bool crosses_dots_;
};

}  // namespace picklebox::policy

#endif  // PICKLEBOX_POLICY_NAME_PATTERN_H_
