#include "container/torchscript.h"

#include <cstddef>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"

namespace picklebox::container {
namespace {

// An operator is written as torch.NAME if it is of the namespace aten, as
// ops.SPACE.NAME otherwise or as well, and as SPACE::NAME in bytecode.
struct Row {
  absl::string_view space;
  absl::string_view name;  // empty: all of the namespace
  absl::string_view why;
};

// Read from the operators that PyTorch 1.4 to 2.15 register.
constexpr Row kRows[] = {
    {"aten", "save", "writes a file"},
    {"aten", "from_file", "maps a file into memory, and may write to it"},
    {"debugprims", "load_tensor", "reads a file"},
    {"inductor", "", "takes memory for a tensor unchecked"},
    {"c10d", "", "talks to other machines"},
    {"_c10d_functional", "", "talks to other machines"},
    {"_c10d_functional_autograd", "", "talks to other machines"},
    {"c10d_functional", "", "talks to other machines"},
    {"_dtensor", "", "talks to other machines"},
    {"symm_mem", "", "talks to other machines"},
};

// Classes of C++: torch.classes.SPACE.NAME.
constexpr Row kClasses[] = {
    {"c10d", "", "talks to other machines"},
    {"dist_c10d", "", "talks to other machines"},
    {"dist_rpc", "", "talks to other machines"},
};

bool IsName(char c) { return absl::ascii_isalnum(c) || c == '_'; }

class Search {
 public:
  Search(absl::string_view text, const ScriptAccesses& tell)
      : text_(text), tell_(tell) {}

  void Run() {
    while (at_ < text_.size()) {
      if (!IsName(text_[at_])) {
        Quotes(text_[at_]);
        ++at_;
        continue;
      }
      begin_ = at_;
      Chain();
      Judge();
    }
  }

 private:
  // Whether `at_` is within a text, which only decides about bare names.
  void Quotes(char c) {
    if (c == '\n') quote_ = '\0';
    if (c == '\\' && quote_ != '\0') ++at_;
    if (c != '"' && c != '\'') return;
    if (quote_ == '\0') {
      quote_ = c;
    } else if (quote_ == c) {
      quote_ = '\0';
    }
  }

  void Spaces() {
    while (at_ < text_.size() && absl::StrContains(" \t\r\n\\", text_[at_]))
      ++at_;
  }

  // Takes names with dots between: "torch . save" is "torch.save".
  void Chain() {
    chain_.clear();
    for (;;) {
      const size_t from = at_;
      while (at_ < text_.size() && IsName(text_[at_])) ++at_;
      Append(text_.substr(from, at_ - from));
      const size_t behind = at_;
      Spaces();
      if (absl::StartsWith(text_.substr(at_), "::")) {
        Append("::");
        at_ += 2;
      } else if (at_ < text_.size() && text_[at_] == '.') {
        Append(".");
        ++at_;
      } else {
        at_ = behind;
        return;
      }
      Spaces();
      if (at_ >= text_.size() || !IsName(text_[at_])) return;
    }
  }

  void Append(absl::string_view part) {
    if (chain_.size() < kLongest)
      absl::StrAppend(&chain_, part.substr(0, kLongest));
  }

  void Judge() {
    absl::string_view rest = chain_;
    if (absl::ConsumePrefix(&rest, "__torch__.torch.classes.") ||
        absl::ConsumePrefix(&rest, "torch.classes.")) {
      Match(kClasses, rest);
    } else if (chain_ == "torch" || chain_ == "ops") {
      Bare();
    } else if (absl::ConsumePrefix(&rest, "torch.ops.") ||
               absl::ConsumePrefix(&rest, "ops.")) {
      if (!absl::StrContains(rest, ".")) return Bare();
      Match(kRows, rest);
    } else if (absl::ConsumePrefix(&rest, "torch.")) {
      Match(kRows, absl::StrCat("aten.", rest));
    } else if (const size_t colons = rest.find("::");
               colons != absl::string_view::npos) {
      JudgeInFull(
          absl::StrCat(rest.substr(0, colons), ".", rest.substr(colons + 2)));
    }
  }

  void JudgeInFull(absl::string_view path) {
    if (Match(kRows, path)) return;
    // Behind a text in a pickle may stand the opcode that memoizes it.
    if (absl::ConsumeSuffix(&path, "q") || absl::ConsumeSuffix(&path, "r"))
      Match(kRows, path);
  }

  template <size_t kCount>
  bool Match(const Row (&rows)[kCount], absl::string_view path) {
    const size_t dot = path.find('.');
    const absl::string_view space = path.substr(0, dot);
    absl::string_view name =
        dot == absl::string_view::npos ? "" : path.substr(dot + 1);
    name = name.substr(0, name.find('.'));  // an overload
    for (const Row& row : rows) {
      if (row.space != space || (!row.name.empty() && row.name != name))
        continue;
      Tell(row.why);
      return true;
    }
    return false;
  }

  // Writers of TorchScript never take a namespace for a value: it would only
  // hide what is taken from it.
  void Bare() {
    if (quote_ == '\0') Tell("hides which operator is meant");
  }

  void Tell(absl::string_view why) { tell_({chain_, why, begin_}); }

  static constexpr size_t kLongest = 200;

  const absl::string_view text_;
  const ScriptAccesses& tell_;
  size_t at_ = 0;
  size_t begin_ = 0;
  char quote_ = '\0';
  std::string chain_;
};

}  // namespace

void SearchScript(absl::string_view text, const ScriptAccesses& tell) {
  Search(text, tell).Run();
}

}  // namespace picklebox::container
