// What the reader of tar archives says of members that readers see differently.
#include "container/tar.h"

#include <cstdio>
#include <cstring>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "container/tar_header.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/container/log.h"

namespace picklebox::container {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

// A member: a header, and its data in whole blocks.
std::string Entry(absl::string_view name, char type = '0',
                  absl::string_view data = "", absl::string_view link = "",
                  const char* size = nullptr) {
  std::string block(kTarBlock, '\0');
  const auto put = [&block](size_t at, absl::string_view text) {
    std::memcpy(block.data() + at, text.data(), text.size());
  };
  char digits[16];
  std::snprintf(digits, sizeof(digits), "%011zo", data.size());
  put(0, name);
  put(124, size != nullptr ? size : digits);
  block[156] = type;
  put(157, link);
  put(257, absl::string_view("ustar\0", 6));
  put(148, "        ");
  int sum = 0;
  for (const char byte : block) sum += static_cast<unsigned char>(byte);
  std::snprintf(digits, sizeof(digits), "%06o", sum);
  put(148, absl::string_view(digits, 7));
  absl::StrAppend(&block, data);
  block.resize((block.size() + kTarBlock - 1) / kTarBlock * kTarBlock);
  return block;
}

// A record of pax attributes, behind its own length.
std::string Pax(absl::string_view key, absl::string_view value) {
  const std::string rest = absl::StrCat(" ", key, "=", value, "\n");
  size_t length = rest.size() + 1;
  while (absl::StrCat(length).size() + rest.size() != length) ++length;
  return absl::StrCat(length, rest);
}

std::string End() { return std::string(2 * kTarBlock, '\0'); }

Log Read(const std::string& archive) {
  Log log;
  std::vector<uint8_t> bytes(archive.begin(), archive.end());
  const auto source = std::make_shared<base::OwnedSource>(bytes);
  const Input input = {source,
                       absl::MakeConstSpan(bytes).subspan(0, Input::kHead),
                       nullptr, false};
  EXPECT_TRUE(ReadTar(input, &log));
  return log;
}

TEST(Tar, PlainMembers) {
  const Log log = Read(Entry("a", '0', "abc") + Entry("d/", '5') +
                       Entry("b", '\0') + Entry("c", '7', "x") + End());
  EXPECT_THAT(log.members, ElementsAre("a=3", "d/=0 closed", "b=0", "c=1"));
  EXPECT_THAT(log.said, IsEmpty());
}

TEST(Tar, SparseFilesAreNotRead) {
  EXPECT_THAT(Read(Entry("a", 'S', "abc") + End()).said,
              ElementsAre("container-unread tar-sparse"));
  const std::string pax = Pax("GNU.sparse.major", "1");
  const Log log = Read(Entry("x", 'x', pax) + Entry("a", '0', "abc") + End());
  EXPECT_THAT(log.said, ElementsAre("container-unread tar-sparse"));
  EXPECT_THAT(log.members, ElementsAre("a=3 closed"));
}

TEST(Tar, TypesThatNobodyKnows) {
  const Log log = Read(Entry("a", 'Z', "abc") + End());
  EXPECT_THAT(log.said, ElementsAre("archive-broken type"));
  EXPECT_THAT(log.members, ElementsAre("a=3"));  // and some take it for a file
}

TEST(Tar, FoldersWithData) {
  const Log log = Read(Entry("a", '5', "abc") + End());
  EXPECT_THAT(log.said, ElementsAre("archive-ambiguous header"));
  EXPECT_THAT(log.members, ElementsAre("a=3"));
}

TEST(Tar, NamesTwice) {
  EXPECT_THAT(Read(Entry("a", '0', "x") + Entry("a", '0', "y") + End()).said,
              ElementsAre("archive-ambiguous duplicate"));
  EXPECT_THAT(Read(Entry("a/", '5') + Entry("a/", '5') + End()).said,
              IsEmpty());
}

TEST(Tar, LinksOutOfTheArchive) {
  EXPECT_THAT(Read(Entry("a", '2', "", "../x") + End()).said,
              ElementsAre("member-name link"));
  EXPECT_THAT(Read(Entry("a", '1', "", "../x") + End()).said,
              ElementsAre("member-name parent"));
  EXPECT_THAT(Read(Entry("a", '2', "", "/etc/passwd") + End()).said,
              ElementsAre("member-name absolute"));
  EXPECT_THAT(Read(Entry("a", '2', "", "b") + End()).said, IsEmpty());
}

TEST(Tar, PaxSizes) {
  const auto said = [](absl::string_view size) {
    return Read(Entry("x", 'x', Pax("size", size)) + Entry("a", '0', "abc") +
                End())
        .said;
  };
  EXPECT_THAT(said("3"), IsEmpty());
  EXPECT_THAT(said("4"), ElementsAre("archive-ambiguous pax"));
  EXPECT_THAT(said("0x3"), ElementsAre("archive-ambiguous pax"));
  EXPECT_THAT(said(""), ElementsAre("archive-ambiguous pax"));
}

TEST(Tar, PaxAttributesThatAreOfAllMembers) {
  const std::string rest = Entry("a", '0', "abc") + End();
  EXPECT_THAT(Read(Entry("g", 'g', Pax("comment", "x")) + rest).said,
              IsEmpty());
  EXPECT_THAT(Read(Entry("g", 'g', Pax("path", "b")) + rest).said,
              ElementsAre("archive-ambiguous pax"));
}

TEST(Tar, PaxAttributesThatAreNone) {
  const std::string rest = Entry("a", '0', "abc") + End();
  for (const char* text : {"x", "9 a=b\n", "+6 a=b\n", "3 a=b\n", "6 ab\n\n",
                           "99999999999999999999999 a=b\n"}) {
    EXPECT_THAT(Read(Entry("x", 'x', text) + rest).said,
                ElementsAre("archive-ambiguous pax"))
        << text;
  }
  const std::string twice = Pax("path", "b") + Pax("path", "c");
  EXPECT_THAT(Read(Entry("x", 'x', twice) + rest).said,
              ElementsAre("archive-ambiguous pax"));
}

TEST(Tar, LongNames) {
  const std::string name(300, 'n');
  const Log log = Read(Entry("x", 'L', name + '\0') + Entry("a", '0', "abc") +
                       Entry("y", 'K', "../up") + Entry("b", '2') + End());
  EXPECT_THAT(log.members, ElementsAre(name + "=3", "b=0 closed"));
  EXPECT_THAT(log.said, ElementsAre("member-name link"));
}

TEST(Tar, NamesThatAreLongerThanAny) {
  const std::string text(2 << 20, 'n');
  EXPECT_THAT(Read(Entry("x", 'L', text) + Entry("a", '0', "abc") + End()).said,
              ElementsAre("archive-broken text"));
}

TEST(Tar, WhatStandsBehindTheEnd) {
  const std::string first = Entry("a", '0', "abc") + End();
  EXPECT_THAT(Read(first + End()).said, IsEmpty());
  const Log log = Read(first + Entry("b", '0', "x") + End());
  EXPECT_THAT(log.members, ElementsAre("a=3", "b=1"));
  EXPECT_THAT(log.said, ElementsAre("archive-ambiguous behind-end"));
  EXPECT_THAT(Read(first + std::string(kTarBlock, 'x')).said,
              ElementsAre("trailing-data behind-archive"));
}

TEST(Tar, CutOff) {
  const std::string whole = Entry("a", '0', std::string(2000, 'x'));
  EXPECT_THAT(Read(whole).said, IsEmpty());  // no end, which readers accept
  EXPECT_THAT(Read(whole.substr(0, 1000)).said,
              ElementsAre("archive-broken cut-off"));
  EXPECT_THAT(Read(whole + "xyz").said, ElementsAre("archive-broken header"));
  EXPECT_THAT(Read(Entry("a", '0', "abc", "", "77777777777")).said,
              ElementsAre("archive-broken cut-off"));
}

}  // namespace
}  // namespace picklebox::container
