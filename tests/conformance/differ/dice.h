// Random numbers that are the same on every machine.
#ifndef PICKLEBOX_TESTS_CONFORMANCE_DIFFER_DICE_H_
#define PICKLEBOX_TESTS_CONFORMANCE_DIFFER_DICE_H_

#include <cstddef>
#include <cstdint>

namespace picklebox::differ {

// SplitMix64: any state is a good one, also one that counts cases.
class Dice {
 public:
  explicit Dice(uint64_t state) : state_(state) {}

  uint64_t Next() {
    uint64_t z = state_ += 0x9e3779b97f4a7c15u;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
    z = (z ^ z >> 27) * 0x94d049bb133111ebu;
    return z ^ z >> 31;
  }
  // Below `bound`, which is not 0.
  uint64_t Below(uint64_t bound) { return Next() % bound; }
  bool OneIn(uint64_t n) { return Below(n) == 0; }
  template <typename T, size_t kSize>
  T Pick(const T (&from)[kSize]) {
    return from[Below(kSize)];
  }

 private:
  uint64_t state_;
};

}  // namespace picklebox::differ

#endif  // PICKLEBOX_TESTS_CONFORMANCE_DIFFER_DICE_H_
