// Owned references to Python objects.
#ifndef PICKLEBOX_TESTS_CONFORMANCE_DIFFER_REF_H_
#define PICKLEBOX_TESTS_CONFORMANCE_DIFFER_REF_H_

#define PY_SSIZE_T_CLEAN
#include <Python.h>

#include <utility>

namespace picklebox::differ {

// A reference, or none. Needs the GIL, as all here does.
class Ref {
 public:
  Ref() = default;
  ~Ref() { Py_XDECREF(object_); }
  Ref(const Ref& other) : object_(other.object_) { Py_XINCREF(object_); }
  Ref(Ref&& other) noexcept : object_(std::exchange(other.object_, nullptr)) {}
  Ref& operator=(Ref other) noexcept {
    std::swap(object_, other.object_);
    return *this;
  }

  // Takes over a new reference.
  static Ref Steal(PyObject* object) {
    Ref ref;
    ref.object_ = object;
    return ref;
  }
  // Makes another reference.
  static Ref To(PyObject* object) {
    Py_XINCREF(object);
    return Steal(object);
  }

  PyObject* get() const { return object_; }
  PyObject* Release() { return std::exchange(object_, nullptr); }
  explicit operator bool() const { return object_ != nullptr; }

 private:
  PyObject* object_ = nullptr;
};

}  // namespace picklebox::differ

#endif  // PICKLEBOX_TESTS_CONFORMANCE_DIFFER_REF_H_
