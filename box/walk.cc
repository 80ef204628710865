#include "box/walk.h"

#include <algorithm>
#include <map>
#include <optional>
#include <string>
#include <utility>

#include "absl/algorithm/container.h"
#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "box/file_names.h"
#include "container/compressed.h"
#include "container/sevenzip.h"
#include "container/tar.h"
#include "container/zip.h"

namespace picklebox::box {
namespace {

// True if `source` is of the reader's format: then its members were given to
// the visitor, as many as there are and the visitor wanted.
using Reader = bool (*)(const container::Input& input,
                        container::Visitor* visitor);

struct Row {
  absl::string_view format;
  Reader reader;
  Origin origin;  // of what it finds
};

constexpr absl::string_view kTar = "tar archive";
constexpr Row kReaders[] = {
    {"zip archive", container::ReadZip, Origin::kMember},
    {kTar, container::ReadTar, Origin::kMember},
    {"7z archive", container::ReadSevenZip, Origin::kMember},
    {"compressed data", container::ReadCompressed, Origin::kUnpacked},
};

// Puts the members of one item into the queue.
class Collector final : public container::Visitor {
 public:
  Collector(Shared* shared, const Item& parent, Notes* notes)
      : shared_(*shared), parent_(parent), notes_(*notes) {}

  void set_origin(Origin origin) { origin_ = origin; }

  bool OnMember(container::Member member) override {
    if (shared_.members.size() > shared_.request.limits.members) {
      notes_.Add(Code::kLimitMembers, 0,
                 absl::StrCat("after ", shared_.members.size() - 1,
                              " members of archives"));
      return false;
    }
    const TarRole role = TarRoleOf(member.name);
    if (role != TarRole::kNone && member.offset)
      places_[role] = {*member.offset, member.size};
    const uint64_t base = shared_.members[parent_.member].offset;
    MemberRecord record;
    record.parent = parent_.member;
    record.size = member.size;
    if (member.offset && base != MemberRecord::kNowhere)
      record.offset = base + *member.offset;
    record.packing = std::string(member.packing);
    record.name = std::move(member.name);
    if (record.name.size() > kMaxMemberName) {
      notes_.Add(Code::kLimitName, 0,
                 absl::StrCat("the name of a member has ", record.name.size(),
                              " bytes"));
    }
    Item item;
    item.member = shared_.members.Add(std::move(record));
    item.origin = origin_;
    item.depth = parent_.depth + 1;
    item.cut_off = member.cut_off;
    item.tar_role = role;
    item.named_pickle = NamesPickle(shared_.members[item.member].name) ||
                        (origin_ == Origin::kUnpacked && parent_.named_pickle);
    item.open = std::move(member.open);
    item.verify = std::move(member.verify);
    if (item.open) items_.push_back(std::move(item));
    return true;
  }
  void OnRemark(container::Remark remark) override {
    notes_.Add(std::move(remark));
  }

  // If `tar` is of PyTorch's tar form, its object is given the other members;
  // else no item has a role.
  void FindTorchTar(const std::shared_ptr<base::Source>& tar) {
    std::shared_ptr<TarParts> parts;
    if (tar != nullptr && places_.size() == kTarRoles) {
      const auto [storages, storages_size] = places_[TarRole::kStorages];
      const auto [tensors, tensors_size] = places_[TarRole::kTensors];
      parts = std::make_shared<TarParts>();
      parts->storages = base::Part(tar, storages, storages_size);
      parts->tensors = base::Part(tar, tensors, tensors_size);
    }
    for (Item& item : items_) {
      if (parts == nullptr) item.tar_role = TarRole::kNone;
      if (item.tar_role == TarRole::kStorages)
        parts->storages_member = item.member;
    }
    for (Item& item : items_) {
      if (item.tar_role != TarRole::kObject) continue;
      item.tar_parts = parts;
      item.named_pickle = true;
    }
  }

  std::vector<Item> Take() { return std::move(items_); }

 private:
  Shared& shared_;
  const Item& parent_;
  Notes& notes_;
  Origin origin_ = Origin::kMember;
  std::vector<Item> items_;
  // Of the members that PyTorch's tar form has: offset and size.
  std::map<TarRole, std::pair<uint64_t, uint64_t>> places_;
};

Head ReadHead(base::Source& source, bool is_member) {
  Head head;
  head.bytes =
      base::ReadSome(source, 0, kHead).value_or(std::vector<uint8_t>());
  head.format = Recognise(head.bytes);
  if (is_member && head.format.vague) head.format = {};
  head.text = LooksLikeText(head.bytes);
  return head;
}

// Reads `opened` as each container that it can be; true if there is something
// in it that is too deep.
std::vector<Item> ReadContainers(Shared* shared, Opened* opened, Notes* notes) {
  Collector collector(shared, opened->item, notes);
  const container::Input input = {opened->source, opened->head.bytes,
                                  &shared->budget,
                                  opened->item.origin == Origin::kMember};
  for (const Row& row : kReaders) {
    collector.set_origin(row.origin);
    if (!row.reader(input, &collector)) continue;
    // Of compressed data, the head tells which they are.
    const absl::string_view known = opened->head.format.name;
    opened->read_as.push_back(
        row.origin == Origin::kUnpacked && !known.empty() ? known : row.format);
  }
  collector.FindTorchTar(
      absl::c_linear_search(opened->read_as, kTar) ? opened->source : nullptr);
  std::vector<Item> items = collector.Take();
  if (!items.empty() && items.front().depth > shared->request.limits.depth) {
    notes->Add(Code::kLimitDepth, 0,
               absl::StrCat("what is in it lies ", items.front().depth,
                            " containers deep"));
    items.clear();
  }
  return items;
}

// Whether an item of the path `at` is `member` or holds it.
bool LeadsTo(absl::string_view at, absl::string_view member) {
  return at.empty() || at == member ||
         absl::StartsWith(member, absl::StrCat(at, "!"));
}

// `only`: a path; what does not lead to it is left alone.
void WalkAll(Shared* shared, std::shared_ptr<base::Source> file,
             bool named_pickle, std::optional<absl::string_view> only,
             const Look& look) {
  std::vector<Item> queue(1);
  queue.back().named_pickle = named_pickle;
  queue.back().open = [&file](const container::Remarks&) { return file; };
  while (!queue.empty()) {
    const Item item = std::move(queue.back());
    queue.pop_back();
    if (only && !LeadsTo(shared->members.Path(item.member), *only)) continue;
    Notes notes(shared, item.member);
    Opened opened{item, nullptr, {}, {}};
    opened.source = item.open(
        [&notes](container::Remark remark) { notes.Add(std::move(remark)); });
    if (opened.source == nullptr) continue;
    opened.head = ReadHead(*opened.source, item.origin == Origin::kMember);
    std::vector<Item> items = ReadContainers(shared, &opened, &notes);
    const size_t mark = shared->memory.Mark();
    const bool more = look(opened, &notes);
    shared->memory.Release(mark);
    if (!more) return;
    for (; !items.empty(); items.pop_back())
      queue.push_back(std::move(items.back()));
  }
}

}  // namespace

void Walk(Shared* shared, std::shared_ptr<base::Source> file, bool named_pickle,
          const Look& look) {
  WalkAll(shared, std::move(file), named_pickle, std::nullopt, look);
}

void WalkTo(Shared* shared, std::shared_ptr<base::Source> file,
            absl::string_view member, const Look& look) {
  WalkAll(shared, std::move(file), false, member, look);
}

ItemWindow::ItemWindow(Shared* shared, base::Source* source) {
  if (const auto bytes = source->Memory()) {
    window_ = std::make_unique<base::Window>(*bytes);
    return;
  }
  // A line of the input must fit; most of the buffer is never touched.
  const size_t room = static_cast<size_t>(std::max<uint64_t>(
      base::Window::kChunk,
      std::min(source->size(), shared->request.limits.memory / 4)));
  auto* const buffer = static_cast<uint8_t*>(shared->memory.Reserve(room));
  if (buffer != nullptr)
    window_ = std::make_unique<base::Window>(source, buffer, room);
}

}  // namespace picklebox::box
