#include "box/torch_tar.h"

#include <optional>

#include "base/bytes.h"
#include "container/torch.h"
#include "container/values.h"
#include "graph/dtype.h"
#include "graph/wire.h"

namespace picklebox::box {
namespace {

// Of what is counted in such a file.
constexpr int64_t kMost = 1'000'000;

constexpr const char* kNoPickle = "a pickle between the numbers does not end";

// Goes through a member: pickles and raw numbers in turn.
class Reader {
 public:
  Reader(const TarPickles& pickles, base::Window& in, TorchTar* tar,
         uint64_t* end)
      : pickles_(pickles), in_(in), tar_(*tar), at_(*end) {
    at_ = 0;
  }

  const char* Storages() {
    const std::optional<int64_t> count = Count();
    if (!count) return "the number of storages is no number";
    for (int64_t i = 0; i < *count; ++i) {
      if (const char* fault = Storage(); fault != nullptr) return fault;
    }
    return Views();
  }

  const char* Tensors() {
    const std::optional<int64_t> count = Count();
    if (!count) return "the number of tensors is no number";
    for (int64_t i = 0; i < *count; ++i) {
      if (const char* fault = Tensor(); fault != nullptr) return fault;
    }
    return nullptr;
  }

 private:
  container::Values Values() const {
    return container::Values(pickles_.builder.source());
  }

  // kNoNode: it does not end.
  NodeId Run() {
    const vm::Outcome outcome = pickles_.run(at_);
    at_ = outcome.end;
    return outcome.stopped ? outcome.root : kNoNode;
  }

  std::optional<int64_t> Count() {
    const NodeId root = Run();
    if (root == kNoNode) return std::nullopt;
    const std::optional<int64_t> count = Values().Int(root);
    if (!count || *count < 0 || *count > kMost) return std::nullopt;
    return count;
  }

  bool Number(int64_t* number) {
    uint8_t bytes[sizeof(*number)];
    if (sizeof(bytes) > in_.size() - at_ ||
        !in_.ReadAt(at_, bytes, sizeof(bytes))) {
      return false;
    }
    *number = base::LoadLittle<int64_t>(bytes);
    at_ += sizeof(bytes);
    return true;
  }

  bool Lengths(int rank, std::vector<uint64_t>* lengths) {
    for (int i = 0; i < rank; ++i) {
      int64_t length;
      if (!Number(&length) || length < 0) return false;
      lengths->push_back(static_cast<uint64_t>(length));
    }
    return true;
  }

  const char* Storage() {
    const NodeId root = Run();
    if (root == kNoNode) return kNoPickle;
    const auto parts = Values().Tuple(root, 3);
    if (!parts || parts->size() != 3) return "a storage is said to be no tuple";
    const std::optional<int64_t> key = Values().Int((*parts)[0]);
    const std::optional<std::string> cls = Values().Global((*parts)[2]);
    if (!key || !cls) return "a storage has no key or no class";
    TorchTar::Storage storage;
    storage.code = std::string(container::CodeOfStorage(*cls));
    if (storage.code.empty()) return "a storage of an unknown class";
    storage.itemsize =
        graph::ScalarSize(container::DtypeOfCode(storage.code, false))
            .value_or(1);
    int64_t numel;
    if (!Number(&numel) || numel < 0) return "the length of a storage is none";
    storage.numel = static_cast<uint64_t>(numel);
    storage.offset = at_;
    const auto bytes = graph::ArrayLength(storage.itemsize, {storage.numel});
    if (!bytes || *bytes > in_.size() - at_)
      return "a storage is longer than the file";
    at_ += *bytes;
    if (!tar_.storages.emplace(*key, std::move(storage)).second)
      return "two storages of one key";
    return nullptr;
  }

  const char* Views() {
    const NodeId root = Run();
    if (root == kNoNode) return kNoPickle;
    container::Values values = Values();
    const auto views = values.Items(root, pickles_.builder.size(), kMost);
    if (!views) return "there is no list of views";
    for (const NodeId view : *views) {
      const auto parts = values.Tuple(view, 4);
      if (!parts || parts->size() != 4) return "a view is no tuple of four";
      const auto key = values.Int((*parts)[0]);
      const auto whole = values.Int((*parts)[1]);
      const auto offset = values.Int((*parts)[2]);
      const auto numel = values.Int((*parts)[3]);
      if (!key || !whole || !offset || !numel) return "a view has no numbers";
      const auto found = tar_.storages.find(*whole);
      if (found == tar_.storages.end()) return "a view of no storage";
      TorchTar::Storage part = found->second;
      if (*offset < 0 || *numel < 0 ||
          static_cast<uint64_t>(*offset) > part.numel ||
          static_cast<uint64_t>(*numel) > part.numel - *offset) {
        return "a view reaches beyond its storage";
      }
      part.offset += static_cast<uint64_t>(*offset) * part.itemsize;
      part.numel = static_cast<uint64_t>(*numel);
      if (!tar_.storages.emplace(*key, std::move(part)).second)
        return "two storages of one key";
    }
    return nullptr;
  }

  const char* Tensor() {
    const NodeId root = Run();
    if (root == kNoNode) return kNoPickle;
    const auto parts = Values().Tuple(root, 3);
    if (!parts || parts->size() != 3) return "a tensor is said to be no tuple";
    const std::optional<int64_t> key = Values().Int((*parts)[0]);
    const std::optional<int64_t> storage = Values().Int((*parts)[1]);
    int64_t rank;
    if (!key || !storage || !Number(&rank)) return "a tensor has no key";
    // Of eight bytes PyTorch reads four.
    const int32_t dims = static_cast<int32_t>(rank);
    TorchTar::Tensor tensor;
    tensor.storage = *storage;
    int64_t offset;
    if (dims < 0 || dims > int{graph::kMaxRank} ||
        !Lengths(dims, &tensor.sizes) || !Lengths(dims, &tensor.strides) ||
        !Number(&offset) || offset < 0) {
      return "the sizes of a tensor are none";
    }
    tensor.offset = static_cast<uint64_t>(offset);
    if (!tar_.tensors.emplace(*key, std::move(tensor)).second)
      return "two tensors of one key";
    return nullptr;
  }

  const TarPickles& pickles_;
  base::Window& in_;
  TorchTar& tar_;
  uint64_t& at_;
};

}  // namespace

TarRole TarRoleOf(absl::string_view name) {
  return name == "storages"  ? TarRole::kStorages
         : name == "tensors" ? TarRole::kTensors
         : name == "pickle"  ? TarRole::kObject
                             : TarRole::kNone;
}

const char* ReadTarStorages(const TarPickles& pickles, base::Window& in,
                            TorchTar* tar, uint64_t* end) {
  return Reader(pickles, in, tar, end).Storages();
}

const char* ReadTarTensors(const TarPickles& pickles, base::Window& in,
                           TorchTar* tar, uint64_t* end) {
  return Reader(pickles, in, tar, end).Tensors();
}

}  // namespace picklebox::box
