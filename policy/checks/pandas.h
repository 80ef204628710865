// How long the objects of pandas are, as far as their checks have seen it.
#ifndef PICKLEBOX_POLICY_CHECKS_PANDAS_H_
#define PICKLEBOX_POLICY_CHECKS_PANDAS_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "picklebox/graph.h"
#include "policy/checks/array.h"
#include "policy/checks/values.h"

namespace picklebox::policy {

// The items of an index, an array of pandas or Arrow, or a row of NumPy;
// nullopt: it is none, or nobody knows.
std::optional<int64_t> LengthOf(NodeId id, Values& values);
// Keeps it, for an object that a check has looked at.
void RememberLength(NodeId object, std::optional<int64_t> length,
                    Values& values);

// The items of a list or tuple, which may not be added to any more.
std::optional<std::vector<NodeId>> Sequence(NodeId id, Values& values);

// Whether each code is one of so many categories, or -1 for none.
std::string CheckCodes(const NumpyArray& codes, int64_t categories,
                       absl::string_view name, Values& values);

// How many items range(start, stop, step) has; step is not 0.
int64_t RangeLength(int64_t start, int64_t stop, int64_t step);

}  // namespace picklebox::policy

#endif  // PICKLEBOX_POLICY_CHECKS_PANDAS_H_
