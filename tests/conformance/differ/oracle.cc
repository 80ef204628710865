#include "tests/conformance/differ/oracle.h"

#include <algorithm>
#include <iterator>

#include "absl/strings/str_cat.h"

namespace picklebox::differ {
namespace {

// Classes for each unpickler, without and with persistent_load.
constexpr const char* kSource = R"(
import _pickle, copyreg, io, pickle, warnings
warnings.simplefilter("ignore")
for code, module, qualname in extensions:
    copyreg._inverted_registry[code] = module, qualname
class C(_pickle.Unpickler):
    find_class = find_class
class PersistentC(C):
    persistent_load = persistent_load
class Python(pickle._Unpickler):
    find_class = find_class
class PersistentPython(Python):
    persistent_load = persistent_load
classes = C, PersistentC, Python, PersistentPython
)";

PyObject* classes;          // of kSource
PyObject* bytes_io;         // io.BytesIO
PyObject* buffered_reader;  // io.BufferedReader
PyObject* extension_cache;  // copyreg's
PyObject* registry;         // copyreg's, of codes
PyObject* own_registry;     // what is in it where extensions are registered
PyObject* keywords[std::size(kReadings)];

PyObject* FindClass(PyObject* /*module*/, PyObject* args) {
  PyObject *module, *qualname;
  if (!PyArg_ParseTuple(args, "UU", &module, &qualname)) return nullptr;
  return World::Current().Named(module, qualname);
}

PyObject* PersistentLoad(PyObject* /*module*/, PyObject* id) {
  return World::Current().Make(Deed::kPersistent, Ref::To(id));
}

PyMethodDef find_class = {"find_class", FindClass, METH_VARARGS, nullptr};
PyMethodDef persistent_load = {"persistent_load", PersistentLoad, METH_O,
                               nullptr};

Ref ExtensionRows() {
  Ref rows = Ref::Steal(PyList_New(0));
  for (const Extension& row : kExtensions) {
    const Ref entry =
        Ref::Steal(Py_BuildValue("Iss", row.code, row.module, row.qualname));
    if (!entry || PyList_Append(rows.get(), entry.get()) < 0) return {};
  }
  return rows;
}

bool PrepareKeywords() {
  for (size_t i = 0; i < std::size(kReadings); ++i) {
    const Reading& reading = kReadings[i];
    keywords[i] =
        Py_BuildValue("{s:O,s:s,s:s}", "fix_imports",
                      reading.fix_imports ? Py_True : Py_False, "encoding",
                      reading.encoding, "errors", reading.errors);
    if (keywords[i] == nullptr) return false;
  }
  return true;
}

Ref FileOf(Unpickler unpickler, absl::string_view bytes) {
  const Ref data = Ref::Steal(PyBytes_FromStringAndSize(
      bytes.data(), static_cast<Py_ssize_t>(bytes.size())));
  Ref raw =
      Ref::Steal(PyObject_CallFunctionObjArgs(bytes_io, data.get(), nullptr));
  if (unpickler != Unpickler::kC || !raw) return raw;
  // A reader that can show all, because the C unpickler then reads as it does
  // from memory, also where an operand crosses the end of a frame.
  return Ref::Steal(PyObject_CallFunction(
      buffered_reader, "On", raw.get(),
      static_cast<Py_ssize_t>(std::max<size_t>(bytes.size(), 64))));
}

Ref UnpicklerOf(Unpickler unpickler, const Reading& reading, PyObject* file) {
  const Py_ssize_t which = (unpickler == Unpickler::kPython ? 2 : 0) +
                           (reading.persistent_ids ? 1 : 0);
  const Ref args = Ref::Steal(PyTuple_Pack(1, file));
  Ref options = Ref::To(keywords[&reading - kReadings]);
  if (reading.buffers) {
    options = Ref::Steal(PyDict_Copy(options.get()));
    const Ref buffers = Oracle::Buffers();
    if (!buffers ||
        PyDict_SetItemString(options.get(), "buffers", buffers.get()) < 0)
      return {};
  }
  return Ref::Steal(PyObject_Call(PyTuple_GET_ITEM(classes, which), args.get(),
                                  options.get()));
}

bool Register(bool extensions) {
  PyDict_Clear(extension_cache);
  if ((PyDict_Size(registry) > 0) == extensions) return true;
  PyDict_Clear(registry);
  return !extensions || PyDict_Update(registry, own_registry) == 0;
}

}  // namespace

absl::string_view UnpicklerName(Unpickler unpickler) {
  constexpr absl::string_view kNames[] = {"C", "C by bytes", "Python"};
  return kNames[static_cast<int>(unpickler)];
}

std::string TakeError() {
  PyObject *type, *value, *trace;
  PyErr_Fetch(&type, &value, &trace);
  std::string text =
      type == nullptr ? "?" : reinterpret_cast<PyTypeObject*>(type)->tp_name;
  const Ref said = Ref::Steal(value == nullptr ? nullptr : PyObject_Str(value));
  const Ref ascii = Ref::Steal(
      said ? PyUnicode_AsEncodedString(said.get(), "ascii", "backslashreplace")
           : nullptr);
  if (ascii) {
    absl::StrAppend(
        &text, ": ",
        absl::string_view(PyBytes_AS_STRING(ascii.get())).substr(0, 200));
  }
  PyErr_Clear();
  Py_XDECREF(type);
  Py_XDECREF(value);
  Py_XDECREF(trace);
  return text;
}

Ref Oracle::Buffers() {
  return Ref::Steal(Py_BuildValue(
      "yN", kBuffers[0],
      PyByteArray_FromStringAndSize(
          kBuffers[1],
          static_cast<Py_ssize_t>(absl::string_view(kBuffers[1]).size()))));
}

bool Oracle::Prepare() {
  const Ref scope = Ref::Steal(PyDict_New());
  const Ref find = Ref::Steal(PyCFunction_New(&find_class, nullptr));
  const Ref persistent = Ref::Steal(PyCFunction_New(&persistent_load, nullptr));
  const Ref extensions = ExtensionRows();
  if (!scope || !find || !persistent || !extensions) return false;
  if (PyDict_SetItemString(scope.get(), "__builtins__", PyEval_GetBuiltins()) <
          0 ||
      PyDict_SetItemString(scope.get(), "__name__",
                           Ref::Steal(PyUnicode_FromString("oracle")).get()) <
          0 ||
      PyDict_SetItemString(scope.get(), "find_class", find.get()) < 0 ||
      PyDict_SetItemString(scope.get(), "persistent_load", persistent.get()) <
          0 ||
      PyDict_SetItemString(scope.get(), "extensions", extensions.get()) < 0) {
    return false;
  }
  if (!Ref::Steal(
          PyRun_String(kSource, Py_file_input, scope.get(), scope.get())))
    return false;
  classes = Ref::To(PyDict_GetItemString(scope.get(), "classes")).Release();
  PyObject* const io = PyDict_GetItemString(scope.get(), "io");
  PyObject* const copyreg = PyDict_GetItemString(scope.get(), "copyreg");
  bytes_io = PyObject_GetAttrString(io, "BytesIO");
  buffered_reader = PyObject_GetAttrString(io, "BufferedReader");
  extension_cache = PyObject_GetAttrString(copyreg, "_extension_cache");
  registry = PyObject_GetAttrString(copyreg, "_inverted_registry");
  if (bytes_io == nullptr || buffered_reader == nullptr ||
      extension_cache == nullptr || registry == nullptr)
    return false;
  own_registry = PyDict_Copy(registry);
  return own_registry != nullptr && PrepareKeywords();
}

Loaded Oracle::Load(Unpickler unpickler, absl::string_view bytes,
                    const Reading& reading, World* world) {
  Loaded loaded;
  world->Restart();
  World::Enter(world);
  const Ref file = FileOf(unpickler, bytes);
  const Ref loader = file ? UnpicklerOf(unpickler, reading, file.get()) : Ref();
  if (loader && Register(reading.extensions)) {
    loaded.value =
        Ref::Steal(PyObject_CallMethod(loader.get(), "load", nullptr));
  }
  if (!loaded.value) {
    loaded.error = TakeError();
    return loaded;
  }
  const Ref stop = Ref::Steal(PyObject_CallMethod(file.get(), "tell", nullptr));
  loaded.stop = stop ? PyLong_AsUnsignedLongLong(stop.get()) : 0;
  PyErr_Clear();
  return loaded;
}

}  // namespace picklebox::differ
