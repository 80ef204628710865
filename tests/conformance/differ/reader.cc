#include "tests/conformance/differ/reader.h"

#include <algorithm>

#include "absl/container/flat_hash_set.h"
#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "base/memory.h"
#include "base/window.h"
#include "cabi/handles.h"
#include "fuzz/bodies/input.h"
#include "graph/builder.h"
#include "graph/verifier.h"
#include "policy/judge.h"
#include "python/src/handles.h"
#include "python/src/replay.h"
#include "report/finding_log.h"

namespace picklebox::python {

// What else of the extension's handles the replay uses. Here, graphs come in
// capsules.
PyObject* Text(const char* data, size_t size) {
  return PyUnicode_DecodeUTF8(data, static_cast<Py_ssize_t>(size),
                              "surrogatepass");
}
picklebox_graph* GraphOf(PyObject* object) {
  return static_cast<picklebox_graph*>(
      PyCapsule_GetPointer(object, "differ.graph"));
}

}  // namespace picklebox::python

namespace picklebox::differ {
namespace {

constexpr uint64_t kMaxFindings = 100;

vm::Options OptionsOf(Mode mode, const Reading& reading) {
  vm::Options options;
  options.compat = mode == Mode::kCompat;
  options.fix_imports = reading.fix_imports;
  options.encoding = vm::FindEncoding(reading.encoding);
  options.on_error = vm::FindOnError(reading.errors);
  options.buffers = reading.buffers ? std::size(kBuffers) : 0;
  options.limits.findings = kMaxFindings;
  return options;
}

Read Run(const vm::Options& options, uint64_t size, base::Window* window) {
  base::HeapMemory memory;
  std::vector<uint8_t> out(size * 8 + 4096);
  report::FindingLog log(kMaxFindings);
  graph::GraphBuilder builder(memory, absl::MakeSpan(out), size * 2 + 16,
                              options.limits.key, nullptr);
  vm::Machine machine(options, memory, window, &builder, &log);
  Read read;
  read.outcome = machine.Run();
  out.resize(builder.encoded_size());
  read.encoding = std::make_shared<const std::vector<uint8_t>>(std::move(out));
  read.nodes = builder.size();
  read.findings = log.findings();
  return read;
}

absl::Span<const uint8_t> Bytes(absl::string_view bytes) {
  return {reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size()};
}

PyObject* OnGlobal(PyObject* /*module*/, PyObject* args) {
  PyObject *module, *qualname;
  int python2, dotted;
  unsigned long long at;
  if (!PyArg_ParseTuple(args, "UUiiK", &module, &qualname, &python2, &dotted,
                        &at))
    return nullptr;
  return World::Current().Named(module, qualname);
}

bool has_extensions = false;  // of the reading that is replayed

PyObject* OnExtension(PyObject* /*module*/, PyObject* args) {
  long long code;
  unsigned long long at;
  if (!PyArg_ParseTuple(args, "LK", &code, &at)) return nullptr;
  // No code is negative, and none is 0.
  return World::Current().Extension(has_extensions ? static_cast<uint32_t>(code)
                                                   : 0);
}

PyObject* OnPersistent(PyObject* /*module*/, PyObject* id) {
  return World::Current().Make(Deed::kPersistent, Ref::To(id));
}

PyMethodDef on_global = {"find_class", OnGlobal, METH_VARARGS, nullptr};
PyMethodDef on_extension = {"extension", OnExtension, METH_VARARGS, nullptr};
PyMethodDef on_persistent = {"persistent_load", OnPersistent, METH_O, nullptr};
PyObject* hooks;             // for replay()
PyObject* persistent_hooks;  // the same, with persistent_load

// What a change of a native container does to stand-ins is nothing.
bool IsStandIn(NodeKind kind) {
  return kind == NodeKind::kGlobal || kind == NodeKind::kCall ||
         kind == NodeKind::kNew || kind == NodeKind::kPersistent ||
         kind == NodeKind::kExtension;
}

}  // namespace

Read ReadPickle(Mode mode, absl::string_view bytes, const Reading& reading) {
  const vm::Options options = OptionsOf(mode, reading);
  if (mode == Mode::kStrict) {
    base::Window window(Bytes(bytes));
    return Run(options, bytes.size(), &window);
  }
  fuzz::SmallWindow window(Bytes(bytes));
  Read read = Run(options, bytes.size(), &window.window());
  if (!window.window().too_small()) return read;
  // An operand that does not fit.
  base::Window whole(Bytes(bytes));
  return Run(options, bytes.size(), &whole);
}

std::optional<Verified> Verify(const Read& read, absl::string_view bytes,
                               const Reading& reading, NodeId root) {
  policy::JudgeOptions options;
  options.persistent_ids = reading.persistent_ids;
  if (reading.extensions) {
    for (const Extension& row : kExtensions)
      options.extensions.push_back({row.code, row.module, row.qualname});
  }
  policy::Judge judge(fuzz::DefaultTable(), options);
  absl::StatusOr<Graph> graph =
      graph::Verifier::Verify({.encoding = *read.encoding,
                               .owner = read.encoding,
                               .nodes = read.nodes,
                               .root = root,
                               .input_size = bytes.size()},
                              Limits(), &judge);
  if (!graph.ok()) return std::nullopt;
  Verified verified{*std::move(graph), {}};
  for (const policy::JudgedGlobal& global : judge.globals())
    verified.globals.emplace_back(global.raw_module, global.raw_qualname);
  return verified;
}

bool PrepareReplay() {
  if (!python::PrepareReplay()) return false;
  const Ref global = Ref::Steal(PyCFunction_New(&on_global, nullptr));
  const Ref extension = Ref::Steal(PyCFunction_New(&on_extension, nullptr));
  const Ref persistent = Ref::Steal(PyCFunction_New(&on_persistent, nullptr));
  if (!global || !extension || !persistent) return false;
  hooks = Py_BuildValue("{s:O,s:O}", "find_class", global.get(), "extension",
                        extension.get());
  persistent_hooks = hooks == nullptr ? nullptr : PyDict_Copy(hooks);
  return persistent_hooks != nullptr &&
         PyDict_SetItemString(persistent_hooks, "persistent_load",
                              persistent.get()) == 0;
}

Loaded Replayed(const Graph& graph, absl::string_view bytes,
                const Reading& reading, World* world) {
  world->Restart();
  World::Enter(world);
  has_extensions = reading.extensions;
  picklebox_graph handle{graph};
  const Ref capsule =
      Ref::Steal(PyCapsule_New(&handle, "differ.graph", nullptr));
  const Ref args = Ref::Steal(PyTuple_Pack(1, capsule.get()));
  const Ref options = Ref::Steal(
      PyDict_Copy(reading.persistent_ids ? persistent_hooks : hooks));
  const Ref data = Ref::Steal(PyBytes_FromStringAndSize(
      bytes.data(), static_cast<Py_ssize_t>(bytes.size())));
  const Ref buffers = reading.buffers ? Oracle::Buffers() : Ref::To(Py_None);
  Loaded loaded;
  if (PyDict_SetItemString(options.get(), "data", data.get()) == 0 &&
      PyDict_SetItemString(options.get(), "buffers", buffers.get()) == 0) {
    loaded.value =
        Ref::Steal(python::Replay(nullptr, args.get(), options.get()));
  }
  if (!loaded.value) loaded.error = TakeError();
  return loaded;
}

std::vector<Doing> DoingsOf(const Graph& graph, const Reading& reading) {
  std::vector<Doing> doings;
  std::vector<NodeKind> kinds;
  absl::flat_hash_set<int64_t> codes;
  const auto change = [&](const Node& node, Deed deed, uint64_t count) {
    if (IsStandIn(kinds[node.subject])) {
      doings.insert(doings.end(), count, Doing{deed, "", ""});
    }
  };
  for (GraphCursor c(graph); !c.done(); c.Next()) {
    const Node& node = c.node();
    kinds.push_back(node.kind);
    switch (node.kind) {
      case NodeKind::kGlobal:
        doings.push_back({Deed::kGlobal, std::string(node.module()),
                          std::string(node.qualname)});
        break;
      case NodeKind::kExtension: {
        const auto row = std::find_if(
            std::begin(kExtensions), std::end(kExtensions),
            [&](const Extension& e) { return e.code == node.integer; });
        if (!reading.extensions || row == std::end(kExtensions))
          return doings;  // an unpickler stops here
        if (codes.insert(node.integer).second)
          doings.push_back({Deed::kGlobal, row->module, row->qualname});
        break;
      }
      case NodeKind::kCall:
        doings.push_back({Deed::kCall, "", ""});
        break;
      case NodeKind::kNew: {
        const bool calls =
            node.form == NewForm::kObj || node.form == NewForm::kInst;
        const bool empty = kinds[node.args] == NodeKind::kTuple &&
                           graph.node(node.args).items.empty();
        doings.push_back({calls && !empty ? Deed::kCall : Deed::kNew, "", ""});
        break;
      }
      case NodeKind::kPersistent:
        doings.push_back({Deed::kPersistent, "", ""});
        break;
      case NodeKind::kBuild:
        change(node, Deed::kState, 1);
        break;
      case NodeKind::kAppend:
        change(node, Deed::kAppend, node.items.size());
        break;
      case NodeKind::kSetItems:
        change(node, Deed::kSet, node.items.size() / 2);
        break;
      case NodeKind::kAddItems:
        change(node, Deed::kAdd, node.items.size());
        break;
      default:
        break;
    }
  }
  return doings;
}

}  // namespace picklebox::differ
