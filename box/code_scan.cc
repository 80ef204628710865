#include "box/code_scan.h"

#include <bit>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "base/text.h"
#include "box/encoded_code.h"
#include "code/listing.h"
#include "code/pickled.h"
#include "code/summary.h"

namespace picklebox::box {
namespace {

static_assert(static_cast<int>(kReadsEnvironment) ==
                  static_cast<int>(code::kEnvironment) &&
              static_cast<int>(kDynamicCode) ==
                  static_cast<int>(code::kDynamic));
static_assert(static_cast<int>(CodeForm::kCode) ==
              static_cast<int>(code::How::kCode));

// Findings on one pickle; the rest is counted.
constexpr size_t kMostFindings = 20;
// Instructions that are summarized or listed, of all code of one pickle.
constexpr uint64_t kMostWork = 1 << 22;

class Teller {
 public:
  Teller(Shared* shared, uint32_t member, const code::Pickled& found,
         Notes* notes)
      : shared_(*shared), member_(member), found_(found), notes_(*notes) {}

  void Tell() {
    std::vector<CodeRecord> records;
    for (size_t i = 0; i < found_.functions.size(); ++i) {
      if (shared_.codes + records.size() >= kMaxCodes) break;
      records.push_back(RecordOf(i));
    }
    // What an inner one does, the outer one can do, too.
    for (size_t i = records.size(); i-- > 0;) {
      const size_t parent = found_.functions[i].parent;
      records[parent].code.doings |= records[i].code.doings;
    }
    size_t told = 0;
    size_t outer = 0;
    for (size_t i = 0; i < records.size(); ++i) {
      shared_.reply.Code(records[i]);
      if (!IsNews(i)) continue;
      ++outer;
      if (told >= kMostFindings) continue;
      ++told;
      notes_.Add(Code::kEmbeddedCode, records[i].code.offset,
                 Describe(records[i].code));
    }
    shared_.codes += records.size();
    const size_t left = found_.functions.size() - records.size();
    if (outer > told || left > 0) {
      notes_.Add(Code::kEmbeddedCode, 0,
                 absl::StrCat(
                     "and ", outer - told, " more functions",
                     left > 0 ? absl::StrCat("; ", left, " are not told at all")
                              : ""));
    }
    for (const uint64_t at : found_.unread) {
      notes_.Add(Code::kEmbeddedCode, at,
                 "marshal data that hold no code of a Python that is known, or "
                 "are not in the file",
                 "unread");
    }
    if (found_.cut) {
      notes_.Add(Code::kEmbeddedCode, 0, "there is more code than is looked at",
                 "cut");
    }
  }

  void List() {
    for (const code::Function& function : found_.functions) {
      if (shared_.reply.full()) return;
      const code::CodeObject& object = found_.store.code(function.code);
      const EmbeddedCode about = EmbeddedOf(function);
      const std::string path = shared_.members.Path(member_);
      shared_.reply.Text(absl::StrCat("# ", base::EscapeAscii(path),
                                      path.empty() ? "0x" : "@0x",
                                      absl::Hex(function.at), ": ",
                                      base::EscapeAscii(HeadOf(about)), "\n"));
      const int minor = Newest(object.versions);
      if (minor == 0) {
        shared_.reply.Text(
            "# its instructions are of no Python that is known\n\n");
        continue;
      }
      if (!Charge(object)) return;
      code::List(found_.store, object, minor, [this](absl::string_view lines) {
        shared_.reply.Text(lines);
        return !shared_.reply.full();
      });
      shared_.reply.Text("\n");
    }
  }

 private:
  // Whether code is to be told of: nothing allows it, and it is not within what
  // was told of.
  bool IsNews(size_t place) const {
    const size_t parent = found_.functions[place].parent;
    return !IsAllowed(place) && (parent == place || IsAllowed(parent));
  }

  // Marshal data have a digest, too, and are never allowed: the judge cannot
  // tell what is in them.
  bool IsAllowed(size_t place) const {
    const code::Function& function = found_.functions[place];
    const code::Store& store = found_.store;
    return !function.marshalled &&
           store.code(function.code).layout != code::Layout::kOther &&
           shared_.table.FindCode(store.digest(store.value_of(function.code)))
               .has_value();
  }

  static int Newest(code::Versions versions) {
    return versions == 0 ? 0 : 31 - std::countl_zero(versions);
  }

  // Whether there is work left for the instructions of `object`.
  bool Charge(const code::CodeObject& object) {
    const uint64_t cost = found_.store.TextOf(object.bytecode).size() / 2 +
                          found_.store.ItemsOf(object.consts).size() +
                          found_.store.ItemsOf(object.varnames).size() + 1;
    if (cost > work_) return false;
    work_ -= cost;
    return true;
  }

  // The first words of Describe, without what it does.
  static std::string HeadOf(const EmbeddedCode& code) {
    EmbeddedCode head = code;
    head.imports.clear();
    head.calls.clear();
    head.doings = 0;
    return Describe(head);
  }

  // What is said of a code object without going through its instructions.
  EmbeddedCode EmbeddedOf(const code::Function& function) const {
    const code::Store& store = found_.store;
    const code::CodeObject& object = store.code(function.code);
    EmbeddedCode embedded;
    embedded.offset = function.at;
    embedded.form = static_cast<CodeForm>(function.how);
    embedded.maker = function.maker;
    embedded.name = std::string(store.TextOf(object.name));
    embedded.qualname = std::string(store.TextOf(object.qualname));
    embedded.filename = std::string(store.TextOf(object.filename));
    embedded.first_line = object.first_line;
    embedded.layout = object.layout_note;
    embedded.marshalled = function.marshalled;
    embedded.versions = ListVersions(object.versions);
    if (object.layout != code::Layout::kOther)
      embedded.signature = code::Signature(store, object);
    return embedded;
  }

  CodeRecord RecordOf(size_t place) {
    const code::Function& function = found_.functions[place];
    const code::Store& store = found_.store;
    const code::CodeObject& object = store.code(function.code);
    CodeRecord record;
    record.member = member_;
    record.parent = static_cast<uint32_t>(shared_.codes + function.parent);
    record.versions = object.versions;
    record.code = EmbeddedOf(function);
    if (object.layout != code::Layout::kOther) {
      record.has_digest = true;
      record.digest = store.digest(store.value_of(function.code));
    }
    const int minor = Newest(object.versions);
    if (minor == 0 || !Charge(object)) return record;
    code::Summary summary = code::Summarize(store, object, minor);
    record.code.imports = std::move(summary.imports);
    record.code.globals = std::move(summary.globals);
    record.code.attributes = std::move(summary.attributes);
    record.code.calls = std::move(summary.calls);
    record.code.strings = std::move(summary.strings);
    record.code.doings = summary.doings;
    return record;
  }

  Shared& shared_;
  const uint32_t member_;
  const code::Pickled& found_;
  Notes& notes_;
  uint64_t work_ = kMostWork;
};

}  // namespace

void TellCode(Shared* shared, uint32_t member,
              const graph::GraphBuilder& builder, absl::string_view encoding,
              base::Window* in, Notes* notes) {
  bool makes_code = false;
  bool names_keras = false;
  for (const policy::JudgedGlobal& global : shared->judge.globals()) {
    makes_code =
        makes_code || code::MakesCode(global.raw_module, global.raw_qualname);
    names_keras = names_keras || absl::StrContains(global.raw_module, "keras");
  }
  uint64_t room = code::Store::kMostBytes;
  const code::ReadExtent read = [in, &room](const Extent& extent,
                                            std::string* to) {
    if (extent.stream != 0 || extent.length > room) return false;
    room -= extent.length;
    to->resize(extent.length);
    return in->ReadAt(extent.offset, reinterpret_cast<uint8_t*>(to->data()),
                      to->size());
  };
  const std::vector<code::EncodedCode> encoded =
      EncodedIn(builder, encoding, names_keras, read);
  if (!makes_code && encoded.empty()) return;
  room = code::Store::kMostBytes;
  code::Pickled found;
  code::FindCode(builder.source(), read, encoded, &found);
  Teller teller(shared, member, found, notes);
  if (shared->request.task == Task::kListCode) {
    teller.List();
  } else {
    teller.Tell();
  }
}

}  // namespace picklebox::box
