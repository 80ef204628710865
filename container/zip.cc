#include "container/zip.h"

#include <algorithm>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "base/bytes.h"
#include "base/text.h"
#include "container/checksum.h"
#include "container/expansion.h"
#include "container/names.h"
#include "container/zip_records.h"

namespace picklebox::container {
namespace {

// How far from the end the end record can be: behind it stands a comment. Of a
// member of an archive that does not begin as a zip, only a comment of usual
// length is reckoned with, for its bytes are looked at for each tensor.
constexpr size_t kTail = kEndSize + 0xffff;
constexpr size_t kShortTail = 1024;
// The most that is read of a directory at once.
constexpr uint64_t kMostDirectory = 256 << 20;

constexpr uint16_t kHasDescriptor = 0x0008;
constexpr uint16_t kIsUtf8 = 0x0800;
// Encrypted, patched, strongly encrypted, directory encrypted.
constexpr uint16_t kForbidden = 0x0001 | 0x0020 | 0x0040 | 0x2000;

constexpr uint16_t kLzmaMethod = 14;
constexpr uint16_t kHasLzmaEnd = 0x0002;  // an end marker; else the size tells
constexpr size_t kLzmaHeader = 9;         // version, length, properties

constexpr uint8_t kUnix = 3;
constexpr uint32_t kTypeMask = 0170000;
constexpr uint32_t kLink = 0120000;

struct Method {
  uint16_t number;
  absl::string_view name;
  Codec codec;
};
// Those that have a Decoder, but for LZMA, which has a header of its own.
constexpr Method kMethods[] = {
    {8, "deflate", Codec::kDeflate},
    {12, "bzip2", Codec::kBzip2},
    {93, "zstd", Codec::kZstd},
    {95, "xz", Codec::kXz},
};

const Method* FindMethod(uint16_t number) {
  const auto* const found =
      std::find_if(std::begin(kMethods), std::end(kMethods),
                   [number](const Method& m) { return m.number == number; });
  return found == std::end(kMethods) ? nullptr : found;
}

bool BeginsAsZip(absl::Span<const uint8_t> head) {
  if (head.size() < 4) return false;
  const uint32_t magic = base::LoadLittle<uint32_t>(head.data());
  return magic == kLocalMagic || magic == kEndMagic;
}

// All end records that can be found, the last one first.
std::vector<ZipEnd> FindEnds(base::Source& source, size_t tail) {
  std::vector<ZipEnd> ends;
  const uint64_t size = source.size();
  const uint64_t from = size > tail ? size - tail : 0;
  const auto bytes = base::ReadSome(source, from, tail);
  if (!bytes || bytes->size() < kEndSize) return ends;
  for (size_t i = bytes->size() - kEndSize + 1; i-- > 0;) {
    if (base::LoadLittle<uint32_t>(bytes->data() + i) != kEndMagic) continue;
    if (const std::optional<ZipEnd> end = ReadEnd(source, from + i))
      ends.push_back(*end);
  }
  return ends;
}

// Opens one member. Copied into Member::open.
struct Opener {
  std::shared_ptr<base::Source> source;
  Budget* budget = nullptr;
  ZipEntry entry;
  uint64_t data = 0;  // where the packed bytes begin
  // The entry comes from a directory, and what it says must be so.
  bool exact = true;

  std::shared_ptr<base::Source> operator()(const Remarks& remarks) const;
  std::shared_ptr<base::Source> Unpack(const Packed& packed,
                                       const Remarks& remarks) const;
  bool TakeLzmaHeader(Packed* packed) const;
};

std::shared_ptr<base::Source> Opener::operator()(const Remarks& remarks) const {
  if (entry.method == 0) {
    if (entry.packed != entry.size) {
      remarks({Code::kArchiveAmbiguous, "size", 0,
               absl::StrCat("stored in ", entry.packed, " bytes, and ",
                            entry.size, " bytes long")});
    }
    return base::Part(source, data, std::max(entry.packed, entry.size));
  }
  Packed packed;
  packed.source = base::Part(source, data, entry.packed);
  packed.most = entry.size;
  if (const Method* const method = FindMethod(entry.method)) {
    packed.codec = method->codec;
    return Unpack(packed, remarks);
  }
  if (entry.method == kLzmaMethod && TakeLzmaHeader(&packed))
    return Unpack(packed, remarks);
  remarks({Code::kContainerUnread, "zip-method", 0,
           absl::StrCat("packed by method ", entry.method,
                        " of zip, which is not read: unpack it and scan what "
                        "comes out, or pack it anew by deflate")});
  return nullptr;
}

// Makes of the header that LZMA data have in a zip the one that they have
// alone.
bool Opener::TakeLzmaHeader(Packed* packed) const {
  const auto head = base::ReadSome(*packed->source, 0, kLzmaHeader);
  if (!head || head->size() < kLzmaHeader || (*head)[2] != 5 ||
      (*head)[3] != 0) {
    return false;
  }
  packed->codec = Codec::kLzma;
  packed->header.assign(head->begin() + 4, head->end());
  packed->header.resize(13, 0xff);
  const bool marked = (entry.flags & kHasLzmaEnd) != 0;
  if (!marked) base::StoreLittle(packed->header.data() + 5, entry.size);
  packed->source =
      base::Part(source, data + kLzmaHeader, entry.packed - kLzmaHeader);
  return true;
}

std::shared_ptr<base::Source> Opener::Unpack(const Packed& packed,
                                             const Remarks& remarks) const {
  Expanded all = Expand(packed, budget, remarks);
  if (all.source == nullptr) return nullptr;
  const uint64_t size = all.source->size();
  if (!exact) return all.source;
  if (size < entry.size ? all.complete : !all.complete) {
    // Cut short by damage or a limit it is reported as such.
    if (size == entry.size || all.complete) {
      remarks({Code::kArchiveAmbiguous, "size", 0,
               absl::StrCat("it has ", size == entry.size ? "more than " : "",
                            size, " bytes, and is said to have ", entry.size)});
    }
  } else if (all.complete && all.crc != entry.crc) {
    remarks({Code::kArchiveAmbiguous, "crc", 0,
             "the checksum of the data is not the one in the archive"});
  }
  if (all.complete && all.consumed != packed.source->size()) {
    remarks({Code::kArchiveAmbiguous, "size", 0,
             absl::StrCat("its data end after ", all.consumed, " of ",
                          packed.source->size(), " bytes")});
  }
  return all.source;
}

// One archive.
class ZipReader {
 public:
  ZipReader(const Input& input, Visitor* visitor)
      : input_(input), source_(*input.source), visitor_(*visitor) {}

  bool Run();

 private:
  // Where a member lies, from its local header to behind its descriptor.
  struct Place {
    uint64_t begin;
    uint64_t data;
    uint64_t end;
  };

  void Ambiguous(absl::string_view detail, uint64_t at, std::string message) {
    visitor_.Say(Code::kArchiveAmbiguous, detail, at, std::move(message));
  }
  void CheckEnds(const std::vector<ZipEnd>& ends);
  bool ReadDirectory(const ZipEnd& end, std::vector<ZipEntry>* entries);
  void Look(const ZipEntry& entry);
  std::optional<uint64_t> CheckLocal(const ZipEntry& entry, uint64_t at);
  uint64_t DescriptorSize(const ZipEntry& entry, uint64_t at);
  void CheckEntry(const ZipEntry& entry);
  void CheckPlaces();
  void Give(const ZipEntry& entry, std::optional<uint64_t> data,
            bool exact = true);
  void ReadWithoutDirectory();

  const Input& input_;
  base::Source& source_;
  Visitor& visitor_;
  uint64_t shift_ = 0;  // bytes in front of the archive
  uint64_t directory_ = 0;
  std::set<std::string> names_;  // in small letters
  std::vector<Place> places_;
  bool cut_off_ = false;  // there is no directory
  bool alone_ = false;    // there is one member only
  bool wanted_ = true;
};

bool ZipReader::Run() {
  if (source_.size() < kEndSize) return false;
  const bool begins = BeginsAsZip(input_.head);
  const std::vector<ZipEnd> ends =
      FindEnds(source_, begins || !input_.is_member ? kTail : kShortTail);
  if (ends.empty()) {
    if (begins) ReadWithoutDirectory();
    return begins;
  }
  const ZipEnd& end = ends[0];
  directory_ = end.directory;
  std::vector<ZipEntry> entries;
  const bool whole = ReadDirectory(end, &entries);
  // Four bytes of a number may look like an end record; a directory does not
  // come about by chance.
  if (!begins && entries.empty() && end.entries != 0) return false;
  if (end.several_disks) {
    visitor_.Say(Code::kArchiveBroken, "several-disks", end.at,
                 "the archive is one part of several");
  }
  if (!whole) {
    visitor_.Say(Code::kArchiveBroken, "directory", end.directory,
                 absl::StrCat("its directory is damaged after ", entries.size(),
                              " of ", end.entries, " members"));
  } else if (entries.size() != end.entries) {
    Ambiguous("entry-count", end.at,
              absl::StrCat("the directory has ", entries.size(),
                           " members and says ", end.entries));
  }
  alone_ = entries.size() == 1;
  for (const ZipEntry& entry : entries) {
    if (wanted_) Look(entry);
  }
  CheckPlaces();
  CheckEnds(ends);
  return true;
}

// The end record in use, and those that another reader could find instead.
void ZipReader::CheckEnds(const std::vector<ZipEnd>& ends) {
  const ZipEnd& end = ends[0];
  if (end.contradicts64)
    Ambiguous("zip64", end.at, "its 32-bit and 64-bit fields contradict");
  if (end.said != end.directory) {
    Ambiguous("prefix", 0,
              absl::StrCat("the directory is at ", end.directory,
                           " and is said to be at ", end.said));
  }
  if (end.end != source_.size()) {
    Ambiguous("suffix", std::min(end.end, source_.size()),
              end.end < source_.size()
                  ? absl::StrCat(source_.size() - end.end,
                                 " bytes follow the archive")
                  : std::string("its comment is cut off"));
  }
  for (size_t i = 1; i < ends.size(); ++i) {
    // An archive that is stored in this one has an end record as well.
    const bool inside =
        std::any_of(places_.begin(), places_.end(), [&](const Place& place) {
          return ends[i].at >= place.data && ends[i].at < place.end;
        });
    if (inside) continue;
    Ambiguous("end-records", ends[i].at,
              absl::StrCat("there is another end record at ", ends[i].at));
    break;
  }
}

// False: not all of it is entries.
bool ZipReader::ReadDirectory(const ZipEnd& end,
                              std::vector<ZipEntry>* entries) {
  const auto bytes =
      base::ReadSome(source_, end.directory,
                     static_cast<size_t>(std::min(end.size, kMostDirectory)));
  if (!bytes) return false;
  absl::Span<const uint8_t> left = *bytes;
  while (!left.empty()) {
    const std::optional<ZipEntry> entry = TakeEntry(&left);
    if (!entry) return false;
    entries->push_back(*entry);
  }
  // Offsets count from where the first member is; else they are wrong.
  shift_ = end.directory - end.said;
  if (!entries->empty() && shift_ != 0 &&
      !ReadLocal(source_, entries->front().local + shift_)) {
    shift_ = 0;
  }
  return end.size <= kMostDirectory;
}

void ZipReader::Look(const ZipEntry& entry) {
  CheckEntry(entry);
  const uint64_t at = entry.local + shift_;
  const std::optional<uint64_t> data = CheckLocal(entry, at);
  Give(entry, data);
}

// What the directory says of a member, by itself.
void ZipReader::CheckEntry(const ZipEntry& entry) {
  const uint64_t at = entry.local + shift_;
  absl::string_view name = entry.name;
  // pandas called the one member of a zip by the whole path of the file. Tools
  // that unpack take the slash away.
  if (alone_ && name.size() > 1 && name[0] == '/') name.remove_prefix(1);
  if (const absl::string_view trouble = NameTrouble(name); !trouble.empty()) {
    visitor_.Say(Code::kMemberName, trouble, at,
                 absl::StrCat("a member is called '", entry.name, "'"));
  }
  if ((entry.flags & kIsUtf8) != 0 &&
      base::FindInvalidUtf8(entry.name.data(), entry.name.size()) !=
          base::kValid) {
    visitor_.Say(Code::kMemberName, "utf8", at,
                 absl::StrCat("'", entry.name, "' is said to be UTF-8"));
  }
  if (entry.system == kUnix && (entry.attributes >> 16 & kTypeMask) == kLink) {
    visitor_.Say(Code::kMemberName, "link", at,
                 absl::StrCat("'", entry.name, "' is a symbolic link"));
  }
  std::string folded = absl::AsciiStrToLower(entry.name);
  if (!names_.insert(std::move(folded)).second) {
    Ambiguous("duplicate", at,
              absl::StrCat("there is another member '", entry.name, "'"));
  }
  if ((entry.flags & kForbidden) != 0) {
    Ambiguous(
        "flags", at,
        absl::StrCat("'", entry.name, "' is said to be encrypted or patched"));
  }
  if (entry.bad64)
    Ambiguous("zip64", at, absl::StrCat("'", entry.name, "' lacks a size"));
  if (entry.disk != 0)
    Ambiguous("flags", at, absl::StrCat("'", entry.name, "' is elsewhere"));
  if (entry.other_name) {
    Ambiguous("local-header", at,
              absl::StrCat("'", entry.name, "' has another name as well"));
  }
}

// Compares the member's own header; gives where its data begin.
std::optional<uint64_t> ZipReader::CheckLocal(const ZipEntry& entry,
                                              uint64_t at) {
  const std::optional<ZipLocal> local = ReadLocal(source_, at);
  if (!local || local->data > source_.size() ||
      entry.packed > source_.size() - local->data) {
    visitor_.Say(Code::kArchiveBroken, "member", at,
                 absl::StrCat("'", entry.name, "' is not where it should be"));
    return std::nullopt;
  }
  const auto differs = [&](absl::string_view what) {
    Ambiguous(
        "local-header", at,
        absl::StrCat("its own header gives '", entry.name, "' another ", what));
  };
  if (local->name != entry.name || local->other_name) differs("name");
  if (local->flags != entry.flags) differs("set of flags");
  if (local->method != entry.method) differs("method");
  // With a descriptor, the header may have been written before it was known.
  const bool early = (local->flags & kHasDescriptor) != 0;
  const auto unlike = [early](uint64_t said, uint64_t is) {
    return said != is && !(early && (said == 0 || said == UINT32_MAX));
  };
  if (unlike(local->crc, entry.crc)) differs("checksum");
  if (unlike(local->packed, entry.packed)) differs("packed size");
  if (unlike(local->size, entry.size)) differs("size");
  if (local->bad64 && !early) differs("64-bit size");
  const uint64_t end = local->data + entry.packed;
  places_.push_back(
      {at, local->data, end + (early ? DescriptorSize(entry, end) : 0)});
  return local->data;
}

// The size of the descriptor at `at`, with or without magic number, with sizes
// of 32 or 64 bits; a complaint and 0 if what stands there is none.
uint64_t ZipReader::DescriptorSize(const ZipEntry& entry, uint64_t at) {
  const auto bytes = base::ReadSome(source_, at, 24);
  std::vector<uint8_t> row = bytes.value_or(std::vector<uint8_t>());
  const size_t there = row.size();
  row.resize(24);
  for (const bool magic : {true, false}) {
    if (magic && base::LoadLittle<uint32_t>(row.data()) != kDescriptorMagic) {
      continue;
    }
    const uint8_t* const p = row.data() + (magic ? 4 : 0);
    for (const bool wide : {true, false}) {
      const size_t size = (magic ? 4 : 0) + 4 + (wide ? 16 : 8);
      if (size > there) continue;
      const uint64_t packed = wide ? base::LoadLittle<uint64_t>(p + 4)
                                   : base::LoadLittle<uint32_t>(p + 4);
      const uint64_t full = wide ? base::LoadLittle<uint64_t>(p + 12)
                                 : base::LoadLittle<uint32_t>(p + 8);
      if (base::LoadLittle<uint32_t>(p) == entry.crc &&
          packed == entry.packed && full == entry.size) {
        return size;
      }
    }
  }
  Ambiguous("descriptor", at,
            absl::StrCat("what stands behind '", entry.name,
                         "' gives it another size or checksum"));
  return 0;
}

// Members follow one another, from the first byte to the directory.
void ZipReader::CheckPlaces() {
  if (!wanted_) return;
  std::sort(places_.begin(), places_.end(),
            [](const Place& a, const Place& b) { return a.begin < b.begin; });
  uint64_t at = 0;
  bool gap = false;
  bool overlap = false;
  for (size_t i = 0; i <= places_.size(); ++i) {
    const uint64_t begin = i < places_.size() ? places_[i].begin : directory_;
    // Bytes in front are said once, by CheckEnds, if offsets show them.
    if (begin > at && !gap && (i > 0 || shift_ == 0)) {
      gap = true;
      Ambiguous(
          i == 0 ? "prefix" : "gap", at,
          absl::StrCat(begin - at, " bytes at ", at, " belong to no member"));
    } else if (begin < at && !overlap) {
      overlap = true;
      Ambiguous("overlap", begin,
                absl::StrCat("what begins at ", begin,
                             " begins within the member before it"));
    }
    if (i < places_.size()) at = std::max(at, places_[i].end);
  }
}

void ZipReader::Give(const ZipEntry& entry, std::optional<uint64_t> data,
                     bool exact) {
  Member member;
  member.name = entry.name;
  member.size = entry.size;
  member.cut_off = cut_off_;
  const Method* const method = FindMethod(entry.method);
  if (method != nullptr) {
    member.packing = method->name;
  } else if (entry.method != 0) {
    member.packing = entry.method == kLzmaMethod ? "lzma" : "unknown";
  }
  const bool folder = absl::EndsWith(entry.name, "/") && entry.size == 0;
  if (data && !folder) {
    if (entry.method == 0) {
      // If the two differ, what either reader would see is looked at.
      member.size = std::max(entry.packed, entry.size);
      if (member.size <= source_.size() - *data) member.offset = *data;
      if (exact)
        member.verify = [source = base::Part(input_.source, *data, entry.size),
                         crc = entry.crc](const Remarks& remarks) {
          if (Crc32(*source) == crc) return;
          remarks({Code::kArchiveAmbiguous, "crc", 0,
                   "the checksum of the data is not the one in the archive"});
        };
    }
    member.open = Opener{input_.source, input_.budget, entry, *data, exact};
  }
  wanted_ = visitor_.OnMember(std::move(member));
}

// An archive that is cut off before its directory: what readers that go from
// header to header find in it.
void ZipReader::ReadWithoutDirectory() {
  cut_off_ = true;
  visitor_.Say(Code::kArchiveBroken, "no-directory", 0,
               "the archive has no directory: it is cut off");
  uint64_t at = 0;
  while (wanted_) {
    const std::optional<ZipLocal> local = ReadLocal(source_, at);
    if (!local) return;
    ZipEntry entry;
    static_cast<ZipHeader&>(entry) = *local;
    entry.local = at;
    const bool open_end = (local->flags & kHasDescriptor) != 0;
    const uint64_t left =
        source_.size() - std::min(source_.size(), local->data);
    if (open_end) {
      entry.packed = left;
      entry.size = local->method == 0 ? left : UINT64_MAX;
    } else if (local->packed > left) {
      entry.packed = left;
      if (local->method == 0) entry.size = left;
    }
    CheckEntry(entry);
    Give(entry, local->data, false);
    if (open_end || local->packed >= left) return;
    at = local->data + local->packed;
  }
}

}  // namespace

bool ReadZip(const Input& input, Visitor* visitor) {
  return ZipReader(input, visitor).Run();
}

}  // namespace picklebox::container
