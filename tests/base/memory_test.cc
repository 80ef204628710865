#include "base/memory.h"

#include <gtest/gtest.h>

namespace picklebox::base {
namespace {

// Has room for so many bytes at a time.
class SmallMemory final : public Memory {
 public:
  explicit SmallMemory(size_t most) : most_(most) {}
  void* Reserve(size_t bytes) override {
    return bytes <= most_ ? heap_.Reserve(bytes) : nullptr;
  }
  size_t Mark() const override { return heap_.Mark(); }
  void Release(size_t mark) override { heap_.Release(mark); }

 private:
  size_t most_;
  HeapMemory heap_;
};

TEST(Column, GrowsToItsCapacity) {
  HeapMemory memory;
  Column<uint32_t> column(memory, 3);
  EXPECT_TRUE(column.empty());
  for (uint32_t i = 0; i < 3; ++i) {
    EXPECT_FALSE(column.full());
    column.push_back(i * 10);
  }
  EXPECT_TRUE(column.full());
  EXPECT_EQ(column.size(), 3);
  EXPECT_EQ(column.back(), 20);
  EXPECT_EQ(column[1], 10);
  column.resize(1);
  EXPECT_EQ(column.back(), 0);
}

TEST(Column, TakesWhatThereIs) {
  SmallMemory memory(100);
  const Column<uint64_t> column(memory, 64);
  EXPECT_EQ(column.capacity(), 8);  // 64 * 8 bytes, halved until it fits
}

TEST(Column, OfNoMemoryIsFull) {
  SmallMemory memory(0);
  EXPECT_TRUE(Column<uint64_t>(memory, 64).full());
}

}  // namespace
}  // namespace picklebox::base
