#include "sandbox/arena.h"

#include <sys/mman.h>

#include <cstdint>
#include <cstring>
#include <map>
#include <random>
#include <vector>

#include "gtest/gtest.h"

namespace picklebox::sandbox {
namespace {

constexpr size_t kSize = size_t{64} << 20;

class ArenaTest : public testing::Test {
 protected:
  ArenaTest()
      : memory_(static_cast<char*>(
            mmap(nullptr, kSize, PROT_READ | PROT_WRITE,
                 MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0))),
        arena_(memory_, memory_ + kSize),
        heap_(&arena_) {}
  ~ArenaTest() override { munmap(memory_, kSize); }

  bool Inside(const void* p, size_t size) const {
    const char* c = static_cast<const char*>(p);
    return c >= memory_ && c + size <= memory_ + kSize;
  }

  char* const memory_;
  Arena arena_;
  Heap heap_;
};

TEST_F(ArenaTest, ReservesPagesFromTheEnd) {
  char* a = static_cast<char*>(arena_.Reserve(1));
  char* b = static_cast<char*>(arena_.Reserve(5000));
  EXPECT_EQ(a, memory_ + kSize - 4096);
  EXPECT_EQ(b, a - 8192);
  EXPECT_EQ(arena_.Reserve(kSize), nullptr);
  EXPECT_EQ(arena_.Reserve(~size_t{0}), nullptr);
  EXPECT_EQ(arena_.Reserve(~size_t{0} - 4096), nullptr);
  EXPECT_NE(arena_.Reserve(arena_.available() - 4096), nullptr);
}

TEST_F(ArenaTest, HeapAndReservationsNeverOverlap) {
  size_t blocks = 0;
  for (;; ++blocks) {
    char* low = static_cast<char*>(heap_.Allocate(100'000));
    char* high = static_cast<char*>(arena_.Reserve(100'000));
    if (low == nullptr || high == nullptr) break;
    ASSERT_LE(low + 100'000, high);
    ASSERT_TRUE(Inside(low, 100'000) && Inside(high, 100'000));
  }
  EXPECT_GT(blocks, 250u);
}

TEST_F(ArenaTest, EverySizeIsAlignedWritableAndReused) {
  for (size_t size = 0; size < 5000; ++size) {
    void* p = heap_.Allocate(size);
    ASSERT_NE(p, nullptr);
    ASSERT_EQ(reinterpret_cast<uintptr_t>(p) % 16, 0u);
    ASSERT_GE(Heap::UsableSize(p), size);
    ASSERT_LE(Heap::UsableSize(p), size + size / 8 + 32);
    std::memset(p, 0xee, size);
    heap_.Free(p);
    ASSERT_EQ(heap_.Allocate(size), p);
    heap_.Free(p);
  }
}

TEST_F(ArenaTest, ZeroedMeansZeroedEvenWhenReused) {
  void* p = heap_.Allocate(1000);
  std::memset(p, 0xff, 1000);
  heap_.Free(p);
  const auto* z = static_cast<const char*>(heap_.AllocateZeroed(10, 100));
  ASSERT_EQ(z, p);
  for (int i = 0; i < 1000; ++i) ASSERT_EQ(z[i], 0);
  EXPECT_EQ(heap_.AllocateZeroed(~size_t{0}, 16), nullptr);
}

TEST_F(ArenaTest, Alignments) {
  for (size_t alignment = 1; alignment <= (1 << 20); alignment *= 2) {
    auto* p = static_cast<char*>(heap_.AllocateAligned(alignment, 100));
    ASSERT_NE(p, nullptr);
    EXPECT_EQ(reinterpret_cast<uintptr_t>(p) % alignment, 0u);
    EXPECT_GE(Heap::UsableSize(p), 100u);
    std::memset(p, 1, Heap::UsableSize(p));
    p = static_cast<char*>(heap_.Reallocate(p, 5000));
    ASSERT_NE(p, nullptr);
    EXPECT_EQ(p[99], 1);
    heap_.Free(p);
  }
  EXPECT_EQ(heap_.AllocateAligned(size_t{1} << 40, 1), nullptr);
}

TEST_F(ArenaTest, TheLastBlockGrowsInPlace) {
  void* p = heap_.Allocate(100);
  EXPECT_EQ(heap_.Reallocate(p, 1 << 20), p);
  void* behind = heap_.Allocate(16);
  EXPECT_NE(heap_.Reallocate(p, 2 << 20), p);
  heap_.Free(behind);
}

TEST_F(ArenaTest, ExhaustionIsNullAndLeavesTheRestUsable) {
  EXPECT_EQ(heap_.Allocate(~size_t{0}), nullptr);
  EXPECT_EQ(heap_.Allocate(kSize), nullptr);
  void* kept = heap_.Allocate(1 << 20);
  std::memset(kept, 7, 1 << 20);
  std::vector<void*> blocks;
  while (void* p = heap_.Allocate(1000)) blocks.push_back(p);
  EXPECT_GT(blocks.size(), 60'000u);
  EXPECT_EQ(heap_.Reallocate(kept, 2 << 20), nullptr);
  EXPECT_EQ(static_cast<char*>(kept)[(1 << 20) - 1], 7);
  // A small request is served from a larger block that lies idle.
  while (heap_.Allocate(500) != nullptr) {
  }
  heap_.Free(blocks.back());
  EXPECT_EQ(heap_.Allocate(500), blocks.back());
}

TEST_F(ArenaTest, RandomUseKeepsBlocksApart) {
  std::mt19937 random(1);
  struct Block {
    size_t size;
    uint8_t mark;
  };
  std::map<uint8_t*, Block> live;
  for (int i = 0; i < 200'000; ++i) {
    const size_t size = random() % (random() % 16 == 0 ? 100'000 : 300);
    const auto mark = static_cast<uint8_t>(random());
    if (live.size() > 300 || (!live.empty() && random() % 3 == 0)) {
      auto victim = live.lower_bound(reinterpret_cast<uint8_t*>(memory_) +
                                     random() % kSize);
      if (victim == live.end()) victim = live.begin();
      uint8_t* p = victim->first;
      const Block block = victim->second;
      live.erase(victim);
      for (size_t k = 0; k < block.size; k += 61) {
        ASSERT_EQ(p[k], block.mark);
      }
      if (random() % 2 == 0) {
        heap_.Free(p);
        continue;
      }
      p = static_cast<uint8_t*>(heap_.Reallocate(p, size));
      ASSERT_NE(p, nullptr);
      if (size != 0 && block.size != 0) {
        ASSERT_EQ(p[0], block.mark);
      }
      std::memset(p, mark, size);
      live[p] = {size, mark};
      continue;
    }
    auto* p = static_cast<uint8_t*>(heap_.Allocate(size));
    ASSERT_NE(p, nullptr);
    std::memset(p, mark, size);
    live[p] = {size, mark};
  }
}

// The heap promises zeros, also where tables were before.
TEST_F(ArenaTest, WhatIsReleasedIsZeroedForTheHeap) {
  const size_t before = arena_.reserved();
  char* const table = static_cast<char*>(arena_.Reserve(kSize / 2));
  ASSERT_NE(table, nullptr);
  std::memset(table, 'x', kSize / 2);
  EXPECT_EQ(arena_.Grow(kSize / 2 + 1), nullptr);
  arena_.Release(before);
  EXPECT_EQ(arena_.reserved(), before);
  EXPECT_EQ(arena_.Reserve(kSize / 2), table);
  arena_.Release(before);
  for (size_t left = kSize; left > 0; left -= kSize / 8) {
    char* const fresh = arena_.Grow(kSize / 8);
    ASSERT_NE(fresh, nullptr);
    for (size_t i = 0; i < kSize / 8; i += 512) ASSERT_EQ(fresh[i], 0);
    std::memset(fresh, 'y', kSize / 8);
  }
  EXPECT_EQ(arena_.Reserve(1), nullptr);
}

}  // namespace
}  // namespace picklebox::sandbox
