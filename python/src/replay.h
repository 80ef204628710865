// Makes the objects that a graph stands for.
#ifndef PICKLEBOX_PYTHON_SRC_REPLAY_H_
#define PICKLEBOX_PYTHON_SRC_REPLAY_H_

#define PY_SSIZE_T_CLEAN
#include <Python.h>

namespace picklebox::python {

// _core.replay(), see _core.pyi.
PyObject* Replay(PyObject* module, PyObject* args, PyObject* kwargs);
// Finds what replay needs. False with an exception set.
bool PrepareReplay();

}  // namespace picklebox::python

#endif  // PICKLEBOX_PYTHON_SRC_REPLAY_H_
