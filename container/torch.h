// PyTorch's persistent ids and storage classes.
//
// A tensor is pickled as a call of torch._utils._rebuild_tensor_v2 over a
// storage, and a storage as a persistent id:
//
//   ('storage', torch.FloatStorage, '0', 'cpu', 1000 [, view])
//
// whose key names a member of the archive (data/0), or one of the storages
// behind the pickles of a legacy file.
//
// Worker only. Not thread-safe.
#ifndef PICKLEBOX_CONTAINER_TORCH_H_
#define PICKLEBOX_CONTAINER_TORCH_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "container/values.h"
#include "picklebox/graph.h"

namespace picklebox::container {

// The first pickle of a legacy file: PROTO 2, LONG1 0x1950a86a20f9469cfc6c,
// STOP.
inline constexpr absl::string_view kTorchMagic(
    "\x80\x02\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19\x2e", 15);

struct StorageId {
  std::string code;  // the dtype without its byte order: "f4", "bfloat16"
  uint64_t itemsize = 1;
  std::string key;
  uint64_t numel = 0;
  // A part of the storage: its key, where it begins, its length, in items.
  bool view = false;
  std::string view_key;
  uint64_t view_offset = 0;
  uint64_t view_numel = 0;
};

// The code of a storage class by the last part of its name: "f4" of
// "FloatStorage"; empty: no storage class that is known.
absl::string_view CodeOfStorage(absl::string_view cls);

// The dtype of items of `code`, as graph/dtype.h has it.
std::string DtypeOfCode(absl::string_view code, bool big_endian);

// What a persistent id says; nullopt for one that is no storage's.
std::optional<StorageId> ReadStorageId(const Values& values, NodeId id);

// The class of the persistent id ('module', class, file, source) with which
// old versions save modules; kNoNode: it is none.
NodeId ReadModuleId(const Values& values, NodeId id);

// The names that the member with the storage `key` of the pickle `pickle` of an
// archive can have, the likeliest first.
std::vector<std::string> StorageNames(absl::string_view pickle,
                                      absl::string_view key);

}  // namespace picklebox::container

#endif  // PICKLEBOX_CONTAINER_TORCH_H_
