// What a worker answers: a header and a list of records, in the result region
// of its job. The child writes it, the parent reads it and believes nothing.
//
//   header   magic u64 | length u64, of all that follows the header
//   record   tag u8, then
//     member    parent u32 | size u64 | offset u64 | size u32, packing |
//               size u32, name
//     stream    member u32 | flags u8 | protocol u8 | root u32 | begin u64 |
//               end u64 | opcodes u64 | nodes u64 | denials u64 | size u64 |
//               the encoding of the graph
//     finding   member u32 | code u16 | offset u64 | size u32, detail |
//               size u32, message
//     format    member u32 | size u32, name
//     code      member u32 | form u8 | doings u8 | versions u32 | parent u32 |
//               offset u64 | first line u64 | flags u8 (1: there is a
//               digest, 2: marshalled) | 32 bytes, digest | size u32,
//               text: maker, name, qualname, signature, filename, layout | five
//               times count u32, (size u32, text): imports, globals,
//               attributes, calls, strings
//     text      size u32, text: whole lines of printable ASCII
//     content   padding u8, so many bytes, size u64, bytes: what was asked for,
//               on a multiple of kContentAlignment in the region
//
// Numbers are little-endian and not aligned. Members are numbered from 1 in the
// order of their records; 0 is the file itself. A record names only members
// whose records stand before it.
#ifndef PICKLEBOX_BOX_REPLY_H_
#define PICKLEBOX_BOX_REPLY_H_

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "picklebox/embedded_code.h"
#include "picklebox/finding.h"
#include "picklebox/graph.h"

namespace picklebox::box {

// Something in a container, as the worker tells it.
struct MemberRecord {
  static constexpr uint64_t kNowhere = ~uint64_t{0};

  uint32_t parent = 0;  // the member that it is in
  uint64_t size = 0;
  // In the file, if its bytes lie there as they are; else kNowhere.
  uint64_t offset = kNowhere;
  std::string packing;  // "stored", "deflate", "gzip", ...
  std::string name;     // any bytes
};

// One pickle, as the worker tells it.
struct StreamRecord {
  uint32_t member = 0;
  bool stopped = false;
  // It is in an archive that is cut off: storages may have been in the rest.
  bool cut_off = false;
  uint8_t protocol = 0;
  NodeId root = kNoNode;
  uint64_t begin = 0;
  uint64_t end = 0;
  uint64_t opcodes = 0;
  uint64_t nodes = 0;
  uint64_t denials = 0;
  absl::Span<const uint8_t> encoding;
};

// Code that a pickle carries, as the worker tells it.
struct CodeRecord {
  uint32_t member = 0;
  // By number of record; its own: it is nested in none.
  uint32_t parent = 0;
  uint32_t versions = 0;  // bits
  bool has_digest = false;
  std::array<uint8_t, 32> digest = {};
  // `member`, `parent`, `versions` and `digest` of it stay empty.
  EmbeddedCode code;
};

// Writes a reply. When the region is full, further records are lost, full()
// says so, and so does a finding in the finished reply.
class ReplyWriter {
 public:
  // At least kSmallestReply bytes.
  explicit ReplyWriter(absl::Span<uint8_t> region);

  // Where the encoding of the next graph may be written: what is left of the
  // region but for a part that is kept for findings.
  absl::Span<uint8_t> GraphSpace() const;
  // The encoding was written to the start of GraphSpace().
  void Stream(const StreamRecord& stream);
  void Member(const MemberRecord& member);
  void Report(const Finding& finding, uint32_t member = 0);
  void Format(absl::string_view name, uint32_t member = 0);
  // Texts and lists are cut at kMaxCodeText, kMaxCodeEntries, kMaxCodeEntry.
  void Code(const CodeRecord& record);
  void Text(absl::string_view lines);
  // Room for `size` bytes of content, which the caller fills; nullptr: there is
  // none.
  uint8_t* Content(uint64_t size);

  bool full() const { return full_; }
  // Bytes of the finished reply; call it once, last.
  size_t Finish();

 private:
  uint8_t* Begin(size_t size);

  absl::Span<uint8_t> region_;
  size_t used_;  // with the header
  size_t last_;  // where records end
  size_t kept_;  // before that, for findings
  bool full_ = false;
};

inline constexpr size_t kSmallestReply = 1 << 16;
// What the items of an array may ask for.
inline constexpr size_t kContentAlignment = 64;
// A worker may add findings on those that it dropped and on a full reply.
inline constexpr uint64_t kFindingsAboutFindings = 2;

// The longest name of a member that is told, in bytes.
inline constexpr size_t kMaxMemberName = 1024;

// What is told of code: bytes of a text, entries of a list and bytes of each,
// and records in all.
inline constexpr size_t kMaxCodeText = 512;
inline constexpr size_t kMaxCodeEntries = 100;
inline constexpr size_t kMaxCodeEntry = 100;
inline constexpr size_t kMaxCodes = 1000;

// Bits of versions, as numbers.
inline std::vector<int> ListVersions(uint32_t bits) {
  std::vector<int> versions;
  for (int minor = 0; minor < 32; ++minor) {
    if ((bits >> minor & 1) != 0) versions.push_back(minor);
  }
  return versions;
}

// A reply, read. Views are of the bytes that it was read from.
struct Reply {
  std::vector<MemberRecord> members;
  std::vector<StreamRecord> streams;
  std::vector<Finding> findings;
  std::vector<uint32_t> finding_members;  // one a finding
  std::vector<std::string> formats;       // of the file, then of each member
  std::vector<CodeRecord> codes;
  std::vector<absl::string_view> text;
  absl::Span<const uint8_t> content;
};

// InvalidArgument when the bytes are no reply: a record is cut off, a number
// is out of range, there are more records than a worker may send, or text is
// not what it should be. Graphs are not looked into.
absl::StatusOr<Reply> ReadReply(absl::Span<const uint8_t> bytes,
                                uint64_t max_streams, uint64_t max_findings,
                                uint64_t max_members = 0);

}  // namespace picklebox::box

#endif  // PICKLEBOX_BOX_REPLY_H_
