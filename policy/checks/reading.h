// Short words for what most checks do: find an attribute, an array of some
// kind, and look at the numbers in it.
#ifndef PICKLEBOX_POLICY_CHECKS_READING_H_
#define PICKLEBOX_POLICY_CHECKS_READING_H_

#include <cstdint>
#include <limits>
#include <optional>
#include <string>

#include "absl/strings/string_view.h"
#include "policy/checks/array.h"
#include "policy/checks/values.h"

namespace picklebox::policy {

// The value of `key`, or kNoNode.
NodeId Find(const Values::Pairs& pairs, absl::string_view key);
// The same where it is a number; nullopt.
std::optional<int64_t> FindInt(const Values::Pairs& pairs,
                               absl::string_view key, Values& values);
// The state of a class that is set by attributes: a dict, or a pair of one and
// another, of which the second wins. What is a dict here may not change later.
// nullopt: it is no such state, or too large.
std::optional<Values::Pairs> Attributes(NodeId state, Values& values);

// The array `id`, if it holds integers, or numbers of any kind, and has `rank`
// dimensions; else nullptr.
const NumpyArray* FindIntegers(NodeId id, size_t rank, Values& values);
const NumpyArray* FindNumbers(NodeId id, size_t rank, Values& values);

// Whether all integers of `array` are within low to high: "'NAME' holds 7,
// which is not within 0 to 5", or nothing.
std::string CheckRange(const NumpyArray& array, int64_t low, int64_t high,
                       absl::string_view name, Values& values);

struct Summary {
  int64_t first = 0;
  int64_t last = 0;
  int64_t least = 0;
  int64_t most = 0;
  bool grows = true;   // no item is less than the one before it
  bool known = false;  // its bytes could be read here
};
// What is said of the integers of `array`; unknown if there are none.
std::string Summarize(const NumpyArray& array, Values& values,
                      Summary* summary);

// What the check of a sparse matrix of rows keeps of it for others: its rows,
// and for how many items it has room. nullopt: it is none, or too large.
struct SparseSize {
  int64_t rows = 0;
  int64_t stored = 0;
};
void RememberSparse(NodeId object, const SparseSize& size, Values& values);
std::optional<SparseSize> RecallSparse(NodeId object, Values& values);

inline constexpr int64_t kAnyHigh = std::numeric_limits<int64_t>::max();

}  // namespace picklebox::policy

#endif  // PICKLEBOX_POLICY_CHECKS_READING_H_
