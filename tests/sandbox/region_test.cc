// The memory of a job: who can still do what with it, and when.
#include "sandbox/region.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "gtest/gtest.h"
#include "tests/sandbox/jail.h"

namespace picklebox::sandbox {
namespace {

// Where the kernel can, the memory is sealed against execution as well.
int SealsOf(const Region& region) {
  constexpr int kAll = F_SEAL_GROW | F_SEAL_SHRINK | F_SEAL_WRITE | F_SEAL_SEAL;
  return fcntl(region.fd(), F_GET_SEALS) & kAll;
}

TEST(RegionTest, NobodyChangesItsSize) {
  const auto region = Region::Create(Deed("echo", "x"));
  ASSERT_TRUE(region.ok()) << region.status();
  EXPECT_EQ(SealsOf(*region) & (F_SEAL_GROW | F_SEAL_SHRINK),
            F_SEAL_GROW | F_SEAL_SHRINK);
  EXPECT_NE(ftruncate(region->fd(), 0), 0);
  EXPECT_NE(ftruncate(region->fd(), off_t{1} << 40), 0);
}

// Behind the gate nothing is written, and no seal is taken away or added.
TEST(RegionTest, NobodyWritesBehindTheGate) {
  auto region = Region::Create(Deed("echo", "x"));
  ASSERT_TRUE(region.ok()) << region.status();
  ASSERT_EQ(pwrite(region->fd(), "y", 1, 0), 1);
  ASSERT_TRUE(region->Close().ok());
  EXPECT_EQ(SealsOf(*region),
            F_SEAL_GROW | F_SEAL_SHRINK | F_SEAL_WRITE | F_SEAL_SEAL);
  EXPECT_EQ(pwrite(region->fd(), "z", 1, 0), -1);
  EXPECT_EQ(mmap(nullptr, 1, PROT_WRITE, MAP_SHARED, region->fd(), 0),
            MAP_FAILED);
}

TEST(RegionTest, TheGateStaysOpenWhileSomebodyCanWrite) {
  auto region = Region::Create(Deed("echo", "x"));
  ASSERT_TRUE(region.ok()) << region.status();
  void* const page =
      mmap(nullptr, 1, PROT_READ | PROT_WRITE, MAP_SHARED, region->fd(), 0);
  ASSERT_NE(page, MAP_FAILED);
  EXPECT_FALSE(region->Close().ok());
  munmap(page, 1);
  EXPECT_TRUE(region->Close().ok());
}

}  // namespace
}  // namespace picklebox::sandbox
