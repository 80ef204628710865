// The body as an extension of any interpreter, _differ:
//
//   prepare(seeds)                        once; pickles worth damaging
//   run(seed, first, count, every)        cases first .. first + count: the
//                                         number of each outcome; what differs,
//                                         as (number, words); the opcodes of
//                                         those that were read alike, as bytes.
//                                         Each `every`th case asks the Python
//                                         unpickler
//   make(seed, number)                    one case: (reading, bytes)
//   judge(bytes, reading)                 (outcome, words)
//   readings()                            their names
#include "tests/conformance/differ/judge.h"
// Python.h comes first.
#include <malloc.h>

#include <iterator>
#include <string>
#include <vector>

#include "fuzz/opcode_mutator.h"
#include "tests/conformance/differ/cases.h"
#include "vm/opcode.h"

namespace picklebox::differ {
namespace {

// Cases between two collections of cycles, which are made on purpose.
constexpr uint64_t kCollected = 4096;

// Bytes of freed memory that the process keeps.
constexpr int kKept = 32 << 20;

Cases* cases;
Judge* judge;

PyObject* Prepare(PyObject* /*module*/, PyObject* seeds) {
  std::vector<std::string> pickles;
  const Ref iterator = Ref::Steal(PyObject_GetIter(seeds));
  if (!iterator) return nullptr;
  while (const Ref seed = Ref::Steal(PyIter_Next(iterator.get()))) {
    char* data;
    Py_ssize_t size;
    if (PyBytes_AsStringAndSize(seed.get(), &data, &size) < 0) return nullptr;
    pickles.emplace_back(data, static_cast<size_t>(size));
  }
  if (PyErr_Occurred() != nullptr) return nullptr;
  if (judge == nullptr) {
    // Large tables come and go with each case: they need no new pages.
    mallopt(M_MMAP_THRESHOLD, kKept);
    mallopt(M_TRIM_THRESHOLD, kKept);
    if (!Judge::Prepare()) return nullptr;
    judge = new Judge;
  }
  delete cases;
  cases = new Cases(std::move(pickles));
  Py_RETURN_NONE;
}

bool IsPrepared() {
  if (judge != nullptr) return true;
  PyErr_SetString(PyExc_RuntimeError, "prepare() comes first");
  return false;
}

// Notes the opcodes of a pickle up to STOP.
void Note(const std::string& pickle, bool* seen) {
  for (const size_t at : fuzz::OpcodeMutator::Boundaries(pickle)) {
    if (at == pickle.size()) return;
    const uint8_t opcode = static_cast<uint8_t>(pickle[at]);
    seen[opcode] = true;
    if (opcode == static_cast<uint8_t>(vm::Opcode::kStop)) return;
  }
}

PyObject* Run(PyObject* /*module*/, PyObject* args) {
  unsigned long long seed, first, count, every;
  if (!IsPrepared() ||
      !PyArg_ParseTuple(args, "KKKK", &seed, &first, &count, &every))
    return nullptr;
  uint64_t outcomes[kOutcomes] = {};
  bool seen[256] = {};
  Ref found = Ref::Steal(PyList_New(0));
  for (uint64_t i = 0; i < count; ++i) {
    const Case one = cases->Make(seed, first + i);
    const Judgement judgement = judge->Try(one.pickle, ReadingOf(one.reading),
                                           every > 0 && i % every == 0);
    ++outcomes[static_cast<int>(judgement.outcome)];
    if (judgement.outcome == Outcome::kReadAlike) Note(one.pickle, seen);
    if (judgement.outcome == Outcome::kDiffers) {
      const Ref entry = Ref::Steal(
          Py_BuildValue("Ks", static_cast<unsigned long long>(first + i),
                        judgement.difference.c_str()));
      if (!entry || PyList_Append(found.get(), entry.get()) < 0) return nullptr;
    }
    if (i % kCollected == 0) PyGC_Collect();
    if (i % 256 == 0 && PyErr_CheckSignals() < 0) return nullptr;
  }
  Ref counts = Ref::Steal(PyDict_New());
  for (int i = 0; i < kOutcomes; ++i) {
    const Ref number = Ref::Steal(PyLong_FromUnsignedLongLong(outcomes[i]));
    const std::string name(OutcomeName(static_cast<Outcome>(i)));
    if (PyDict_SetItemString(counts.get(), name.c_str(), number.get()) < 0)
      return nullptr;
  }
  std::string opcodes;
  for (int byte = 0; byte < 256; ++byte) {
    if (seen[byte]) opcodes.push_back(static_cast<char>(byte));
  }
  return Py_BuildValue("NNy#", counts.Release(), found.Release(),
                       opcodes.data(), static_cast<Py_ssize_t>(opcodes.size()));
}

PyObject* Make(PyObject* /*module*/, PyObject* args) {
  unsigned long long seed, number;
  if (!IsPrepared() || !PyArg_ParseTuple(args, "KK", &seed, &number))
    return nullptr;
  const Case one = cases->Make(seed, number);
  return Py_BuildValue("sy#", ReadingOf(one.reading).name, one.pickle.data(),
                       static_cast<Py_ssize_t>(one.pickle.size()));
}

PyObject* JudgeOne(PyObject* /*module*/, PyObject* args) {
  const char* data;
  const char* name;
  Py_ssize_t size;
  if (!IsPrepared() || !PyArg_ParseTuple(args, "y#s", &data, &size, &name))
    return nullptr;
  for (const Reading& reading : kReadings) {
    if (absl::string_view(reading.name) != name) continue;
    const Judgement judgement =
        judge->Try({data, static_cast<size_t>(size)}, reading, true);
    return Py_BuildValue("ss",
                         std::string(OutcomeName(judgement.outcome)).c_str(),
                         judgement.difference.c_str());
  }
  PyErr_Format(PyExc_ValueError, "no reading is called %s", name);
  return nullptr;
}

PyObject* Readings(PyObject* /*module*/, PyObject* /*none*/) {
  Ref names = Ref::Steal(PyList_New(0));
  for (const Reading& reading : kReadings) {
    const Ref name = Ref::Steal(PyUnicode_FromString(reading.name));
    if (!name || PyList_Append(names.get(), name.get()) < 0) return nullptr;
  }
  return names.Release();
}

PyMethodDef functions[] = {{"prepare", Prepare, METH_O, nullptr},
                           {"run", Run, METH_VARARGS, nullptr},
                           {"make", Make, METH_VARARGS, nullptr},
                           {"judge", JudgeOne, METH_VARARGS, nullptr},
                           {"readings", Readings, METH_NOARGS, nullptr},
                           {nullptr, nullptr, 0, nullptr}};
PyModuleDef definition = {PyModuleDef_HEAD_INIT,
                          "_differ",
                          nullptr,
                          -1,
                          functions,
                          nullptr,
                          nullptr,
                          nullptr,
                          nullptr};

}  // namespace
}  // namespace picklebox::differ

PyMODINIT_FUNC PyInit__differ() {
  return PyModule_Create(&picklebox::differ::definition);
}
