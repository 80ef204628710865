// Which node of a tree has which parent, for trees that are kept as a row of
// nodes with the places of their children. Native code that goes down such a
// tree never ends if a child is its own parent, and takes forever if children
// have two.
//
//   Ancestry ancestry(nodes);
//   for each node, from the first: if (!ancestry.IsReached(node)) ...
//     for each child: fault = ancestry.Add(node, child);
#ifndef PICKLEBOX_POLICY_CHECKS_ANCESTRY_H_
#define PICKLEBOX_POLICY_CHECKS_ANCESTRY_H_

#include <algorithm>
#include <cstdint>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"

namespace picklebox::policy {

// Follows children to their parents, which come first, and measures how deep it
// goes.
class Ancestry {
 public:
  explicit Ancestry(int64_t nodes)
      : depths_(static_cast<size_t>(nodes), kOrphan) {
    if (!depths_.empty()) depths_[0] = 0;
  }

  std::string Add(int64_t parent, int64_t child) {
    if (child <= parent || child >= static_cast<int64_t>(depths_.size())) {
      return absl::StrCat("node ", parent, " has the child ", child, ", of ",
                          depths_.size(), " nodes");
    }
    uint32_t& depth = depths_[static_cast<size_t>(child)];
    if (depth != kOrphan)
      return absl::StrCat("node ", child, " has two parents");
    depth = depths_[static_cast<size_t>(parent)] + 1;
    deepest_ = std::max(deepest_, depth);
    return "";
  }
  // Whether the node can be reached, as far as is known.
  bool IsReached(int64_t node) const {
    return depths_[static_cast<size_t>(node)] != kOrphan;
  }
  int64_t deepest() const { return deepest_; }

 private:
  static constexpr uint32_t kOrphan = ~uint32_t{0};
  std::vector<uint32_t> depths_;
  uint32_t deepest_ = 0;
};

}  // namespace picklebox::policy

#endif  // PICKLEBOX_POLICY_CHECKS_ANCESTRY_H_
