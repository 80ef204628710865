#include "box/request.h"

#include <cstdint>
#include <string>
#include <vector>

#include "gtest/gtest.h"

namespace picklebox::box {
namespace {

Request Unusual() {
  Request request;
  request.task = Task::kDisassemble;
  request.named_pickle = true;
  request.policy = 300;
  request.read.compat = true;
  request.read.fix_imports = false;
  request.read.encoding = "latin1";
  request.read.errors = std::string("a\0b", 3);
  request.offset = 5;
  request.length = UINT64_MAX;
  request.read.buffers = UINT64_MAX;
  request.read.persistent_ids = true;
  request.read.extensions = {{1, "a:b"}, {0x7fffffff, std::string(300, 'x')}};
  uint64_t value = 1000;
#define PICKLEBOX_LIMIT(field, name, number, unit, why) \
  request.limits.field = value *= 3;
#include "picklebox/limits.def"
#undef PICKLEBOX_LIMIT
  return request;
}

TEST(Request, RoundTrip) {
  const std::optional<Request> read = DecodeRequest(Encode(Unusual()));
  ASSERT_TRUE(read);
  EXPECT_EQ(read->task, Task::kDisassemble);
  EXPECT_EQ(read->offset, 5u);
  EXPECT_EQ(read->length, UINT64_MAX);
  EXPECT_TRUE(read->named_pickle);
  EXPECT_EQ(read->policy, 300u);
  EXPECT_TRUE(read->read.compat);
  EXPECT_FALSE(read->read.fix_imports);
  EXPECT_EQ(read->read.encoding, "latin1");
  EXPECT_EQ(read->read.errors, std::string("a\0b", 3));
  EXPECT_EQ(read->read.buffers, UINT64_MAX);
  EXPECT_TRUE(read->read.persistent_ids);
  EXPECT_EQ(read->read.extensions, Unusual().read.extensions);
#define PICKLEBOX_LIMIT(field, name, number, unit, why) \
  EXPECT_EQ(read->limits.field, Unusual().limits.field) << name;
#include "picklebox/limits.def"
#undef PICKLEBOX_LIMIT
}

TEST(Request, DefaultsSurvive) {
  const std::optional<Request> read = DecodeRequest(Encode(Request()));
  ASSERT_TRUE(read);
  EXPECT_EQ(read->task, Task::kScan);
  EXPECT_FALSE(read->read.compat);
  EXPECT_EQ(Encode(*read), Encode(Request()));
}

TEST(Request, EveryTruncationAndEveryTailIsRefused) {
  std::vector<uint8_t> bytes = Encode(Unusual());
  for (size_t size = 0; size < bytes.size(); ++size) {
    EXPECT_FALSE(DecodeRequest(absl::MakeConstSpan(bytes).subspan(0, size)))
        << size;
  }
  bytes.push_back(0);
  EXPECT_FALSE(DecodeRequest(bytes));
}

}  // namespace
}  // namespace picklebox::box
