#include "policy/table.h"

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "base/bytes.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "policy/table_writer.h"

namespace picklebox::policy {
namespace {

std::vector<uint8_t> Example() {
  TableContent content;
  content.name = "example";
  content.rules = {
      {"a",
       "b",
       kReference | kCall,
       kSetState,
       "x.toml:1",
       "harmless",
       {1, 0, kNoShape, 3, 4}},
      {"a.b", "c", kNew, 0, "x.toml:2", ""},
      {"a", "b.c", kBuild, kHashable | kAttribute, "x.toml:3", "harmless"},
  };
  content.shapes = {{KindBit(NodeKind::kInt), 2, Repeat::kAny, 1},
                    {0, 1, Repeat::kOnce, 0}};
  content.parts = {{PartKind::kTuple, 2, 7, 0, 0, "", ""},
                   {PartKind::kInteger, 0, 0, -5, 1ll << 40, "", ""},
                   {PartKind::kMade, 0, 0, 0, 0, "m", "q"}};
  content.extensions = {{7, "a", "b"}, {9, "a.b", "c"}};
  content.limits.memory = 12345;
  content.persistent_ids = true;
  return WriteTable(content);
}

TEST(TableTest, KeepsWhatWasWritten) {
  const std::vector<uint8_t> block = Example();
  const PolicyTable table = PolicyTable::Open(block).value();
  EXPECT_EQ(table.name(), "example");
  EXPECT_TRUE(table.persistent_ids());
  EXPECT_EQ(table.limits().memory, 12345);
  EXPECT_EQ(table.limits().stack, Limits().stack);
  ASSERT_EQ(table.rule_count(), 3);
  const int number = table.Find("a", "b");
  ASSERT_NE(number, kNoRule);
  const Rule rule = table.rule(number);
  EXPECT_EQ(rule.module, "a");
  EXPECT_EQ(rule.qualname, "b");
  EXPECT_EQ(rule.uses, kReference | kCall);
  EXPECT_EQ(rule.flags, kSetState);
  EXPECT_EQ(rule.shapes.call, 1u);
  EXPECT_EQ(rule.shapes.create, 0u);
  EXPECT_EQ(rule.shapes.keywords, kNoShape);
  EXPECT_EQ(rule.shapes.state, 3u);
  EXPECT_EQ(rule.shapes.items, 4u);
  const Shape shape = table.shape(0);
  EXPECT_EQ(shape.kinds, KindBit(NodeKind::kInt));
  EXPECT_EQ(shape.part_count, 2);
  EXPECT_EQ(shape.repeat, Repeat::kAny);
  EXPECT_EQ(shape.first_part, 1u);
  EXPECT_EQ(table.part(0).kind, PartKind::kTuple);
  EXPECT_EQ(table.part(0).item_count, 2);
  EXPECT_EQ(table.part(0).first_item, 7u);
  EXPECT_EQ(table.part(1).low, -5);
  EXPECT_EQ(table.part(1).high, 1ll << 40);
  EXPECT_EQ(table.part(2).text, "m");
  EXPECT_EQ(table.part(2).qualname, "q");
  EXPECT_EQ(table.shape(2).part_count, 0);
  EXPECT_EQ(table.part(kNoShape).item_count, 0);
  EXPECT_EQ(rule.origin, "x.toml:1");
  EXPECT_EQ(rule.reason, "harmless");
  ASSERT_EQ(table.extension_count(), 2u);
  EXPECT_EQ(table.extension(1).code, 9u);
  EXPECT_EQ(table.extension(1).module, "a.b");
  EXPECT_EQ(table.extension(1).qualname, "c");
}

TEST(TableTest, ModuleAndNameDoNotRunTogether) {
  const std::vector<uint8_t> block = Example();
  const PolicyTable table = PolicyTable::Open(block).value();
  const int dotted_module = table.Find("a.b", "c");
  const int dotted_name = table.Find("a", "b.c");
  ASSERT_NE(dotted_module, kNoRule);
  ASSERT_NE(dotted_name, kNoRule);
  EXPECT_NE(dotted_module, dotted_name);
  EXPECT_EQ(table.Find("a.b.c", ""), kNoRule);
  EXPECT_EQ(table.Find("", "a.b.c"), kNoRule);
  EXPECT_EQ(table.Find("a", "B"), kNoRule);
  EXPECT_EQ(table.Find("a", absl::string_view("b\0", 2)), kNoRule);
}

TEST(TableTest, FindsEachOfMany) {
  std::vector<std::string> names;
  for (int i = 0; i < 5000; ++i) names.push_back(absl::StrCat("name", i));
  TableContent content;
  for (const std::string& name : names) {
    content.rules.push_back({"module", name, kReference, 0, "f", "r"});
  }
  const std::vector<uint8_t> block = WriteTable(content);
  const PolicyTable table = PolicyTable::Open(block).value();
  for (int i = 0; i < 5000; ++i) EXPECT_EQ(table.Find("module", names[i]), i);
  EXPECT_EQ(table.Find("module", "name5000"), kNoRule);
}

TEST(TableTest, HoldsNothingToBeginWith) {
  EXPECT_EQ(PolicyTable().Find("a", "b"), kNoRule);
  EXPECT_EQ(PolicyTable().rule_count(), 0);
  EXPECT_EQ(PolicyTable().name(), "");
  EXPECT_EQ(PolicyTable().limits().stack, Limits().stack);
  const std::vector<uint8_t> block = WriteTable({});
  EXPECT_EQ(PolicyTable::Open(block).value().Find("a", "b"), kNoRule);
}

TEST(TableTest, ReadsTheSameWhereverItLies) {
  const std::vector<uint8_t> block = Example();
  for (size_t shift = 0; shift < 8; ++shift) {
    std::vector<uint8_t> moved(shift);
    moved.insert(moved.end(), block.begin(), block.end());
    const PolicyTable table =
        PolicyTable::Open(absl::MakeConstSpan(moved).subspan(shift)).value();
    EXPECT_NE(table.Find("a", "b"), kNoRule);
  }
}

TEST(TableTest, RefusesWhatIsCutOff) {
  const std::vector<uint8_t> block = Example();
  for (size_t size = 0; size < block.size(); ++size) {
    const std::vector<uint8_t> part(
        block.begin(), block.begin() + static_cast<ptrdiff_t>(size));
    EXPECT_FALSE(PolicyTable::Open(part).ok()) << size;
  }
}

// Whatever a byte is changed to, a reader stays within the block. The block has
// a buffer of its own, so that a sanitizer sees a step beyond it.
TEST(TableTest, NoDamageLeadsOutOfTheBlock) {
  const std::vector<uint8_t> block = Example();
  for (size_t i = 0; i < block.size(); ++i) {
    for (const int value : {0, 1, 0x7f, 0xff, block[i] ^ 0x80}) {
      std::vector<uint8_t> damaged = block;
      damaged[i] = static_cast<uint8_t>(value);
      const auto table = PolicyTable::Open(damaged);
      if (!table.ok()) continue;
      const uint8_t* const end = damaged.data() + damaged.size();
      for (const char* module : {"a", "a.b", "x"}) table->Find(module, "b");
      for (int rule = 0; rule < table->rule_count(); ++rule) {
        const absl::string_view text = table->rule(rule).reason;
        EXPECT_TRUE(text.empty() || text.data() + text.size() <=
                                        reinterpret_cast<const char*>(end));
      }
      for (uint32_t n = 0; n < table->extension_count(); ++n)
        table->extension(n);
      table->limits();
      EXPECT_LE(table->name().size(), damaged.size());
    }
  }
}

TEST(TableTest, RefusesBucketsThatAreNoPowerOfTwo) {
  std::vector<uint8_t> block = Example();
  base::StoreLittle<uint32_t>(block.data() + kHeaderBuckets + 4, 3);
  EXPECT_FALSE(PolicyTable::Open(block).ok());
  base::StoreLittle<uint32_t>(block.data() + kHeaderBuckets + 4, 0);
  EXPECT_FALSE(PolicyTable::Open(block).ok());
}

TEST(TableTest, AFullTableEndsItsSearch) {
  std::vector<uint8_t> block = Example();
  const uint32_t offset =
      base::LoadLittle<uint32_t>(block.data() + kHeaderBuckets);
  const uint32_t count =
      base::LoadLittle<uint32_t>(block.data() + kHeaderBuckets + 4);
  for (uint32_t i = 0; i < count; ++i) {
    base::StoreLittle<uint32_t>(block.data() + offset + 4 * i, 1);
  }
  EXPECT_EQ(PolicyTable::Open(block).value().Find("no", "such"), kNoRule);
}

}  // namespace
}  // namespace picklebox::policy
