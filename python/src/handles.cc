#include "python/src/handles.h"

#include <unistd.h>

#include <cstring>

namespace picklebox::python {
namespace {

PyTypeObject* policy_type;
PyTypeObject* scanner_type;
PyTypeObject* content_type;
PyTypeObject* scan_type;
PyTypeObject* graph_type;

PyObject* Text(picklebox_string text) {
  return python::Text(text.data, text.size);
}

// Takes the text over.
PyObject* Take(picklebox_text* text) {
  if (text == nullptr) return PyErr_NoMemory();
  PyObject* result =
      python::Text(picklebox_text_data(text), picklebox_text_size(text));
  picklebox_text_free(text);
  return result;
}

// Raises what `error` says, and frees it.
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

template <typename Object>
Object* As(PyObject* self) {
  return reinterpret_cast<Object*>(self);
}

// Frees a heap type's object.
void Free(PyObject* self) {
  PyTypeObject* const type = Py_TYPE(self);
  type->tp_free(self);
  Py_DECREF(type);
}

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

PyObject* WrapScan(picklebox_scan* scan) {
  if (scan == nullptr) return PyErr_NoMemory();
  ScanObject* self = PyObject_New(ScanObject, scan_type);
  if (self == nullptr) {
    picklebox_scan_free(scan);
    return nullptr;
  }
  self->scan = scan;
  return reinterpret_cast<PyObject*>(self);
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

// ------------------------------------------------------------------ Scan

const picklebox_scan* ScanOf(PyObject* self) {
  return As<ScanObject>(self)->scan;
}

void ScanFree(PyObject* self) {
  picklebox_scan_free(As<ScanObject>(self)->scan);
  Free(self);
}

PyObject* ScanVerdict(PyObject* self, void* /*closure*/) {
  return PyUnicode_FromString(
      picklebox_verdict_name(picklebox_scan_verdict(ScanOf(self))));
}

PyObject* ScanPath(PyObject* self, void* /*closure*/) {
  const picklebox_string path = picklebox_scan_path(ScanOf(self));
  return PyUnicode_DecodeFSDefaultAndSize(path.data,
                                          static_cast<Py_ssize_t>(path.size));
}

PyObject* ScanFormat(PyObject* self, void* /*closure*/) {
  return Text(picklebox_scan_format(ScanOf(self)));
}

PyObject* ScanSize(PyObject* self, void* /*closure*/) {
  return PyLong_FromUnsignedLongLong(picklebox_scan_size(ScanOf(self)));
}

// A list of what `row` makes of each of `count` records.
template <typename Record, typename Row>
PyObject* List(PyObject* self, size_t count,
               int (*get)(const picklebox_scan*, size_t, Record*), Row row) {
  PyObject* list = PyList_New(static_cast<Py_ssize_t>(count));
  for (size_t i = 0; list != nullptr && i < count; ++i) {
    Record record;
    get(ScanOf(self), i, &record);
    PyObject* const made = row(record);
    if (made == nullptr) {
      Py_DECREF(list);
      return nullptr;
    }
    PyList_SET_ITEM(list, static_cast<Py_ssize_t>(i), made);
  }
  return list;
}

PyObject* ScanFindings(PyObject* self, void* /*closure*/) {
  return List<picklebox_finding>(
      self, picklebox_scan_findings(ScanOf(self)), &picklebox_scan_finding,
      [](const picklebox_finding& f) {
        return Py_BuildValue(
            "NNNNNKi", Text(f.code), Text(f.detail), Text(f.member),
            Text(f.message), Text(f.explanation),
            static_cast<unsigned long long>(f.offset), f.effect);
      });
}

PyObject* ScanGlobals(PyObject* self, void* /*closure*/) {
  return List<picklebox_global>(
      self, picklebox_scan_globals(ScanOf(self)), &picklebox_scan_global,
      [](const picklebox_global& g) {
        return Py_BuildValue(
            "NNNNNNNNNKKII", Text(g.module), Text(g.qualname),
            Text(g.raw_module), Text(g.raw_qualname), Text(g.member),
            Text(g.reason), Text(g.origin), Text(g.danger), Text(g.danger_text),
            static_cast<unsigned long long>(g.offset),
            static_cast<unsigned long long>(g.count), g.uses, g.denied);
      });
}

PyObject* ScanStreams(PyObject* self, void* /*closure*/) {
  return List<picklebox_stream>(
      self, picklebox_scan_streams(ScanOf(self)), &picklebox_scan_stream,
      [](const picklebox_stream& s) {
        return Py_BuildValue("NKKKKNis", Text(s.member),
                             static_cast<unsigned long long>(s.begin),
                             static_cast<unsigned long long>(s.end),
                             static_cast<unsigned long long>(s.opcodes),
                             static_cast<unsigned long long>(s.nodes),
                             PyBool_FromLong(s.complete), s.protocol,
                             picklebox_verdict_name(s.verdict));
      });
}

PyObject* ScanMembers(PyObject* self, void* /*closure*/) {
  return List<picklebox_member>(
      self, picklebox_scan_members(ScanOf(self)), &picklebox_scan_member,
      [](const picklebox_member& m) {
        PyObject* offset = m.has_offset ? PyLong_FromUnsignedLongLong(m.offset)
                                        : (Py_INCREF(Py_None), Py_None);
        return Py_BuildValue("NNNKNs", Text(m.path), Text(m.packing),
                             Text(m.format),
                             static_cast<unsigned long long>(m.size), offset,
                             picklebox_verdict_name(m.verdict));
      });
}

PyObject* ScanReport(PyObject* self, PyObject* format) {
  const char* const name = PyUnicode_AsUTF8(format);
  if (name == nullptr) return nullptr;
  picklebox_error* error = nullptr;
  picklebox_text* text = picklebox_scan_report(ScanOf(self), name, &error);
  return text == nullptr ? Raise(error) : Take(text);
}

PyObject* ScanFragment(PyObject* self, PyObject* /*none*/) {
  return Take(picklebox_scan_fragment(ScanOf(self)));
}

PyObject* ScanGraph(PyObject* self, PyObject* index) {
  const size_t i = PyLong_AsSize_t(index);
  if (i == static_cast<size_t>(-1) && PyErr_Occurred()) return nullptr;
  if (i >= picklebox_scan_streams(ScanOf(self))) {
    PyErr_SetString(PyExc_IndexError, "no such stream");
    return nullptr;
  }
  picklebox_graph* graph = picklebox_scan_graph(ScanOf(self), i);
  if (graph == nullptr) return PyErr_NoMemory();
  GraphObject* made = PyObject_New(GraphObject, graph_type);
  if (made == nullptr) {
    picklebox_graph_free(graph);
    return nullptr;
  }
  made->graph = graph;
  return reinterpret_cast<PyObject*>(made);
}

PyMethodDef scan_methods[] = {{"report", &ScanReport, METH_O, nullptr},
                              {"fragment", &ScanFragment, METH_NOARGS, nullptr},
                              {"graph", &ScanGraph, METH_O, nullptr},
                              {nullptr, nullptr, 0, nullptr}};
PyGetSetDef scan_members[] = {
    {"verdict", &ScanVerdict, nullptr, nullptr, nullptr},
    {"path", &ScanPath, nullptr, nullptr, nullptr},
    {"format", &ScanFormat, nullptr, nullptr, nullptr},
    {"size", &ScanSize, nullptr, nullptr, nullptr},
    {"findings", &ScanFindings, nullptr, nullptr, nullptr},
    {"globals", &ScanGlobals, nullptr, nullptr, nullptr},
    {"streams", &ScanStreams, nullptr, nullptr, nullptr},
    {"members", &ScanMembers, nullptr, nullptr, nullptr},
    {nullptr, nullptr, nullptr, nullptr, nullptr}};
PyType_Slot scan_slots[] = {{Py_tp_dealloc, reinterpret_cast<void*>(&ScanFree)},
                            {Py_tp_methods, scan_methods},
                            {Py_tp_getset, scan_members},
                            {0, nullptr}};
#if PY_VERSION_HEX >= 0x030a0000
constexpr unsigned kNotMade =
    Py_TPFLAGS_DEFAULT | Py_TPFLAGS_DISALLOW_INSTANTIATION;
#else
constexpr unsigned kNotMade = Py_TPFLAGS_DEFAULT;
#endif
PyType_Spec content_spec = {"picklebox._core.Content", sizeof(ContentObject), 0,
                            kNotMade, content_slots};
PyType_Spec scan_spec = {"picklebox._core.Scan", sizeof(ScanObject), 0,
                         kNotMade, scan_slots};

// ----------------------------------------------------------------- Graph

void GraphFree(PyObject* self) {
  picklebox_graph_free(As<GraphObject>(self)->graph);
  Free(self);
}

Py_ssize_t GraphLength(PyObject* self) {
  return static_cast<Py_ssize_t>(
      picklebox_graph_size(As<GraphObject>(self)->graph));
}

PyObject* GraphRoot(PyObject* self, void* /*closure*/) {
  const uint32_t root = picklebox_graph_root(As<GraphObject>(self)->graph);
  if (root == PICKLEBOX_NO_NODE) Py_RETURN_NONE;
  return PyLong_FromUnsignedLong(root);
}

PyObject* GraphView(PyObject* self, PyObject* args) {
  const char* form = nullptr;
  unsigned long long most = 0;
  if (!PyArg_ParseTuple(args, "s|K:view", &form, &most)) return nullptr;
  picklebox_error* error = nullptr;
  picklebox_text* text =
      picklebox_graph_view(As<GraphObject>(self)->graph, form, most, &error);
  return text == nullptr ? Raise(error) : Take(text);
}

PyObject* GraphFind(PyObject* self, PyObject* path) {
  const char* const text = PyUnicode_AsUTF8(path);
  if (text == nullptr) return nullptr;
  picklebox_error* error = nullptr;
  const uint32_t found =
      picklebox_graph_find(As<GraphObject>(self)->graph, text, &error);
  if (found != PICKLEBOX_NO_NODE) return PyLong_FromUnsignedLong(found);
  const bool missing =
      error != nullptr && picklebox_error_code(error) == PICKLEBOX_NOT_FOUND;
  if (!missing) return Raise(error);
  PyErr_SetString(PyExc_LookupError, picklebox_error_message(error));
  picklebox_error_free(error);
  return nullptr;
}

PyMethodDef graph_methods[] = {{"view", &GraphView, METH_VARARGS, nullptr},
                               {"find", &GraphFind, METH_O, nullptr},
                               {nullptr, nullptr, 0, nullptr}};
PyGetSetDef graph_members[] = {{"root", &GraphRoot, nullptr, nullptr, nullptr},
                               {nullptr, nullptr, nullptr, nullptr, nullptr}};
PyType_Slot graph_slots[] = {
    {Py_tp_dealloc, reinterpret_cast<void*>(&GraphFree)},
    {Py_tp_methods, graph_methods},
    {Py_tp_getset, graph_members},
    {Py_sq_length, reinterpret_cast<void*>(&GraphLength)},
    {0, nullptr}};
PyType_Spec graph_spec = {"picklebox._core.Graph", sizeof(GraphObject), 0,
                          kNotMade, graph_slots};

PyTypeObject* Add(PyObject* module, PyType_Spec* spec, const char* name) {
  PyObject* type = PyType_FromSpec(spec);
  if (type == nullptr) return nullptr;
  Py_INCREF(type);
  if (PyModule_AddObject(module, name, type) == 0)
    return reinterpret_cast<PyTypeObject*>(type);
  Py_DECREF(type);
  Py_DECREF(type);
  return nullptr;
}

}  // namespace

PyObject* Text(const char* data, size_t size) {
  return PyUnicode_DecodeUTF8(data, static_cast<Py_ssize_t>(size),
                              "surrogatepass");
}

picklebox_graph* GraphOf(PyObject* object) {
  if (Py_TYPE(object) == graph_type) return As<GraphObject>(object)->graph;
  PyErr_Format(PyExc_TypeError, "a Graph is wanted, not %.200s",
               Py_TYPE(object)->tp_name);
  return nullptr;
}

bool AddHandles(PyObject* module) {
  policy_type = Add(module, &policy_spec, "Policy");
  scanner_type = Add(module, &scanner_spec, "Scanner");
  content_type = Add(module, &content_spec, "Content");
  scan_type = Add(module, &scan_spec, "Scan");
  graph_type = Add(module, &graph_spec, "Graph");
  return policy_type != nullptr && scanner_type != nullptr &&
         content_type != nullptr && scan_type != nullptr &&
         graph_type != nullptr;
}

}  // namespace picklebox::python
