#include "tests/conformance/differ/likeness.h"

#include <algorithm>
#include <bit>
#include <utility>

#include "absl/hash/hash.h"
#include "absl/strings/str_cat.h"

namespace picklebox::differ {
namespace {

std::string Brief(PyObject* value) {
  if (World::IsStandIn(value))
    return absl::StrCat("stand-in ", World::SerialOf(value));
  std::string text = Py_TYPE(value)->tp_name;
  if (PyList_Check(value) || PyTuple_Check(value) || PyDict_Check(value) ||
      PyAnySet_Check(value)) {
    return absl::StrCat(text, " of ", PyObject_Size(value));
  }
  const Ref shown = Ref::Steal(PyObject_ASCII(value));
  const char* const ascii = shown ? PyUnicode_AsUTF8(shown.get()) : nullptr;
  if (ascii == nullptr) PyErr_Clear();
  return absl::StrCat(
      text, " ",
      absl::string_view(ascii == nullptr ? "?" : ascii).substr(0, 80));
}

std::string Against(PyObject* left, PyObject* right) {
  return absl::StrCat(Brief(left), " against ", Brief(right));
}

uint64_t Bits(PyObject* real) {
  return std::bit_cast<uint64_t>(PyFloat_AS_DOUBLE(real));
}

// Beyond it, no interpreter shares ints.
constexpr long kSharedInts = 1024;

// What a pickle can express the identity of. Numbers, text and bytes have one
// too, but the interpreter shares small ones as it pleases.
bool HasIdentity(PyObject* value) {
  if (PyTuple_Check(value)) return PyTuple_GET_SIZE(value) > 0;
  if (PyFrozenSet_Check(value)) return PySet_GET_SIZE(value) > 0;
  if (PyBytes_Check(value)) return PyBytes_GET_SIZE(value) > 1;
  if (PyUnicode_Check(value)) return PyUnicode_GET_LENGTH(value) > 1;
  if (PyLong_Check(value)) {
    int overflow = 0;
    const long number = PyLong_AsLongAndOverflow(value, &overflow);
    return overflow != 0 || number < -kSharedInts || number > kSharedInts;
  }
  return PyList_Check(value) || PyDict_Check(value) || PySet_Check(value) ||
         PyByteArray_Check(value) || PyMemoryView_Check(value) ||
         PyFloat_Check(value);
}

std::vector<PyObject*> Members(PyObject* set) {
  std::vector<PyObject*> members;
  const Ref iterator = Ref::Steal(PyObject_GetIter(set));
  while (PyObject* const item = PyIter_Next(iterator.get())) {
    members.push_back(item);
    Py_DECREF(item);  // the set has it
  }
  return members;
}

}  // namespace

uint64_t Likeness::Digest(PyObject* value) {
  std::vector<PyObject*> pending = {value};
  while (!pending.empty()) {
    PyObject* const top = pending.back();
    if (digests_.contains(top)) {
      pending.pop_back();
      continue;
    }
    std::vector<PyObject*> parts;
    if (PyTuple_Check(top)) {
      for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(top); ++i)
        parts.push_back(PyTuple_GET_ITEM(top, i));
    } else if (PyFrozenSet_Check(top)) {
      parts = Members(top);
    }
    const size_t before = pending.size();
    for (PyObject* const part : parts) {
      if (!digests_.contains(part)) pending.push_back(part);
    }
    if (pending.size() > before) continue;
    pending.pop_back();
    std::vector<uint64_t> numbers;
    numbers.reserve(parts.size() + 1);
    for (PyObject* const part : parts) numbers.push_back(digests_[part]);
    if (PyFrozenSet_Check(top)) std::sort(numbers.begin(), numbers.end());
    if (World::IsStandIn(top)) {
      numbers.push_back(World::SerialOf(top));
    } else if (PyFloat_Check(top)) {
      numbers.push_back(Bits(top));
    } else if (parts.empty()) {
      const Ref shown = Ref::Steal(PyObject_ASCII(top));
      const char* const text = shown ? PyUnicode_AsUTF8(shown.get()) : nullptr;
      if (text == nullptr) PyErr_Clear();
      if (text != nullptr) numbers.push_back(absl::HashOf(std::string(text)));
    }
    digests_[top] = absl::HashOf(numbers, Py_TYPE(top));
  }
  return digests_[value];
}

std::string Likeness::Sequence(PyObject* left, PyObject* right) {
  const Py_ssize_t size = PySequence_Fast_GET_SIZE(left);
  if (size != PySequence_Fast_GET_SIZE(right)) return Against(left, right);
  for (Py_ssize_t i = size; i-- > 0;)
    Push(PySequence_Fast_GET_ITEM(left, i), PySequence_Fast_GET_ITEM(right, i));
  return "";
}

std::string Likeness::Dictionary(PyObject* left, PyObject* right) {
  if (PyDict_Size(left) != PyDict_Size(right)) return Against(left, right);
  Py_ssize_t here = 0;
  Py_ssize_t there = 0;
  PyObject *key, *value, *other_key, *other_value;
  while (PyDict_Next(left, &here, &key, &value) &&
         PyDict_Next(right, &there, &other_key, &other_value)) {
    Push(value, other_value);
    Push(key, other_key);
  }
  return "";
}

std::string Likeness::Set(PyObject* left, PyObject* right) {
  std::vector<PyObject*> here = Members(left);
  std::vector<PyObject*> there = Members(right);
  if (here.size() != there.size()) return Against(left, right);
  const auto by_digest = [this](PyObject* a, PyObject* b) {
    return Digest(a) < Digest(b);
  };
  for (PyObject* const member : here) Digest(member);
  for (PyObject* const member : there) Digest(member);
  std::sort(here.begin(), here.end(), by_digest);
  std::sort(there.begin(), there.end(), by_digest);
  for (size_t i = 0; i < here.size(); ++i) {
    // Members of equal digests, such as NaN, are paired as they come.
    const uint64_t digest = Digest(here[i]);
    const bool alone = (i == 0 || Digest(here[i - 1]) != digest) &&
                       (i + 1 == here.size() || Digest(here[i + 1]) != digest);
    Push(here[i], there[i], alone);
  }
  return "";
}

std::string Likeness::One(const Pair& pair) {
  PyObject* const left = pair.left;
  PyObject* const right = pair.right;
  if (left == nullptr || right == nullptr) {
    return left == right ? "" : "something against nothing";
  }
  if (Py_TYPE(left) != Py_TYPE(right)) return Against(left, right);
  if (World::IsStandIn(left)) {
    return World::SerialOf(left) == World::SerialOf(right)
               ? ""
               : Against(left, right);
  }
  if (pair.named && HasIdentity(left)) {
    const auto [one, is_new] = to_right_.try_emplace(left, right);
    if (one->second != right)
      return absl::StrCat("one object on the left, two on the right: ",
                          Against(left, right));
    if (to_left_.try_emplace(right, left).first->second != left)
      return absl::StrCat("two objects on the left, one on the right: ",
                          Against(left, right));
    if (!is_new) return "";
  }
  if (PyList_Check(left) || PyTuple_Check(left)) return Sequence(left, right);
  if (PyDict_Check(left)) return Dictionary(left, right);
  if (PyAnySet_Check(left)) return Set(left, right);
  if (PyFloat_Check(left))
    return Bits(left) == Bits(right) ? "" : Against(left, right);
  if (PyMemoryView_Check(left)) {
    if (PyMemoryView_GET_BUFFER(left)->readonly !=
        PyMemoryView_GET_BUFFER(right)->readonly)
      return "one view can be written to";
    Push(PyMemoryView_GET_BASE(left), PyMemoryView_GET_BASE(right));
    return "";
  }
  const int same = PyObject_RichCompareBool(left, right, Py_EQ);
  if (same < 0) PyErr_Clear();
  return same == 1 ? "" : Against(left, right);
}

std::string Likeness::Values(PyObject* left, PyObject* right) {
  Push(left, right);
  while (!pending_.empty()) {
    const Pair pair = pending_.back();
    pending_.pop_back();
    std::string difference = One(pair);
    if (!difference.empty()) {
      pending_.clear();
      return difference;
    }
  }
  return "";
}

std::string Likeness::Worlds(const World& left, const World& right) {
  const size_t size = std::min(left.log().size(), right.log().size());
  for (size_t i = 0; i < size; ++i) {
    const Event& here = left.log()[i];
    const Event& there = right.log()[i];
    std::string difference;
    if (here.deed != there.deed) {
      difference =
          absl::StrCat(DeedName(here.deed), " against ", DeedName(there.deed));
    }
    for (size_t part = 0; part < here.parts.size() && difference.empty();
         ++part) {
      PyObject* const a = here.parts[part].get();
      PyObject* const b = there.parts[part].get();
      // Names, and what __new__ is given, are handed over as whoever calls
      // likes.
      const bool handed =
          here.deed == Deed::kGlobal || (here.deed == Deed::kNew && part > 0);
      if (!handed) {
        difference = Values(a, b);
      } else if (a != nullptr && b != nullptr && PyTuple_Check(a) &&
                 PyTuple_Check(b)) {
        difference = Sequence(a, b);
        if (difference.empty()) difference = Values(Py_None, Py_None);
      } else {
        Push(a, b, false);
        difference = Values(Py_None, Py_None);
      }
    }
    if (!difference.empty())
      return absl::StrCat(DeedName(here.deed), " number ", i, ": ", difference);
  }
  if (left.log().size() != right.log().size()) {
    return absl::StrCat(left.log().size(), " things happened against ",
                        right.log().size());
  }
  return "";
}

}  // namespace picklebox::differ
