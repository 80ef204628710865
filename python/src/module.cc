// picklebox._core: what the package needs of picklebox.h, and the replay.
#define PY_SSIZE_T_CLEAN
#include <Python.h>
#include <picklebox.h>

#include "python/src/handles.h"
#include "python/src/replay.h"

namespace picklebox::python {
namespace {

PyObject* CanonicalGlobal(PyObject* /*module*/, PyObject* args) {
  PyObject* names[2] = {nullptr, nullptr};
  int python2 = 0;
  if (!PyArg_ParseTuple(args, "UUp:canonical_global", &names[0], &names[1],
                        &python2))
    return nullptr;
  PyObject* bytes[2] = {nullptr, nullptr};
  picklebox_string texts[2] = {{nullptr, 0}, {nullptr, 0}};
  PyObject* result = nullptr;
  bool encoded = true;
  for (int i = 0; i < 2 && encoded; ++i) {
    bytes[i] = PyUnicode_AsEncodedString(names[i], "utf-8", "surrogatepass");
    encoded = bytes[i] != nullptr;
    if (!encoded) break;
    texts[i].data = PyBytes_AS_STRING(bytes[i]);
    texts[i].size = static_cast<size_t>(PyBytes_GET_SIZE(bytes[i]));
  }
  if (encoded) {
    picklebox_text* text =
        picklebox_canonical_global(texts[0], texts[1], python2);
    if (text == nullptr) {
      PyErr_NoMemory();
    } else {
      result = Text(picklebox_text_data(text), picklebox_text_size(text));
      picklebox_text_free(text);
    }
  }
  Py_XDECREF(bytes[0]);
  Py_XDECREF(bytes[1]);
  return result;
}

PyObject* Danger(PyObject* /*module*/, PyObject* args) {
  picklebox_string names[2] = {{nullptr, 0}, {nullptr, 0}};
  Py_ssize_t sizes[2] = {0, 0};
  if (!PyArg_ParseTuple(args, "s#s#:danger", &names[0].data, &sizes[0],
                        &names[1].data, &sizes[1]))
    return nullptr;
  for (int i = 0; i < 2; ++i) names[i].size = static_cast<size_t>(sizes[i]);
  const char* const danger = picklebox_danger(names[0], names[1]);
  return PyUnicode_FromString(danger == nullptr ? "" : danger);
}

PyMethodDef methods[] = {
    {"replay", reinterpret_cast<PyCFunction>(reinterpret_cast<void*>(&Replay)),
     METH_VARARGS | METH_KEYWORDS, nullptr},
    {"danger", &Danger, METH_VARARGS, nullptr},
    {"canonical_global", &CanonicalGlobal, METH_VARARGS, nullptr},
    {nullptr, nullptr, 0, nullptr}};

PyModuleDef definition = {PyModuleDef_HEAD_INIT,
                          "picklebox._core",
                          nullptr,
                          -1,
                          methods,
                          nullptr,
                          nullptr,
                          nullptr,
                          nullptr};

PyObject* Make() {
  if (picklebox_abi_version() != PICKLEBOX_ABI_VERSION) {
    PyErr_SetString(PyExc_ImportError,
                    "picklebox._core was built for another libpicklebox");
    return nullptr;
  }
  PyObject* module = PyModule_Create(&definition);
  if (module == nullptr) return nullptr;
  if (AddScannerTypes(module) && AddScanTypes(module) && PrepareReplay() &&
      PyModule_AddStringConstant(module, "version", picklebox_version()) == 0)
    return module;
  Py_DECREF(module);
  return nullptr;
}

}  // namespace
}  // namespace picklebox::python

// NOLINTNEXTLINE(bugprone-reserved-identifier): Python looks for this name.
PyMODINIT_FUNC PyInit__core(void) { return picklebox::python::Make(); }
