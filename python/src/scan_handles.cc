#include "python/src/handles.h"

namespace picklebox::python {
namespace {

struct ScanObject {
  PyObject_HEAD picklebox_scan* scan;
};
struct GraphObject {
  PyObject_HEAD picklebox_graph* graph;
};

PyTypeObject* scan_type;
PyTypeObject* graph_type;

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

PyObject* ScanRequirements(PyObject* self, PyObject* format) {
  const char* const name = PyUnicode_AsUTF8(format);
  if (name == nullptr) return nullptr;
  picklebox_error* error = nullptr;
  picklebox_text* text =
      picklebox_scan_requirements(ScanOf(self), name, &error);
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

PyMethodDef scan_methods[] = {
    {"report", &ScanReport, METH_O, nullptr},
    {"requirements", &ScanRequirements, METH_O, nullptr},
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

}  // namespace

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

picklebox_graph* GraphOf(PyObject* object) {
  if (Py_TYPE(object) == graph_type) return As<GraphObject>(object)->graph;
  PyErr_Format(PyExc_TypeError, "a Graph is wanted, not %.200s",
               Py_TYPE(object)->tp_name);
  return nullptr;
}

bool AddScanTypes(PyObject* module) {
  scan_type = AddType(module, &scan_spec, "Scan");
  graph_type = AddType(module, &graph_spec, "Graph");
  return scan_type != nullptr && graph_type != nullptr;
}

}  // namespace picklebox::python
