#include "container/expansion.h"

#include <bzlib.h>
#include <lz4frame.h>
#include <lzma.h>
#include <zlib.h>
#include <zstd.h>

#include <string>
#include <vector>

#include "container/compressed.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace picklebox::container {
namespace {

using Bytes = std::vector<uint8_t>;

// Bytes that compress, but not to nothing.
Bytes Content(size_t size) {
  Bytes bytes(size);
  uint32_t state = 1;
  for (size_t i = 0; i < size; ++i) {
    state = state * 1664525 + 1013904223;
    bytes[i] = static_cast<uint8_t>(state >> 30 | (i >> 12 << 2));
  }
  return bytes;
}

Bytes Deflate(const Bytes& in, int window_bits) {
  z_stream stream = {};
  EXPECT_EQ(deflateInit2(&stream, 6, Z_DEFLATED, window_bits, 8, 0), Z_OK);
  Bytes out(deflateBound(&stream, in.size()) + 64);
  stream.next_in = const_cast<Bytef*>(in.data());
  stream.avail_in = static_cast<uInt>(in.size());
  stream.next_out = out.data();
  stream.avail_out = static_cast<uInt>(out.size());
  EXPECT_EQ(deflate(&stream, Z_FINISH), Z_STREAM_END);
  out.resize(stream.total_out);
  deflateEnd(&stream);
  return out;
}

Bytes Lzma(const Bytes& in, bool alone) {
  lzma_stream stream = LZMA_STREAM_INIT;
  lzma_options_lzma options;
  lzma_lzma_preset(&options, 1);
  const lzma_ret begun = alone
                             ? lzma_alone_encoder(&stream, &options)
                             : lzma_easy_encoder(&stream, 1, LZMA_CHECK_CRC64);
  EXPECT_EQ(begun, LZMA_OK);
  Bytes out(in.size() * 2 + 4096);
  stream.next_in = in.data();
  stream.avail_in = in.size();
  stream.next_out = out.data();
  stream.avail_out = out.size();
  EXPECT_EQ(lzma_code(&stream, LZMA_FINISH), LZMA_STREAM_END);
  out.resize(stream.total_out);
  lzma_end(&stream);
  return out;
}

Bytes Pack(Codec codec, const Bytes& in) {
  Bytes out(in.size() * 2 + 4096);
  switch (codec) {
    case Codec::kDeflate:
      return Deflate(in, -15);
    case Codec::kZlib:
      return Deflate(in, 15);
    case Codec::kGzip:
      return Deflate(in, 31);
    case Codec::kBzip2: {
      if (in.empty()) {  // the library takes no null pointer
        static constexpr absl::string_view kEmpty(
            "BZh9\x17\x72\x45\x38\x50\x90\0\0\0\0", 14);
        return Bytes(kEmpty.begin(), kEmpty.end());
      }
      unsigned int size = static_cast<unsigned int>(out.size());
      EXPECT_EQ(BZ2_bzBuffToBuffCompress(
                    reinterpret_cast<char*>(out.data()), &size,
                    reinterpret_cast<char*>(const_cast<uint8_t*>(in.data())),
                    static_cast<unsigned int>(in.size()), 1, 0, 0),
                BZ_OK);
      out.resize(size);
      return out;
    }
    case Codec::kXz:
      return Lzma(in, false);
    case Codec::kLzma:
      return Lzma(in, true);
    case Codec::kZstd:
      out.resize(
          ZSTD_compress(out.data(), out.size(), in.data(), in.size(), 1));
      return out;
    case Codec::kLz4: {
      out.resize(LZ4F_compressFrameBound(in.size(), nullptr));
      out.resize(LZ4F_compressFrame(out.data(), out.size(), in.data(),
                                    in.size(), nullptr));
      return out;
    }
  }
  return {};
}

constexpr Codec kAll[] = {Codec::kDeflate, Codec::kZlib, Codec::kGzip,
                          Codec::kBzip2,   Codec::kXz,   Codec::kLzma,
                          Codec::kZstd,    Codec::kLz4};

std::shared_ptr<base::Source> SourceOf(Bytes bytes) {
  return std::make_shared<base::OwnedSource>(std::move(bytes));
}

struct Result {
  Expanded expanded;
  std::vector<Code> codes;
};

Result ExpandAll(Codec codec, Bytes packed, Budget* budget,
                 bool several = false, uint64_t most = UINT64_MAX) {
  Result result;
  result.expanded = Expand(
      {codec, SourceOf(std::move(packed)), several, {}, most}, budget,
      [&](const Remark& remark) { result.codes.push_back(remark.code); });
  return result;
}

TEST(Expansion, GivesBackWhatWasPacked) {
  for (const Codec codec : kAll) {
    for (const size_t size : {0, 1, 65535, 65536, 65537, 300'000}) {
      const Bytes content = Content(size);
      const Bytes packed = Pack(codec, content);
      Budget budget(Limits(), packed.size());
      const Result result = ExpandAll(codec, packed, &budget);
      ASSERT_NE(result.expanded.source, nullptr) << CodecName(codec) << size;
      EXPECT_TRUE(result.expanded.complete) << CodecName(codec) << size;
      EXPECT_EQ(result.expanded.consumed, packed.size()) << CodecName(codec);
      EXPECT_EQ(result.expanded.crc,
                crc32_z(0, content.data(), content.size()));
      EXPECT_EQ(*base::ReadSome(*result.expanded.source, 0, size), content);
      EXPECT_EQ(result.expanded.source->size(), size);
      EXPECT_TRUE(result.codes.empty());
    }
  }
}

// With no memory to keep it in, all of it comes out again at each reading.
TEST(Expansion, WhatIsNotKeptIsDecodedAgain) {
  const Bytes content = Content(400'000);
  for (const Codec codec : kAll) {
    Limits limits;
    limits.memory = 4 * 3 * Budget::kChunk;
    if (codec == Codec::kXz || codec == Codec::kLzma || codec == Codec::kZstd)
      limits.memory = 64 << 20;  // the decoder's own
    Budget budget(limits, 0);
    std::vector<std::unique_ptr<uint8_t[]>> taken;
    for (auto chunk = budget.Take(); chunk != nullptr; chunk = budget.Take())
      taken.push_back(std::move(chunk));
    for (int i = 0; i < 3; ++i) budget.GiveBack();
    const Result result = ExpandAll(codec, Pack(codec, content), &budget);
    ASSERT_NE(result.expanded.source, nullptr) << CodecName(codec);
    base::Source& source = *result.expanded.source;
    EXPECT_EQ(source.size(), content.size());
    EXPECT_FALSE(source.Memory().has_value());
    for (const size_t at : {0, 190'000, 300'000, 399'990, 200'000, 100}) {
      uint8_t ten[10];
      ASSERT_TRUE(source.ReadAt(at, ten, 10)) << CodecName(codec) << at;
      EXPECT_TRUE(std::equal(ten, ten + 10, content.begin() + at))
          << CodecName(codec) << at;
    }
    EXPECT_EQ(*base::ReadSome(source, 0, content.size()), content);
  }
}

TEST(Expansion, ASecondPassIsPaidFor) {
  const Bytes content = Content(400'000);
  Limits limits;
  limits.memory = 0;  // nothing is kept
  limits.expanded = 1'000'000;
  Budget budget(limits, 0);
  const Result result =
      ExpandAll(Codec::kZlib, Pack(Codec::kZlib, content), &budget);
  base::Source& source = *result.expanded.source;
  uint8_t byte;
  EXPECT_TRUE(source.ReadAt(399'999, &byte, 1));
  EXPECT_TRUE(source.ReadAt(0, &byte, 1));
  EXPECT_FALSE(source.ReadAt(399'999, &byte, 1));
}

TEST(Expansion, WhatIsCutOffIsSaid) {
  const Bytes content = Content(200'000);
  for (const Codec codec : kAll) {
    const Bytes packed = Pack(codec, content);
    for (const size_t left : {packed.size() - 1, packed.size() / 2}) {
      Budget budget(Limits(), packed.size());
      const Result result = ExpandAll(
          codec, Bytes(packed.begin(), packed.begin() + left), &budget);
      EXPECT_FALSE(result.expanded.complete) << CodecName(codec) << left;
      EXPECT_THAT(result.codes, testing::ElementsAre(Code::kArchiveBroken))
          << CodecName(codec) << left;
    }
  }
}

TEST(Expansion, DamageIsSaid) {
  const Bytes content = Content(200'000);
  for (const Codec codec :
       {Codec::kZlib, Codec::kGzip, Codec::kBzip2, Codec::kXz}) {
    Bytes packed = Pack(codec, content);
    packed[packed.size() / 2] ^= 0x55;
    Budget budget(Limits(), packed.size());
    const Result result = ExpandAll(codec, packed, &budget);
    EXPECT_FALSE(result.expanded.complete) << CodecName(codec);
    EXPECT_THAT(result.codes, testing::Contains(Code::kArchiveBroken))
        << CodecName(codec);
  }
}

TEST(Expansion, StreamsInARowAreOne) {
  const Bytes content = Content(70'000);
  for (const Codec codec : kAll) {
    if (codec == Codec::kDeflate) continue;
    Bytes packed = Pack(codec, content);
    const size_t one = packed.size();
    packed.insert(packed.end(), packed.begin(), packed.begin() + one);
    packed.push_back(0xff);
    for (const bool several : {true, false}) {
      Budget budget(Limits(), packed.size());
      const Result result = ExpandAll(codec, packed, &budget, several);
      EXPECT_TRUE(result.expanded.complete) << CodecName(codec);
      EXPECT_EQ(result.expanded.consumed, several ? 2 * one : one)
          << CodecName(codec);
      EXPECT_EQ(result.expanded.source->size(),
                content.size() * (several ? 2 : 1));
    }
  }
}

TEST(Expansion, ABombIsDefused) {
  Limits limits;
  limits.ratio = 100;
  const Bytes packed = Pack(Codec::kZlib, Bytes(80 << 20));
  Budget budget(limits, packed.size());
  const Result result = ExpandAll(Codec::kZlib, packed, &budget);
  EXPECT_THAT(result.codes, testing::ElementsAre(Code::kLimitRatio));
  EXPECT_LE(result.expanded.source->size(), size_t{64} << 20);
}

TEST(Expansion, TheSumIsLimited) {
  Limits limits;
  limits.expanded = 100'000;
  Budget budget(limits, 1 << 20);
  const Bytes packed = Pack(Codec::kGzip, Content(60'000));
  EXPECT_TRUE(ExpandAll(Codec::kGzip, packed, &budget).codes.empty());
  EXPECT_THAT(ExpandAll(Codec::kGzip, packed, &budget).codes,
              testing::ElementsAre(Code::kLimitExpanded));
}

TEST(Expansion, MoreThanIsWantedIsNotComplete) {
  const Bytes packed = Pack(Codec::kDeflate, Content(1000));
  Budget budget(Limits(), packed.size());
  const Result result = ExpandAll(Codec::kDeflate, packed, &budget, false, 999);
  EXPECT_FALSE(result.expanded.complete);
  EXPECT_EQ(result.expanded.source->size(), 999u);
  EXPECT_TRUE(ExpandAll(Codec::kDeflate, packed, &budget, false, 1000)
                  .expanded.complete);
}

// A decoder may ask for no more memory than it gets.
TEST(Expansion, AnEnormousDictionaryIsRefused) {
  Bytes packed = Pack(Codec::kLzma, Content(1000));
  packed[4] = 0x80;  // 2 GiB
  packed[1] = packed[2] = packed[3] = 0;
  Budget budget(Limits(), packed.size());
  EXPECT_THAT(ExpandAll(Codec::kLzma, packed, &budget).codes,
              testing::ElementsAre(Code::kLimitMemory));
}

class Collector final : public Visitor {
 public:
  bool OnMember(Member member) override {
    members.push_back(std::move(member));
    return true;
  }
  void OnRemark(Remark remark) override { remarks.push_back(remark); }
  std::vector<Member> members;
  std::vector<Remark> remarks;
};

TEST(Compressed, IsKnownByContent) {
  for (const Codec codec : kAll) {
    if (codec == Codec::kDeflate) continue;
    const Bytes packed = Pack(codec, Content(10'000));
    Budget budget(Limits(), packed.size());
    Collector collector;
    EXPECT_TRUE(
        ReadCompressed({SourceOf(packed), packed, &budget}, &collector));
    ASSERT_EQ(collector.members.size(), 1u) << CodecName(codec);
    EXPECT_EQ(collector.members[0].name, CodecName(codec));
    EXPECT_EQ(collector.members[0].size, 10'000u);
    EXPECT_TRUE(collector.remarks.empty());
  }
}

// Numbers that begin like zlib or lzma data are taken for neither.
TEST(Compressed, NumbersAreNotTakenForIt) {
  int taken = 0;
  Bytes numbers = Content(4096);
  for (int i = 0; i < 2000; ++i) {
    for (uint8_t& byte : numbers) byte = static_cast<uint8_t>(byte * 31 + i);
    numbers[0] = i % 2 == 0 ? 0x78 : 0x5d;
    numbers[1] = i % 2 == 0 ? 0x9c : 0;
    Budget budget(Limits(), numbers.size());
    Collector collector;
    taken += ReadCompressed({SourceOf(numbers), numbers, &budget}, &collector)
                 ? 1
                 : 0;
  }
  EXPECT_EQ(taken, 0);
}

}  // namespace
}  // namespace picklebox::container
