#include "python/src/handles.h"

namespace picklebox::python {

PyTypeObject* AddType(PyObject* module, PyType_Spec* spec, const char* name) {
  PyObject* type = PyType_FromSpec(spec);
  if (type == nullptr) return nullptr;
  Py_INCREF(type);
  if (PyModule_AddObject(module, name, type) == 0)
    return reinterpret_cast<PyTypeObject*>(type);
  Py_DECREF(type);
  Py_DECREF(type);
  return nullptr;
}

PyObject* Text(const char* data, size_t size) {
  return PyUnicode_DecodeUTF8(data, static_cast<Py_ssize_t>(size),
                              "surrogatepass");
}

PyObject* Take(picklebox_text* text) {
  if (text == nullptr) return PyErr_NoMemory();
  PyObject* result = Text(picklebox_text_data(text), picklebox_text_size(text));
  picklebox_text_free(text);
  return result;
}

PyObject* Raise(picklebox_error* error) {
  if (error == nullptr) return PyErr_NoMemory();
  PyObject* type = PyExc_RuntimeError;
  switch (picklebox_error_code(error)) {
    case PICKLEBOX_INVALID_ARGUMENT:
      type = PyExc_ValueError;
      break;
    case PICKLEBOX_NOT_FOUND:
      type = PyExc_FileNotFoundError;
      break;
    case PICKLEBOX_PERMISSION_DENIED:
      type = PyExc_PermissionError;
      break;
    case PICKLEBOX_RESOURCE_EXHAUSTED:
      type = PyExc_OSError;
      break;
    default:
      break;
  }
  PyErr_SetString(type, picklebox_error_message(error));
  picklebox_error_free(error);
  return nullptr;
}

void Free(PyObject* self) {
  PyTypeObject* const type = Py_TYPE(self);
  type->tp_free(self);
  Py_DECREF(type);
}

}  // namespace picklebox::python
