// PyTorch's files before 0.1.10: a tar archive with these members, which
// torch.load still reads.
//
//   sys_info   a pickle
//   storages   a pickle of their number; for each a pickle (key, location,
//              class), the number of its items, int64, and these; at the end a
//              pickle of views: [(key, key of the whole, offset, length)]
//   tensors    a pickle of their number; for each a pickle (key, key of its
//              storage, class), its rank, int32, 4 bytes of nothing, sizes,
//              strides and offset, int64
//   pickle     the object; its persistent ids are the keys
//
// The raw numbers are little-endian and stand between the pickles, so that each
// of the two members is read from pickle to pickle.
//
//   TorchTar tar;
//   const char* fault = ReadTarStorages(run, in, &tar, &end);
//
// Not thread-safe.
#ifndef PICKLEBOX_BOX_TORCH_TAR_H_
#define PICKLEBOX_BOX_TORCH_TAR_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/string_view.h"
#include "base/source.h"
#include "base/window.h"
#include "graph/builder.h"
#include "vm/machine.h"

namespace picklebox::box {

// What a member of such an archive is.
enum class TarRole : uint8_t { kNone, kStorages, kTensors, kObject };
inline constexpr size_t kTarRoles = 3;
TarRole TarRoleOf(absl::string_view name);

// The two members that the object needs.
struct TarParts {
  std::shared_ptr<base::Source> storages;
  std::shared_ptr<base::Source> tensors;
  uint32_t storages_member = 0;
};

struct TorchTar {
  struct Storage {
    std::string code;  // "f4"
    uint64_t itemsize = 1;
    uint64_t numel = 0;
    uint64_t offset = 0;  // in the member `storages`
  };
  struct Tensor {
    int64_t storage = 0;
    std::vector<uint64_t> sizes;
    std::vector<uint64_t> strides;
    uint64_t offset = 0;  // in items
  };
  absl::flat_hash_map<int64_t, Storage> storages;
  absl::flat_hash_map<int64_t, Tensor> tensors;
  uint32_t storages_member = 0;
};

// Runs the pickle at an offset of the member, into `builder`.
struct TarPickles {
  std::function<vm::Outcome(uint64_t at)> run;
  const graph::GraphBuilder& builder;
};

// Reads a member. Returns nullptr, or what is wrong with it. Then as before,
// `end` is where what was read ends.
const char* ReadTarStorages(const TarPickles& pickles, base::Window& in,
                            TorchTar* tar, uint64_t* end);
const char* ReadTarTensors(const TarPickles& pickles, base::Window& in,
                           TorchTar* tar, uint64_t* end);

}  // namespace picklebox::box

#endif  // PICKLEBOX_BOX_TORCH_TAR_H_
