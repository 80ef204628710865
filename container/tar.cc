#include "container/tar.h"

#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "container/names.h"
#include "container/tar_header.h"

namespace picklebox::container {
namespace {

// The longest text of a long name or of pax records that is read.
constexpr uint64_t kMostText = 1 << 20;
// Behind the end, so much is looked at for more.
constexpr uint64_t kBehindEnd = 1 << 20;

using Records = std::map<std::string, std::string>;

uint64_t Padded(uint64_t size) {
  return size + (kTarBlock - size % kTarBlock) % kTarBlock;
}

// "25 path=some/long/name\n" and so on. False if it is malformed or has a key
// twice.
bool ParsePax(absl::string_view text, Records* records) {
  bool good = true;
  while (!text.empty() && text[0] != '\0') {
    const size_t space = text.find(' ');
    uint64_t length = 0;
    if (space == absl::string_view::npos || space > 20 ||
        !absl::SimpleAtoi(text.substr(0, space), &length) || text[0] == '+' ||
        text[0] == '-' || length > text.size() || length < space + 3 ||
        text[length - 1] != '\n') {
      return false;
    }
    const absl::string_view record = text.substr(space + 1, length - space - 2);
    const size_t equals = record.find('=');
    if (equals == absl::string_view::npos) return false;
    good = records
               ->emplace(std::string(record.substr(0, equals)),
                         std::string(record.substr(equals + 1)))
               .second &&
           good;
    text.remove_prefix(length);
  }
  return good;
}

class TarReader {
 public:
  TarReader(const Input& input, Visitor* visitor)
      : source_(input.source), visitor_(*visitor) {}

  bool Run();

 private:
  void Ambiguous(absl::string_view detail, std::string message) {
    visitor_.Say(Code::kArchiveAmbiguous, detail, at_, std::move(message));
  }
  void Broken(absl::string_view detail, std::string message) {
    visitor_.Say(Code::kArchiveBroken, detail, at_, std::move(message));
  }
  std::optional<TarHeader> ReadHeader(uint64_t at, bool* zeros);
  void CheckHeader(const TarHeader& header);
  std::optional<std::string> TakeText(const TarHeader& header);
  bool TakeAttributes(const TarHeader& header);
  void ApplyPax(TarHeader* header);
  void CheckName(const TarHeader& header);
  void Give(const TarHeader& header);
  bool FindBehindEnd();

  const std::shared_ptr<base::Source> source_;
  Visitor& visitor_;
  uint64_t at_ = 0;  // of the header in work
  Records global_;
  Records local_;
  std::optional<std::string> long_name_;
  std::optional<std::string> long_link_;
  std::set<std::string> names_;
  bool wanted_ = true;
};

std::optional<TarHeader> TarReader::ReadHeader(uint64_t at, bool* zeros) {
  const auto block = base::ReadSome(*source_, at, kTarBlock);
  if (!block || block->size() < kTarBlock) return std::nullopt;
  *zeros = IsZeros(*block);
  return DecodeTarHeader(*block);
}

bool TarReader::Run() {
  while (wanted_) {
    bool zeros = false;
    std::optional<TarHeader> header = ReadHeader(at_, &zeros);
    if (zeros) {
      if (!FindBehindEnd()) return true;
      continue;
    }
    if (!header) {
      // At the very end, only the blocks of zeros are missing; readers do not
      // mind.
      if (at_ < source_->size())
        Broken("header", "what stands where a header must be is none");
      return true;
    }
    CheckHeader(*header);
    if (!TakeAttributes(*header)) {
      ApplyPax(&*header);
      Give(*header);
    }
    const uint64_t left = source_->size() - at_ - kTarBlock;
    if (header->size > left) {
      Broken("cut-off", absl::StrCat("'", header->name, "' is cut off"));
      return true;
    }
    at_ += kTarBlock + std::min(Padded(header->size), left);
  }
  return true;
}

void TarReader::CheckHeader(const TarHeader& header) {
  if (header.odd_number)
    Ambiguous("header", "a size is written as no tar writes it");
  if (header.signed_checksum)
    Ambiguous("header", "the checksum is right for signed bytes only");
}

std::optional<std::string> TarReader::TakeText(const TarHeader& header) {
  if (header.size > kMostText) {
    Broken("text", "a long name or a set of attributes is too long");
    return std::nullopt;
  }
  const auto bytes = base::ReadSome(*source_, at_ + kTarBlock,
                                    static_cast<size_t>(header.size));
  if (!bytes) return std::nullopt;
  return std::string(bytes->begin(), bytes->end());
}

// Takes what is about the next member; false if `header` is a member.
bool TarReader::TakeAttributes(const TarHeader& header) {
  if (absl::string_view("LKxgX").find(header.type) == absl::string_view::npos)
    return false;
  std::optional<std::string> text = TakeText(header);
  if (!text) return true;
  if (header.type == 'L' || header.type == 'K') {
    text->resize(std::min(text->size(), text->find('\0')));
    (header.type == 'L' ? long_name_ : long_link_) = std::move(text);
    return true;
  }
  Records* const records = header.type == 'g' ? &global_ : &local_;
  if (!ParsePax(*text, records))
    Ambiguous("pax", "a set of pax attributes is malformed");
  return true;
}

// Puts long names and pax attributes in the place of the header's own.
void TarReader::ApplyPax(TarHeader* header) {
  if (long_name_) header->name = *std::move(long_name_);
  if (long_link_) header->link = *std::move(long_link_);
  long_name_.reset();
  long_link_.reset();
  Records records = std::move(local_);
  local_.clear();
  records.insert(global_.begin(), global_.end());
  if (global_.count("path") > 0 || global_.count("size") > 0)
    Ambiguous("pax", "a global attribute names or sizes all members");
  const auto take = [&records](const char* key) -> std::string* {
    const auto found = records.find(key);
    return found == records.end() ? nullptr : &found->second;
  };
  if (std::string* const name = take("path")) header->name = *name;
  if (std::string* const link = take("linkpath")) header->link = *link;
  if (std::string* const size = take("size")) {
    uint64_t value = 0;
    const bool digits =
        !size->empty() && std::all_of(size->begin(), size->end(), [](char c) {
          return c >= '0' && c <= '9';
        });
    if (!digits || !absl::SimpleAtoi(*size, &value)) {
      Ambiguous("pax", "a pax size is no number");
    } else {
      // Where the size fits its field, the two agree: readers of one or the
      // other see the same.
      if (header->size != value && value < uint64_t{1} << 33)
        Ambiguous("pax", "a pax size differs from the header's");
      header->size = value;
    }
  }
  for (const auto& [key, value] : records) {
    if (absl::StartsWith(key, "GNU.sparse.")) header->type = 'S';
  }
}

void TarReader::CheckName(const TarHeader& header) {
  absl::string_view trouble = NameTrouble(header.name);
  if (!trouble.empty()) {
    visitor_.Say(Code::kMemberName, trouble, at_,
                 absl::StrCat("a member is called '", header.name, "'"));
  }
  const bool link = header.type == '1' || header.type == '2';
  trouble = link ? NameTrouble(header.link) : "";
  if (!trouble.empty() && header.type == '2' && trouble == "parent")
    trouble = "link";
  if (!trouble.empty()) {
    visitor_.Say(
        Code::kMemberName, trouble, at_,
        absl::StrCat("'", header.name, "' is a link to '", header.link, "'"));
  }
  const bool folder = header.type == '5';
  if (!names_.insert(header.name).second && !folder) {
    Ambiguous("duplicate",
              absl::StrCat("there is another member '", header.name, "'"));
  }
}

void TarReader::Give(const TarHeader& header) {
  CheckName(header);
  Member member;
  member.name = header.name;
  member.size = header.size;
  const uint64_t data = at_ + kTarBlock;
  const bool file =
      header.type == '0' || header.type == '\0' || header.type == '7';
  const bool other =
      absl::string_view("123456").find(header.type) != absl::string_view::npos;
  if (header.type == 'S') {
    visitor_.Say(Code::kContainerUnread, "tar-sparse", at_,
                 absl::StrCat("'", header.name,
                              "' is a sparse file, which is not read: unpack "
                              "it and scan what comes out"));
    member.packing = "sparse";
  } else if (!file && !other) {
    // Readers take types that they do not know for files.
    visitor_.Say(Code::kArchiveBroken, "type", at_,
                 absl::StrCat("'", header.name, "' is of no known type"));
  }
  // Folders and links have no data; if there are some, somebody may read them.
  if (header.type != 'S' && header.size > 0 && header.size != UINT64_MAX) {
    member.offset = data;
    member.open = [part = base::Part(source_, data, header.size)](
                      const Remarks&) { return part; };
    if (other && header.type != '1') {
      Ambiguous("header",
                absl::StrCat("'", header.name, "' is no file and has a size"));
    }
  } else if (file) {
    member.open = [part = base::Part(source_, data, 0)](const Remarks&) {
      return part;
    };
  }
  if (header.size > source_->size() - data) member.offset.reset();
  wanted_ = visitor_.OnMember(std::move(member));
}

// Readers end at the first block of zeros, at two of them, or never. True if
// there is a member for those who never do; then it is next.
bool TarReader::FindBehindEnd() {
  const uint64_t end = std::min(source_->size(), at_ + kBehindEnd);
  for (uint64_t at = at_ + kTarBlock; at < end; at += kTarBlock) {
    const auto block = base::ReadSome(*source_, at, kTarBlock);
    if (!block || IsZeros(*block)) continue;
    if (DecodeTarHeader(*block)) {
      Ambiguous("behind-end",
                absl::StrCat("a member stands behind the end, at ", at));
      at_ = at;
      return true;
    }
    visitor_.Say(Code::kTrailingData, "behind-archive", at,
                 "something stands behind the end of the archive");
    return false;
  }
  return false;
}

}  // namespace

bool ReadTar(const Input& input, Visitor* visitor) {
  return DecodeTarHeader(input.head) && TarReader(input, visitor).Run();
}

}  // namespace picklebox::container
