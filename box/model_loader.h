// Reads a pickle as the libraries of models do: the arrays of joblib from
// between its opcodes, the storages of PyTorch behind its persistent ids. Both
// become array nodes, and no byte of them is read.
//
//   ModelLoader loader(&shared, item, &window, &builder, &notes);
//   machine.set_loader(&loader);
//   loader.Restart();              // before each pickle
//   machine.Run();
//
// Not thread-safe; for one item.
#ifndef PICKLEBOX_BOX_MODEL_LOADER_H_
#define PICKLEBOX_BOX_MODEL_LOADER_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/string_view.h"
#include "base/window.h"
#include "box/item.h"
#include "box/torch_tar.h"
#include "container/joblib.h"
#include "container/torch.h"
#include "graph/builder.h"
#include "vm/loader.h"
#include "vm/machine.h"

namespace picklebox::box {

class ModelLoader final : public vm::Loader {
 public:
  // A storage of a legacy PyTorch file.
  struct Place {
    std::string code;
    uint64_t numel = 0;
    uint64_t offset = 0;
  };
  using Places = absl::flat_hash_map<std::string, Place>;
  static constexpr uint64_t kNever = ~uint64_t{0};

  ModelLoader(Shared* shared, const Item& item, base::Window* in,
              graph::GraphBuilder* builder, Notes* notes);

  // Forgets the last pickle.
  void Restart();

  // Storages are not in members but at these places; nullptr: in members. In
  // `wanted` those are put that the pickle names.
  void set_places(const Places* places, Places* wanted) {
    places_ = places;
    wanted_ = wanted;
  }
  // Persistent ids are keys of these.
  void set_tar(const TorchTar* tar) { tar_ = tar; }
  void set_big_endian(bool big_endian) { big_endian_ = big_endian; }

  // From here on pickle.load, which knows of no arrays, would read something
  // else in the pickle that was read last; kNever.
  uint64_t plain_from() const { return plain_from_; }
  // Executed in pickles within.
  uint64_t opcodes() const { return opcodes_; }
  // joblib wrote it: there are wrappers of arrays in it.
  bool joblib() const { return wrappers_ > 0; }

  void OnGlobal(absl::string_view module, absl::string_view qualname) override;
  bool AfterBuild(const Built& built, NodeId* top) override;
  NodeId PersistentLoad(NodeId id, uint64_t at) override;

 private:
  bool ReadObjects(const Built& built, NodeId* top);
  NodeId Resolve(const container::StorageId& id, uint64_t at);
  NodeId FromMember(const container::StorageId& id, uint64_t at);
  NodeId FromFile(const container::StorageId& id, uint64_t at);
  NodeId FromTar(NodeId id, uint64_t at);
  NodeId TarStorage(int64_t key, uint64_t at);
  NodeId TarTensor(const TorchTar::Tensor& tensor, uint64_t at);
  NodeId Storage(const container::StorageId& id, Extent extent);
  bool BigEndian() const;
  // Whether the arrays of the graph have so many more bytes to name.
  bool Spend(uint64_t bytes, uint64_t at);

  Shared& shared_;
  const Item& item_;
  base::Window& in_;
  graph::GraphBuilder& builder_;
  Notes& notes_;
  std::unique_ptr<container::JoblibReader> joblib_;  // of one pickle

  // For the pickles of arrays of objects, which are read by pickle.load.
  vm::Options nested_options_;
  std::unique_ptr<vm::Machine> nested_;

  const Places* places_ = nullptr;
  Places* wanted_ = nullptr;
  const TorchTar* tar_ = nullptr;
  absl::flat_hash_map<int64_t, NodeId> tar_nodes_;
  bool big_endian_ = false;
  struct Known {
    NodeId node = kNoNode;
    std::string code;
    uint64_t numel = 0;
  };
  absl::flat_hash_map<std::string, Known> storages_;

  uint64_t plain_from_ = kNever;
  uint64_t opcodes_ = 0;
  uint64_t wrappers_ = 0;
  uint64_t bytes_left_ = 0;
};

}  // namespace picklebox::box

#endif  // PICKLEBOX_BOX_MODEL_LOADER_H_
