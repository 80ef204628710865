#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "base/source.h"
#include "container/compressed.h"
#include "container/sevenzip.h"
#include "container/tar.h"
#include "container/zip.h"
#include "fuzz/bodies/bodies.h"
#include "fuzz/bodies/check.h"
#include "fuzz/bodies/input.h"

namespace picklebox::fuzz {
namespace {

using Reader = bool (*)(const container::Input& input,
                        container::Visitor* visitor);
constexpr Reader kReaders[] = {container::ReadZip, container::ReadTar,
                               container::ReadSevenZip,
                               container::ReadCompressed};
constexpr size_t kMostMembers = 200;

std::string Text(const container::Remark& remark) {
  return absl::StrCat(Info(remark.code).name, "/", remark.detail, "@",
                      remark.offset, ":", remark.message, "\n");
}

// Opens every member and writes all down.
class Recorder final : public container::Visitor {
 public:
  explicit Recorder(base::Source& whole) : whole_(whole) {}

  bool OnMember(container::Member member) override {
    absl::StrAppend(&record_, member.name, " ", member.size, " ",
                    member.packing, "\n");
    if (member.offset) {
      FUZZ_CHECK(*member.offset <= whole_.size(), record_);
      FUZZ_CHECK(member.size <= whole_.size() - *member.offset, record_);
    }
    if (member.open) Open(member);
    return ++members_ < kMostMembers;
  }
  void OnRemark(container::Remark remark) override { Note(std::move(remark)); }

  const std::string& record() const { return record_; }
  bool empty() const { return record_.empty(); }

 private:
  void Note(const container::Remark& remark) {
    FUZZ_CHECK(remark.offset <= whole_.size() ||
                   remark.code == Code::kArchiveAmbiguous ||
                   remark.code == Code::kArchiveBroken ||
                   remark.code == Code::kMemberName,
               Text(remark));
    record_ += Text(remark);
  }

  void Open(const container::Member& member) {
    const auto note = [this](container::Remark remark) {
      record_ += Text(remark);
    };
    const std::shared_ptr<base::Source> source = member.open(note);
    if (source == nullptr) return;
    const uint64_t size = source->size();
    absl::StrAppend(&record_, "opened ", size, "\n");
    if (member.offset) {
      FUZZ_CHECK(size >= member.size, "the bytes are there");
    }
    const auto all = base::ReadSome(*source, 0, static_cast<size_t>(size));
    FUZZ_CHECK(!all || all->size() == size, "all of it");
    if (all && member.offset) {
      const auto there = base::ReadSome(whole_, *member.offset,
                                        static_cast<size_t>(member.size));
      FUZZ_CHECK(
          there && std::equal(there->begin(), there->end(), all->begin()),
          "the bytes are where they are said to be");
    }
    uint8_t byte = 0;
    FUZZ_CHECK(!source->ReadAt(size, &byte, 1), "nothing behind the end");
    if (member.verify) member.verify(note);
  }

  base::Source& whole_;
  std::string record_;
  size_t members_ = 0;
};

Limits SmallLimits(bool little_memory) {
  Limits limits;
  limits.expanded = 4 << 20;
  // A quarter of it keeps bytes: some chunks, or enough.
  limits.memory = little_memory ? 1 << 20 : 64 << 20;
  return limits;
}

std::string Read(Reader reader, std::shared_ptr<base::Source> source,
                 const Limits& limits, bool* taken) {
  Recorder recorder(*source);
  container::Budget budget(limits, source->size());
  const auto head = base::ReadSome(*source, 0, container::Input::kHead);
  *taken = reader({source, *head, &budget, false}, &recorder);
  FUZZ_CHECK(*taken || recorder.empty(), "who does not take it says nothing");
  return recorder.record();
}

}  // namespace

void FuzzContainer(absl::Span<const uint8_t> input) {
  for (const Reader reader : kReaders) {
    bool taken = false;
    const Limits limits = SmallLimits(false);
    const std::string record =
        Read(reader, std::make_shared<base::SpanSource>(input), limits, &taken);
    if (!taken) continue;
    const std::string streamed =
        Read(reader, std::make_shared<ReadSource>(input), limits, &taken);
    FUZZ_CHECK(record == streamed,
               absl::StrCat("memory and stream\n", record, "---\n", streamed));
    Read(reader, std::make_shared<ReadSource>(input), SmallLimits(true),
         &taken);
  }
}

}  // namespace picklebox::fuzz
