// The Python objects around the handles of picklebox.h: Policy, Scanner and
// Content in scanner_handles.cc, Scan and Graph in scan_handles.cc.
#ifndef PICKLEBOX_PYTHON_SRC_HANDLES_H_
#define PICKLEBOX_PYTHON_SRC_HANDLES_H_

#define PY_SSIZE_T_CLEAN
#include <Python.h>
#include <picklebox.h>

namespace picklebox::python {

// Adds Policy, Scanner and Content; Scan and Graph. False with an exception
// set.
bool AddScannerTypes(PyObject* module);
bool AddScanTypes(PyObject* module);

// A Scan, which owns `scan`.
PyObject* WrapScan(picklebox_scan* scan);
// The graph of a Graph; nullptr, with a TypeError set, for anything else.
picklebox_graph* GraphOf(PyObject* object);

// What both have in common.

// Of types whose objects only this extension makes.
#if PY_VERSION_HEX >= 0x030a0000
inline constexpr unsigned kNotMade =
    Py_TPFLAGS_DEFAULT | Py_TPFLAGS_DISALLOW_INSTANTIATION;
#else
inline constexpr unsigned kNotMade = Py_TPFLAGS_DEFAULT;
#endif

// Adds a type to the module; nullptr with an exception set.
PyTypeObject* AddType(PyObject* module, PyType_Spec* spec, const char* name);
// Names out of a file: UTF-8 in which surrogates are allowed.
PyObject* Text(const char* data, size_t size);
inline PyObject* Text(picklebox_string text) {
  return Text(text.data, text.size);
}
// Takes the text over.
PyObject* Take(picklebox_text* text);
// Raises what `error` says, and frees it.
PyObject* Raise(picklebox_error* error);
// Frees the object of a heap type.
void Free(PyObject* self);

template <typename Object>
Object* As(PyObject* self) {
  return reinterpret_cast<Object*>(self);
}

}  // namespace picklebox::python

#endif  // PICKLEBOX_PYTHON_SRC_HANDLES_H_
