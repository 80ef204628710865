#include "box/vetting.h"

#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "box/archive_kind.h"
#include "box/model_archive.h"
#include "box/pickle_scan.h"
#include "box/walk.h"
#include "policy/checks/bytes_source.h"

namespace picklebox::box {
namespace {

// Of what is larger, the checksum is not compared: it is the bytes of an array.
constexpr uint64_t kVerified = 16 << 20;

// "GGUF model", and what there is to know about it.
std::string Recognised(const Format& format) {
  return absl::StrCat("recognised as ", format.name,
                      format.about.empty() ? "" : ": ", format.about);
}

// What is said of an item in which neither a container nor a pickle begins.
void NoteUnread(const Opened& opened, const PickleScan& scan, Notes* notes) {
  const Format& format = opened.head.format;
  const bool alone = opened.item.origin != Origin::kMember;
  if (format.nature == Nature::kHides ||
      (format.nature == Nature::kCode && !alone)) {
    // Also if it is a pickle as well: another reader takes it for the
    // container.
    notes->Add(Code::kContainerUnread, 0, Recognised(format));
  } else if (alone && scan.found() == 0) {
    notes->Add(
        Code::kNotPickle, 0,
        format.name.empty() ? "the content is no pickle" : Recognised(format));
  }
}

absl::string_view FormatName(const Opened& opened, const PickleScan& scan) {
  if (!scan.read_as().empty()) return scan.read_as();
  if (!opened.read_as.empty() && !scan.at_start()) return opened.read_as[0];
  if (scan.at_start()) return "pickle";
  if (!opened.head.format.name.empty()) return opened.head.format.name;
  return opened.head.text ? "text" : "unknown";
}

// Notices that a byte could not be read, whoever wanted it.
class WatchedSource final : public base::Source {
 public:
  explicit WatchedSource(std::shared_ptr<base::Source> file)
      : file_(std::move(file)) {}
  uint64_t size() const override { return file_->size(); }
  bool ReadAt(uint64_t offset, uint8_t* to, size_t n) override {
    const bool there = offset <= size() && n <= size() - offset;
    const bool read = there && file_->ReadAt(offset, to, n);
    failed_ = failed_ || (there && !read);
    return read;
  }
  std::optional<absl::Span<const uint8_t>> Memory() const override {
    return file_->Memory();
  }
  bool failed() const { return failed_; }

 private:
  const std::shared_ptr<base::Source> file_;
  bool failed_ = false;
};

// Reads what is in an item, and what lies in the file as it is.
class ItemBytes final : public policy::BytesSource {
 public:
  ItemBytes(const Shared& shared, base::Source* file, const Opened& opened)
      : members_(shared.members),
        file_(*file),
        item_(*opened.source),
        member_(opened.item.member) {}

  Reach reach(uint32_t stream) const override {
    if (OffsetOf(stream) != MemberRecord::kNowhere) return Reach::kBoth;
    return stream == 0 ? Reach::kWorker : Reach::kNobody;
  }
  bool is_worker() const override { return true; }
  bool Read(uint32_t stream, uint64_t offset, absl::Span<uint8_t> to) override {
    if (stream == 0) return item_.ReadAt(offset, to.data(), to.size());
    return file_.ReadAt(OffsetOf(stream) + offset, to.data(), to.size());
  }

 private:
  uint64_t OffsetOf(uint32_t stream) const {
    return members_[stream == 0 ? member_ : stream].offset;
  }

  const Members& members_;
  base::Source& file_;
  base::Source& item_;
  const uint32_t member_;
};

class Vetting {
 public:
  Vetting(Shared* shared, base::Source* file)
      : shared_(*shared), file_(*file) {}

  void LookAt(Opened& opened, Notes* notes) {
    const Item& item = opened.item;
    if (opened.source->size() == 0) {
      // Of a member, nothing: archives hold empty files.
      if (item.origin != Origin::kMember)
        notes->Add(Code::kEmpty, 0, "the file is empty");
      return;
    }
    ItemWindow window(&shared_, opened.source.get());
    if (!window.ok()) {
      notes->Add(Code::kLimitMemory, 0, "no memory to read it");
      return;
    }
    ItemBytes bytes(shared_, &file_, opened);
    shared_.judge.set_bytes(&bytes);
    PickleScan scan(&shared_, item, opened.head, &*window, notes);
    const bool all = opened.read_as.empty() &&
                     (item.origin != Origin::kMember || item.named_pickle);
    scan.Run(all ? Manner::kSearched : Manner::kBeginning);
    shared_.judge.set_bytes(nullptr);
    if (!all && (*window).failed())
      notes->Add(Code::kInputChanged, 0, "it cannot be read");
    if (opened.read_as.empty()) {
      LookIntoCode(shared_.members, item.member, *window, notes);
    } else {
      NoteModelArchive(shared_.members, item.member, notes);
    }
    if (opened.read_as.empty() && scan.read_as().empty()) {
      NoteUnread(opened, scan, notes);
    } else if (!opened.read_as.empty() &&
               (scan.at_start() || opened.read_as.size() > 1)) {
      notes->Add(Code::kPolyglot, 0,
                 absl::StrCat("read as ",
                              !scan.at_start()         ? ""
                              : scan.read_as().empty() ? "pickle"
                                                       : scan.read_as(),
                              scan.at_start() ? " and " : "",
                              absl::StrJoin(opened.read_as, " and ")));
    }
    if (item.verify && opened.source->size() <= kVerified &&
        (scan.found() > 0 || !opened.read_as.empty() ||
         !opened.head.format.name.empty() || opened.head.text)) {
      item.verify(
          [notes](container::Remark remark) { notes->Add(std::move(remark)); });
    }
    shared_.reply.Format(FormatName(opened, scan), item.member);
  }

  // After all items: what concerns the file as a whole.
  void Conclude() {
    Notes notes(&shared_, 0);
    if (shared_.streams > 0 || shared_.members.size() == 1) return;
    const absl::string_view kind = ArchiveKind(shared_.members, 0);
    notes.Add(Code::kNotPickle, 0,
              kind.empty() ? "there is no pickle in it"
                           : absl::StrCat("it is ", kind));
  }

 private:
  Shared& shared_;
  base::Source& file_;
};

}  // namespace

void Vet(Shared* shared, std::shared_ptr<base::Source> file) {
  Vetting vetting(shared, file.get());
  Walk(shared, std::move(file), shared->request.named_pickle,
       [&vetting](Opened& opened, Notes* notes) {
         vetting.LookAt(opened, notes);
         return true;
       });
  vetting.Conclude();
}

void ListCode(Shared* shared, std::shared_ptr<base::Source> file) {
  const std::string& member = shared->request.member;
  bool found = member.empty();
  Vetting vetting(shared, file.get());
  Walk(shared, std::move(file), true, [&](Opened& opened, Notes* notes) {
    const bool wanted =
        member.empty() || shared->members.Path(opened.item.member) == member;
    found = found || wanted;
    if (wanted) vetting.LookAt(opened, notes);
    return member.empty() || !wanted;
  });
  if (!found) {
    Notes notes(shared, 0);
    notes.Add(Code::kInputUnreadable, 0, "it has no such member");
  }
}

void Respond(const Request& request, const policy::PolicyTable& table,
             base::Memory& memory, std::shared_ptr<base::Source> file,
             ReplyWriter* reply) {
  Shared shared(request, table, memory, file->size(), reply);
  const auto watched = std::make_shared<WatchedSource>(std::move(file));
  switch (request.task) {
    case Task::kScan:
      Vet(&shared, watched);
      break;
    case Task::kDisassemble:
      Disassemble(&shared, watched);
      break;
    case Task::kRead:
      Read(&shared, watched);
      break;
    case Task::kListCode:
      ListCode(&shared, watched);
      break;
  }
  if (watched->failed() && !shared.said_changed) {
    Notes notes(&shared, 0);
    notes.Add(Code::kInputChanged, 0, "it cannot be read");
  }
  if (shared.findings_lost > 0) {
    Finding finding;
    finding.code = Code::kLimitFindings;
    finding.message = absl::StrCat(shared.findings_lost, " more findings");
    reply->Report(finding);
  }
}

}  // namespace picklebox::box
