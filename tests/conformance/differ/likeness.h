// Tells whether two loads gave the same, as canonical.py does, natively.
//
// Two values are the same if their types and contents agree, bit for bit for
// floats and in order for dictionaries, and if what is one object here is one
// object there. Sets are compared without order, stand-ins by their serial: how
// they came about and what was done to them is in the logs of their worlds.
#ifndef PICKLEBOX_TESTS_CONFORMANCE_DIFFER_LIKENESS_H_
#define PICKLEBOX_TESTS_CONFORMANCE_DIFFER_LIKENESS_H_

#include "tests/conformance/differ/world.h"
// Python.h comes first.
#include <cstdint>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"

namespace picklebox::differ {

// Compares the two sides of one case. Objects must live as long as it does.
class Likeness {
 public:
  // Empty, or the first difference between two values in words.
  std::string Values(PyObject* left, PyObject* right);
  // The same of all that happened.
  std::string Worlds(const World& left, const World& right);

 private:
  struct Pair {
    PyObject* left;
    PyObject* right;
    bool named;  // which object it is counts, beyond what it holds
  };

  std::string One(const Pair& pair);
  std::string Sequence(PyObject* left, PyObject* right);
  std::string Dictionary(PyObject* left, PyObject* right);
  std::string Set(PyObject* left, PyObject* right);
  void Push(PyObject* left, PyObject* right, bool named = true) {
    pending_.push_back({left, right, named});
  }
  // Of a member of a set, by which those of two sets are paired.
  uint64_t Digest(PyObject* value);

  std::vector<Pair> pending_;
  absl::flat_hash_map<PyObject*, PyObject*> to_right_;
  absl::flat_hash_map<PyObject*, PyObject*> to_left_;
  absl::flat_hash_map<PyObject*, uint64_t> digests_;
};

}  // namespace picklebox::differ

#endif  // PICKLEBOX_TESTS_CONFORMANCE_DIFFER_LIKENESS_H_
