// What the reader of zip archives says where two readers would see two things.
// The archives of tests/containers are what real programs and attackers write;
// these differ from a plain one in one field.
#include "container/zip.h"

#include <zlib.h>

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "base/bytes.h"
#include "container/zip_records.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "picklebox/limits.h"
#include "tests/container/log.h"

namespace picklebox::container {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

std::string U16(uint64_t value) {
  char bytes[2];
  base::StoreLittle(reinterpret_cast<uint8_t*>(bytes),
                    static_cast<uint16_t>(value));
  return {bytes, 2};
}
std::string U32(uint64_t value) {
  return U16(value & 0xffff) + U16(value >> 16 & 0xffff);
}

// A member as it is in both headers, but for what a test changes.
struct Entry {
  std::string name = "a";
  std::string data = "abc";
  std::string local_name = {};  // empty: the same
  uint64_t flags = 0;
  uint64_t local_flags = 0;
  uint64_t method = 0;
  uint64_t local_method = 0;
  uint64_t crc_changed = 0;
  uint64_t size = 3;
  uint64_t local_size = 3;
  uint64_t local_moved = 0;
  uint64_t disk = 0;
  uint64_t attributes = 0;
};

uint32_t CrcOf(const Entry& entry) {
  const auto* data = reinterpret_cast<const Bytef*>(entry.data.data());
  return static_cast<uint32_t>(crc32(0, data, 3) ^ entry.crc_changed);
}

std::string Local(const Entry& e) {
  const std::string& name = e.local_name.empty() ? e.name : e.local_name;
  return U32(kLocalMagic) + U16(20) + U16(e.local_flags) + U16(e.local_method) +
         U32(0) + U32(CrcOf(e)) + U32(e.data.size()) + U32(e.local_size) +
         U16(name.size()) + U16(0) + name + e.data;
}

std::string Central(const Entry& e, size_t at) {
  return U32(kEntryMagic) + U16(3 << 8 | 20) + U16(20) + U16(e.flags) +
         U16(e.method) + U32(0) + U32(CrcOf(e)) + U32(e.data.size()) +
         U32(e.size) + U16(e.name.size()) + U16(0) + U16(0) + U16(e.disk) +
         U16(0) + U32(e.attributes) + U32(at + e.local_moved) + e.name;
}

std::string End(size_t entries, size_t size, size_t at) {
  return U32(kEndMagic) + U16(0) + U16(0) + U16(entries) + U16(entries) +
         U32(size) + U32(at) + U16(0);
}

std::string Zip(const std::vector<Entry>& entries) {
  std::string out;
  std::string directory;
  for (const Entry& entry : entries) {
    directory += Central(entry, out.size());
    out += Local(entry);
  }
  const std::string end = End(entries.size(), directory.size(), out.size());
  return out + directory + end;
}

Log Read(const std::string& archive) {
  Log log;
  const std::vector<uint8_t> bytes(archive.begin(), archive.end());
  const auto source = std::make_shared<base::OwnedSource>(bytes);
  Budget budget(Limits(), bytes.size());
  const Input input = {source,
                       absl::MakeConstSpan(bytes).subspan(0, Input::kHead),
                       &budget, false};
  EXPECT_TRUE(ReadZip(input, &log));
  return log;
}

std::vector<std::string> Said(const Entry& entry) {
  return Read(Zip({entry})).said;
}

TEST(Zip, APlainArchive) {
  Entry second;
  second.name = "b";
  const Log log = Read(Zip({Entry(), second}));
  EXPECT_THAT(log.members, ElementsAre("a=3", "b=3"));
  EXPECT_THAT(log.said, IsEmpty());
}

TEST(Zip, TwoMembersOfOneName) {
  Entry other;
  other.name = "A";  // some systems see one file
  EXPECT_THAT(Read(Zip({Entry(), Entry()})).said,
              ElementsAre("archive-ambiguous duplicate"));
  EXPECT_THAT(Read(Zip({Entry(), other})).said,
              ElementsAre("archive-ambiguous duplicate"));
}

TEST(Zip, TheLocalHeaderSaysSomethingElse) {
  Entry entry;
  entry.local_name = "b";
  EXPECT_THAT(Said(entry), ElementsAre("archive-ambiguous local-header"));
  entry = Entry();
  entry.local_flags = 0x0800;
  EXPECT_THAT(Said(entry), ElementsAre("archive-ambiguous local-header"));
  entry = Entry();
  entry.local_method = 8;
  EXPECT_THAT(Said(entry), ElementsAre("archive-ambiguous local-header"));
  entry = Entry();
  entry.local_size = 4;
  EXPECT_THAT(Said(entry), ElementsAre("archive-ambiguous local-header"));
}

TEST(Zip, FlagsThatForbidToRead) {
  for (const uint64_t flag : {0x0001, 0x0020, 0x0040, 0x2000}) {
    Entry entry;
    entry.flags = entry.local_flags = flag;
    EXPECT_THAT(Said(entry), ElementsAre("archive-ambiguous flags")) << flag;
  }
  Entry entry;
  entry.disk = 1;
  EXPECT_THAT(Said(entry), ElementsAre("archive-ambiguous flags"));
}

TEST(Zip, Checksums) {
  Entry stored;
  stored.crc_changed = 1;
  EXPECT_THAT(Said(stored), ElementsAre("archive-ambiguous crc"));
  // The same three bytes, deflated in a block that is stored.
  Entry deflated;
  deflated.method = deflated.local_method = 8;
  deflated.data = std::string("\x01\x03\x00\xfc\xff", 5) + "abc";
  const auto* abc = reinterpret_cast<const Bytef*>("abc");
  const auto* head = reinterpret_cast<const Bytef*>(deflated.data.data());
  deflated.crc_changed = crc32(0, abc, 3) ^ crc32(0, head, 3);
  EXPECT_THAT(Said(deflated), IsEmpty());
  deflated.crc_changed ^= 1;
  EXPECT_THAT(Said(deflated), ElementsAre("archive-ambiguous crc"));
}

TEST(Zip, Sizes) {
  Entry entry;
  entry.size = entry.local_size = 2;
  EXPECT_THAT(Said(entry), ::testing::Contains("archive-ambiguous size"));
}

TEST(Zip, BytesAroundIt) {
  EXPECT_THAT(Read(Zip({Entry()}) + "x").said,
              ElementsAre("archive-ambiguous suffix"));
  EXPECT_THAT(Read("x" + Zip({Entry()})).said,
              ElementsAre("archive-ambiguous prefix"));
}

TEST(Zip, ASecondEnd) {
  const std::string zip = Zip({Entry()});
  std::string two = zip + End(0, 0, 0);
  EXPECT_THAT(Read(two).said,
              ::testing::Contains("archive-ambiguous end-records"));
}

TEST(Zip, MembersThatOverlap) {
  Entry second;
  second.name = "b";
  second.local_name = "a";
  const size_t first = Local(Entry()).size();
  second.local_moved = static_cast<uint64_t>(-static_cast<int64_t>(first));
  EXPECT_THAT(Read(Zip({Entry(), second})).said,
              ::testing::Contains("archive-ambiguous overlap"));
}

TEST(Zip, Links) {
  Entry entry;
  entry.attributes = uint64_t{0120777} << 16;
  EXPECT_THAT(Said(entry), ElementsAre("member-name link"));
}

TEST(Zip, SizesOf64BitsThatAreNotThere) {
  Entry entry;
  entry.size = 0xffffffff;
  EXPECT_THAT(Said(entry), ::testing::Contains("archive-ambiguous zip64"));
}

}  // namespace
}  // namespace picklebox::container
