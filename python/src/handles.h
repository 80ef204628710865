// The Python objects around the handles of picklebox.h.
#ifndef PICKLEBOX_PYTHON_SRC_HANDLES_H_
#define PICKLEBOX_PYTHON_SRC_HANDLES_H_

#define PY_SSIZE_T_CLEAN
#include <Python.h>
#include <picklebox.h>

namespace picklebox::python {

struct PolicyObject {
  PyObject_HEAD picklebox_policy* policy;
};
struct ScannerObject {
  PyObject_HEAD picklebox_scanner* scanner;
  // The process that made it: only that one may end its workers.
  long owner;
};
struct ScanObject {
  PyObject_HEAD picklebox_scan* scan;
};
struct GraphObject {
  PyObject_HEAD picklebox_graph* graph;
};

struct ContentObject {
  PyObject_HEAD picklebox_content* content;
};

// Adds Policy, Scanner, Content, Scan and Graph. False with an exception set.
bool AddHandles(PyObject* module);
// The graph of a Graph; nullptr, with a TypeError set, for anything else.
picklebox_graph* GraphOf(PyObject* object);
// Names out of a file: UTF-8 in which surrogates are allowed.
PyObject* Text(const char* data, size_t size);

}  // namespace picklebox::python

#endif  // PICKLEBOX_PYTHON_SRC_HANDLES_H_
