// Prints, as JSON, a graph that has every kind of node: for json_view_test.py.
#include <cstdio>

#include "picklebox/graph_view.h"
#include "workshop.h"

namespace picklebox::graph {
namespace {

NodeId Fill(GraphBuilder& b) {
  const NodeId none = b.None();                                            // 0
  b.Bool(true);                                                            // 1
  b.Int(int64_t(-5));                                                      // 2
  b.Int(int64_t(1) << 53);                                                 // 3
  b.Int((int64_t(1) << 53) + 1);                                           // 4
  b.Int(INT64_MIN);                                                        // 5
  b.Int(std::vector<uint8_t>{0, 0, 0, 0, 0, 0, 0, 0, 1});                  // 6
  b.Int(std::vector<uint8_t>{0, 0, 0, 0, 0, 0, 0, 0, 0xfe});               // 7
  b.Float(0x3ff8000000000000u);                                            // 8
  b.Float(0x7ff8000000000001u);                                            // 9
  b.Float(0xfff0000000000000u);                                            // 10
  b.Float(0x4024000000000000u);                                            // 11
  b.Str("\"\\\n\x1b[31m\x7f \xe2\x80\xae \xed\xa0\x80 \xf0\x9f\x98\x80");  // 12
  b.Bytes("\xff\xfe\xfd");                                                 // 13
  b.ByteArray("");                                                         // 14
  b.StrExtent({10, 300});                                                  // 15
  b.BytesExtent({400, 301});                                               // 16
  b.ByteArrayExtent({800, 302});                                           // 17
  const NodeId tuple = b.Tuple({none, 1, 2, 3});                           // 18
  const NodeId list = b.List();                                            // 19
  const NodeId dict = b.Dict();                                            // 20
  const NodeId set = b.Set();                                              // 21
  b.FrozenSet({none});                                                     // 22
  const NodeId cls = b.Global({"m\"x", "C.d", true, false}, 30);           // 23
  const NodeId call = b.Call(cls, tuple, 31);                              // 24
  b.New(NewForm::kNewObjEx, cls, tuple, dict, 32);                         // 25
  b.New(NewForm::kInst, cls, tuple, kNoNode, 33);                          // 26
  b.Persistent(tuple, 34);                                                 // 27
  b.Extension(7, 35);                                                      // 28
  const NodeId buffer = b.Buffer(2, 36);                                   // 29
  b.Readonly(buffer);                                                      // 30
  b.Append(list, {list, none}, 0);                                         // 31
  b.SetItems(dict, {none, dict}, 0);                                       // 32
  b.AddItems(set, {none}, 0);                                              // 33
  b.Append(call, {none}, 37);                                              // 34
  b.Build(call, dict, 38);                                                 // 35
  b.Array(">i2", {3, 2}, true, {900, 12});                                 // 36
  return call;
}

int Main() {
  Workshop shop;
  const auto graph = shop.Verify(Fill(shop.builder()));
  if (!graph.ok()) {
    std::fprintf(stderr, "%s\n", std::string(graph.status().message()).c_str());
    return 1;
  }
  const absl::Status status = RenderJson(*graph, [](absl::string_view piece) {
    std::fwrite(piece.data(), 1, piece.size(), stdout);
  });
  return status.ok() ? 0 : 1;
}

}  // namespace
}  // namespace picklebox::graph

int main() { return picklebox::graph::Main(); }
