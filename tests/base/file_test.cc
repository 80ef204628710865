#include "base/file.h"

#include <gtest/gtest.h>

#include <fstream>

#include "absl/strings/match.h"

namespace picklebox::base {
namespace {

std::string Written(const std::string& text) {
  const std::string path = ::testing::TempDir() + "file_test.txt";
  std::ofstream(path, std::ios::binary) << text;
  return path;
}

TEST(ReadFile, TakesAllBytesUpToTheLimit) {
  const std::string text("a\0b\n", 4);
  const auto read = ReadFile(Written(text), 4, "a test");
  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_EQ(*read, text);
}

TEST(ReadFile, SaysWhatIsTooLong) {
  const auto read = ReadFile(Written("abcde"), 4, "a test");
  EXPECT_TRUE(absl::IsInvalidArgument(read.status()));
  EXPECT_TRUE(absl::EndsWith(read.status().message(),
                             "file_test.txt is too long for a test"));
}

TEST(ReadFile, SaysWhyItCannotOpenOrRead) {
  const auto missing = ReadFile("/nowhere/at.all", 4, "a test");
  EXPECT_TRUE(absl::IsNotFound(missing.status()));
  EXPECT_TRUE(absl::StartsWith(missing.status().message(),
                               "cannot open /nowhere/at.all"));
  const auto folder = ReadFile("/", 4, "a test");
  EXPECT_TRUE(absl::StartsWith(folder.status().message(), "cannot read /"))
      << folder.status();
}

}  // namespace
}  // namespace picklebox::base
