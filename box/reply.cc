#include "box/reply.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <type_traits>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "base/bytes.h"

namespace picklebox::box {
namespace {

constexpr uint64_t kMagic = 0x32594c5045524250;  // "PBREPLY2"
constexpr size_t kHeaderSize = 16;
constexpr size_t kMaxDetail = 64;
constexpr size_t kMaxMessage = 1024;
constexpr size_t kMaxFormat = 64;
constexpr size_t kMaxPacking = 32;
// Kept for the finding that says that records were lost.
constexpr size_t kLastWord = 128;
constexpr absl::string_view kLost =
    "the result is full, and what comes last is lost";

enum RecordTag : uint8_t {
  kStream = 1,
  kFinding,
  kFormat,
  kText,
  kMember,
  kContent,
  kCode,
};

constexpr size_t kFindingHead = 1 + 4 + 2 + 8 + 4 + 4;
static_assert(kFindingHead + kLost.size() <= kLastWord);

// Flags of a stream.
constexpr uint8_t kStopped = 1;
constexpr uint8_t kCutOff = 2;
constexpr size_t kStreamHead = 1 + 4 + 1 + 1 + 4 + 6 * 8;
constexpr size_t kMemberHead = 1 + 4 + 8 + 8 + 4 + 4;
constexpr size_t kCodeHead = 1 + 4 + 1 + 1 + 4 + 4 + 8 + 8 + 1 + 32;

// The texts and the lists of a code record, in order.
template <typename Code>
auto TextsOf(Code& code) {
  return std::array{&code.maker,     &code.name,     &code.qualname,
                    &code.signature, &code.filename, &code.layout};
}
template <typename Code>
auto ListsOf(Code& code) {
  return std::array{&code.imports, &code.globals, &code.attributes, &code.calls,
                    &code.strings};
}

uint8_t* Put(uint8_t* p, absl::string_view text) {
  base::StoreLittle(p, static_cast<uint32_t>(text.size()));
  std::memcpy(p + 4, text.data(), text.size());
  return p + 4 + text.size();
}

template <typename T>
uint8_t* Put(uint8_t* p, T value) {
  static_assert(std::is_integral_v<T>);
  base::StoreLittle(p, value);
  return p + sizeof(T);
}

bool IsPrintable(absl::string_view text, bool lines) {
  return std::all_of(text.begin(), text.end(), [lines](char c) {
    return (c >= 0x20 && c < 0x7f) || (lines && c == '\n');
  });
}

// Reads fields and remembers when there was not enough.
class Fields {
 public:
  explicit Fields(absl::Span<const uint8_t> bytes) : bytes_(bytes) {}

  template <typename T>
  T Number() {
    const absl::Span<const uint8_t> field = Bytes(sizeof(T));
    return field.size() == sizeof(T) ? base::LoadLittle<T>(field.data()) : T{0};
  }
  absl::string_view Text() {
    const absl::Span<const uint8_t> text = Bytes(Number<uint32_t>());
    return {reinterpret_cast<const char*>(text.data()), text.size()};
  }
  absl::Span<const uint8_t> Bytes(uint64_t size) {
    if (size > bytes_.size()) {
      ok_ = false;
      bytes_ = {};
      return {};
    }
    const absl::Span<const uint8_t> taken = bytes_.subspan(0, size);
    bytes_.remove_prefix(size);
    return taken;
  }
  bool ok() const { return ok_; }
  bool empty() const { return bytes_.empty(); }

 private:
  absl::Span<const uint8_t> bytes_;
  bool ok_ = true;
};

absl::Status Bad(absl::string_view what) {
  return absl::InvalidArgumentError(absl::StrCat("the reply holds ", what));
}

StreamRecord ReadStream(Fields* in) {
  StreamRecord stream;
  stream.member = in->Number<uint32_t>();
  const uint8_t flags = in->Number<uint8_t>();
  stream.stopped = (flags & kStopped) != 0;
  stream.cut_off = (flags & kCutOff) != 0;
  stream.protocol = in->Number<uint8_t>();
  stream.root = in->Number<uint32_t>();
  stream.begin = in->Number<uint64_t>();
  stream.end = in->Number<uint64_t>();
  stream.opcodes = in->Number<uint64_t>();
  stream.nodes = in->Number<uint64_t>();
  stream.denials = in->Number<uint64_t>();
  stream.encoding = in->Bytes(in->Number<uint64_t>());
  return stream;
}

MemberRecord ReadMember(Fields* in) {
  MemberRecord member;
  member.parent = in->Number<uint32_t>();
  member.size = in->Number<uint64_t>();
  member.offset = in->Number<uint64_t>();
  member.packing = std::string(in->Text().substr(0, kMaxPacking + 1));
  member.name = std::string(in->Text().substr(0, kMaxMemberName + 1));
  return member;
}

// Of a code record.
constexpr uint8_t kHasDigest = 1;
constexpr uint8_t kMarshalled = 2;

absl::Status ReadCode(Fields* in, size_t known, CodeRecord* record) {
  record->member = in->Number<uint32_t>();
  const uint8_t form = in->Number<uint8_t>();
  record->code.doings = in->Number<uint8_t>();
  record->versions = in->Number<uint32_t>();
  record->parent = in->Number<uint32_t>();
  record->code.offset = in->Number<uint64_t>();
  record->code.first_line = static_cast<int64_t>(in->Number<uint64_t>());
  const uint8_t flags = in->Number<uint8_t>();
  record->has_digest = (flags & kHasDigest) != 0;
  record->code.marshalled = (flags & kMarshalled) != 0;
  const absl::Span<const uint8_t> digest = in->Bytes(record->digest.size());
  std::copy(digest.begin(), digest.end(), record->digest.begin());
  if (form >= kCodeForms || record->code.doings > kCodeDoings ||
      record->parent > known) {
    return Bad("code that cannot be");
  }
  record->code.form = static_cast<CodeForm>(form);
  for (std::string* const text : TextsOf(record->code)) {
    *text = std::string(in->Text().substr(0, kMaxCodeText + 1));
    if (text->size() > kMaxCodeText) return Bad("a text that is too long");
  }
  for (std::vector<std::string>* const list : ListsOf(record->code)) {
    const uint32_t count = in->Number<uint32_t>();
    if (count > kMaxCodeEntries) return Bad("a list that is too long");
    for (uint32_t i = 0; i < count && in->ok(); ++i) {
      list->emplace_back(in->Text().substr(0, kMaxCodeEntry + 1));
      if (list->back().size() > kMaxCodeEntry)
        return Bad("an entry that is too long");
    }
  }
  return absl::OkStatus();
}

absl::Status CheckMember(const MemberRecord& member, size_t known) {
  if (member.parent > known) return Bad("a member of none");
  if (member.name.size() > kMaxMemberName)
    return Bad("a name that is too long");
  if (member.packing.size() > kMaxPacking ||
      !IsPrintable(member.packing, false))
    return Bad("a packing that cannot be");
  return absl::OkStatus();
}

Finding ReadFinding(Fields* in, uint16_t* code) {
  Finding finding;
  *code = in->Number<uint16_t>();
  finding.offset = in->Number<uint64_t>();
  finding.detail = std::string(in->Text());
  finding.message = std::string(in->Text());
  return finding;
}

}  // namespace

ReplyWriter::ReplyWriter(absl::Span<uint8_t> region)
    : region_(region),
      used_(kHeaderSize),
      last_(region.size() - kLastWord),
      kept_(std::min<size_t>(region.size() / 4, 1 << 20)) {}

absl::Span<uint8_t> ReplyWriter::GraphSpace() const {
  const size_t begin = used_ + kStreamHead;
  const size_t end = last_ - kept_;
  return begin < end ? region_.subspan(begin, end - begin)
                     : absl::Span<uint8_t>();
}

uint8_t* ReplyWriter::Begin(size_t size) {
  if (full_ || size > last_ - used_) {
    full_ = true;
    return nullptr;
  }
  uint8_t* const p = region_.data() + used_;
  used_ += size;
  return p;
}

void ReplyWriter::Stream(const StreamRecord& stream) {
  uint8_t* p = Begin(kStreamHead + stream.encoding.size());
  if (p == nullptr) return;
  p = Put(p, static_cast<uint8_t>(kStream));
  p = Put(p, stream.member);
  p = Put(p, static_cast<uint8_t>((stream.stopped ? kStopped : 0) |
                                  (stream.cut_off ? kCutOff : 0)));
  p = Put(p, stream.protocol);
  p = Put(p, stream.root);
  p = Put(p, stream.begin);
  p = Put(p, stream.end);
  p = Put(p, stream.opcodes);
  p = Put(p, stream.nodes);
  p = Put(p, stream.denials);
  Put(p, static_cast<uint64_t>(stream.encoding.size()));
}

void ReplyWriter::Member(const MemberRecord& member) {
  const absl::string_view name =
      absl::string_view(member.name).substr(0, kMaxMemberName);
  uint8_t* p = Begin(kMemberHead + member.packing.size() + name.size());
  if (p == nullptr) return;
  p = Put(p, static_cast<uint8_t>(kMember));
  p = Put(p, member.parent);
  p = Put(p, member.size);
  p = Put(p, member.offset);
  p = Put(p, absl::string_view(member.packing));
  Put(p, name);
}

void ReplyWriter::Report(const Finding& finding, uint32_t member) {
  const absl::string_view detail =
      absl::string_view(finding.detail).substr(0, kMaxDetail);
  const absl::string_view message =
      absl::string_view(finding.message).substr(0, kMaxMessage);
  uint8_t* p = Begin(kFindingHead + detail.size() + message.size());
  if (p == nullptr) return;
  p = Put(p, static_cast<uint8_t>(kFinding));
  p = Put(p, member);
  p = Put(p, static_cast<uint16_t>(finding.code));
  p = Put(p, finding.offset);
  p = Put(p, detail);
  Put(p, message);
}

void ReplyWriter::Format(absl::string_view name, uint32_t member) {
  uint8_t* p = Begin(1 + 4 + 4 + name.size());
  if (p == nullptr) return;
  p = Put(p, static_cast<uint8_t>(kFormat));
  p = Put(p, member);
  Put(p, name);
}

void ReplyWriter::Code(const CodeRecord& record) {
  const auto cut = [](const std::string& text, size_t most) {
    return absl::string_view(text).substr(0, most);
  };
  size_t size = kCodeHead;
  for (const std::string* const text : TextsOf(record.code))
    size += 4 + cut(*text, kMaxCodeText).size();
  for (const std::vector<std::string>* const list : ListsOf(record.code)) {
    size += 4;
    for (size_t i = 0; i < std::min(list->size(), kMaxCodeEntries); ++i)
      size += 4 + cut((*list)[i], kMaxCodeEntry).size();
  }
  uint8_t* p = Begin(size);
  if (p == nullptr) return;
  p = Put(p, static_cast<uint8_t>(kCode));
  p = Put(p, record.member);
  p = Put(p, static_cast<uint8_t>(record.code.form));
  p = Put(p, record.code.doings);
  p = Put(p, record.versions);
  p = Put(p, record.parent);
  p = Put(p, record.code.offset);
  p = Put(p, static_cast<uint64_t>(record.code.first_line));
  p = Put(p, static_cast<uint8_t>((record.has_digest ? kHasDigest : 0) |
                                  (record.code.marshalled ? kMarshalled : 0)));
  p = std::copy(record.digest.begin(), record.digest.end(), p);
  for (const std::string* const text : TextsOf(record.code))
    p = Put(p, cut(*text, kMaxCodeText));
  for (const std::vector<std::string>* const list : ListsOf(record.code)) {
    const size_t count = std::min(list->size(), kMaxCodeEntries);
    p = Put(p, static_cast<uint32_t>(count));
    for (size_t i = 0; i < count; ++i)
      p = Put(p, cut((*list)[i], kMaxCodeEntry));
  }
}

void ReplyWriter::Text(absl::string_view lines) {
  uint8_t* p = Begin(1 + 4 + lines.size());
  if (p == nullptr) return;
  p = Put(p, static_cast<uint8_t>(kText));
  Put(p, lines);
}

uint8_t* ReplyWriter::Content(uint64_t size) {
  constexpr size_t kHead = 1 + 1 + 8;
  const size_t padding =
      (kContentAlignment - (used_ + kHead) % kContentAlignment) %
      kContentAlignment;
  // Begin() adds; what does not fit is not to wrap around.
  uint8_t* p =
      Begin(size > region_.size() ? region_.size() : kHead + padding + size);
  if (p == nullptr) return nullptr;
  p = Put(p, static_cast<uint8_t>(kContent));
  p = Put(p, static_cast<uint8_t>(padding));
  std::memset(p, 0, padding);
  return Put(p + padding, size);
}

size_t ReplyWriter::Finish() {
  if (full_) {
    full_ = false;
    last_ = region_.size();
    Finding finding;
    finding.code = Code::kLimitResult;
    finding.message = std::string(kLost);
    Report(finding);
  }
  Put(region_.data(), kMagic);
  Put(region_.data() + 8, static_cast<uint64_t>(used_ - kHeaderSize));
  return used_;
}

namespace {

// Reads the record of kind `tag` that `in` begins with.
absl::Status ReadRecord(uint8_t tag, Fields* in, Reply* reply) {
  const auto unknown = [reply](uint32_t member) {
    return member > reply->members.size();
  };
  switch (tag) {
    case kMember:
      reply->members.push_back(ReadMember(in));
      reply->formats.emplace_back();
      return CheckMember(reply->members.back(), reply->members.size() - 1);
    case kStream:
      reply->streams.push_back(ReadStream(in));
      if (unknown(reply->streams.back().member))
        return Bad("a stream of no member");
      return absl::OkStatus();
    case kFinding: {
      const uint32_t member = in->Number<uint32_t>();
      uint16_t code = 0;
      Finding finding = ReadFinding(in, &code);
      if (!IsCode(code) || finding.detail.size() > kMaxDetail ||
          finding.message.size() > kMaxMessage || unknown(member) ||
          !IsPrintable(finding.detail, false)) {
        return Bad("a finding that cannot be");
      }
      finding.code = static_cast<Code>(code);
      reply->findings.push_back(std::move(finding));
      reply->finding_members.push_back(member);
      return absl::OkStatus();
    }
    case kFormat: {
      const uint32_t member = in->Number<uint32_t>();
      std::string name(in->Text().substr(0, kMaxFormat));
      if (unknown(member) || !IsPrintable(name, false))
        return Bad("a format that is no text");
      reply->formats[member] = std::move(name);
      return absl::OkStatus();
    }
    case kCode:
      if (reply->codes.size() >= kMaxCodes) return Bad("too much code");
      reply->codes.emplace_back();
      if (absl::Status status =
              ReadCode(in, reply->codes.size() - 1, &reply->codes.back());
          !status.ok()) {
        return status;
      }
      if (unknown(reply->codes.back().member)) return Bad("code of no member");
      return absl::OkStatus();
    case kText:
      reply->text.push_back(in->Text());
      if (!IsPrintable(reply->text.back(), true))
        return Bad("text that is not printable");
      return absl::OkStatus();
    case kContent:
      in->Bytes(in->Number<uint8_t>());
      reply->content = in->Bytes(in->Number<uint64_t>());
      return absl::OkStatus();
    default:
      return Bad("an unknown record");
  }
}

}  // namespace

absl::StatusOr<Reply> ReadReply(absl::Span<const uint8_t> bytes,
                                uint64_t max_streams, uint64_t max_findings,
                                uint64_t max_members) {
  Fields in(bytes);
  const uint64_t magic = in.Number<uint64_t>();
  const uint64_t length = in.Number<uint64_t>();
  if (!in.ok() || magic != kMagic) return Bad("no header");
  if (length != bytes.size() - kHeaderSize)
    return Bad("a length that is not its own");
  Reply reply;
  reply.formats.emplace_back();
  while (!in.empty()) {
    const absl::Status status = ReadRecord(in.Number<uint8_t>(), &in, &reply);
    if (!in.ok()) return Bad("a record that is cut off");
    if (!status.ok()) return status;
    if (reply.members.size() > max_members) return Bad("too many members");
    if (reply.streams.size() > max_streams) return Bad("too many streams");
    if (reply.findings.size() > max_findings) return Bad("too many findings");
  }
  return reply;
}

}  // namespace picklebox::box
