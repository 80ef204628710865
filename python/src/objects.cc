#include "python/src/objects.h"

#include <cstdint>
#include <cstring>

namespace picklebox::python {
namespace {

PyObject* unpickling_error;
PyObject* name_setstate;
PyObject* name_dict;
PyObject* name_new;
PyObject* name_getinitargs;
PyObject* name_append;
PyObject* name_extend;
PyObject* name_add;

// The attribute, or nullptr: without an exception if there is none such.
bool Optional(PyObject* object, PyObject* name, PyObject** attribute) {
#if PY_VERSION_HEX >= 0x030d0000
  return PyObject_GetOptionalAttr(object, name, attribute) >= 0;
#else
  // As it was called before it became public: makes no exception to clear.
  return _PyObject_LookupAttr(object, name, attribute) >= 0;
#endif
}

PyObject* CallOne(PyObject* callable, PyObject* argument) {
#if PY_VERSION_HEX >= 0x03090000
  return PyObject_CallOneArg(callable, argument);
#else
  return PyObject_CallFunctionObjArgs(callable, argument, nullptr);
#endif
}

bool Done(PyObject* result) {
  Py_XDECREF(result);
  return result != nullptr;
}

bool IsAscii(const char* data, size_t size) {
  constexpr uint64_t kHigh = 0x8080808080808080u;
  uint64_t all = 0;
  size_t i = 0;
  for (; i + 8 <= size; i += 8) {
    uint64_t word;
    std::memcpy(&word, data + i, 8);
    all |= word;
  }
  for (; i < size; ++i) all |= static_cast<unsigned char>(data[i]);
  return (all & kHigh) == 0;
}

bool SetAttributes(PyObject* object, PyObject* state) {
  if (!PyDict_Check(state)) {
    PyErr_SetString(unpickling_error, "state is not a dictionary");
    return false;
  }
  PyObject* dict = PyObject_GetAttr(object, name_dict);
  if (dict == nullptr) return false;
  const bool exact = PyDict_CheckExact(dict);
  Py_ssize_t position = 0;
  PyObject* key;
  PyObject* value;
  bool fine = true;
  while (fine && PyDict_Next(state, &position, &key, &value)) {
    Py_INCREF(key);
    if (PyUnicode_CheckExact(key)) PyUnicode_InternInPlace(&key);
    Py_INCREF(value);
    fine = (exact ? PyDict_SetItem(dict, key, value)
                  : PyObject_SetItem(dict, key, value)) == 0;
    Py_DECREF(value);
    Py_DECREF(key);
  }
  Py_DECREF(dict);
  return fine;
}

bool SetSlots(PyObject* object, PyObject* state) {
  if (!PyDict_Check(state)) {
    PyErr_SetString(unpickling_error, "slot state is not a dictionary");
    return false;
  }
  Py_ssize_t position = 0;
  PyObject* key;
  PyObject* value;
  bool fine = true;
  while (fine && PyDict_Next(state, &position, &key, &value)) {
    Py_INCREF(key);
    Py_INCREF(value);
    fine = PyObject_SetAttr(object, key, value) == 0;
    Py_DECREF(value);
    Py_DECREF(key);
  }
  return fine;
}

}  // namespace

bool PrepareObjects() {
  PyObject* pickle = PyImport_ImportModule("_pickle");
  if (pickle == nullptr) {
    // An interpreter without the accelerator has the class all the same.
    PyErr_Clear();
    pickle = PyImport_ImportModule("pickle");
  }
  if (pickle == nullptr) return false;
  unpickling_error = PyObject_GetAttrString(pickle, "UnpicklingError");
  Py_DECREF(pickle);
  const struct {
    PyObject** name;
    const char* text;
  } names[] = {{&name_setstate, "__setstate__"},
               {&name_dict, "__dict__"},
               {&name_new, "__new__"},
               {&name_getinitargs, "__getinitargs__"},
               {&name_append, "append"},
               {&name_extend, "extend"},
               {&name_add, "add"}};
  for (const auto& [name, text] : names) {
    *name = PyUnicode_InternFromString(text);
    if (*name == nullptr) return false;
  }
  return unpickling_error != nullptr;
}

PyObject* UnpicklingError() { return unpickling_error; }

PyObject* MakeStr(const char* data, size_t size) {
  // One character is a shared object.
  if (size > 1 && IsAscii(data, size)) {
    PyObject* text = PyUnicode_New(static_cast<Py_ssize_t>(size), 127);
    if (text != nullptr) std::memcpy(PyUnicode_1BYTE_DATA(text), data, size);
    return text;
  }
  return PyUnicode_DecodeUTF8(data, static_cast<Py_ssize_t>(size),
                              "surrogatepass");
}

PyObject* MakeBigInt(const char* data, size_t size) {
  const unsigned char* const bytes =
      reinterpret_cast<const unsigned char*>(data);
#if PY_VERSION_HEX >= 0x030d0000
  return PyLong_FromNativeBytes(bytes, size, Py_ASNATIVEBYTES_LITTLE_ENDIAN);
#else
  return _PyLong_FromByteArray(bytes, size, /*little_endian=*/1,
                               /*is_signed=*/1);
#endif
}

PyObject* Call(PyObject* callable, PyObject* args) {
  // The short way where pickle takes it; what is given the tuple itself may
  // keep it, as exceptions do.
  if (PyTuple_CheckExact(args) && PyVectorcall_Function(callable) != nullptr) {
    return PyObject_Vectorcall(callable, PySequence_Fast_ITEMS(args),
                               static_cast<size_t>(PyTuple_GET_SIZE(args)),
                               nullptr);
  }
  return PyObject_CallObject(callable, args);
}

PyObject* NewObject(PyObject* cls, PyObject* args, PyObject* kwargs) {
  const char* const opcode = kwargs == nullptr ? "NEWOBJ" : "NEWOBJ_EX";
  if (!PyType_Check(cls)) {
    return PyErr_Format(unpickling_error,
                        "%s class argument must be a type, not %.200s", opcode,
                        Py_TYPE(cls)->tp_name);
  }
  PyTypeObject* const type = reinterpret_cast<PyTypeObject*>(cls);
  if (type->tp_new == nullptr) {
    return PyErr_Format(unpickling_error,
                        "%s class argument '%.200s' doesn't have __new__",
                        opcode, type->tp_name);
  }
  if (!PyTuple_Check(args)) {
    return PyErr_Format(unpickling_error,
                        "%s args argument must be a tuple, not %.200s", opcode,
                        Py_TYPE(args)->tp_name);
  }
  if (kwargs != nullptr && !PyDict_Check(kwargs)) {
    return PyErr_Format(unpickling_error,
                        "%s kwargs argument must be a dict, not %.200s", opcode,
                        Py_TYPE(kwargs)->tp_name);
  }
  return type->tp_new(type, args, kwargs);
}

PyObject* Instantiate(PyObject* cls, PyObject* args) {
  if (PyTuple_Check(args) && PyTuple_GET_SIZE(args) == 0 && PyType_Check(cls)) {
    PyObject* getinitargs = nullptr;
    if (!Optional(cls, name_getinitargs, &getinitargs)) return nullptr;
    if (getinitargs == nullptr)
      return PyObject_CallMethodObjArgs(cls, name_new, cls, nullptr);
    Py_DECREF(getinitargs);
  }
  return PyObject_CallObject(cls, args);
}

PyObject* ReadOnly(PyObject* buffer) {
  PyObject* view = PyMemoryView_FromObject(buffer);
  if (view == nullptr) return nullptr;
  if (!PyMemoryView_GET_BUFFER(view)->readonly) {
    PyMemoryView_GET_BUFFER(view)->readonly = 1;
    return view;
  }
  Py_DECREF(view);
  Py_INCREF(buffer);
  return buffer;
}

bool AppendTo(PyObject* target, PyObject* items) {
  PyObject* method = nullptr;
  bool fine = Optional(target, name_extend, &method);
  if (fine && method != nullptr) {
    fine = Done(CallOne(method, items));
  } else if (fine) {
    method = PyObject_GetAttr(target, name_append);
    fine = method != nullptr;
    for (Py_ssize_t i = 0; fine && i < PyList_GET_SIZE(items); ++i)
      fine = Done(CallOne(method, PyList_GET_ITEM(items, i)));
  }
  Py_XDECREF(method);
  Py_DECREF(items);
  return fine;
}

bool AddTo(PyObject* target, PyObject* const* items, Py_ssize_t count) {
  PyObject* method = PyObject_GetAttr(target, name_add);
  bool fine = method != nullptr;
  for (Py_ssize_t i = 0; fine && i < count; ++i)
    fine = Done(CallOne(method, items[i]));
  Py_XDECREF(method);
  return fine;
}

bool Build(PyObject* object, PyObject* state) {
  PyObject* setstate = nullptr;
  if (!Optional(object, name_setstate, &setstate)) return false;
  if (setstate != nullptr) {
    const bool fine = Done(CallOne(setstate, state));
    Py_DECREF(setstate);
    return fine;
  }
  PyObject* slots = nullptr;
  if (PyTuple_Check(state) && PyTuple_GET_SIZE(state) == 2) {
    slots = PyTuple_GET_ITEM(state, 1);
    state = PyTuple_GET_ITEM(state, 0);
  }
  if (state != Py_None && !SetAttributes(object, state)) return false;
  return slots == nullptr || SetSlots(object, slots);
}

}  // namespace picklebox::python
