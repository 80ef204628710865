// Names, and the header blocks of tar.
#include <cstdio>
#include <cstring>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "container/magic.h"
#include "container/names.h"
#include "container/tar_header.h"
#include "gtest/gtest.h"

namespace picklebox::container {
namespace {

TEST(Names, HonestOnesAreFine) {
  for (const absl::string_view name :
       {"a", "archive/data.pkl", "./a", "a/", "..a", "a..", "a/..b/c", "a b",
        "\xc3\xa9", "ab:c"}) {
    EXPECT_EQ(NameTrouble(name), "") << name;
  }
}

TEST(Names, OthersAreNot) {
  EXPECT_EQ(NameTrouble(""), "empty");
  EXPECT_EQ(NameTrouble("/a"), "absolute");
  EXPECT_EQ(NameTrouble("C:a"), "absolute");
  for (const absl::string_view name : {"..", "../a", "a/../b", "a/.."})
    EXPECT_EQ(NameTrouble(name), "parent") << name;
  EXPECT_EQ(NameTrouble("a\\b"), "backslash");
  EXPECT_EQ(NameTrouble(absl::string_view("a\0b", 3)), "control");
  EXPECT_EQ(NameTrouble("a\x1b[31m"), "control");
}

using Block = std::vector<uint8_t>;

void Put(Block* block, size_t at, absl::string_view text) {
  std::memcpy(block->data() + at, text.data(), text.size());
}

// A header with a right checksum.
Block Header(absl::string_view size, absl::string_view magic = "ustar",
             bool signed_sum = false) {
  Block block(kTarBlock);
  Put(&block, 0, "name");
  Put(&block, 124, size);
  Put(&block, 156, "0");
  Put(&block, 257, magic);
  Put(&block, 300, "\xff");  // tells signed sums from others
  Put(&block, 345, "prefix");
  Put(&block, 148, "        ");
  int sum = 0;
  for (const uint8_t byte : block)
    sum += signed_sum ? static_cast<int8_t>(byte) : byte;
  char digits[8];
  std::snprintf(digits, sizeof(digits), "%06o", sum);
  Put(&block, 148, absl::string_view(digits, 7));
  return block;
}

TEST(TarHeader, IsDecoded) {
  const auto header = DecodeTarHeader(Header("00000001234"));
  ASSERT_TRUE(header);
  EXPECT_EQ(header->name, "prefix/name");
  EXPECT_EQ(header->size, 01234u);
  EXPECT_EQ(header->type, '0');
  EXPECT_FALSE(header->odd_number);
  EXPECT_FALSE(header->signed_checksum);
  // The old GNU format has other things where the prefix is.
  EXPECT_EQ(DecodeTarHeader(Header("0", "ustar  "))->name, "name");
}

TEST(TarHeader, ItsChecksumTells) {
  Block block = Header("00000001234");
  block[5] ^= 1;
  EXPECT_FALSE(DecodeTarHeader(block));
  EXPECT_FALSE(DecodeTarHeader(Block(kTarBlock)));
  EXPECT_FALSE(DecodeTarHeader(Block(kTarBlock - 1)));
  EXPECT_FALSE(DecodeTarHeader(Block(kTarBlock, 'x')));
  const auto other = DecodeTarHeader(Header("00000001234", "ustar", true));
  ASSERT_TRUE(other);
  EXPECT_TRUE(other->signed_checksum);
}

TEST(TarHeader, NumbersThatReadersReadDifferently) {
  const auto read = [](absl::string_view text) {
    const auto header = DecodeTarHeader(Header(text));
    EXPECT_TRUE(header);
    return std::pair(header->size, header->odd_number);
  };
  EXPECT_EQ(read("00000000017 "), std::pair(uint64_t{15}, false));
  EXPECT_EQ(read("       17  "), std::pair(uint64_t{15}, false));
  EXPECT_EQ(read("777777777777"), std::pair((uint64_t{1} << 36) - 1, false));
  EXPECT_TRUE(read("").second);
  EXPECT_TRUE(read("17 17").second);
  EXPECT_TRUE(read("-17").second);
  EXPECT_TRUE(read("0x17").second);
  EXPECT_TRUE(read("189").second);
  EXPECT_EQ(read(absl::string_view("\x80\0\0\0\0\0\0\0\0\0\1\2", 12)),
            std::pair(uint64_t{258}, false));
  EXPECT_TRUE(read("\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff").second);
}

TEST(Magic, OfTwoBytesIsMoreThanThat) {
  const auto begins = [](Codec codec, absl::string_view head) {
    return BeginsWith(
        codec, {reinterpret_cast<const uint8_t*>(head.data()), head.size()});
  };
  EXPECT_TRUE(begins(Codec::kZlib, "\x78\x9c"));
  EXPECT_FALSE(begins(Codec::kZlib, "\x78\x9d"));
  EXPECT_FALSE(begins(Codec::kZlib, "\x78\xbb"));  // a preset dictionary
  EXPECT_FALSE(begins(Codec::kZlib, "\x78"));
  EXPECT_FALSE(begins(Codec::kBzip2, "BZh9 is no block"));
  EXPECT_TRUE(begins(Codec::kLzma,
                     absl::string_view("\x5d\0\0\x80\0\xff\xff\xff\xff\xff\xff"
                                       "\xff\xff",
                                       13)));
  EXPECT_FALSE(begins(Codec::kLzma,
                      absl::string_view("\x5d\0\1\x80\0\xff\xff\xff\xff\xff\xff"
                                        "\xff\xff",
                                        13)));
}

}  // namespace
}  // namespace picklebox::container
