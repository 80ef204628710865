// What a numpy.dtype in a graph says: its call, and the state that was set on
// it, which has the byte order, the fields of a record, a shape of its own.
//
// Worker only. Not thread-safe. No recursion.
#ifndef PICKLEBOX_CONTAINER_DTYPE_READER_H_
#define PICKLEBOX_CONTAINER_DTYPE_READER_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/string_view.h"
#include "container/values.h"
#include "picklebox/graph.h"

namespace picklebox::container {

struct Dtype {
  bool objects = false;  // items are objects, or hold some
  std::string text;      // as graph/dtype.h has it; empty: none that it has
};

class DtypeReader {
 public:
  explicit DtypeReader(Values* values) : values_(*values) {}

  // The dtype that node `node` is, as far as the nodes before `end` say. With
  // an empty text and no objects when it is none that NumPy writes.
  Dtype Read(NodeId node, NodeId end);

 private:
  struct Field {
    std::string head;  // as in graph/dtype.h: "'a'", "('title', 'a')"
    NodeId dtype;
    uint64_t offset;
  };
  struct Record {
    std::vector<Field> fields;
    size_t next = 0;
    uint64_t offset = 0;  // behind what is written
    uint64_t size = 0;
    std::string dims;  // of the field that it is the type of
    uint64_t count = 1;
  };
  struct Parts;

  bool Write(NodeId node);
  bool Open(NodeId node);
  bool ReadParts(NodeId node, Parts* parts);
  bool ReadState(NodeId state, Parts* parts);
  bool ReadFields(NodeId names, NodeId fields, Record* record);
  bool WriteScalar(const Parts& parts, absl::string_view shape, uint64_t count);
  bool Advance(uint64_t size, uint64_t count);
  void Pad(uint64_t bytes);
  bool Close();

  Values& values_;
  NodeId end_ = 0;
  Dtype dtype_;
  bool flagged_ = false;  // as one of objects
  std::vector<Record> open_;
  absl::flat_hash_map<NodeId, Dtype> known_;
};

}  // namespace picklebox::container

#endif  // PICKLEBOX_CONTAINER_DTYPE_READER_H_
