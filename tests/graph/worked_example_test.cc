// The worked example of docs/graph-format.md is what the builder writes.
#include <gtest/gtest.h>

#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_split.h"
#include "workshop.h"

namespace picklebox::graph {
namespace {

// The rows of the example's table: "| 2 | `27 34 15 ...` | ...".
std::string BytesInTheDocs() {
  std::ifstream file(PICKLEBOX_SOURCE_DIR "/docs/graph-format.md");
  std::stringstream text;
  text << file.rdbuf();
  std::string bytes;
  for (const absl::string_view line : absl::StrSplit(text.str(), '\n')) {
    const std::vector<absl::string_view> cells = absl::StrSplit(line, " | `");
    NodeId node;
    if (cells.size() < 2 || !absl::SimpleAtoi(cells[0].substr(1), &node)) {
      continue;
    }
    const std::vector<absl::string_view> hex = absl::StrSplit(cells[1], '`');
    absl::StrAppend(&bytes, bytes.empty() ? "" : " ", hex[0]);
  }
  return bytes;
}

TEST(WorkedExample, IsWhatTheBuilderWrites) {
  Workshop shop;
  GraphBuilder& b = shop.builder();
  b.Str("acme");
  b.Str("Point");
  const NodeId cls = b.Global({"acme", "Point", false, true}, 26);
  const NodeId point = b.New(NewForm::kNewObj, cls, b.Tuple({}), kNoNode, 29);
  const NodeId state = b.Dict();
  const NodeId x = b.Str("x");
  const NodeId one = b.Int(int64_t{1});
  const NodeId tags = b.Str("tags");
  const NodeId list = b.List();
  b.Append(list, {b.Str("a"), point}, 0);
  b.SetItems(state, {x, one, tags, list}, 0);
  b.Build(point, state, 58);
  ASSERT_TRUE(shop.Verify(point).ok());
  std::string bytes;
  for (const uint8_t byte : shop.encoding()) {
    absl::StrAppendFormat(&bytes, "%s%02x", bytes.empty() ? "" : " ", byte);
  }
  EXPECT_EQ(bytes, BytesInTheDocs());
}

}  // namespace
}  // namespace picklebox::graph
