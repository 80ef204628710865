#include "container/expansion.h"

#include <zlib.h>

#include <algorithm>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "container/kept_source.h"
#include "container/magic.h"

namespace picklebox::container {
namespace {

constexpr size_t kInput = 64 << 10;

// Decompresses forwards, over all streams that belong together.
class Unpacker {
 public:
  enum class End : uint8_t { kNone, kComplete, kBroken, kCut, kMemory, kRead };

  Unpacker(const Packed& packed, uint64_t memory)
      : packed_(packed),
        memory_(memory),
        decoder_(MakeDecoder(packed.codec, memory)),
        input_(new uint8_t[kInput]),
        shown_(packed_.header) {}

  // Fills `out` as far as possible; fewer bytes mean that end() is set.
  size_t Read(absl::Span<uint8_t> out) {
    size_t done = 0;
    while (done < out.size() && end_ == End::kNone) {
      if (shown_.empty() && !Refill()) break;
      const Decoder::Step step = decoder_->Run(shown_, out.subspan(done));
      shown_.remove_prefix(step.read);
      done += step.written;
      Judge(step, out.size() - done);
    }
    return done;
  }
  End end() const { return end_; }
  uint64_t consumed() const {
    return shown_.size() > next_ ? 0 : next_ - shown_.size();
  }

 private:
  bool Refill() {
    const uint64_t left = packed_.source->size() - next_;
    const size_t n = static_cast<size_t>(std::min<uint64_t>(kInput, left));
    if (n > 0 && !packed_.source->ReadAt(next_, input_.get(), n)) {
      end_ = End::kRead;
      return false;
    }
    next_ += n;
    shown_ = {input_.get(), n};
    if (n > 0 || !starved_) return true;  // once without input: to flush
    end_ = End::kCut;
    return false;
  }

  void Judge(const Decoder::Step& step, size_t room) {
    switch (step.state) {
      case Decoder::State::kMore:
        starved_ = shown_.empty() && next_ == packed_.source->size() &&
                   step.written == 0;
        // A decoder that takes nothing and gives nothing is done for.
        if (!shown_.empty() && step.read == 0 && step.written == 0 && room > 0)
          end_ = End::kBroken;
        return;
      case Decoder::State::kEnd:
        if (packed_.several && Follows()) {
          decoder_ = MakeDecoder(packed_.codec, memory_);
          return;
        }
        end_ = End::kComplete;
        return;
      case Decoder::State::kBroken:
        end_ = End::kBroken;
        return;
      case Decoder::State::kMemory:
        end_ = End::kMemory;
        return;
    }
  }

  // Another stream begins where this one ended.
  bool Follows() {
    const std::optional<std::vector<uint8_t>> head =
        base::ReadSome(*packed_.source, consumed(), kMagicSize);
    return head && BeginsWith(packed_.codec, *head);
  }

  const Packed packed_;
  const uint64_t memory_;
  std::unique_ptr<Decoder> decoder_;
  std::unique_ptr<uint8_t[]> input_;
  absl::Span<const uint8_t> shown_;  // of the input, not decoded yet
  uint64_t next_ = 0;                // behind what is shown
  bool starved_ = false;
  End end_ = End::kNone;
};

class ExpandedSource final : public base::Source {
 public:
  ExpandedSource(const Packed& packed, Budget* budget)
      : packed_(packed), budget_(budget), kept_(budget) {}

  uint64_t size() const override { return size_; }
  bool ReadAt(uint64_t offset, uint8_t* to, size_t n) override;
  std::optional<absl::Span<const uint8_t>> Memory() const override {
    return kept_.size() == size_ ? kept_.Memory() : std::nullopt;
  }

  // Takes what the first pass gives, piece by piece.
  void Add(absl::Span<const uint8_t> bytes) {
    size_ += bytes.size();
    keeping_ = keeping_ && kept_.Append(bytes);
  }

 private:
  bool Unpack(uint64_t offset, uint8_t* to, size_t n);

  const Packed packed_;
  Budget* const budget_;
  KeptSource kept_;  // the beginning, or all of it
  bool keeping_ = true;
  uint64_t size_ = 0;
  std::unique_ptr<Unpacker> unpacker_;  // of the second pass
  uint64_t unpacked_ = 0;               // where it is
  std::unique_ptr<uint8_t[]> skipped_;
};

bool ExpandedSource::ReadAt(uint64_t offset, uint8_t* to, size_t n) {
  if (offset > size_ || n > size_ - offset) return false;
  if (offset < kept_.size()) {
    const size_t first =
        static_cast<size_t>(std::min<uint64_t>(n, kept_.size() - offset));
    if (!kept_.ReadAt(offset, to, first)) return false;
    offset += first;
    to += first;
    n -= first;
  }
  return n == 0 || Unpack(offset, to, n);
}

bool ExpandedSource::Unpack(uint64_t offset, uint8_t* to, size_t n) {
  if (unpacker_ == nullptr || offset < unpacked_) {
    unpacker_ = std::make_unique<Unpacker>(packed_, budget_->decoder_memory());
    unpacked_ = 0;
  }
  if (skipped_ == nullptr) skipped_.reset(new uint8_t[Budget::kChunk]);
  while (unpacked_ < offset) {
    const size_t part = static_cast<size_t>(
        std::min<uint64_t>(Budget::kChunk, offset - unpacked_));
    if (!budget_->Spend(part) ||
        unpacker_->Read({skipped_.get(), part}) != part) {
      return false;
    }
    unpacked_ += part;
  }
  if (!budget_->Spend(n) || unpacker_->Read({to, n}) != n) return false;
  unpacked_ += n;
  return true;
}

// Says how the first pass ended, if that is not well.
void SayEnd(Unpacker::End end, absl::string_view name, uint64_t at,
            const Remarks& remarks) {
  switch (end) {
    case Unpacker::End::kNone:
    case Unpacker::End::kComplete:
      return;
    case Unpacker::End::kBroken:
      return remarks({Code::kArchiveBroken, "compressed-data", at,
                      absl::StrCat("the ", name, " data are damaged")});
    case Unpacker::End::kCut:
      return remarks({Code::kArchiveBroken, "cut-off", at,
                      absl::StrCat("the ", name, " data end too early")});
    case Unpacker::End::kMemory:
      return remarks(
          {Code::kLimitMemory, "", at,
           absl::StrCat("the ", name, " data want more memory than they get")});
    case Unpacker::End::kRead:
      return remarks({Code::kInputChanged, "", at, "it cannot be read"});
  }
}

}  // namespace

Expanded Expand(const Packed& packed, Budget* budget, const Remarks& remarks) {
  Expanded expanded;
  auto source = std::make_shared<ExpandedSource>(packed, budget);
  Unpacker unpacker(packed, budget->decoder_memory());
  const std::unique_ptr<uint8_t[]> chunk(new uint8_t[Budget::kChunk]);
  const absl::string_view name = CodecName(packed.codec);
  uint64_t size = 0;
  bool limited = false;
  while (unpacker.end() == Unpacker::End::kNone && size < packed.most &&
         !limited) {
    const size_t wanted = static_cast<size_t>(
        std::min<uint64_t>(Budget::kChunk, packed.most - size));
    const size_t got = unpacker.Read({chunk.get(), wanted});
    expanded.crc = static_cast<uint32_t>(
        crc32(expanded.crc, chunk.get(), static_cast<uInt>(got)));
    if (budget->IsBomb(size + got, unpacker.consumed())) {
      remarks({Code::kLimitRatio, "", unpacker.consumed(),
               absl::StrCat(unpacker.consumed(), " bytes of ", name,
                            " data become ", size + got, " and more")});
      limited = true;
    } else if (!budget->Spend(got)) {
      remarks({Code::kLimitExpanded, "", unpacker.consumed(),
               absl::StrCat("the ", name, " data are the last straw")});
      limited = true;
    } else {
      source->Add({chunk.get(), got});
      size += got;
    }
  }
  // At `most` a sound stream has its end before it.
  uint8_t beyond = 0;
  const bool more = !limited && unpacker.end() == Unpacker::End::kNone &&
                    unpacker.Read({&beyond, 1}) > 0;
  SayEnd(unpacker.end(), name, unpacker.consumed(), remarks);
  expanded.complete = !more && unpacker.end() == Unpacker::End::kComplete;
  expanded.consumed = unpacker.consumed();
  if (size > 0 || expanded.complete) expanded.source = std::move(source);
  return expanded;
}

bool LooksSound(const Packed& packed, uint64_t enough, Budget* budget) {
  Unpacker unpacker(packed, budget->decoder_memory());
  const std::unique_ptr<uint8_t[]> chunk(new uint8_t[Budget::kChunk]);
  const size_t wanted =
      static_cast<size_t>(std::min<uint64_t>(enough, Budget::kChunk));
  const size_t got = unpacker.Read({chunk.get(), wanted});
  return got == wanted ||
         (unpacker.end() == Unpacker::End::kComplete && got > 0);
}

}  // namespace picklebox::container
