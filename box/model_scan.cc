// Files of models: NumPy's arrays, PyTorch's older files, and what joblib's are
// to a reader that does not know joblib.
#include <algorithm>
#include <optional>
#include <set>
#include <string>

#include "absl/algorithm/container.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "base/bytes.h"
#include "box/file_names.h"
#include "box/pickle_scan.h"
#include "box/stdlib_names.h"
#include "box/walk.h"
#include "container/npy.h"
#include "container/torch.h"
#include "container/values.h"
#include "graph/dtype.h"
#include "policy/judge.h"

namespace picklebox::box {
namespace {

constexpr size_t kMostStorages = 1'000'000;
constexpr size_t kMostOfSystem = 64;  // entries of sys_info
// For the graph of one pickle of PyTorch's tar form: its views are the longest.
constexpr size_t kTarGraph = 8 << 20;

}  // namespace

bool PickleScan::BeginsWith(absl::string_view magic) const {
  return absl::StartsWith(
      absl::string_view(reinterpret_cast<const char*>(head_.bytes.data()),
                        head_.bytes.size()),
      magic);
}

// An array as a graph of one node.
void PickleScan::KeepArray(uint64_t begin, uint64_t end, NodeId array) {
  vm::Outcome outcome;
  outcome.stopped = true;
  outcome.root = array;
  outcome.begin = begin;
  outcome.end = end;
  if (!builder_.full()) Keep(outcome);
}

// Arrays, one behind the other, as numpy.save leaves them in an open file.
PickleScan::Reach PickleScan::RunNpy() {
  read_as_ = "npy array";
  uint64_t at = 0;
  while (at < in_.size() && Room(at)) {
    in_.Seek(at);
    if (!in_.Need(container::kNpyMagic.size()) ||
        !absl::StartsWith({reinterpret_cast<const char*>(in_.p), in_.shown()},
                          container::kNpyMagic)) {
      break;
    }
    const Reach array = RunArray(at);
    at = array.end;
    if (!array.known) return array;
  }
  return {at, true};
}

PickleScan::Reach PickleScan::RunArray(uint64_t at) {
  const Reach nothing = {at + 1, false};
  container::NpyHeader header;
  const char* const fault = container::ReadNpyHeader(in_, &header);
  if (fault != nullptr) {
    notes_.Add(Code::kArrayBad, at, absl::StrCat("in the header: ", fault));
    return nothing;
  }
  if (!header.known) {
    notes_.Add(Code::kArrayUnknown, at, "a dtype that NumPy does not write");
    return nothing;
  }
  // Whatever the header says: who goes by the content loads a pickle.
  machine_.set_loader(nullptr);
  const vm::Outcome outcome = Execute(header.data);
  machine_.set_loader(&loader_);
  if (header.objects) {
    Keep(outcome);
    // What is broken is searched from there on, and not in its header.
    return {std::max(outcome.end, header.data), outcome.stopped};
  }
  if (Does(kCall | kNew)) {
    Keep(outcome);
  } else {
    Forget();
  }
  if (header.length > in_.size() - header.data) {
    notes_.Add(Code::kArrayBad, at,
               absl::StrCat("an array of ", header.length, " bytes, but ",
                            in_.size() - header.data, " are left"));
    return {header.data, false};
  }
  if (!Room(at)) return nothing;
  builder_.Restart(shared_.reply.GraphSpace());
  const uint64_t end = header.data + header.length;
  KeepArray(at, end,
            builder_.Array(header.dtype, header.shape, header.fortran,
                           {header.data, header.length}));
  return {end, true};
}

// Five pickles (a magic number, the version, sys_info, the object, the keys of
// its storages), then the storages. Where these are is known only when the keys
// were read, so the object is read twice.
uint64_t PickleScan::RunTorch() {
  read_as_ = kTorchLegacy;
  uint64_t at = 0;
  bool big_endian = false;
  for (int i = 0; i < 3; ++i) {
    if (!Room(at)) return at + 1;
    const vm::Outcome outcome = Execute(at);
    Keep(outcome);
    if (!outcome.stopped) return at + 1;
    container::Values values(builder_.source());
    const auto pairs =
        values.Pairs(outcome.root, builder_.size(), kMostOfSystem);
    for (const auto& [key, value] :
         pairs.value_or(std::vector<std::pair<NodeId, NodeId>>())) {
      if (values.Text(key) == "little_endian")
        big_endian = values.Bool(value) == false;
    }
    at = outcome.end;
  }
  ModelLoader::Places places;
  ModelLoader::Places wanted;
  loader_.set_big_endian(big_endian);
  loader_.set_places(&places, &wanted);
  const uint64_t object_at = at;
  const vm::Outcome object = Execute(object_at);
  uint64_t end = object.end;
  bool cut_off = !object.stopped && Truncated();
  Forget();
  if (object.stopped) {
    const vm::Outcome list = Execute(object.end);
    cut_off = !list.stopped && Truncated();
    if (!cut_off) Forget();
    container::Values values(builder_.source());
    const auto items =
        list.stopped ? values.Items(list.root, builder_.size(), kMostStorages)
                     : std::nullopt;
    std::vector<std::string> keys;
    for (const NodeId item : items.value_or(std::vector<NodeId>()))
      keys.push_back(values.Text(item).value_or(""));
    if (items) {
      end = PlaceStorages(list.end, keys, &wanted, &cut_off);
      places = wanted;
    } else if (!cut_off) {
      notes_.Add(Code::kTorchBad, object.end, "there is no list of storages");
    }
    wanted.clear();
    SetCutOff(cut_off);
    const vm::Outcome again = Execute(object_at);
    if (Room(object_at)) Keep(again);
    if (items && Room(list.begin)) Keep(Execute(list.begin));
  } else {
    SetCutOff(cut_off);
    Keep(Execute(object_at));
  }
  SetCutOff(item_.cut_off);
  loader_.set_places(nullptr, nullptr);
  return std::max(end, object_at + 1);
}

// Finds the storages behind `at`. Returns where they end; of `wanted`, those
// that are not there are taken away. `cut_off`: because the file ends before.
uint64_t PickleScan::PlaceStorages(uint64_t at,
                                   const std::vector<std::string>& keys,
                                   ModelLoader::Places* wanted, bool* cut_off) {
  ModelLoader::Places placed;
  for (const std::string& key : keys) {
    const auto found = wanted->find(key);
    uint8_t count_bytes[8];
    if (found == wanted->end() || placed.contains(key)) {
      notes_.Add(Code::kStorageBad, at, "a storage that no tensor has");
      break;
    }
    ModelLoader::Place place = found->second;
    const uint64_t itemsize =
        graph::ScalarSize(container::DtypeOfCode(place.code, false))
            .value_or(1);
    const std::optional<uint64_t> length =
        graph::ArrayLength(itemsize, {place.numel});
    const bool counted = in_.ReadAt(at, count_bytes, sizeof(count_bytes));
    if (!length ||
        (counted && base::LoadLittle<uint64_t>(count_bytes) != place.numel)) {
      notes_.Add(
          Code::kStorageBad, at,
          absl::StrCat("no storage of ", place.numel, " items is there"));
      break;
    }
    if (!counted || *length > in_.size() - at - sizeof(count_bytes)) {
      notes_.Add(Code::kTruncated, at,
                 absl::StrCat("the file ends in the place of a storage of ",
                              place.numel, " items"));
      *cut_off = true;
      break;
    }
    place.offset = at + sizeof(count_bytes);
    at = place.offset + *length;
    placed.emplace(key, place);
  }
  *wanted = std::move(placed);
  return at;
}

// The pickles of a member of PyTorch's tar form, each of which is told.
uint64_t PickleScan::RunTarMember() {
  const bool storages = item_.tar_role == TarRole::kStorages;
  read_as_ = storages ? "storages of a PyTorch model in tar form"
                      : "tensors of a PyTorch model in tar form";
  const TarPickles pickles = {[this](uint64_t at) {
                                vm::Outcome outcome;
                                outcome.end = at;
                                if (!Room(at)) return outcome;
                                outcome = Execute(at);
                                Keep(outcome);
                                return outcome;
                              },
                              builder_};
  TorchTar tar;
  uint64_t end = 0;
  const char* const fault = storages ? ReadTarStorages(pickles, in_, &tar, &end)
                                     : ReadTarTensors(pickles, in_, &tar, &end);
  if (fault != nullptr) notes_.Add(Code::kTorchBad, end, fault);
  return std::max<uint64_t>(end, 1);
}

// Reads the members that the object's persistent ids lead to. What is wrong
// with them is told of the members themselves.
void PickleScan::ReadTar() {
  read_as_ = kTorchTar;
  const vm::Options options = MachineOptions(shared_.request);
  report::FindingLog log(0);
  auto* const scratch =
      static_cast<uint8_t*>(shared_.memory.Reserve(kTarGraph));
  if (scratch == nullptr) return;
  const absl::Span<uint8_t> space(scratch, kTarGraph);
  const auto read = [&](base::Source* source, const auto& reader) {
    ItemWindow window(&shared_, source);
    if (!window.ok()) return;
    graph::GraphBuilder builder(shared_.memory, space, kTarGraph,
                                options_.limits.key, nullptr);
    vm::Machine machine(options, shared_.memory, &*window, &builder, &log);
    const TarPickles pickles = {[&](uint64_t at) {
                                  (*window).Seek(at);
                                  builder.Restart(space);
                                  return machine.Run();
                                },
                                builder};
    uint64_t end = 0;
    reader(pickles, *window, &tar_, &end);
  };
  read(item_.tar_parts->storages.get(), ReadTarStorages);
  read(item_.tar_parts->tensors.get(), ReadTarTensors);
  tar_.storages_member = item_.tar_parts->storages_member;
  loader_.set_tar(&tar_);
}

// pickle.load, which knows no wrappers, goes on behind one: it takes the items
// for opcodes, or a pickle within for more of its own, with names from another
// memo. What it would name is read and kept, unless it is but a mix of what
// joblib names, put together of the module or name of one global and of
// another.
void PickleScan::ReadPlainly(uint64_t begin, uint64_t from) {
  if (from == ModelLoader::kNever || !Room(begin)) return;
  std::set<std::string> parts;
  for (const policy::JudgedGlobal& global : shared_.judge.globals()) {
    parts.insert(global.raw_module);
    parts.insert(global.raw_qualname);
  }
  machine_.set_loader(nullptr);
  const vm::Outcome outcome = Execute(begin);
  machine_.set_loader(&loader_);
  Forget();
  const bool denied = absl::c_any_of(
      shared_.judge.globals(), [&](const policy::JudgedGlobal& global) {
        const bool mixed = parts.count(global.raw_module) > 0 &&
                           parts.count(global.raw_qualname) > 0;
        return global.denied != 0 && global.denied_offset >= from &&
               (!mixed || IsOfStdlib(global.module));
      });
  if (denied) Keep(outcome);
}

}  // namespace picklebox::box
