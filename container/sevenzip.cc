#include "container/sevenzip.h"

#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <iconv.h>

#include <algorithm>
#include <cstring>
#include <memory>
#include <set>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "container/kept_source.h"
#include "container/names.h"

// No iconv in the worker: the C library's loads modules from files, for which
// there is no system call. libarchive asks for it to convert names and goes on
// without, by a conversion of its own. Here, so that it is linked with the only
// user.
extern "C" iconv_t iconv_open(const char*, const char*) {
  errno = EINVAL;
  // NOLINTNEXTLINE(performance-no-int-to-ptr): POSIX says that it returns this.
  return reinterpret_cast<iconv_t>(-1);
}

namespace picklebox::container {
namespace {

constexpr absl::string_view kMagic("7z\xbc\xaf\x27\x1c", 6);
constexpr size_t kBuffer = 64 << 10;

// The archive as the library reads it: forwards, with seeking.
struct Tape {
  explicit Tape(base::Source& bytes) : source(bytes) {}
  base::Source& source;
  uint64_t at = 0;
  uint8_t buffer[kBuffer];
};

la_ssize_t ReadTape(archive*, void* data, const void** buffer) {
  Tape& tape = *static_cast<Tape*>(data);
  const size_t n = static_cast<size_t>(
      std::min<uint64_t>(kBuffer, tape.source.size() - tape.at));
  if (!tape.source.ReadAt(tape.at, tape.buffer, n)) return ARCHIVE_FATAL;
  tape.at += n;
  *buffer = tape.buffer;
  return static_cast<la_ssize_t>(n);
}

la_int64_t SeekTape(archive*, void* data, la_int64_t offset, int whence) {
  Tape& tape = *static_cast<Tape*>(data);
  const uint64_t base = whence == SEEK_SET   ? 0
                        : whence == SEEK_CUR ? tape.at
                                             : tape.source.size();
  const uint64_t to = base + static_cast<uint64_t>(offset);
  if (to > tape.source.size()) return ARCHIVE_FATAL;
  tape.at = to;
  return static_cast<la_int64_t>(to);
}

struct Closer {
  void operator()(archive* a) const { archive_read_free(a); }
};

class SevenZipReader {
 public:
  SevenZipReader(const Input& input, Visitor* visitor)
      : input_(input), visitor_(*visitor) {}

  void Run() {
    const std::unique_ptr<archive, Closer> reader(archive_read_new());
    const auto tape = std::make_unique<Tape>(*input_.source);
    archive* const a = reader.get();
    if (a == nullptr) return Unread("there is no memory to read it");
    archive_read_support_format_7zip(a);
    archive_read_set_read_callback(a, ReadTape);
    archive_read_set_seek_callback(a, SeekTape);
    archive_read_set_callback_data(a, tape.get());
    if (archive_read_open1(a) != ARCHIVE_OK) return Unread(Why(a));
    archive_entry* entry = nullptr;
    for (;;) {
      const int result = archive_read_next_header(a, &entry);
      if (result == ARCHIVE_EOF) return;
      if (result < ARCHIVE_WARN) return Unread(Why(a));
      if (!Take(a, entry)) return;
    }
  }

 private:
  static std::string Why(archive* a) {
    const char* const why = archive_error_string(a);
    return why == nullptr ? "it cannot be read" : why;
  }
  void Unread(std::string why) {
    visitor_.Say(Code::kContainerUnread, "7z", 0, std::move(why));
  }

  void CheckName(const std::string& name) {
    if (const absl::string_view trouble = NameTrouble(name); !trouble.empty()) {
      visitor_.Say(Code::kMemberName, trouble, 0,
                   absl::StrCat("a member is called '", name, "'"));
    }
    if (!names_.insert(name).second) {
      visitor_.Say(Code::kArchiveAmbiguous, "duplicate", 0,
                   absl::StrCat("there is another member '", name, "'"));
    }
  }

  // Unpacks one member; false to end.
  bool Take(archive* a, archive_entry* entry) {
    const char* const path = archive_entry_pathname(entry);
    ++count_;
    Member member;
    member.name =
        path == nullptr ? absl::StrCat("(member ", count_, ")") : path;
    member.packing = "7z";
    CheckName(member.name);
    if (archive_entry_filetype(entry) != AE_IFREG)
      return visitor_.OnMember(std::move(member));
    auto content = std::make_shared<KeptSource>(input_.budget);
    if (!Unpack(a, member.name, content.get())) return false;
    member.size = content->size();
    member.open = [content](const Remarks&) { return content; };
    return visitor_.OnMember(std::move(member)) && !limited_;
  }

  // False: the rest of the archive cannot be read either.
  bool Unpack(archive* a, const std::string& name, KeptSource* content) {
    for (;;) {
      const void* block = nullptr;
      size_t size = 0;
      la_int64_t offset = 0;
      const int result = archive_read_data_block(a, &block, &size, &offset);
      if (result == ARCHIVE_EOF) return true;
      if (result < ARCHIVE_WARN) {
        Unread(absl::StrCat("'", name, "': ", Why(a)));
        return result != ARCHIVE_FATAL || content->size() > 0;
      }
      const uint64_t total = content->size() + size;
      const auto* const bytes = static_cast<const uint8_t*>(block);
      if (input_.budget->IsBomb(total, input_.source->size())) {
        visitor_.Say(
            Code::kLimitRatio, "", 0,
            absl::StrCat("'", name, "' has ", total, " bytes and more"));
      } else if (!input_.budget->Spend(size)) {
        visitor_.Say(Code::kLimitExpanded, "", 0,
                     absl::StrCat("'", name, "' is too much"));
      } else if (!content->Append({bytes, size})) {
        visitor_.Say(Code::kLimitMemory, "", 0,
                     absl::StrCat("there is no room for '", name, "'"));
      } else {
        continue;
      }
      limited_ = true;
      return true;
    }
  }

  const Input& input_;
  Visitor& visitor_;
  std::set<std::string> names_;
  uint64_t count_ = 0;
  bool limited_ = false;
};

}  // namespace

bool ReadSevenZip(const Input& input, Visitor* visitor) {
  if (input.head.size() < kMagic.size() ||
      std::memcmp(input.head.data(), kMagic.data(), kMagic.size()) != 0) {
    return false;
  }
  SevenZipReader(input, visitor).Run();
  return true;
}

}  // namespace picklebox::container
