#include "python/src/replay.h"

#include <picklebox.h>
#include <sys/mman.h>

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <memory>

#include "python/src/handles.h"
#include "python/src/objects.h"

namespace picklebox::python {
namespace {

// PyLong_FromLong is the one that has short ways.
static_assert(sizeof(long) == sizeof(int64_t));

// A batch stays in the first cache, with room for what is made of it.
constexpr size_t kNodes = 64;
constexpr size_t kItems = 1024;
// From this size on, in bytes, large pages pay.
constexpr size_t kMapped = size_t{4} << 20;

// The cyclic collector would look at each container that was made so far again
// and again, and find nothing. Counted, since loads nest and run side by side.
class CollectorPause {
 public:
  CollectorPause() {
    if (pauses_++ == 0) was_on_ = Disable();
  }
  ~CollectorPause() {
    if (--pauses_ == 0 && was_on_) Enable();
  }
  CollectorPause(const CollectorPause&) = delete;
  CollectorPause& operator=(const CollectorPause&) = delete;

  static bool Prepare() {
#if PY_VERSION_HEX < 0x030a0000
    gc_ = PyImport_ImportModule("gc");
    return gc_ != nullptr;
#else
    return true;
#endif
  }

 private:
#if PY_VERSION_HEX >= 0x030a0000
  static bool Disable() { return PyGC_Disable() != 0; }
  static void Enable() { PyGC_Enable(); }
#else
  static bool Disable() {
    PyObject* on = PyObject_CallMethod(gc_, "isenabled", nullptr);
    const bool was = on == Py_True;
    Py_XDECREF(on);
    PyObject* none = PyObject_CallMethod(gc_, "disable", nullptr);
    Py_XDECREF(none);
    PyErr_Clear();
    return was;
  }
  static void Enable() {
    PyObject *type, *value, *trace;
    PyErr_Fetch(&type, &value, &trace);
    PyObject* none = PyObject_CallMethod(gc_, "enable", nullptr);
    Py_XDECREF(none);
    PyErr_Restore(type, value, trace);
  }
  static PyObject* gc_;
#endif
  // Under the GIL.
  static int pauses_;
  static bool was_on_;
};
int CollectorPause::pauses_ = 0;
bool CollectorPause::was_on_ = false;
#if PY_VERSION_HEX < 0x030a0000
PyObject* CollectorPause::gc_ = nullptr;
#endif

// What the caller does for a replay; nullptr for what it does not.
struct Hooks {
  PyObject* find_class = nullptr;
  PyObject* extension = nullptr;
  PyObject* persistent_load = nullptr;
  PyObject* buffers = nullptr;  // an iterator
  PyObject* read_extent = nullptr;
  PyObject* array_hook = nullptr;
};

class Replayer {
 public:
  Replayer(const picklebox_graph* graph, const Hooks& hooks,
           const Py_buffer* data)
      : graph_(graph), hooks_(hooks), data_(data) {}
  ~Replayer() {
    picklebox_cursor_free(cursor_);
    for (uint32_t i = 0; i < made_; ++i) Py_XDECREF(values_[i]);
    if (mapped_ > 0) {
      munmap(values_, mapped_);
    } else {
      PyMem_RawFree(values_);
    }
    PyMem_RawFree(more_);
  }
  Replayer(const Replayer&) = delete;
  Replayer& operator=(const Replayer&) = delete;

  PyObject* Run();

 private:
  bool Reserve(uint32_t size);
  PyObject* value(uint32_t id) const { return values_[id]; }
  // The items of a node: numbers of nodes, unless they are a run.
  const uint32_t* Items(const picklebox_node& node);
  PyObject* Item(const picklebox_node& node, const uint32_t* items,
                 size_t i) const {
    return values_[items == nullptr ? node.first + i : items[i]];
  }
  bool Step(const picklebox_node& node, PyObject** made);
  PyObject* Other(const picklebox_node& node);
  PyObject* Global(const picklebox_node& node);
  PyObject* Buffer();
  PyObject* Array(const picklebox_node& node);
  PyObject* Text(const picklebox_node& node);
  PyObject* Extent(const picklebox_node& node);
  bool Append(const picklebox_node& node);
  size_t Fill(PyListObject* list, const picklebox_node& node,
              const uint32_t* items, size_t from) const;
  bool SetItems(const picklebox_node& node);
  bool AddItems(const picklebox_node& node);

  const picklebox_graph* const graph_;
  const Hooks& hooks_;
  const Py_buffer* const data_;  // of the stream, or nullptr
  picklebox_cursor* cursor_ = nullptr;
  PyObject** values_ = nullptr;  // by node; nullptr for changes
  size_t mapped_ = 0;            // bytes of values_, if they are no malloc's
  uint32_t made_ = 0;
  uint32_t* more_ = nullptr;  // items that had no room in items_
  bool failed_ = false;       // to read them
  picklebox_node nodes_[kNodes];
  uint32_t items_[kItems];
};

PyObject* Replayer::Run() {
  const uint32_t size = picklebox_graph_size(graph_);
  const uint32_t root = picklebox_graph_root(graph_);
  if (root == PICKLEBOX_NO_NODE) {
    PyErr_SetString(UnpicklingError(), "the pickle does not reach its end");
    return nullptr;
  }
  cursor_ = picklebox_cursor_new(graph_, 0);
  if (cursor_ == nullptr || !Reserve(size)) return PyErr_NoMemory();
  size_t read;
  while ((read = picklebox_cursor_read(cursor_, nodes_, kNodes, items_,
                                       kItems)) > 0) {
    for (size_t i = 0; i < read; ++i) {
      PyObject* made = nullptr;
      if (!Step(nodes_[i], &made)) return nullptr;
      values_[made_++] = made;
    }
    if (PyErr_CheckSignals() < 0) return nullptr;
  }
  Py_INCREF(values_[root]);
  return values_[root];
}

// Written once from one end to the other: in large pages, where there are some,
// that costs next to no faults. What is small, malloc has at hand.
bool Replayer::Reserve(uint32_t size) {
  const size_t bytes = sizeof(PyObject*) * (size_t{size} + 1);
  if (bytes < kMapped) {
    values_ = static_cast<PyObject**>(PyMem_RawMalloc(bytes));
    return values_ != nullptr;
  }
  void* const memory = mmap(nullptr, bytes, PROT_READ | PROT_WRITE,
                            MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (memory == MAP_FAILED) return false;
  madvise(memory, bytes, MADV_HUGEPAGE);
  values_ = static_cast<PyObject**>(memory);
  mapped_ = bytes;
  return true;
}

const uint32_t* Replayer::Items(const picklebox_node& node) {
  if ((node.flags & PICKLEBOX_NODE_RUN) != 0) return nullptr;
  if ((node.flags & PICKLEBOX_NODE_MORE) == 0) return items_ + node.first;
  PyMem_RawFree(more_);
  more_ = static_cast<uint32_t*>(
      PyMem_RawMalloc(sizeof(uint32_t) * static_cast<size_t>(node.count)));
  failed_ = more_ == nullptr;
  if (failed_) {
    PyErr_NoMemory();
    return nullptr;
  }
  size_t done = 0;
  while (const size_t got = picklebox_cursor_items(
             cursor_, more_ + done, static_cast<size_t>(node.count) - done))
    done += got;
  return more_;
}

// Makes what a node stands for, or does what it says.
bool Replayer::Step(const picklebox_node& node, PyObject** made) {
  PyObject* result = nullptr;
  switch (node.kind) {
    case PICKLEBOX_NONE:
      result = Py_None;
      Py_INCREF(result);
      break;
    case PICKLEBOX_BOOL:
      result = node.integer != 0 ? Py_True : Py_False;
      Py_INCREF(result);
      break;
    case PICKLEBOX_INT:
      result = (node.flags & PICKLEBOX_NODE_BIG) != 0
                   ? MakeBigInt(node.text, node.text_size)
                   : PyLong_FromLong(static_cast<long>(node.integer));
      break;
    case PICKLEBOX_FLOAT:
      result = PyFloat_FromDouble(node.real);
      break;
    case PICKLEBOX_STR:
      result = (node.flags & PICKLEBOX_NODE_EXTENT) != 0
                   ? Text(node)
                   : MakeStr(node.text, node.text_size);
      break;
    case PICKLEBOX_TUPLE: {
      const uint32_t* const items = Items(node);
      if (failed_) return false;
      result = PyTuple_New(static_cast<Py_ssize_t>(node.count));
      if (result == nullptr) return false;
      for (size_t i = 0; i < node.count; ++i) {
        PyObject* const item = Item(node, items, i);
        Py_INCREF(item);
        PyTuple_SET_ITEM(result, static_cast<Py_ssize_t>(i), item);
      }
      break;
    }
    case PICKLEBOX_LIST:
      result = PyList_New(0);
      break;
    case PICKLEBOX_DICT:
      result = PyDict_New();
      break;
    case PICKLEBOX_SET:
      result = PySet_New(nullptr);
      break;
    case PICKLEBOX_CALL:
      result = Call(value(node.subject), value(node.args));
      break;
    case PICKLEBOX_NEW:
      result = node.form <= PICKLEBOX_FORM_NEWOBJ_EX
                   ? NewObject(value(node.subject), value(node.args),
                               node.form == PICKLEBOX_FORM_NEWOBJ_EX
                                   ? value(node.kwargs)
                                   : nullptr)
                   : Instantiate(value(node.subject), value(node.args));
      break;
    case PICKLEBOX_APPEND:
      return Append(node);
    case PICKLEBOX_SET_ITEMS:
      return SetItems(node);
    case PICKLEBOX_ADD_ITEMS:
      return AddItems(node);
    case PICKLEBOX_BUILD:
      return Build(value(node.subject), value(node.args));
    default:
      result = Other(node);
      break;
  }
  *made = result;
  return result != nullptr;
}

// The kinds that are rare.
PyObject* Replayer::Other(const picklebox_node& node) {
  switch (node.kind) {
    case PICKLEBOX_BYTES:
      if ((node.flags & PICKLEBOX_NODE_EXTENT) != 0) return Extent(node);
      return PyBytes_FromStringAndSize(node.text,
                                       static_cast<Py_ssize_t>(node.text_size));
    case PICKLEBOX_BYTEARRAY: {
      if ((node.flags & PICKLEBOX_NODE_EXTENT) == 0) {
        return PyByteArray_FromStringAndSize(
            node.text, static_cast<Py_ssize_t>(node.text_size));
      }
      PyObject* bytes = Extent(node);
      if (bytes == nullptr) return nullptr;
      PyObject* array = PyByteArray_FromObject(bytes);
      Py_DECREF(bytes);
      return array;
    }
    case PICKLEBOX_FROZENSET: {
      const uint32_t* const items = Items(node);
      if (failed_) return nullptr;
      PyObject* set = PyFrozenSet_New(nullptr);
      for (size_t i = 0; set != nullptr && i < node.count; ++i) {
        if (PySet_Add(set, Item(node, items, i)) < 0) Py_CLEAR(set);
      }
      return set;
    }
    case PICKLEBOX_GLOBAL:
      return Global(node);
    case PICKLEBOX_EXTENSION:
      if (hooks_.extension == nullptr) {
        return PyErr_Format(PyExc_ValueError,
                            "unregistered extension code %lld",
                            static_cast<long long>(node.integer));
      }
      return PyObject_CallFunction(hooks_.extension, "LK",
                                   static_cast<long long>(node.integer),
                                   static_cast<unsigned long long>(node.at));
    case PICKLEBOX_PERSISTENT:
      if (hooks_.persistent_load == nullptr) {
        PyErr_SetString(UnpicklingError(),
                        "A load persistent id instruction was encountered, "
                        "but no persistent_load function was specified.");
        return nullptr;
      }
      return PyObject_CallFunctionObjArgs(hooks_.persistent_load,
                                          value(node.subject), nullptr);
    case PICKLEBOX_BUFFER:
      return Buffer();
    case PICKLEBOX_READONLY:
      return ReadOnly(value(node.subject));
    case PICKLEBOX_ARRAY:
      return Array(node);
    default:
      PyErr_Format(UnpicklingError(), "a node of kind %d", node.kind);
      return nullptr;
  }
}

PyObject* Replayer::Global(const picklebox_node& node) {
  if (hooks_.find_class == nullptr) {
    PyErr_SetString(UnpicklingError(), "globals are not resolved here");
    return nullptr;
  }
  PyObject* module = python::Text(node.text, node.text_size);
  PyObject* name = module == nullptr
                       ? nullptr
                       : python::Text(node.qualname, node.qualname_size);
  if (name == nullptr) {
    Py_XDECREF(module);
    return nullptr;
  }
  return PyObject_CallFunction(
      hooks_.find_class, "NNiiK", module, name,
      (node.flags & PICKLEBOX_NODE_PYTHON2) != 0 ? 1 : 0,
      (node.flags & PICKLEBOX_NODE_DOTTED) != 0 ? 1 : 0,
      static_cast<unsigned long long>(node.at));
}

PyObject* Replayer::Buffer() {
  if (hooks_.buffers == nullptr) {
    PyErr_SetString(UnpicklingError(),
                    "pickle stream refers to out-of-band data but no *buffers* "
                    "argument was given");
    return nullptr;
  }
  PyObject* const buffer = PyIter_Next(hooks_.buffers);
  if (buffer == nullptr && !PyErr_Occurred())
    PyErr_SetString(UnpicklingError(), "not enough out-of-band buffers");
  return buffer;
}

PyObject* Replayer::Array(const picklebox_node& node) {
  if (hooks_.array_hook == nullptr) {
    PyErr_SetString(UnpicklingError(),
                    "the file holds arrays between its opcodes, as joblib "
                    "writes them: load it by picklebox.joblib");
    return nullptr;
  }
  uint64_t dims[64];
  const uint32_t rank =
      std::min<uint32_t>(picklebox_graph_shape(graph_, node.id, dims, 64), 64);
  PyObject* shape = PyTuple_New(rank);
  for (uint32_t i = 0; shape != nullptr && i < rank; ++i) {
    PyObject* dim = PyLong_FromUnsignedLongLong(dims[i]);
    if (dim == nullptr) {
      Py_CLEAR(shape);
      break;
    }
    PyTuple_SET_ITEM(shape, i, dim);
  }
  if (shape == nullptr) return nullptr;
  PyObject* const before = node.id > 0 ? value(node.id - 1) : nullptr;
  return PyObject_CallFunction(
      hooks_.array_hook, "s#NsIKKO", node.text,
      static_cast<Py_ssize_t>(node.text_size), shape,
      (node.flags & PICKLEBOX_NODE_FORTRAN) != 0 ? "F" : "C", node.stream,
      static_cast<unsigned long long>(node.offset),
      static_cast<unsigned long long>(node.length),
      before == nullptr ? Py_None : before);
}

PyObject* Replayer::Text(const picklebox_node& node) {
  if (data_ != nullptr && node.stream == 0 &&
      node.offset <= static_cast<uint64_t>(data_->len) &&
      node.length <= static_cast<uint64_t>(data_->len) - node.offset) {
    return MakeStr(static_cast<const char*>(data_->buf) + node.offset,
                   static_cast<size_t>(node.length));
  }
  PyObject* bytes = Extent(node);
  if (bytes == nullptr) return nullptr;
  PyObject* text = MakeStr(PyBytes_AS_STRING(bytes),
                           static_cast<size_t>(PyBytes_GET_SIZE(bytes)));
  Py_DECREF(bytes);
  return text;
}

// The bytes of the input that a node refers to, as an object of type bytes.
PyObject* Replayer::Extent(const picklebox_node& node) {
  if (data_ != nullptr && node.stream == 0 &&
      node.offset <= static_cast<uint64_t>(data_->len) &&
      node.length <= static_cast<uint64_t>(data_->len) - node.offset) {
    return PyBytes_FromStringAndSize(
        static_cast<const char*>(data_->buf) + node.offset,
        static_cast<Py_ssize_t>(node.length));
  }
  if (hooks_.read_extent == nullptr) {
    PyErr_SetString(UnpicklingError(),
                    "long strings lie in the file, which is not at hand");
    return nullptr;
  }
  PyObject* bytes =
      PyObject_CallFunction(hooks_.read_extent, "IKK", node.stream,
                            static_cast<unsigned long long>(node.offset),
                            static_cast<unsigned long long>(node.length));
  if (bytes == nullptr) return nullptr;
  if (PyBytes_CheckExact(bytes) &&
      static_cast<uint64_t>(PyBytes_GET_SIZE(bytes)) == node.length)
    return bytes;
  PyErr_Format(UnpicklingError(),
               "%llu bytes at %llu are not there any more: did the file change "
               "while it was loaded?",
               static_cast<unsigned long long>(node.length),
               static_cast<unsigned long long>(node.offset));
  Py_DECREF(bytes);
  return nullptr;
}

bool Replayer::Append(const picklebox_node& node) {
  const uint32_t* const items = Items(node);
  if (failed_) return false;
  PyObject* const target = value(node.subject);
  const size_t count = static_cast<size_t>(node.count);
  if (PyList_CheckExact(target) && count == 1)
    return PyList_Append(target, Item(node, items, 0)) == 0;
  // What the list has room for without growing is put there; for the rest, it
  // grows as it likes.
  size_t i = 0;
  if (PyList_CheckExact(target)) {
    while (i < count) {
      if (PyList_Append(target, Item(node, items, i++)) < 0) return false;
      i += Fill(reinterpret_cast<PyListObject*>(target), node, items, i);
    }
    return true;
  }
  PyObject* const list = PyList_New(static_cast<Py_ssize_t>(count));
  if (list == nullptr) return false;
  for (; i < count; ++i) {
    PyObject* const item = Item(node, items, i);
    Py_INCREF(item);
    PyList_SET_ITEM(list, static_cast<Py_ssize_t>(i), item);
  }
  return AppendTo(target, list);
}

// Items from number `from` on, as many as the list has room for; how many.
size_t Replayer::Fill([[maybe_unused]] PyListObject* list,
                      [[maybe_unused]] const picklebox_node& node,
                      [[maybe_unused]] const uint32_t* items,
                      [[maybe_unused]] size_t from) const {
#ifdef Py_GIL_DISABLED
  return 0;  // others may look
#else
  const Py_ssize_t size = Py_SIZE(list);
  const size_t room = static_cast<size_t>(list->allocated - size);
  const size_t count = std::min(room, static_cast<size_t>(node.count) - from);
  for (size_t i = 0; i < count; ++i) {
    PyObject* const item = Item(node, items, from + i);
    Py_INCREF(item);
    list->ob_item[static_cast<size_t>(size) + i] = item;
  }
  Py_SET_SIZE(reinterpret_cast<PyVarObject*>(list),
              size + static_cast<Py_ssize_t>(count));
  return count;
#endif
}

bool Replayer::SetItems(const picklebox_node& node) {
  const uint32_t* const items = Items(node);
  if (failed_) return false;
  PyObject* const target = value(node.subject);
  const size_t count = static_cast<size_t>(node.count);
  if (PyDict_CheckExact(target)) {
    for (size_t i = 0; i < count; i += 2) {
      if (PyDict_SetItem(target, Item(node, items, i),
                         Item(node, items, i + 1)) < 0)
        return false;
    }
    return true;
  }
  for (size_t i = 0; i < count; i += 2) {
    if (PyObject_SetItem(target, Item(node, items, i),
                         Item(node, items, i + 1)) < 0)
      return false;
  }
  return true;
}

bool Replayer::AddItems(const picklebox_node& node) {
  const uint32_t* const items = Items(node);
  if (failed_) return false;
  PyObject* const target = value(node.subject);
  if (PyAnySet_Check(target) && !PyFrozenSet_Check(target)) {
    for (size_t i = 0; i < node.count; ++i) {
      if (PySet_Add(target, Item(node, items, i)) < 0) return false;
    }
    return true;
  }
  PyObject* list = PyList_New(static_cast<Py_ssize_t>(node.count));
  if (list == nullptr) return false;
  for (size_t i = 0; i < node.count; ++i) {
    PyObject* const item = Item(node, items, i);
    Py_INCREF(item);
    PyList_SET_ITEM(list, static_cast<Py_ssize_t>(i), item);
  }
  const bool fine = AddTo(target, PySequence_Fast_ITEMS(list),
                          static_cast<Py_ssize_t>(node.count));
  Py_DECREF(list);
  return fine;
}

PyObject* Given(PyObject* hook) { return hook == Py_None ? nullptr : hook; }

}  // namespace

bool PrepareReplay() { return PrepareObjects() && CollectorPause::Prepare(); }

PyObject* Replay(PyObject* /*module*/, PyObject* args, PyObject* kwargs) {
  static const char* const kNames[] = {
      "graph",           "find_class", "extension",
      "persistent_load", "buffers",    "read_extent",
      "array_hook",      "data",       nullptr};
  PyObject* graph = nullptr;
  PyObject* hooks[7] = {Py_None, Py_None, Py_None, Py_None,
                        Py_None, Py_None, Py_None};
  if (!PyArg_ParseTupleAndKeywords(args, kwargs, "O|$OOOOOOO:replay",
                                   const_cast<char**>(kNames), &graph,
                                   &hooks[0], &hooks[1], &hooks[2], &hooks[3],
                                   &hooks[4], &hooks[5], &hooks[6]))
    return nullptr;
  const picklebox_graph* const nodes = GraphOf(graph);
  if (nodes == nullptr) return nullptr;
  Hooks given;
  given.find_class = Given(hooks[0]);
  given.extension = Given(hooks[1]);
  given.persistent_load = Given(hooks[2]);
  given.read_extent = Given(hooks[4]);
  given.array_hook = Given(hooks[5]);
  PyObject* buffers = nullptr;
  if (hooks[3] != Py_None) {
    buffers = PyObject_GetIter(hooks[3]);
    if (buffers == nullptr) return nullptr;
    given.buffers = buffers;
  }
  Py_buffer data;
  const bool has_data = hooks[6] != Py_None;
  if (has_data && PyObject_GetBuffer(hooks[6], &data, PyBUF_SIMPLE) < 0) {
    Py_XDECREF(buffers);
    return nullptr;
  }
  PyObject* result = nullptr;
  {
    const CollectorPause pause;
    const std::unique_ptr<Replayer> replayer(
        new (std::nothrow) Replayer(nodes, given, has_data ? &data : nullptr));
    result = replayer == nullptr ? PyErr_NoMemory() : replayer->Run();
  }
  if (has_data) PyBuffer_Release(&data);
  Py_XDECREF(buffers);
  return result;
}

}  // namespace picklebox::python
