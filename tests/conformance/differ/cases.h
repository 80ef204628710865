// The cases of a run: programs of the author, such programs with damage, and
// seeds with damage. Case number n of a seed is always the same, whatever came
// before it.
//
//   Cases cases(seeds);
//   Case one = cases.Make(seed, number);
#ifndef PICKLEBOX_TESTS_CONFORMANCE_DIFFER_CASES_H_
#define PICKLEBOX_TESTS_CONFORMANCE_DIFFER_CASES_H_

#include <cstdint>
#include <string>
#include <vector>

#include "tests/conformance/differ/dice.h"

namespace picklebox::differ {

struct Case {
  uint8_t reading = 0;
  std::string pickle;
};

class Cases {
 public:
  // `seeds`: pickles worth damaging; may be empty.
  explicit Cases(std::vector<std::string> seeds) : seeds_(std::move(seeds)) {}

  Case Make(uint64_t seed, uint64_t number) const;

 private:
  std::string Damaged(std::string pickle, Dice* dice) const;

  std::vector<std::string> seeds_;
};

}  // namespace picklebox::differ

#endif  // PICKLEBOX_TESTS_CONFORMANCE_DIFFER_CASES_H_
