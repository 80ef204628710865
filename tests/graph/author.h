// Random programs, for tests of graphs.
#ifndef PICKLEBOX_TESTS_GRAPH_AUTHOR_H_
#define PICKLEBOX_TESTS_GRAPH_AUTHOR_H_

#include <algorithm>
#include <cstdint>
#include <random>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "graph/builder.h"
#include "graph/dtype.h"

namespace picklebox::graph {

// Writes programs that keep every rule.
class Author {
 public:
  explicit Author(uint32_t seed) : random_(seed) {}

  // At least `nodes` nodes; the root is node 0.
  void Write(GraphBuilder& b, NodeId nodes) {
    Keep(b, b.Tuple({}));
    while (b.size() < nodes) Step(b);
  }

 private:
  uint32_t Below(uint32_t limit) {
    return std::uniform_int_distribution<uint32_t>(0, limit - 1)(random_);
  }

  void Keep(GraphBuilder& b, NodeId id) {
    values_.push_back(id);
    const NodeKind kind = b.ledger().kind(id);
    const Hash hash = b.ledger().HashOf(id);
    if (hash == Hash::kNative || hash == Hash::kForeign) keys_.push_back(id);
    if (kind == NodeKind::kTuple || IsObject(kind)) args_.push_back(id);
    if (kind == NodeKind::kDict || IsObject(kind)) keywords_.push_back(id);
  }

  NodeId Pick(const std::vector<NodeId>& from) {
    // Mostly recent nodes, as in real graphs.
    const uint32_t size = static_cast<uint32_t>(from.size());
    return Below(4) == 0 ? from[Below(size)]
                         : from[size - 1 - Below(std::min(size, 20u))];
  }

  std::vector<NodeId> PickItems(const std::vector<NodeId>& from) {
    std::vector<NodeId> items(Below(10) == 0 ? Below(80) : Below(6));
    for (NodeId& item : items) item = Pick(from);
    return items;
  }

  // Nodes that follow each other, when that is possible.
  std::vector<NodeId> PickRun() {
    std::vector<NodeId> items;
    size_t i = Below(static_cast<uint32_t>(values_.size()));
    for (; i < values_.size() && items.size() < 40; ++i) {
      if (!items.empty() && values_[i] != items.back() + 1) break;
      items.push_back(values_[i]);
    }
    return items;
  }

  std::string Text() {
    std::string text(Below(10) == 0 ? Below(200) : Below(12), 'x');
    for (char& c : text) c = static_cast<char>('!' + Below(90));
    if (Below(5) == 0) text += "\xc3\xa9\xed\xb2\x80";
    return text;
  }

  void KeepNew(GraphBuilder& b, NewForm form) {
    const bool keywords = form == NewForm::kNewObjEx && !keywords_.empty();
    if (form == NewForm::kNewObjEx && !keywords) form = NewForm::kNewObj;
    Keep(b, b.New(form, Pick(values_), Pick(args_),
                  keywords ? Pick(keywords_) : kNoNode, at_));
  }

  void Step(GraphBuilder& b) {
    at_ += Below(100);
    switch (Below(25)) {
      case 0:
        return Keep(b, b.None());
      case 1:
        return Keep(b, b.Bool(Below(2) != 0));
      case 2:
        return Keep(b, b.Int(static_cast<int64_t>(random_()) - (1 << 30)));
      case 3: {
        std::vector<uint8_t> bytes(1 + Below(20));
        for (uint8_t& byte : bytes) byte = static_cast<uint8_t>(random_());
        return Keep(b, b.Int(bytes));
      }
      case 4:
        return Keep(b, b.Float(random_()));
      case 5:
      case 6:
        return Keep(b, b.Str(Text()));
      case 7:
        return Keep(b, Below(2) != 0 ? b.Bytes(Text()) : b.ByteArray(Text()));
      case 8:
        extent_ += Below(50);
        Keep(b, b.StrExtent({extent_, 7}));
        extent_ += 7;
        return;
      case 9:
      case 10:
        return Keep(b, b.Tuple(PickItems(values_)));
      case 11:
        return Keep(b, b.FrozenSet(PickItems(keys_)));
      case 12:
        return Keep(b, b.List());
      case 13:
        return Keep(b, Below(2) != 0 ? b.Dict() : b.Set());
      case 14:
        return Keep(
            b, b.Global({Text(), Text(), Below(2) != 0, Below(2) != 0}, at_));
      case 15:
        return Keep(b, b.Call(Pick(values_), Pick(args_), at_));
      case 16:
        return KeepNew(b, static_cast<NewForm>(Below(4)));
      case 17:
        return Keep(b, b.Persistent(Pick(values_), at_));
      case 18:
        return Keep(b, Below(2) != 0 ? b.Extension(1 + Below(300), at_)
                                     : b.Buffer(Below(9), at_));
      case 19:
        return Keep(b, b.Readonly(Pick(values_)));
      case 20: {
        const auto items = Below(2) != 0 ? PickRun() : PickItems(values_);
        if (!items.empty()) b.Append(Pick(values_), items, at_);
        return;
      }
      case 21: {
        std::vector<NodeId> pairs;
        for (const NodeId key : PickItems(keys_)) {
          pairs.insert(pairs.end(), {key, Pick(values_)});
        }
        if (!pairs.empty()) b.SetItems(Pick(values_), pairs, at_);
        return;
      }
      case 22: {
        const auto items = PickItems(keys_);
        if (!items.empty()) b.AddItems(Pick(values_), items, at_);
        return;
      }
      case 23: {
        static constexpr absl::string_view kDtypes[] = {
            "<f8", "|b1", ">i2", "<U3", "[('a', '<f4'), ('', '|V4')]"};
        const absl::string_view dtype = kDtypes[Below(5)];
        std::vector<uint64_t> shape(Below(4));
        for (uint64_t& dim : shape) dim = Below(5);
        const uint64_t length = *ArrayLength(*ItemSize(dtype), shape);
        const bool fortran = shape.size() > 1 && Below(2) != 0;
        return Keep(b, b.Array(dtype, shape, fortran, {Below(9999), length}));
      }
      default:
        return b.Build(Pick(values_), Pick(values_), at_);
    }
  }

  std::mt19937 random_;
  std::vector<NodeId> values_;
  std::vector<NodeId> keys_;
  std::vector<NodeId> args_;
  std::vector<NodeId> keywords_;
  uint64_t at_ = 0;
  uint64_t extent_ = 0;
};

// An encoding with some bytes changed, taken out or put in; never empty.
inline std::vector<uint8_t> Damaged(std::vector<uint8_t> bad,
                                    std::mt19937* random) {
  const int edits = 1 + static_cast<int>((*random)() % 3);
  for (int i = 0; i < edits; ++i) {
    const size_t where = (*random)() % bad.size();
    switch ((*random)() % 4) {
      case 0:
        bad[where] = static_cast<uint8_t>((*random)());
        break;
      case 1:
        bad[where] ^= static_cast<uint8_t>(1 << (*random)() % 8);
        break;
      case 2:
        bad.erase(bad.begin() + static_cast<ptrdiff_t>(where));
        break;
      default:
        bad.insert(bad.begin() + static_cast<ptrdiff_t>(where),
                   static_cast<uint8_t>((*random)() % 48));
        break;
    }
    if (bad.empty()) bad.push_back(0);
  }
  return bad;
}

}  // namespace picklebox::graph

#endif  // PICKLEBOX_TESTS_GRAPH_AUTHOR_H_
