// What the parent asks of a worker. Written by the parent, read by the child;
// both are of one build, so there is no version in it.
#ifndef PICKLEBOX_BOX_REQUEST_H_
#define PICKLEBOX_BOX_REQUEST_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/types/span.h"
#include "picklebox/scanner.h"

namespace picklebox::box {

enum class Task : uint8_t { kScan, kDisassemble, kRead, kListCode };
inline constexpr int kTasks = 4;

struct Request {
  Task task = Task::kScan;
  // The file says by its name that it is a pickle: then what cannot be read is
  // a broken pickle, not some other kind of file.
  bool named_pickle = false;
  // The policy that counts: the number of a table that the worker has.
  uint64_t policy = 0;
  // kDisassemble, kRead: the path of the member that is meant; empty: the file.
  // kListCode: the same; empty: all of it.
  std::string member;
  // kRead: which bytes of it.
  uint64_t offset = 0;
  uint64_t length = 0;
  ReadOptions read;
  Limits limits;
};

std::vector<uint8_t> Encode(const Request& request);
// nullopt for bytes that Encode did not write.
std::optional<Request> DecodeRequest(absl::Span<const uint8_t> bytes);

}  // namespace picklebox::box

#endif  // PICKLEBOX_BOX_REQUEST_H_
