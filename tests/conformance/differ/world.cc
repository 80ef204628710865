#include "tests/conformance/differ/world.h"

#include "tests/conformance/differ/readings.h"

namespace picklebox::differ {

PyTypeObject* World::type_ = nullptr;
World* World::current_ = nullptr;
absl::flat_hash_map<PyObject*, uint32_t> World::serials_;

namespace {

// __new__ of stand-ins: a function of the class, the arguments and keywords.
PyObject* namespace_of_standins;

PyObject* Nothing() {
  Py_INCREF(Py_None);
  return Py_None;
}

PyObject* OnCall(PyObject* self, PyObject* args, PyObject* kwargs) {
  Ref keywords;
  if (kwargs != nullptr && PyDict_Size(kwargs) > 0) keywords = Ref::To(kwargs);
  return World::Current().Make(Deed::kCall, Ref::To(self), Ref::To(args),
                               keywords);
}

PyObject* OnNew(PyObject* /*module*/, PyObject* args, PyObject* kwargs) {
  if (PyTuple_GET_SIZE(args) == 0) {
    PyErr_SetString(PyExc_TypeError, "__new__ wants a class");
    return nullptr;
  }
  Ref keywords;
  if (kwargs != nullptr && PyDict_Size(kwargs) > 0) keywords = Ref::To(kwargs);
  return World::Current().Make(
      Deed::kNew, Ref::To(PyTuple_GET_ITEM(args, 0)),
      Ref::Steal(PyTuple_GetSlice(args, 1, PyTuple_GET_SIZE(args))), keywords);
}

PyObject* OnState(PyObject* self, PyObject* state) {
  World::Current().Did(Deed::kState, Ref::To(self), Ref::To(state));
  return Nothing();
}

PyObject* OnAppend(PyObject* self, PyObject* item) {
  World::Current().Did(Deed::kAppend, Ref::To(self), Ref::To(item));
  return Nothing();
}

// The C unpickler extends where the Python one may append.
PyObject* OnExtend(PyObject* self, PyObject* items) {
  const Ref iterator = Ref::Steal(PyObject_GetIter(items));
  if (!iterator) return nullptr;
  while (PyObject* const item = PyIter_Next(iterator.get())) {
    World::Current().Did(Deed::kAppend, Ref::To(self), Ref::Steal(item));
  }
  return PyErr_Occurred() != nullptr ? nullptr : Nothing();
}

PyObject* OnAdd(PyObject* self, PyObject* item) {
  World::Current().Did(Deed::kAdd, Ref::To(self), Ref::To(item));
  return Nothing();
}

int OnSet(PyObject* self, PyObject* key, PyObject* value) {
  World::Current().Did(Deed::kSet, Ref::To(self), Ref::To(key), Ref::To(value));
  return 0;
}

PyMethodDef methods[] = {{"__setstate__", OnState, METH_O, nullptr},
                         {"append", OnAppend, METH_O, nullptr},
                         {"extend", OnExtend, METH_O, nullptr},
                         {"add", OnAdd, METH_O, nullptr},
                         {nullptr, nullptr, 0, nullptr}};
PyMethodDef new_method = {
    "__new__",
    reinterpret_cast<PyCFunction>(reinterpret_cast<void (*)()>(OnNew)),
    METH_VARARGS | METH_KEYWORDS, nullptr};

}  // namespace

absl::string_view DeedName(Deed deed) {
  constexpr absl::string_view kNames[] = {
      "global", "call", "new", "persistent", "state", "append", "set", "add"};
  return kNames[static_cast<int>(deed)];
}

bool World::Prepare() {
  static PyType_Slot slots[] = {
      {Py_tp_call, reinterpret_cast<void*>(OnCall)},
      {Py_tp_methods, methods},
      {Py_mp_ass_subscript, reinterpret_cast<void*>(OnSet)},
      {0, nullptr}};
  static PyType_Spec spec = {"differ.StandIn", 0, 0,
                             Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE, slots};
  const Ref bases =
      Ref::Steal(PyTuple_Pack(1, reinterpret_cast<PyObject*>(&PyType_Type)));
  const Ref function = Ref::Steal(PyCFunction_New(&new_method, nullptr));
  if (!bases || !function) return false;
  type_ = reinterpret_cast<PyTypeObject*>(
      PyType_FromSpecWithBases(&spec, bases.get()));
  namespace_of_standins = Py_BuildValue("{s:O}", "__new__", function.get());
  return type_ != nullptr && namespace_of_standins != nullptr;
}

uint32_t World::SerialOf(PyObject* standin) { return serials_.at(standin); }

PyObject* World::Next() {
  if (used_ == standins_.size()) {
    PyObject* const made =
        PyObject_CallFunction(reinterpret_cast<PyObject*>(type_), "s()O",
                              "thing", namespace_of_standins);
    if (made == nullptr) return nullptr;
    serials_[made] = static_cast<uint32_t>(used_);
    standins_.push_back(made);
  }
  PyObject* const next = standins_[used_++];
  Py_INCREF(next);
  return next;
}

PyObject* World::Make(Deed deed, Ref a, Ref b, Ref c) {
  Did(deed, std::move(a), std::move(b), std::move(c));
  return Next();
}

PyObject* World::Named(PyObject* module, PyObject* qualname) {
  const auto text = [](PyObject* name) -> std::string {
    const Ref bytes =
        Ref::Steal(PyUnicode_AsEncodedString(name, "utf-8", "surrogatepass"));
    if (!bytes) return "";
    return {PyBytes_AS_STRING(bytes.get()),
            static_cast<size_t>(PyBytes_GET_SIZE(bytes.get()))};
  };
  std::pair<std::string, std::string> name(text(module), text(qualname));
  if (PyErr_Occurred() != nullptr) return nullptr;
  Did(Deed::kGlobal, Ref::To(module), Ref::To(qualname));
  PyObject*& standin = globals_[std::move(name)];
  if (standin == nullptr) return standin = Next();
  Py_INCREF(standin);
  return standin;
}

PyObject* World::Extension(uint32_t code) {
  const auto known = extensions_.find(code);
  if (known != extensions_.end()) {
    Py_INCREF(known->second);
    return known->second;
  }
  for (const picklebox::differ::Extension& row : kExtensions) {
    if (row.code != code) continue;
    const Ref module = Ref::Steal(PyUnicode_FromString(row.module));
    const Ref qualname = Ref::Steal(PyUnicode_FromString(row.qualname));
    return extensions_[code] = Named(module.get(), qualname.get());
  }
  PyErr_Format(PyExc_ValueError, "unregistered extension code %u", code);
  return nullptr;
}

void World::Restart() {
  log_.clear();
  globals_.clear();
  extensions_.clear();
  used_ = 0;
}

}  // namespace picklebox::differ
