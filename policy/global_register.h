// The globals of one graph, each once, with the rule that the policy has for
// it.
//
// What tells globals apart is how the file spells them and by what way they are
// named, since two ways may mean two things. The file decides how many there
// are and what they hash to, so both the number and the search are bounded:
// whatever finds no room shares one nameless entry, which has no rule.
#ifndef PICKLEBOX_POLICY_GLOBAL_REGISTER_H_
#define PICKLEBOX_POLICY_GLOBAL_REGISTER_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "graph/code_makers.h"
#include "picklebox/report.h"
#include "policy/names.h"
#include "policy/table.h"

namespace picklebox::policy {

// One global and all that is done with it.
struct JudgedGlobal {
  Uses uses = 0;
  Uses denied = 0;            // the part of `uses` that is not allowed
  Uses allowed = 0;           // what the rule allows; nothing without a rule
  uint8_t flags = 0;          // RuleFlag
  bool makes_arrays = false;  // what it makes are NumPy arrays
  bool makes_bytes = false;   // it is _codecs.encode, or bytes
  graph::CodeMaker maker = graph::CodeMaker::kNone;
  uint8_t refused = 0;  // places (Place::What) with a finding
  RuleShapes shapes;
  CheckSet checks = 0;
  // Has a dot where the unpickler looks the name up as a whole: no such thing.
  bool unresolvable = false;
  // Nameless: stands for all globals beyond max_globals.
  bool several = false;
  int rule = kNoRule;
  uint64_t offset = 0;         // where it is named first
  uint64_t denied_offset = 0;  // where a use is denied first
  uint64_t count = 0;          // how often it is used
  std::string module;          // canonical
  std::string qualname;
  std::string raw_module;  // as the file spells it
  std::string raw_qualname;
};

// The way by which a global is named; a sum of bits.
enum Flavour : uint8_t {
  kPlain = 0,
  kPython2 = 1,      // Python 2 names are mapped
  kDotted = 2,       // the name has dots, and they are followed
  kAttributeOf = 4,  // looked up on another global
  kByCode = 8,       // an extension code
};

class GlobalRegister {
 public:
  // Of up to `max_globals`. The table must outlive the register.
  GlobalRegister(const PolicyTable& table, uint64_t max_globals)
      : table_(table), max_globals_(max_globals) {}

  void Clear();

  // The index of the global, which is added, as first named at `at`, if it is
  // new. `canonical` is its canonical name, or nullptr to find it out.
  uint32_t Intern(absl::string_view module, absl::string_view qualname,
                  uint8_t flavour, const CanonicalName* canonical, uint64_t at);

  JudgedGlobal& operator[](uint32_t index) { return globals_[index]; }
  const JudgedGlobal& operator[](uint32_t index) const {
    return globals_[index];
  }
  uint8_t flavour(uint32_t index) const { return flavours_[index]; }
  // In order of first appearance.
  const std::vector<JudgedGlobal>& all() const { return globals_; }

 private:
  struct Slot {
    uint32_t hash = 0;
    uint32_t global_plus_one = 0;
  };
  static constexpr uint32_t kNoGlobal = 0xffffffff;

  uint32_t Add(JudgedGlobal global, uint8_t flavour);
  JudgedGlobal Judged(absl::string_view module, absl::string_view qualname,
                      uint8_t flavour, const CanonicalName* canonical,
                      uint64_t at) const;
  void GrowSlots();

  const PolicyTable& table_;
  const uint64_t max_globals_;
  std::vector<JudgedGlobal> globals_;
  std::vector<uint8_t> flavours_;  // of globals_
  std::vector<Slot> slots_;        // of globals_, by raw name; a power of two
  uint32_t overflow_ = kNoGlobal;  // the one that is `several`
};

}  // namespace picklebox::policy

#endif  // PICKLEBOX_POLICY_GLOBAL_REGISTER_H_
