// What CPython's unpickler does to objects, one function an opcode's effect:
// the same checks in the same order, and the same words. Each returns a new
// reference, or true; nullptr or false with an exception set.
#ifndef PICKLEBOX_PYTHON_SRC_OBJECTS_H_
#define PICKLEBOX_PYTHON_SRC_OBJECTS_H_

#define PY_SSIZE_T_CLEAN
#include <Python.h>
#include <picklebox.h>

namespace picklebox::python {

// The names and classes that the functions below use.
bool PrepareObjects();
PyObject* UnpicklingError();

// Values of Python's own types.
PyObject* MakeStr(const char* data, size_t size);
PyObject* MakeBigInt(const char* data, size_t size);

// REDUCE.
PyObject* Call(PyObject* callable, PyObject* args);
// NEWOBJ and NEWOBJ_EX; `kwargs` is nullptr for the first.
PyObject* NewObject(PyObject* cls, PyObject* args, PyObject* kwargs);
// OBJ and INST.
PyObject* Instantiate(PyObject* cls, PyObject* args);
// READONLY_BUFFER.
PyObject* ReadOnly(PyObject* buffer);
// APPEND and APPENDS on what is no list. `items` is a new list and is used up.
bool AppendTo(PyObject* target, PyObject* items);
// ADDITEMS on what is no set.
bool AddTo(PyObject* target, PyObject* const* items, Py_ssize_t count);
// BUILD.
bool Build(PyObject* object, PyObject* state);

}  // namespace picklebox::python

#endif  // PICKLEBOX_PYTHON_SRC_OBJECTS_H_
