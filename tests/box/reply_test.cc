#include "box/reply.h"

#include <cstring>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace picklebox::box {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr uint64_t kMany = 1000;
// Where the fields of the first record are, if it is a stream or a finding.
constexpr size_t kLength = 8;
constexpr size_t kTag = 16;
constexpr size_t kCode = 21;

StreamRecord SomeStream(ReplyWriter* writer, absl::string_view encoding) {
  const absl::Span<uint8_t> space = writer->GraphSpace();
  std::memcpy(space.data(), encoding.data(), encoding.size());
  StreamRecord stream;
  stream.stopped = true;
  stream.protocol = 4;
  stream.root = 7;
  stream.begin = 1;
  stream.end = 1ull << 40;
  stream.opcodes = 2;
  stream.nodes = 3;
  stream.denials = 4;
  stream.encoding = space.subspan(0, encoding.size());
  return stream;
}

Finding SomeFinding() {
  Finding finding;
  finding.code = Code::kTruncated;
  finding.detail = "tail";
  finding.offset = 99;
  finding.message = "any \x01 bytes \xff";
  return finding;
}

CodeRecord SomeCode() {
  CodeRecord record;
  record.versions = 1 << 8 | 1 << 9;
  record.has_digest = true;
  record.digest.fill(0xab);
  record.code.form = CodeForm::kLambda;
  record.code.doings = kOpensFiles;
  record.code.offset = 12;
  record.code.first_line = -3;
  record.code.maker = "dill._dill:_create_function";
  record.code.name = "any \x01 bytes \xff";
  record.code.imports = {"os", "sys"};
  record.code.strings = {"x"};
  return record;
}

std::vector<uint8_t> Full() {
  std::vector<uint8_t> region(kSmallestReply);
  ReplyWriter writer(absl::MakeSpan(region));
  writer.Stream(SomeStream(&writer, "a graph"));
  writer.Report(SomeFinding());
  writer.Format("pickle");
  writer.Code(SomeCode());
  std::memcpy(writer.Content(3), "abc", 3);
  writer.Text("line\nline\n");
  region.resize(writer.Finish());
  return region;
}

std::vector<uint8_t> WithFinding(const Finding& finding) {
  std::vector<uint8_t> region(kSmallestReply);
  ReplyWriter writer(absl::MakeSpan(region));
  writer.Report(finding);
  region.resize(writer.Finish());
  return region;
}

std::vector<uint8_t> WithText(absl::string_view text, bool format) {
  std::vector<uint8_t> region(kSmallestReply);
  ReplyWriter writer(absl::MakeSpan(region));
  format ? writer.Format(text) : writer.Text(text);
  region.resize(writer.Finish());
  return region;
}

std::string ErrorOf(const std::vector<uint8_t>& bytes, uint64_t streams = kMany,
                    uint64_t findings = kMany) {
  return std::string(ReadReply(bytes, streams, findings).status().message());
}

TEST(Reply, RoundTrip) {
  const std::vector<uint8_t> bytes = Full();
  const absl::StatusOr<Reply> reply = ReadReply(bytes, 1, 1);
  ASSERT_TRUE(reply.ok()) << reply.status();
  ASSERT_EQ(reply->streams.size(), 1u);
  const StreamRecord& stream = reply->streams[0];
  EXPECT_TRUE(stream.stopped);
  EXPECT_EQ(stream.protocol, 4);
  EXPECT_EQ(stream.root, 7u);
  EXPECT_EQ(stream.begin, 1u);
  EXPECT_EQ(stream.end, 1ull << 40);
  EXPECT_EQ(stream.opcodes, 2u);
  EXPECT_EQ(stream.nodes, 3u);
  EXPECT_EQ(stream.denials, 4u);
  EXPECT_EQ(std::string(stream.encoding.begin(), stream.encoding.end()),
            "a graph");
  ASSERT_EQ(reply->findings.size(), 1u);
  EXPECT_EQ(reply->findings[0].code, Code::kTruncated);
  EXPECT_EQ(reply->findings[0].detail, "tail");
  EXPECT_EQ(reply->findings[0].offset, 99u);
  EXPECT_EQ(reply->findings[0].message, SomeFinding().message);
  EXPECT_EQ(reply->formats[0], "pickle");
  EXPECT_THAT(reply->content, ElementsAre('a', 'b', 'c'));
  EXPECT_THAT(reply->text, ElementsAre("line\nline\n"));
}

TEST(Reply, ContentLiesOnABoundaryOrThereIsNoRoom) {
  std::vector<uint8_t> region(kSmallestReply);
  ReplyWriter writer(absl::MakeSpan(region));
  for (int i = 0; i < 100; ++i) {
    writer.Format(std::string(static_cast<size_t>(i) % 50, 'x'));
    const uint8_t* const content = writer.Content(7);
    ASSERT_NE(content, nullptr);
    EXPECT_EQ((content - region.data()) % kContentAlignment, 0);
  }
  for (const uint64_t size : {~0ull, ~0ull - 16, 1ull << 63, 1ull << 17}) {
    std::vector<uint8_t> small(kSmallestReply);
    ReplyWriter full(absl::MakeSpan(small));
    EXPECT_EQ(full.Content(size), nullptr);
    EXPECT_TRUE(full.full());
  }
}

TEST(Reply, EveryTruncationIsRefused) {
  const std::vector<uint8_t> whole = Full();
  for (size_t size = 0; size < whole.size(); ++size) {
    std::vector<uint8_t> cut(whole.begin(),
                             whole.begin() + static_cast<ptrdiff_t>(size));
    EXPECT_NE(ErrorOf(cut), "") << size;
    // Also if the header says so.
    if (size <= kTag) continue;
    base::StoreLittle(cut.data() + kLength, static_cast<uint64_t>(size - kTag));
    const absl::StatusOr<Reply> reply = ReadReply(cut, kMany, kMany);
    if (reply.ok()) {
      EXPECT_LT(
          reply->streams.size() + reply->findings.size() + reply->text.size(),
          3u)
          << size;
    } else {
      EXPECT_THAT(reply.status().message(), HasSubstr("cut off")) << size;
    }
  }
}

// Whatever one byte is: it is refused, or read without looking beyond the end.
TEST(Reply, EveryByteMayBeAnything) {
  const std::vector<uint8_t> whole = Full();
  for (size_t i = 0; i < whole.size(); ++i) {
    for (const int value : {0x00, 0x01, 0x7f, 0x80, 0xff}) {
      std::vector<uint8_t> changed = whole;
      changed[i] = static_cast<uint8_t>(value);
      const absl::StatusOr<Reply> reply = ReadReply(changed, kMany, kMany);
      if (i < kTag && changed != whole) {
        EXPECT_FALSE(reply.ok()) << i;
      }
    }
  }
}

TEST(Reply, BytesBehindTheLastRecordAreRefused) {
  std::vector<uint8_t> bytes = Full();
  bytes.push_back(0);
  EXPECT_THAT(ErrorOf(bytes), HasSubstr("length"));
}

TEST(Reply, UnknownRecordsAndCodesAreRefused) {
  std::vector<uint8_t> bytes = WithFinding(SomeFinding());
  bytes[kTag] = 0;
  EXPECT_THAT(ErrorOf(bytes), HasSubstr("unknown record"));
  bytes = WithFinding(SomeFinding());
  base::StoreLittle(bytes.data() + kCode, uint16_t{0xffff});
  EXPECT_THAT(ErrorOf(bytes), HasSubstr("finding that cannot be"));
}

TEST(Reply, TextHasToBePrintable) {
  for (const char* const bad : {"\x1b[31m", "caf\xc3\xa9", "tab\t", "cr\r\n"}) {
    EXPECT_NE(ErrorOf(WithText(bad, /*format=*/true)), "") << bad;
    EXPECT_NE(ErrorOf(WithText(bad, /*format=*/false)), "") << bad;
    Finding finding = SomeFinding();
    finding.detail = bad;
    EXPECT_NE(ErrorOf(WithFinding(finding)), "") << bad;
  }
  EXPECT_NE(ErrorOf(WithText("two\nlines", /*format=*/true)), "");
  EXPECT_EQ(ErrorOf(WithText("two\nlines", /*format=*/false)), "");
}

TEST(Reply, MoreThanAWorkerMaySendIsRefused) {
  EXPECT_THAT(ErrorOf(Full(), 0), HasSubstr("too many streams"));
  EXPECT_THAT(ErrorOf(Full(), kMany, 0), HasSubstr("too many findings"));
}

MemberRecord SomeMember(uint32_t parent) {
  MemberRecord member;
  member.parent = parent;
  member.size = 1ull << 33;
  member.offset = 30;
  member.packing = "stored";
  member.name = "a/\xff\n.pkl";
  return member;
}

std::vector<uint8_t> WithMembers(std::vector<uint32_t> parents,
                                 uint32_t found_in) {
  std::vector<uint8_t> region(kSmallestReply);
  ReplyWriter writer(absl::MakeSpan(region));
  for (const uint32_t parent : parents) writer.Member(SomeMember(parent));
  writer.Report(SomeFinding(), found_in);
  writer.Format("zip archive");
  writer.Format("pickle", found_in);
  region.resize(writer.Finish());
  return region;
}

TEST(Reply, MembersComeOutAsTheyWentIn) {
  const std::vector<uint8_t> bytes = WithMembers({0, 1}, 2);
  const absl::StatusOr<Reply> reply = ReadReply(bytes, 0, 1, 2);
  ASSERT_TRUE(reply.ok()) << reply.status();
  ASSERT_EQ(reply->members.size(), 2u);
  EXPECT_EQ(reply->members[1].parent, 1u);
  EXPECT_EQ(reply->members[1].size, 1ull << 33);
  EXPECT_EQ(reply->members[1].offset, 30u);
  EXPECT_EQ(reply->members[1].packing, "stored");
  EXPECT_EQ(reply->members[1].name, "a/\xff\n.pkl");
  EXPECT_THAT(reply->formats, ElementsAre("zip archive", "", "pickle"));
  EXPECT_THAT(reply->finding_members, ElementsAre(2u));
}

TEST(Reply, MembersAreOfMembersBefore) {
  const auto error = [](std::vector<uint32_t> parents, uint32_t found_in,
                        uint64_t most) {
    const std::vector<uint8_t> bytes = WithMembers(parents, found_in);
    return std::string(ReadReply(bytes, 0, 1, most).status().message());
  };
  EXPECT_EQ(error({0, 1}, 2, 2), "");
  EXPECT_THAT(error({1}, 0, 9), HasSubstr("a member of none"));
  EXPECT_THAT(error({0, 7}, 0, 9), HasSubstr("a member of none"));
  EXPECT_THAT(error({0}, 2, 9), HasSubstr("a finding that cannot be"));
  EXPECT_THAT(error({0, 0}, 0, 1), HasSubstr("too many members"));
}

TEST(Reply, StreamsAreOfMembersThatThereAre) {
  for (const uint32_t member : {0u, 1u, 2u, 0xffffffffu}) {
    std::vector<uint8_t> region(kSmallestReply);
    ReplyWriter writer(absl::MakeSpan(region));
    writer.Member(SomeMember(0));
    StreamRecord stream = SomeStream(&writer, "a graph");
    stream.member = member;
    writer.Stream(stream);
    region.resize(writer.Finish());
    const absl::Status status = ReadReply(region, 1, 0, 1).status();
    EXPECT_EQ(status.ok(), member <= 1) << member;
    if (member > 1) {
      EXPECT_THAT(std::string(status.message()), HasSubstr("of no member"));
    }
  }
}

TEST(ReplyWriter, LongMessagesAreCut) {
  Finding finding = SomeFinding();
  finding.detail = std::string(5000, 'd');
  finding.message = std::string(5000, 'm');
  const std::vector<uint8_t> bytes = WithFinding(finding);
  const absl::StatusOr<Reply> reply = ReadReply(bytes, kMany, kMany);
  ASSERT_TRUE(reply.ok()) << reply.status();
  EXPECT_EQ(reply->findings[0].detail.size(), 64u);
  EXPECT_EQ(reply->findings[0].message.size(), 1024u);
}

// What is lost is said, however full the region is.
TEST(ReplyWriter, AFullReplySaysSo) {
  for (size_t last = 0; last < 200; ++last) {
    std::vector<uint8_t> region(kSmallestReply);
    ReplyWriter writer(absl::MakeSpan(region));
    Finding finding = SomeFinding();
    finding.message = std::string(1000, 'm');
    while (!writer.full()) writer.Report(finding);
    finding.message = std::string(last, 'm');
    writer.Report(finding);
    region.resize(writer.Finish());
    const absl::StatusOr<Reply> reply = ReadReply(region, kMany, kMany);
    ASSERT_TRUE(reply.ok()) << reply.status();
    EXPECT_EQ(reply->findings.back().code, Code::kLimitResult);
    EXPECT_THAT(reply->findings.back().message, HasSubstr("lost"));
  }
}

// Graphs leave room for the findings about them.
TEST(ReplyWriter, GraphsDoNotTakeTheRoomOfFindings) {
  std::vector<uint8_t> region(kSmallestReply);
  ReplyWriter writer(absl::MakeSpan(region));
  while (!writer.GraphSpace().empty()) writer.Stream(SomeStream(&writer, "x"));
  for (int i = 0; i < 100; ++i) writer.Report(SomeFinding());
  EXPECT_FALSE(writer.full());
}

TEST(Reply, TellsOfCode) {
  const absl::StatusOr<Reply> reply = ReadReply(Full(), kMany, kMany);
  ASSERT_TRUE(reply.ok()) << reply.status();
  ASSERT_EQ(reply->codes.size(), 1);
  const CodeRecord& record = reply->codes[0];
  EXPECT_THAT(ListVersions(record.versions), ElementsAre(8, 9));
  EXPECT_TRUE(record.has_digest);
  EXPECT_EQ(record.digest, SomeCode().digest);
  EXPECT_EQ(record.code.form, CodeForm::kLambda);
  EXPECT_EQ(record.code.doings, kOpensFiles);
  EXPECT_EQ(record.code.offset, 12);
  EXPECT_EQ(record.code.first_line, -3);
  EXPECT_EQ(record.code.maker, SomeCode().code.maker);
  EXPECT_EQ(record.code.name, SomeCode().code.name);
  EXPECT_THAT(record.code.imports, ElementsAre("os", "sys"));
  EXPECT_THAT(record.code.strings, ElementsAre("x"));
}

TEST(Reply, CutsWhatIsTooLongOfCode) {
  std::vector<uint8_t> region(kSmallestReply);
  ReplyWriter writer(absl::MakeSpan(region));
  CodeRecord record = SomeCode();
  record.code.name = std::string(kMaxCodeText + 1, 'n');
  record.code.imports.assign(kMaxCodeEntries + 1,
                             std::string(kMaxCodeEntry + 1, 'i'));
  writer.Code(record);
  region.resize(writer.Finish());
  const absl::StatusOr<Reply> reply = ReadReply(region, kMany, kMany);
  ASSERT_TRUE(reply.ok()) << reply.status();
  EXPECT_EQ(reply->codes[0].code.name.size(), kMaxCodeText);
  ASSERT_EQ(reply->codes[0].code.imports.size(), kMaxCodeEntries);
  EXPECT_EQ(reply->codes[0].code.imports[0].size(), kMaxCodeEntry);
}

TEST(Reply, RejectsCodeThatCannotBe) {
  const auto reject = [](auto change) {
    std::vector<uint8_t> region(kSmallestReply);
    ReplyWriter writer(absl::MakeSpan(region));
    CodeRecord record = SomeCode();
    change(&record);
    writer.Code(record);
    region.resize(writer.Finish());
    return !ReadReply(region, kMany, kMany).ok();
  };
  EXPECT_FALSE(reject([](CodeRecord*) {}));
  EXPECT_TRUE(reject([](CodeRecord* r) { r->member = 1; }));
  EXPECT_TRUE(reject([](CodeRecord* r) { r->parent = 1; }));
  EXPECT_TRUE(reject([](CodeRecord* r) { r->code.doings = 32; }));
  EXPECT_TRUE(reject(
      [](CodeRecord* r) { r->code.form = static_cast<CodeForm>(kCodeForms); }));
}

TEST(Reply, RejectsMoreCodeThanThereMayBe) {
  std::vector<uint8_t> region(1 << 20);
  ReplyWriter writer(absl::MakeSpan(region));
  for (size_t i = 0; i <= kMaxCodes; ++i) writer.Code(SomeCode());
  ASSERT_FALSE(writer.full());
  region.resize(writer.Finish());
  EXPECT_FALSE(ReadReply(region, kMany, kMany).ok());
}

}  // namespace
}  // namespace picklebox::box
