// A worker that was taken over says what it likes; what the parent makes of it.
#include "box/examination.h"

#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/memory.h"
#include "graph/builder.h"
#include "gtest/gtest.h"
#include "tests/box/bytes.h"

namespace picklebox::box {
namespace {

// Offsets of the first record's fields in a reply.
constexpr size_t kFlags = 21;
constexpr size_t kProtocol = 22;
constexpr size_t kRoot = 23;
constexpr size_t kBegin = 27;
constexpr size_t kEnd = 35;
constexpr size_t kNodes = 51;
constexpr size_t kDenials = 59;
constexpr size_t kGraph = 75;

std::string Evil() { return SystemCall() + "."; }

template <typename T>
Scan WithField(size_t offset, T value, const std::string& input = Evil()) {
  std::vector<uint8_t> reply = ReplyTo(Request(), input);
  base::StoreLittle(reply.data() + offset, value);
  return ExaminationOf(std::move(reply), input.size());
}

void ExpectRejected(const Scan& scan) {
  EXPECT_EQ(scan.report.verdict, Verdict::kDenied);
  EXPECT_TRUE(Has(scan.report, Code::kResultRejected));
  EXPECT_TRUE(scan.graphs.empty());
  EXPECT_TRUE(scan.report.streams.empty());
}

TEST(Examination, AnHonestReplyIsTaken) {
  const Scan scan = ExaminationOf(ReplyTo(Request(), Evil()), Evil().size());
  EXPECT_EQ(scan.report.verdict, Verdict::kDenied);
  EXPECT_FALSE(Has(scan.report, Code::kResultRejected));
  EXPECT_FALSE(Has(scan.report, Code::kResultMismatch));
  EXPECT_TRUE(Names(scan.report, "os", "system", 0));
}

TEST(Examination, AWorkerThatHidesItsDenialsIsCaught) {
  const Scan scan = WithField(kDenials, uint64_t{0});
  EXPECT_EQ(scan.report.verdict, Verdict::kDenied);
  EXPECT_TRUE(Has(scan.report, Code::kResultMismatch));
  EXPECT_TRUE(Names(scan.report, "os", "system", 0));
}

TEST(Examination, AWorkerThatInventsDenialsIsCaught) {
  const Scan scan = WithField(kDenials, uint64_t{7}, "N.");
  EXPECT_EQ(scan.report.verdict, Verdict::kDenied);
  EXPECT_TRUE(Has(scan.report, Code::kResultMismatch));
}

TEST(Examination, NumbersThatCannotBeAreRejected) {
  ExpectRejected(WithField(kProtocol, uint8_t{6}));
  ExpectRejected(WithField(kBegin, uint64_t{1} << 40));
  ExpectRejected(WithField(kEnd, Evil().size() + 1));
  ExpectRejected(WithField(kNodes, uint64_t{0}));
  ExpectRejected(WithField(kNodes, UINT64_MAX));
}

TEST(Examination, AWrongRootIsRejected) {
  ExpectRejected(WithField(kRoot, uint32_t{1000}));
  ExpectRejected(WithField(kRoot, kNoNode));      // stopped, and no root
  ExpectRejected(WithField(kFlags, uint8_t{0}));  // a root, and not stopped
}

// What is cut off may refer to the rest; but then it is not clean, and calls
// are what they are.
TEST(Examination, AWorkerThatSaysThatSomethingIsCutOffGainsNothing) {
  constexpr uint8_t kStoppedAndCutOff = 3;
  const Scan persistent = WithField(kFlags, kStoppedAndCutOff, "PX\n.");
  EXPECT_NE(persistent.report.verdict, Verdict::kClean);
  const Scan honest = WithField(kFlags, kStoppedAndCutOff, "N.");
  EXPECT_EQ(honest.report.verdict, Verdict::kIncomplete);
  EXPECT_TRUE(Has(honest.report, Code::kTruncated));
  const Scan evil = WithField(kFlags, kStoppedAndCutOff);
  EXPECT_EQ(evil.report.verdict, Verdict::kDenied);
}

// Whatever byte of the graph is changed: it is refused, or it is still a graph,
// judged for what it says now, and the worker's own judgement does not help it.
TEST(Examination, ADamagedGraphIsRejectedOrJudgedAnew) {
  const std::vector<uint8_t> honest = ReplyTo(Request(), Evil());
  int rejected = 0;
  for (size_t i = kGraph; i < honest.size(); ++i) {
    for (const int bit : {0, 3, 7}) {
      std::vector<uint8_t> reply = honest;
      reply[i] = static_cast<uint8_t>(reply[i] ^ (1 << bit));
      const Scan scan = ExaminationOf(std::move(reply), Evil().size());
      if (Has(scan.report, Code::kResultRejected)) {
        ++rejected;
        ExpectRejected(scan);
      }
      // Until the call is gone from the graph, it is denied.
      EXPECT_NE(scan.report.verdict, Verdict::kClean) << i << " " << bit;
    }
  }
  EXPECT_GT(rejected, 10);
}

TEST(Examination, EveryCutIsRejected) {
  const std::vector<uint8_t> honest = ReplyTo(Request(), Evil());
  for (size_t size = 0; size < honest.size(); ++size) {
    ExpectRejected(ExaminationOf(
        std::vector<uint8_t>(honest.begin(),
                             honest.begin() + static_cast<ptrdiff_t>(size)),
        Evil().size()));
  }
}

TEST(Examination, MoreRecordsThanAllowedAreRejected) {
  std::string input;
  for (int i = 0; i < 10; ++i) input += "N.";
  Limits limits;
  limits.streams = 9;
  ExpectRejected(
      ExaminationOf(ReplyTo(Request(), input), input.size(), limits));
}

TEST(Examination, AnEmptyReplyIsNotClean) {
  std::vector<uint8_t> region(kSmallestReply);
  ReplyWriter writer(absl::MakeSpan(region));
  region.resize(writer.Finish());
  EXPECT_EQ(ExaminationOf(std::move(region), 10).report.verdict,
            Verdict::kUnsupported);
}

TEST(Examination, MembersThatCannotBeAreRejected) {
  const auto with = [](uint64_t offset, uint64_t size) {
    std::vector<uint8_t> region(kSmallestReply);
    ReplyWriter writer(absl::MakeSpan(region));
    MemberRecord member;
    member.name = "a";
    member.offset = offset;
    member.size = size;
    writer.Member(member);
    region.resize(writer.Finish());
    return ExaminationOf(std::move(region), 100);
  };
  EXPECT_FALSE(Has(with(90, 10).report, Code::kResultRejected));
  EXPECT_FALSE(
      Has(with(MemberRecord::kNowhere, 1000).report, Code::kResultRejected));
  ExpectRejected(with(90, 11));
  ExpectRejected(with(101, 0));
  ExpectRejected(with(MemberRecord::kNowhere - 1, 2));
  ExpectRejected(with(MemberRecord::kNowhere, UINT64_MAX));
}

// A worker that was taken over would not speak of what lies elsewhere.
TEST(Examination, WhatLiesElsewhereIsSaidByTheParent) {
  EXPECT_TRUE(Has(ScanOf("cjoblib.numpy_pickle\nNDArrayWrapper\n.").report,
                  Code::kSideFile));
  EXPECT_TRUE(Has(ScanOf("cjoblib.numpy_pickle\nZNDArrayWrapper\n.").report,
                  Code::kSideFile));
  EXPECT_TRUE(
      Has(ScanOf("c__torch__.m\nNet\n.").report, Code::kTorchscriptCode));
}

// The parent looks for itself: a worker that was taken over would not say so.
TEST(Examination, TensorsStayInTheirStorage) {
  const auto storage_is_bad = [](int64_t items) {
    std::vector<uint8_t> region(kSmallestReply);
    ReplyWriter writer(absl::MakeSpan(region));
    base::HeapMemory memory;
    graph::GraphBuilder b(memory, writer.GraphSpace(), 1000, Limits().key,
                          nullptr);
    const NodeId maker =
        b.Global({"torch._utils", "_rebuild_tensor_v2", false, false}, 1);
    const NodeId storage = b.Array("<f4", {12}, false, {10, 48, 0});
    const NodeId sizes = b.Tuple({b.Int(items)});
    const NodeId strides = b.Tuple({b.Int(int64_t{1})});
    const NodeId args = b.Tuple(
        {storage, b.Int(int64_t{0}), sizes, strides, b.Bool(false), b.Dict()});
    StreamRecord stream;
    stream.root = b.Call(maker, args, 3);
    stream.stopped = true;
    stream.protocol = 2;
    stream.end = 100;
    stream.nodes = b.size();
    stream.encoding = writer.GraphSpace().subspan(0, b.encoded_size());
    writer.Stream(stream);
    region.resize(writer.Finish());
    const Scan scan = ExaminationOf(std::move(region), 100);
    EXPECT_FALSE(Has(scan.report, Code::kResultRejected));
    return Has(scan.report, Code::kStorageBad);
  };
  EXPECT_FALSE(storage_is_bad(12));
  EXPECT_TRUE(storage_is_bad(13));
}

TEST(DrawVerdict, IncompleteIsNotClean) {
  FileReport report;
  report.streams.resize(1);
  report.streams[0].verdict = Verdict::kClean;
  report.streams[0].end = 10;
  report.streams[0].complete = true;
  AddFinding(Code::kTruncated, "behind the stream", &report);
  report.findings[0].offset = 20;
  DrawVerdict(&report);
  EXPECT_EQ(report.streams[0].verdict, Verdict::kClean);
  EXPECT_EQ(report.verdict, Verdict::kIncomplete);
}

TEST(DrawVerdict, DeniedStreamsDenyTheFileEvenWithoutAFinding) {
  FileReport report;
  report.streams.resize(2);
  report.streams[0].verdict = Verdict::kClean;
  report.streams[1].verdict = Verdict::kDenied;
  AddFinding(Code::kLimitFindings, "too many", &report);
  DrawVerdict(&report);
  EXPECT_EQ(report.verdict, Verdict::kDenied);
}

TEST(DrawVerdict, AFindingBelongsToTheStreamItStandsIn) {
  FileReport report;
  report.streams.resize(2);
  report.streams[0].end = report.streams[1].begin = 10;
  report.streams[0].complete = true;
  report.streams[0].verdict = Verdict::kClean;
  report.streams[1].end = 20;
  AddFinding(Code::kAmbiguous, "at the start of the second", &report);
  report.findings[0].offset = 10;
  DrawVerdict(&report);
  EXPECT_EQ(report.streams[0].verdict, Verdict::kClean);
  EXPECT_EQ(report.streams[1].verdict, Verdict::kDenied);
  EXPECT_EQ(report.verdict, Verdict::kDenied);
}

}  // namespace
}  // namespace picklebox::box
