#include "box/format.h"

#include <string>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "tests/box/bytes.h"

namespace picklebox::box {
namespace {

TEST(Format, ContainersThatCarryPicklesAreKnown) {
  for (const std::string& head :
       {Raw("PK\x03\x04...."), Raw("\x1f\x8b\x08"), Raw("BZh91AY"),
        Raw("\x93NUMPY\x01"), Raw("\xfd\x37zXZ\0"), Raw("x\x9c\x01"),
        Raw("\x28\xb5\x2f\xfd"),
        absl::StrCat(std::string(257, '\0'), "ustar")}) {
    EXPECT_EQ(Recognise(Bytes(head)).nature, Nature::kHides) << head;
  }
}

TEST(Format, OthersAreKnownAndCarryNone) {
  for (const std::string& head :
       {Raw("\x89PNG\r\n\x1a\n"),
        Raw("\x7f"
            "ELF\x02"),
        Raw("%PDF-1.7"), Raw("GGUF"), Raw("12345678{\"a\"")}) {
    EXPECT_FALSE(Recognise(Bytes(head)).name.empty()) << head;
    EXPECT_NE(Recognise(Bytes(head)).nature, Nature::kHides) << head;
  }
}

TEST(Format, AMagicThatIsCutOffIsNone) {
  const std::string png = Raw("\x89PNG\r\n\x1a\n");
  for (size_t size = 0; size < png.size(); ++size) {
    EXPECT_TRUE(Recognise(Bytes(png.substr(0, size))).name.empty()) << size;
  }
}

TEST(Format, Text) {
  EXPECT_TRUE(LooksLikeText(Bytes("# A line\n\tand caf\xc3\xa9\r\n")));
  EXPECT_TRUE(LooksLikeText(Bytes("cut within caf\xc3")));
  EXPECT_FALSE(LooksLikeText(Bytes("caf\xe9 in latin 1, well before the end")));
  EXPECT_FALSE(LooksLikeText(Bytes(Raw("a\0b"))));
  EXPECT_FALSE(LooksLikeText(Bytes("\x1b[31m")));
}

}  // namespace
}  // namespace picklebox::box
