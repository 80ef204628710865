#include "tests/conformance/differ/cases.h"

#include "fuzz/opcode_mutator.h"
#include "tests/conformance/differ/author.h"

namespace picklebox::differ {
namespace {

void DamageByte(std::string* pickle, Dice* dice) {
  const size_t place = dice->Below(pickle->size() + 1);
  const bool inside = place < pickle->size();
  switch (dice->Below(4)) {
    case 0:
      pickle->insert(place, 1, static_cast<char>(dice->Next()));
      return;
    case 1:
      pickle->erase(place, 1 + dice->Below(3));
      return;
    case 2:
      if (inside) (*pickle)[place] = static_cast<char>(dice->Next());
      return;
    default:
      if (inside) (*pickle)[place] ^= static_cast<char>(1 << dice->Below(8));
  }
}

// Without frames, of which hardly one would be left whole by what comes next.
std::string WithoutFrames(const std::string& pickle) {
  std::vector<size_t> at = fuzz::OpcodeMutator::Boundaries(pickle);
  std::string rest;
  for (size_t i = 0; i + 1 < at.size(); ++i) {
    if (pickle[at[i]] != '\x95')
      rest += pickle.substr(at[i], at[i + 1] - at[i]);
  }
  return rest + pickle.substr(at.back());
}

}  // namespace

std::string Cases::Damaged(std::string pickle, Dice* dice) const {
  if (!dice->OneIn(4)) pickle = WithoutFrames(pickle);
  fuzz::OpcodeMutator mutator(static_cast<uint32_t>(dice->Next() | 1));
  for (uint64_t left = 1 + dice->Below(3); left > 0; --left) {
    const uint64_t way = dice->Below(8);
    if (way == 0 && !seeds_.empty()) {
      pickle = mutator.CrossOver(pickle, seeds_[dice->Below(seeds_.size())]);
    } else if (way < 5) {
      pickle = mutator.Mutate(pickle);
    } else {
      DamageByte(&pickle, dice);
    }
  }
  return dice->OneIn(3) ? pickle + "." : pickle;
}

Case Cases::Make(uint64_t seed, uint64_t number) const {
  Dice dice(seed * 0x2545f4914f6cdd1du + number * 0x9e6c63d0676a9a99u);
  Case made;
  // Half of them as pickle.loads reads.
  made.reading = dice.OneIn(2)
                     ? 0
                     : static_cast<uint8_t>(dice.Below(std::size(kReadings)));
  const uint64_t way = dice.Below(10);
  if (way < 2 && !seeds_.empty()) {
    made.pickle = Damaged(seeds_[dice.Below(seeds_.size())], &dice);
    return made;
  }
  const uint32_t nasty =
      dice.OneIn(2) ? 0 : static_cast<uint32_t>(1 + dice.Below(12));
  made.pickle = Author(&dice, nasty).Write(ReadingOf(made.reading));
  if (way < 4) made.pickle = Damaged(std::move(made.pickle), &dice);
  return made;
}

}  // namespace picklebox::differ
