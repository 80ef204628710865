#include "container/compressed.h"

#include <algorithm>
#include <cstring>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "container/expansion.h"
#include "container/magic.h"

namespace picklebox::container {
namespace {

// Of formats without a magic number, so much must decompress soundly.
constexpr uint64_t kEnough = 4096;

constexpr Codec kCodecs[] = {Codec::kGzip, Codec::kBzip2, Codec::kXz,
                             Codec::kZstd, Codec::kLz4,   Codec::kZlib,
                             Codec::kLzma};

// joblib up to 0.9: "ZF", the length in hexadecimal padded to 19 characters,
// in Python 2 one space more, then zlib data.
constexpr size_t kZfileLength = 19;
constexpr size_t kZfileHead = 2 + kZfileLength + 1;

// Whether all from `at` on is zeros, looked at up to a point.
bool IsPadding(base::Source& source, uint64_t at) {
  constexpr size_t kLookedAt = 64 << 10;
  const auto bytes = base::ReadSome(source, at, kLookedAt);
  return bytes && source.size() - at <= kLookedAt &&
         std::all_of(bytes->begin(), bytes->end(),
                     [](uint8_t byte) { return byte == 0; });
}

// Gives the content to the visitor. `begin`: of the packed bytes in the input.
void Tell(const Input& input, Codec codec, absl::string_view name,
          uint64_t begin, uint64_t length, Visitor* visitor) {
  Packed packed;
  packed.codec = codec;
  packed.source =
      begin == 0 ? input.source : base::Part(input.source, begin, UINT64_MAX);
  packed.several = true;
  const Expanded all = Expand(packed, input.budget, [&](Remark remark) {
    remark.offset += begin;
    visitor->OnRemark(std::move(remark));
  });
  const uint64_t end = begin + all.consumed;
  if (all.complete && end < input.source->size() &&
      !IsPadding(*input.source, end)) {
    visitor->Say(Code::kTrailingData, "behind-compressed", end,
                 absl::StrCat(input.source->size() - end, " bytes follow the ",
                              name, " data"));
  }
  if (all.source == nullptr) return;
  if (all.complete && length != UINT64_MAX && length != all.source->size()) {
    visitor->Say(Code::kArchiveAmbiguous, "length", 0,
                 absl::StrCat("the header says ", length, " bytes, there are ",
                              all.source->size()));
  }
  Member member;
  member.name = std::string(name);
  member.size = all.source->size();
  member.packing = name;
  member.open = [source = all.source](const Remarks&) { return source; };
  visitor->OnMember(std::move(member));
}

bool ReadZfile(const Input& input, Visitor* visitor) {
  const absl::Span<const uint8_t> head = input.head;
  if (head.size() < kZfileHead || std::memcmp(head.data(), "ZF0x", 4) != 0)
    return false;
  absl::string_view text(reinterpret_cast<const char*>(head.data()) + 2,
                         kZfileLength);
  while (absl::ConsumeSuffix(&text, " ")) {
  }
  uint64_t length = 0;
  if (!absl::SimpleHexAtoi(text, &length)) return false;
  const uint64_t begin =
      head[kZfileHead - 1] == ' ' ? kZfileHead : kZfileHead - 1;
  Tell(input, Codec::kZlib, "zfile", begin, length, visitor);
  return true;
}

}  // namespace

bool ReadCompressed(const Input& input, Visitor* visitor) {
  for (const Codec codec : kCodecs) {
    if (!BeginsWith(codec, input.head)) continue;
    if (IsVague(codec) &&
        !LooksSound({codec, input.source, false, {}, UINT64_MAX}, kEnough,
                    input.budget)) {
      continue;
    }
    Tell(input, codec, CodecName(codec), 0, UINT64_MAX, visitor);
    return true;
  }
  return ReadZfile(input, visitor);
}

}  // namespace picklebox::container
