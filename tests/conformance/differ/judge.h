// The body: what must hold of any bytes.
//
// If an unpickler of this interpreter loads the bytes, picklebox reports the
// same globals in the same order, the same place of STOP and the same value,
// object for object; or says what is wrong or in doubt. In particular:
//
//  - compat, which follows the C unpickler: reads what that one loads, to the
//    same value, and nothing that it refuses; and what was named, called and
//    changed before an error is the same, too;
//  - strict: makes the same graph as compat, and where it says nothing, the C
//    unpickler from memory and from a file and the Python one have one value;
//  - from memory and through a small window the same is read;
//  - the verifier accepts the graph, and the replay of the Python package makes
//    the objects of it.
//
// A difference that is explained has an Outcome of its own, by a rule as narrow
// as can be. Needs the GIL; not for several threads.
#ifndef PICKLEBOX_TESTS_CONFORMANCE_DIFFER_JUDGE_H_
#define PICKLEBOX_TESTS_CONFORMANCE_DIFFER_JUDGE_H_

#include "tests/conformance/differ/world.h"
// Python.h comes first.
#include <string>

#include "absl/strings/string_view.h"
#include "tests/conformance/differ/oracle.h"
#include "tests/conformance/differ/reader.h"
#include "tests/conformance/differ/readings.h"

namespace picklebox::differ {

enum class Outcome : uint8_t {
  kDiffers,      // and nobody knows why
  kReadAlike,    // strict has nothing to say
  kReadInDoubt,  // the same value, but strict says that readers differ
  kRefusedAlike,
  // C refuses, and so does a replay of the graph, for what only the values say:
  // a list is given items by key, a bytearray items that are no bytes.
  kRefusedInReplay,
  // C refuses a stand-in where a tuple, a dict or a buffer is wanted. A policy
  // decides what the real object is.
  kStandIn,
  // C takes the state (None, {}) for anything, for there is nothing to set.
  // picklebox stops at state that is set on a value of a built-in type.
  kEmptyState,
  // Of unicode-escape, picklebox does not know \N{...}: a table of all names.
  kNamedCharacter,
  kExtension,   // a code that is not registered here: a policy decides
  kPersistent,  // nobody resolves persistent ids: a policy decides
  kLimit,       // of picklebox
  kMemory,      // the unpickler asks for more than there is
};
inline constexpr int kOutcomes = static_cast<int>(Outcome::kMemory) + 1;
absl::string_view OutcomeName(Outcome outcome);

struct Judgement {
  Outcome outcome = Outcome::kDiffers;
  std::string difference;  // in words
};

class Judge {
 public:
  // Once, before all else; false with an exception set.
  static bool Prepare();

  // `python`: the Python unpickler is asked, too, where strict has nothing to
  // say.
  Judgement Try(absl::string_view bytes, const Reading& reading, bool python);

 private:
  // Empty, or a global that C asked for and that is not in the report.
  std::string Unreported(const Verified& verified) const;
  Judgement Loads(const Loaded& c, const Read& compat, const Graph& graph,
                  absl::string_view bytes, const Reading& reading);
  Judgement Refuses(const Loaded& c, const Read& compat, const Graph& graph,
                    absl::string_view bytes, const Reading& reading);
  // What C did and what the graph does are the same, as far as both go.
  struct Doings {
    std::string difference;
    size_t c = 0;
    size_t graph = 0;
    bool calls = false;  // what the graph does next
  };
  Doings Compare(const Graph& graph, const Reading& reading) const;
  std::string Other(Unpickler unpickler, const Loaded& c,
                    absl::string_view bytes, const Reading& reading);

  World c_;       // what the C unpickler does
  World replay_;  // what the graph does
  World other_;   // what another unpickler does
};

}  // namespace picklebox::differ

#endif  // PICKLEBOX_TESTS_CONFORMANCE_DIFFER_JUDGE_H_
