// Stand-ins: what a pickle names or makes, without importing or calling it.
//
// As standins.py has them, natively and used again: a stand-in is a class that
// can be called, instantiated, given state and filled, and does nothing but
// have that written into the log of its World. It hashes by identity.
//
//   World world;
//   World::Enter(&world);      // what is done from now on is done in it
//   ... a load ...
//   world.log()                // what happened, in order
//
// Two readers agree about a pickle if their logs and values do.
#ifndef PICKLEBOX_TESTS_CONFORMANCE_DIFFER_WORLD_H_
#define PICKLEBOX_TESTS_CONFORMANCE_DIFFER_WORLD_H_

#include "tests/conformance/differ/ref.h"
// Python.h comes first.
#include <array>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/string_view.h"

namespace picklebox::differ {

enum class Deed : uint8_t {
  kGlobal,      // module, qualname: each time it is asked for
  kCall,        // callable, arguments
  kNew,         // class, arguments, keywords or none
  kPersistent,  // id
  kState,       // target, state
  kAppend,      // target, item
  kSet,         // target, key, value
  kAdd,         // target, item
};
absl::string_view DeedName(Deed deed);

struct Event {
  Deed deed;
  std::array<Ref, 3> parts;
};

class World {
 public:
  World() = default;
  World(const World&) = delete;
  World& operator=(const World&) = delete;

  // Makes the type of stand-ins. Once, before all else; false with an exception
  // set.
  static bool Prepare();
  // `world` is where loads happen from now on.
  static void Enter(World* world) { current_ = world; }
  static World& Current() { return *current_; }
  static bool IsStandIn(PyObject* object) { return Py_TYPE(object) == type_; }
  // The how manieth of its world a stand-in is.
  static uint32_t SerialOf(PyObject* standin);

  // Forgets all that happened. Stand-ins given out before become those of the
  // next load.
  void Restart();
  // These write an event and return a new reference, nullptr with an exception
  // set. A global is the same stand-in each time.
  PyObject* Named(PyObject* module, PyObject* qualname);
  PyObject* Make(Deed deed, Ref a, Ref b = {}, Ref c = {});
  void Did(Deed deed, Ref a, Ref b, Ref c = {}) {
    log_.push_back({deed, {std::move(a), std::move(b), std::move(c)}});
  }
  // The global of a registered extension code: asked for the first time only,
  // as unpicklers have a cache. nullptr with a ValueError for other codes.
  PyObject* Extension(uint32_t code);

  const std::vector<Event>& log() const { return log_; }

 private:
  PyObject* Next();

  static PyTypeObject* type_;
  static World* current_;
  static absl::flat_hash_map<PyObject*, uint32_t> serials_;

  std::vector<PyObject*> standins_;
  size_t used_ = 0;
  absl::flat_hash_map<std::pair<std::string, std::string>, PyObject*> globals_;
  absl::flat_hash_map<uint32_t, PyObject*> extensions_;
  std::vector<Event> log_;
};

}  // namespace picklebox::differ

#endif  // PICKLEBOX_TESTS_CONFORMANCE_DIFFER_WORLD_H_
