#include "container/decoder.h"

#include <bzlib.h>
#include <lz4frame.h>
#include <lzma.h>
#include <zlib.h>
#include <zstd.h>
#include <zstd_errors.h>

#include <algorithm>

namespace picklebox::container {
namespace {

using State = Decoder::State;
using Step = Decoder::Step;

// The libraries count in unsigned int.
constexpr size_t kMostAtOnce = size_t{1} << 30;

unsigned int Part(size_t n) {
  return static_cast<unsigned int>(std::min(n, kMostAtOnce));
}

class ZlibDecoder final : public Decoder {
 public:
  // `window_bits` as inflateInit2 takes it.
  explicit ZlibDecoder(int window_bits)
      : ok_(inflateInit2(&stream_, window_bits) == Z_OK) {}
  ~ZlibDecoder() override {
    if (ok_) inflateEnd(&stream_);
  }
  ZlibDecoder(const ZlibDecoder&) = delete;
  ZlibDecoder& operator=(const ZlibDecoder&) = delete;

  Step Run(absl::Span<const uint8_t> in, absl::Span<uint8_t> out) override {
    if (!ok_) return {0, 0, State::kMemory};
    const unsigned int had = Part(in.size());
    const unsigned int room = Part(out.size());
    stream_.next_in = const_cast<Bytef*>(in.data());
    stream_.avail_in = had;
    stream_.next_out = out.data();
    stream_.avail_out = room;
    const int result = inflate(&stream_, Z_NO_FLUSH);
    const Step step = {had - stream_.avail_in, room - stream_.avail_out,
                       StateOf(result)};
    return step;
  }

 private:
  static State StateOf(int result) {
    if (result == Z_STREAM_END) return State::kEnd;
    if (result == Z_MEM_ERROR) return State::kMemory;
    return result == Z_OK || result == Z_BUF_ERROR ? State::kMore
                                                   : State::kBroken;
  }

  z_stream stream_ = {};
  bool ok_;
};

class Bzip2Decoder final : public Decoder {
 public:
  Bzip2Decoder() : ok_(BZ2_bzDecompressInit(&stream_, 0, 0) == BZ_OK) {}
  ~Bzip2Decoder() override {
    if (ok_) BZ2_bzDecompressEnd(&stream_);
  }
  Bzip2Decoder(const Bzip2Decoder&) = delete;
  Bzip2Decoder& operator=(const Bzip2Decoder&) = delete;

  Step Run(absl::Span<const uint8_t> in, absl::Span<uint8_t> out) override {
    if (!ok_) return {0, 0, State::kMemory};
    const unsigned int had = Part(in.size());
    const unsigned int room = Part(out.size());
    stream_.next_in = reinterpret_cast<char*>(const_cast<uint8_t*>(in.data()));
    stream_.avail_in = had;
    stream_.next_out = reinterpret_cast<char*>(out.data());
    stream_.avail_out = room;
    const int result = BZ2_bzDecompress(&stream_);
    const State state = result == BZ_STREAM_END  ? State::kEnd
                        : result == BZ_OK        ? State::kMore
                        : result == BZ_MEM_ERROR ? State::kMemory
                                                 : State::kBroken;
    return {had - stream_.avail_in, room - stream_.avail_out, state};
  }

 private:
  bz_stream stream_ = {};
  bool ok_;
};

class LzmaDecoder final : public Decoder {
 public:
  LzmaDecoder(bool alone, uint64_t memory)
      : ok_((alone ? lzma_alone_decoder(&stream_, memory)
                   : lzma_stream_decoder(&stream_, memory, 0)) == LZMA_OK) {}
  ~LzmaDecoder() override { lzma_end(&stream_); }
  LzmaDecoder(const LzmaDecoder&) = delete;
  LzmaDecoder& operator=(const LzmaDecoder&) = delete;

  Step Run(absl::Span<const uint8_t> in, absl::Span<uint8_t> out) override {
    if (!ok_) return {0, 0, State::kMemory};
    stream_.next_in = in.data();
    stream_.avail_in = in.size();
    stream_.next_out = out.data();
    stream_.avail_out = out.size();
    const lzma_ret result = lzma_code(&stream_, LZMA_RUN);
    const State state =
        result == LZMA_STREAM_END                       ? State::kEnd
        : result == LZMA_OK || result == LZMA_BUF_ERROR ? State::kMore
        : result == LZMA_MEM_ERROR || result == LZMA_MEMLIMIT_ERROR
            ? State::kMemory
            : State::kBroken;
    return {in.size() - stream_.avail_in, out.size() - stream_.avail_out,
            state};
  }

 private:
  lzma_stream stream_ = LZMA_STREAM_INIT;
  bool ok_;
};

class ZstdDecoder final : public Decoder {
 public:
  ZstdDecoder() : stream_(ZSTD_createDStream()) {}
  ~ZstdDecoder() override { ZSTD_freeDStream(stream_); }
  ZstdDecoder(const ZstdDecoder&) = delete;
  ZstdDecoder& operator=(const ZstdDecoder&) = delete;

  Step Run(absl::Span<const uint8_t> in, absl::Span<uint8_t> out) override {
    if (stream_ == nullptr) return {0, 0, State::kMemory};
    ZSTD_inBuffer source = {in.data(), in.size(), 0};
    ZSTD_outBuffer target = {out.data(), out.size(), 0};
    const size_t result = ZSTD_decompressStream(stream_, &target, &source);
    State state = result == 0 ? State::kEnd : State::kMore;
    if (ZSTD_isError(result) != 0) {
      const ZSTD_ErrorCode code = ZSTD_getErrorCode(result);
      const bool memory = code == ZSTD_error_memory_allocation ||
                          code == ZSTD_error_frameParameter_windowTooLarge;
      state = memory ? State::kMemory : State::kBroken;
    }
    return {source.pos, target.pos, state};
  }

 private:
  ZSTD_DStream* stream_;
};

class Lz4Decoder final : public Decoder {
 public:
  Lz4Decoder() {
    ok_ = LZ4F_isError(
              LZ4F_createDecompressionContext(&context_, LZ4F_VERSION)) == 0;
  }
  ~Lz4Decoder() override {
    if (ok_) LZ4F_freeDecompressionContext(context_);
  }
  Lz4Decoder(const Lz4Decoder&) = delete;
  Lz4Decoder& operator=(const Lz4Decoder&) = delete;

  Step Run(absl::Span<const uint8_t> in, absl::Span<uint8_t> out) override {
    if (!ok_) return {0, 0, State::kMemory};
    size_t read = in.size();
    size_t written = out.size();
    const size_t result = LZ4F_decompress(context_, out.data(), &written,
                                          in.data(), &read, nullptr);
    if (LZ4F_isError(result) != 0) return {0, 0, State::kBroken};
    return {read, written, result == 0 ? State::kEnd : State::kMore};
  }

 private:
  LZ4F_dctx* context_ = nullptr;
  bool ok_;
};

}  // namespace

std::unique_ptr<Decoder> MakeDecoder(Codec codec, uint64_t memory) {
  switch (codec) {
    case Codec::kDeflate:
      return std::make_unique<ZlibDecoder>(-15);
    case Codec::kZlib:
      return std::make_unique<ZlibDecoder>(15);
    case Codec::kGzip:
      return std::make_unique<ZlibDecoder>(15 + 16);
    case Codec::kBzip2:
      return std::make_unique<Bzip2Decoder>();
    case Codec::kXz:
      return std::make_unique<LzmaDecoder>(false, memory);
    case Codec::kLzma:
      return std::make_unique<LzmaDecoder>(true, memory);
    case Codec::kZstd:
      return std::make_unique<ZstdDecoder>();
    case Codec::kLz4:
      return std::make_unique<Lz4Decoder>();
  }
  return nullptr;
}

absl::string_view CodecName(Codec codec) {
  static constexpr absl::string_view kNames[] = {
      "deflate", "zlib", "gzip", "bzip2", "xz", "lzma", "zstd", "lz4"};
  return kNames[static_cast<int>(codec)];
}

}  // namespace picklebox::container
