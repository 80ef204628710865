#include "policy/mistakes.h"

#include <algorithm>
#include <tuple>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

namespace picklebox::policy {

void Mistakes::Add(absl::string_view file, Position position,
                   absl::string_view message) {
  const auto known = std::find(files_.begin(), files_.end(), file);
  const size_t index = static_cast<size_t>(known - files_.begin());
  if (known == files_.end()) files_.emplace_back(file);
  mistakes_.push_back({index, position, std::string(message)});
}

absl::Status Mistakes::status() const {
  if (mistakes_.empty()) return absl::OkStatus();
  std::vector<Mistake> sorted = mistakes_;
  std::stable_sort(
      sorted.begin(), sorted.end(), [](const Mistake& a, const Mistake& b) {
        return std::tie(a.file, a.position.line, a.position.column) <
               std::tie(b.file, b.position.line, b.position.column);
      });
  const auto spell = [this](std::string* out, const Mistake& mistake) {
    absl::StrAppend(out, files_[mistake.file], ":", mistake.position.line, ":",
                    mistake.position.column, ": ", mistake.message);
  };
  return absl::InvalidArgumentError(absl::StrJoin(sorted, "\n", spell));
}

}  // namespace picklebox::policy
