#include <unistd.h>

#include <cstring>

#include "python/src/handles.h"

namespace picklebox::python {
namespace {

struct PolicyObject {
  PyObject_HEAD picklebox_policy* policy;
};
struct ScannerObject {
  PyObject_HEAD picklebox_scanner* scanner;
  // The process that made it: only that one may end its workers.
  long owner;
};
struct ContentObject {
  PyObject_HEAD picklebox_content* content;
};

PyTypeObject* policy_type;
PyTypeObject* content_type;

// A path or a name as UTF-8; holds nothing beyond the life of `object`.
const char* Utf8(PyObject* object) { return PyUnicode_AsUTF8(object); }

// ---------------------------------------------------------------- Policy

PyObject* WrapPolicy(picklebox_policy* policy) {
  PolicyObject* self = PyObject_New(PolicyObject, policy_type);
  if (self == nullptr) {
    picklebox_policy_free(policy);
    return nullptr;
  }
  self->policy = policy;
  return reinterpret_cast<PyObject*>(self);
}

PyObject* PolicyNew(PyTypeObject* /*type*/, PyObject* args, PyObject* kwargs) {
  static char what_name[] = "what";
  static char* names[] = {what_name, nullptr};
  const char* what = nullptr;
  if (!PyArg_ParseTupleAndKeywords(args, kwargs, "s:Policy", names, &what))
    return nullptr;
  picklebox_error* error = nullptr;
  picklebox_policy* policy = picklebox_policy_new(what, &error);
  return policy == nullptr ? Raise(error) : WrapPolicy(policy);
}

PyObject* PolicyFromToml(PyObject* /*type*/, PyObject* args, PyObject* kwargs) {
  static char text_name[] = "text";
  static char name_name[] = "name";
  static char directory_name[] = "directory";
  static char* names[] = {text_name, name_name, directory_name, nullptr};
  const char* text = nullptr;
  Py_ssize_t size = 0;
  const char* name = nullptr;
  const char* directory = nullptr;
  if (!PyArg_ParseTupleAndKeywords(args, kwargs, "s#s|z:from_toml", names,
                                   &text, &size, &name, &directory))
    return nullptr;
  picklebox_error* error = nullptr;
  picklebox_policy* policy = picklebox_policy_new_from_toml(
      text, static_cast<size_t>(size), name, directory, &error);
  return policy == nullptr ? Raise(error) : WrapPolicy(policy);
}

void PolicyFree(PyObject* self) {
  picklebox_policy_free(As<PolicyObject>(self)->policy);
  Free(self);
}

PyObject* PolicyUses(PyObject* self, PyObject* args) {
  PyObject* module = nullptr;
  PyObject* qualname = nullptr;
  if (!PyArg_ParseTuple(args, "UU:uses", &module, &qualname)) return nullptr;
  PyObject* bytes[2] = {
      PyUnicode_AsEncodedString(module, "utf-8", "surrogatepass"),
      PyUnicode_AsEncodedString(qualname, "utf-8", "surrogatepass")};
  PyObject* result = nullptr;
  if (bytes[0] != nullptr && bytes[1] != nullptr) {
    picklebox_string names[2];
    for (int i = 0; i < 2; ++i) {
      names[i].data = PyBytes_AS_STRING(bytes[i]);
      names[i].size = static_cast<size_t>(PyBytes_GET_SIZE(bytes[i]));
    }
    picklebox_text* conditions = nullptr;
    const unsigned uses = picklebox_policy_uses(
        As<PolicyObject>(self)->policy, names[0], names[1], &conditions);
    PyObject* said =
        conditions == nullptr ? PyUnicode_FromString("") : Take(conditions);
    if (said != nullptr) result = Py_BuildValue("IN", uses, said);
  }
  Py_XDECREF(bytes[0]);
  Py_XDECREF(bytes[1]);
  return result;
}

PyObject* PolicyName(PyObject* self, void* /*closure*/) {
  return Text(picklebox_policy_name(As<PolicyObject>(self)->policy));
}

PyObject* PolicyPersistentIds(PyObject* self, void* /*closure*/) {
  return PyBool_FromLong(
      picklebox_policy_persistent_ids(As<PolicyObject>(self)->policy));
}

PyMethodDef policy_methods[] = {
    {"from_toml",
     reinterpret_cast<PyCFunction>(reinterpret_cast<void*>(&PolicyFromToml)),
     METH_VARARGS | METH_KEYWORDS | METH_STATIC, nullptr},
    {"uses", &PolicyUses, METH_VARARGS, nullptr},
    {nullptr, nullptr, 0, nullptr}};
PyGetSetDef policy_members[] = {
    {"name", &PolicyName, nullptr, nullptr, nullptr},
    {"persistent_ids", &PolicyPersistentIds, nullptr, nullptr, nullptr},
    {nullptr, nullptr, nullptr, nullptr, nullptr}};
PyType_Slot policy_slots[] = {
    {Py_tp_new, reinterpret_cast<void*>(&PolicyNew)},
    {Py_tp_dealloc, reinterpret_cast<void*>(&PolicyFree)},
    {Py_tp_methods, policy_methods},
    {Py_tp_getset, policy_members},
    {0, nullptr}};
PyType_Spec policy_spec = {"picklebox._core.Policy", sizeof(PolicyObject), 0,
                           Py_TPFLAGS_DEFAULT, policy_slots};

// --------------------------------------------------------------- Scanner

bool SetOptions(PyObject* given, picklebox_options* options) {
  PyObject* key = nullptr;
  PyObject* value = nullptr;
  Py_ssize_t position = 0;
  while (PyDict_Next(given, &position, &key, &value)) {
    const char* const name = Utf8(key);
    const char* const text = name == nullptr ? nullptr : Utf8(value);
    if (text == nullptr) return false;
    picklebox_error* error = nullptr;
    if (!picklebox_options_set(options, name, text, &error)) {
      Raise(error);
      return false;
    }
  }
  return true;
}

bool SetExtensions(PyObject* given, picklebox_options* options) {
  PyObject* key = nullptr;
  PyObject* value = nullptr;
  Py_ssize_t position = 0;
  while (PyDict_Next(given, &position, &key, &value)) {
    const unsigned long code = PyLong_AsUnsignedLong(key);
    if (code == static_cast<unsigned long>(-1) && PyErr_Occurred())
      return false;
    const char* const text = Utf8(value);
    if (text == nullptr) return false;
    if (code > UINT32_MAX) continue;  // no stream can name it
    if (!picklebox_options_extension(options, static_cast<uint32_t>(code),
                                     text)) {
      PyErr_NoMemory();
      return false;
    }
  }
  return true;
}

PyObject* ScannerNew(PyTypeObject* type, PyObject* args, PyObject* kwargs) {
  static char policy_name[] = "policy";
  static char options_name[] = "options";
  static char extensions_name[] = "extensions";
  static char* names[] = {policy_name, options_name, extensions_name, nullptr};
  PyObject* policy = nullptr;
  PyObject* given = nullptr;
  PyObject* extensions = nullptr;
  if (!PyArg_ParseTupleAndKeywords(args, kwargs, "O!O!O!:Scanner", names,
                                   policy_type, &policy, &PyDict_Type, &given,
                                   &PyDict_Type, &extensions))
    return nullptr;
  picklebox_options* options = picklebox_options_new();
  if (options == nullptr) return PyErr_NoMemory();
  picklebox_scanner* scanner = nullptr;
  picklebox_error* error = nullptr;
  const bool set =
      SetOptions(given, options) && SetExtensions(extensions, options);
  if (set) {
    Py_BEGIN_ALLOW_THREADS scanner = picklebox_scanner_new(
        As<PolicyObject>(policy)->policy, options, &error);
    Py_END_ALLOW_THREADS
  }
  picklebox_options_free(options);
  if (!set) return nullptr;
  if (scanner == nullptr) return Raise(error);
  ScannerObject* self = PyObject_New(ScannerObject, type);
  if (self == nullptr) {
    picklebox_scanner_free(scanner);
    return nullptr;
  }
  self->scanner = scanner;
  self->owner = static_cast<long>(getpid());
  return reinterpret_cast<PyObject*>(self);
}

void ScannerFree(PyObject* self) {
  ScannerObject* const scanner = As<ScannerObject>(self);
  // The workers of a forked child are its parent's.
  if (scanner->owner == static_cast<long>(getpid())) {
    Py_BEGIN_ALLOW_THREADS picklebox_scanner_free(scanner->scanner);
    Py_END_ALLOW_THREADS
  }
  Free(self);
}

PyObject* ScanFile(PyObject* self, PyObject* path) {
  PyObject* bytes = nullptr;
  if (!PyUnicode_FSConverter(path, &bytes)) return nullptr;
  picklebox_scan* scan = nullptr;
  Py_BEGIN_ALLOW_THREADS scan = picklebox_scan_file(
      As<ScannerObject>(self)->scanner, PyBytes_AS_STRING(bytes));
  Py_END_ALLOW_THREADS Py_DECREF(bytes);
  return WrapScan(scan);
}

PyObject* ScanBytes(PyObject* self, PyObject* args) {
  Py_buffer data;
  const char* name = nullptr;
  if (!PyArg_ParseTuple(args, "y*s:scan_bytes", &data, &name)) return nullptr;
  picklebox_scan* scan = nullptr;
  Py_BEGIN_ALLOW_THREADS scan =
      picklebox_scan_bytes(As<ScannerObject>(self)->scanner, data.buf,
                           static_cast<size_t>(data.len), name);
  Py_END_ALLOW_THREADS PyBuffer_Release(&data);
  return WrapScan(scan);
}

PyObject* ScanDescriptor(PyObject* self, PyObject* args) {
  int fd = -1;
  const char* name = nullptr;
  if (!PyArg_ParseTuple(args, "is:scan_descriptor", &fd, &name)) return nullptr;
  picklebox_scan* scan = nullptr;
  Py_BEGIN_ALLOW_THREADS scan =
      picklebox_scan_descriptor(As<ScannerObject>(self)->scanner, fd, name);
  Py_END_ALLOW_THREADS return WrapScan(scan);
}

PyObject* WrapContent(picklebox_content* content, picklebox_error* error) {
  if (content == nullptr) return Raise(error);
  ContentObject* self = PyObject_New(ContentObject, content_type);
  if (self == nullptr) {
    picklebox_content_free(content);
    return nullptr;
  }
  self->content = content;
  return reinterpret_cast<PyObject*>(self);
}

PyObject* ReadMember(PyObject* self, PyObject* args) {
  PyObject* source = nullptr;
  PyObject* member = nullptr;
  unsigned long long offset = 0;
  unsigned long long length = 0;
  if (!PyArg_ParseTuple(args, "OUKK:read_member", &source, &member, &offset,
                        &length))
    return nullptr;
  picklebox_scanner* const scanner = As<ScannerObject>(self)->scanner;
  Py_buffer data;
  int fd = -1;
  const bool is_open = PyLong_Check(source);
  if (is_open) {
    fd = static_cast<int>(PyLong_AsLong(source));
    if (fd == -1 && PyErr_Occurred()) return nullptr;
  } else if (PyObject_GetBuffer(source, &data, PyBUF_SIMPLE) < 0) {
    return nullptr;
  }
  PyObject* path = PyUnicode_AsEncodedString(member, "utf-8", "surrogatepass");
  picklebox_content* content = nullptr;
  picklebox_error* error = nullptr;
  if (path != nullptr) {
    const picklebox_string name = {PyBytes_AS_STRING(path),
                                   static_cast<size_t>(PyBytes_GET_SIZE(path))};
    Py_BEGIN_ALLOW_THREADS if (is_open) {
      content =
          picklebox_read_descriptor(scanner, fd, name, offset, length, &error);
    }
    else {
      content =
          picklebox_read_bytes(scanner, data.buf, static_cast<size_t>(data.len),
                               name, offset, length, &error);
    }
    Py_END_ALLOW_THREADS
  }
  if (!is_open) PyBuffer_Release(&data);
  if (path == nullptr) return nullptr;
  Py_DECREF(path);
  return WrapContent(content, error);
}

PyMethodDef scanner_methods[] = {
    {"scan_file", &ScanFile, METH_O, nullptr},
    {"scan_descriptor", &ScanDescriptor, METH_VARARGS, nullptr},
    {"read_member", &ReadMember, METH_VARARGS, nullptr},
    {"scan_bytes", &ScanBytes, METH_VARARGS, nullptr},
    {nullptr, nullptr, 0, nullptr}};
PyType_Slot scanner_slots[] = {
    {Py_tp_new, reinterpret_cast<void*>(&ScannerNew)},
    {Py_tp_dealloc, reinterpret_cast<void*>(&ScannerFree)},
    {Py_tp_methods, scanner_methods},
    {0, nullptr}};
PyType_Spec scanner_spec = {"picklebox._core.Scanner", sizeof(ScannerObject), 0,
                            Py_TPFLAGS_DEFAULT, scanner_slots};

// --------------------------------------------------------------- Content

void ContentFree(PyObject* self) {
  picklebox_content_free(As<ContentObject>(self)->content);
  Free(self);
}

// The bytes as they are, read-only; they live as long as the Content.
int ContentBuffer(PyObject* self, Py_buffer* view, int flags) {
  const picklebox_content* const content = As<ContentObject>(self)->content;
  return PyBuffer_FillInfo(
      view, self, const_cast<void*>(picklebox_content_data(content)),
      static_cast<Py_ssize_t>(picklebox_content_size(content)), 1, flags);
}

PyType_Slot content_slots[] = {
    {Py_tp_dealloc, reinterpret_cast<void*>(&ContentFree)},
    {Py_bf_getbuffer, reinterpret_cast<void*>(&ContentBuffer)},
    {0, nullptr}};

PyType_Spec content_spec = {"picklebox._core.Content", sizeof(ContentObject), 0,
                            kNotMade, content_slots};

}  // namespace

bool AddScannerTypes(PyObject* module) {
  policy_type = AddType(module, &policy_spec, "Policy");
  content_type = AddType(module, &content_spec, "Content");
  return policy_type != nullptr && content_type != nullptr &&
         AddType(module, &scanner_spec, "Scanner") != nullptr;
}

}  // namespace picklebox::python
