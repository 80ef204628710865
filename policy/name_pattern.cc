#include "policy/name_pattern.h"

#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "policy/identifier.h"
#include "re2/re2.h"

namespace picklebox::policy {
namespace {

// Of one pattern, compiled, with what matching adds to it. Compiled, it takes
// up to a quarter of that: all that a policy may have fit in what a worker has
// before it serves a file, 32 MiB.
constexpr int64_t kMaxMemory = 256 << 10;

// Rewrites a pattern so that nothing but a written dot matches one.
class DotKeeper {
 public:
  explicit DotKeeper(absl::string_view pattern) : pattern_(pattern) {}

  // False after a mistake.
  bool Rewrite() {
    while (ok_ && at_ < pattern_.size()) {
      const char c = pattern_[at_];
      if (c == '\\') {
        Escape(/*in_class=*/false);
      } else if (c == '[') {
        Class();
      } else if (c == '(' && absl::StartsWith(Rest(), "(?")) {
        Group();
      } else if (c == '.') {
        out_ += "[^.]";
        ++at_;
      } else {
        Copy(1);
      }
    }
    return ok_;
  }

  std::string text() const { return out_; }
  bool has_dot() const { return has_dot_; }
  const PatternMistake& mistake() const { return mistake_; }

 private:
  absl::string_view Rest() const { return pattern_.substr(at_); }

  void Copy(size_t count) {
    absl::StrAppend(&out_, Rest().substr(0, count));
    at_ += count;
  }

  void Fail(std::string message) {
    if (ok_) mistake_ = {at_, std::move(message)};
    ok_ = false;
  }

  // What stands behind a backslash: a class that holds no dot, a place, or a
  // character of punctuation that means itself.
  void Escape(bool in_class) {
    if (at_ + 1 >= pattern_.size()) return Fail("nothing is behind the '\\'");
    const char c = pattern_[at_ + 1];
    if (c == '.') has_dot_ = true;
    const bool is_place = absl::StrContains("bBAz", absl::string_view(&c, 1));
    if (absl::ascii_ispunct(static_cast<unsigned char>(c)) || c == 'd' ||
        c == 'w' || c == 's' || (is_place && !in_class)) {
      return Copy(2);
    }
    if (!in_class && (c == 'D' || c == 'W' || c == 'S')) {
      absl::StrAppend(&out_, "[^.\\", std::string(1, absl::ascii_tolower(c)),
                      "]");
      at_ += 2;
      return;
    }
    Fail(absl::StrCat("'\\", std::string(1, c),
                      "' is not taken in the pattern of a qualname"));
  }

  // (?:x) (?i) (?i:x) (?P<name>x); other flags change what a dot means.
  void Group() {
    if (absl::StartsWith(Rest(), "(?P<")) return Copy(4);
    const size_t end = Rest().find_first_of(":)");
    if (end == absl::string_view::npos ||
        Rest().substr(2, end - 2).find_first_not_of("i-") !=
            absl::string_view::npos) {
      return Fail("of groups, (x), (?:x), (?P<name>x) and (?i) are taken");
    }
    Copy(end + 1);
  }

  void Class() {
    const bool negated = absl::StartsWith(Rest(), "[^");
    Copy(negated ? 2 : 1);
    if (negated) out_ += '.';
    const bool had_dot = has_dot_;
    if (negated && absl::StartsWith(Rest(), "-")) {
      out_ += "\\-";  // no range from the dot
      ++at_;
    }
    if (absl::StartsWith(Rest(), "]")) {
      out_ += "\\]";
      ++at_;
    }
    while (ok_ && !absl::StartsWith(Rest(), "]")) {
      if (Rest().empty()) return Fail("the '[' is not closed");
      Member(negated);
    }
    if (!ok_) return;
    Copy(1);
    if (negated) has_dot_ = had_dot;
  }

  // One character, range or named class of a class.
  void Member(bool negated) {
    if (absl::StartsWith(Rest(), "[:")) return NamedClass();
    const size_t first = at_;
    Single();
    if (!ok_ || Rest().size() < 2 || Rest()[0] != '-' || Rest()[1] == ']')
      return;
    const unsigned char low = static_cast<unsigned char>(
        pattern_[first] == '\\' ? pattern_[first + 1] : pattern_[first]);
    Copy(1);
    const size_t second = at_;
    Single();
    if (!ok_ || second >= pattern_.size()) return;
    const unsigned char high = static_cast<unsigned char>(
        pattern_[second] == '\\' ? pattern_[second + 1] : pattern_[second]);
    if (!negated && low < '.' && high > '.') {
      at_ = first;
      Fail("the range holds a dot; write what it is to hold without it");
    }
  }

  void Single() {
    if (Rest().empty()) return Fail("the '[' is not closed");
    if (Rest()[0] == '\\') return Escape(/*in_class=*/true);
    if (Rest()[0] == '.') has_dot_ = true;
    Copy(1);
  }

  void NamedClass() {
    for (const absl::string_view name :
         {"[:alnum:]", "[:alpha:]", "[:digit:]", "[:lower:]", "[:upper:]",
          "[:word:]", "[:xdigit:]"}) {
      if (absl::StartsWith(Rest(), name)) return Copy(name.size());
    }
    Fail("of named classes, those of letters and digits are taken");
  }

  const absl::string_view pattern_;
  size_t at_ = 0;
  std::string out_;
  bool ok_ = true;
  bool has_dot_ = false;
  PatternMistake mistake_;
};

re2::StringPiece Piece(absl::string_view text) {
  return {text.data(), text.size()};
}

}  // namespace

std::optional<NamePattern> NamePattern::Compile(Half half,
                                                absl::string_view pattern,
                                                PatternMistake* mistake) {
  if (pattern.empty()) {
    *mistake = {0, "the pattern is empty"};
    return std::nullopt;
  }
  if (pattern.size() > kMaxPattern) {
    *mistake = {
        0, absl::StrCat("the pattern is longer than ", kMaxPattern, " bytes")};
    return std::nullopt;
  }
  std::string text(pattern);
  bool crosses_dots = true;
  if (half == kQualname) {
    DotKeeper keeper(pattern);
    if (!keeper.Rewrite()) {
      *mistake = keeper.mistake();
      return std::nullopt;
    }
    text = keeper.text();
    crosses_dots = keeper.has_dot();
  }
  RE2::Options options;
  options.set_log_errors(false);  // a worker has nowhere to write to
  options.set_max_mem(kMaxMemory);
  options.set_never_capture(true);
  auto expression = std::make_shared<const RE2>(Piece(text), options);
  if (!expression->ok()) {
    const absl::string_view part(expression->error_arg().data(),
                                 expression->error_arg().size());
    const size_t at = pattern.find(part);
    *mistake = {part.empty() || at == absl::string_view::npos ? 0 : at,
                expression->error()};
    return std::nullopt;
  }
  return NamePattern(std::move(expression), crosses_dots);
}

bool NamePattern::Matches(absl::string_view name) const {
  return name.size() <= kMaxNameMatched && IsDottedName(name) &&
         RE2::FullMatch(Piece(name), *expression_);
}

}  // namespace picklebox::policy
