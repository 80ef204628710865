#include "box/pickle_scan.h"

#include <algorithm>

#include "absl/algorithm/container.h"
#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "box/code_scan.h"
#include "container/npy.h"
#include "container/torch.h"
#include "policy/judge.h"

namespace picklebox::box {
namespace {

// Less room than this for a graph, and it is not begun.
constexpr size_t kSmallestGraph = 64;

// A text is rarely read this far when it is no pickle.
constexpr uint64_t kOpcodesByChance = 4;

// Pickles of no names in a row before one that does something.
constexpr int kHarmlessInFront = 64;

// Where no pickle ends, every place of this many bytes is tried as the start of
// one; behind that, only places that begin with PROTO.
constexpr uint64_t kTriedEverywhere = 64 << 10;
// What a search may cost: opcodes a byte of the input, and so many in any case.
constexpr uint64_t kSearchPerByte = 4;
constexpr uint64_t kSearchAtLeast = 1 << 20;

// What a pickle can do with a global beyond naming it.
constexpr Uses kActs = kCall | kNew | kBuild | kExtend;

// Where code is allowed by digest, all that it is of lies in the graph: texts
// and bytes of up to so many bytes.
constexpr uint64_t kLongestOfCode = 16 << 10;

vm::Options OptionsOf(const Shared& shared) {
  vm::Options options = MachineOptions(shared.request);
  if (shared.table.code_count() > 0) options.inline_text = kLongestOfCode;
  return options;
}

}  // namespace

vm::Options MachineOptions(const Request& request) {
  vm::Options options;
  options.compat = request.read.compat;
  options.fix_imports = request.read.fix_imports;
  options.encoding = vm::FindEncoding(request.read.encoding);
  options.on_error = vm::FindOnError(request.read.errors);
  options.buffers = request.read.buffers;
  options.limits = request.limits;
  return options;
}

PickleScan::PickleScan(Shared* shared, const Item& item, const Head& head,
                       base::Window* in, Notes* notes)
    : shared_(*shared),
      item_(item),
      head_(head),
      in_(*in),
      notes_(*notes),
      options_(OptionsOf(*shared)),
      builder_(shared->memory, shared->reply.GraphSpace(),
               in->size() * kNodesPerByte + 16, options_.limits.key,
               &shared->judge),
      loader_(shared, item, in, &builder_, notes),
      machine_(options_, shared->memory, in, &builder_, &notes->log()),
      log_at_start_(notes->log().mark()),
      search_left_(in->size() * kSearchPerByte + kSearchAtLeast) {
  machine_.set_loader(&loader_);
  SetCutOff(item.cut_off);
}

void PickleScan::Run(Manner manner) {
  Reach read;
  bool searching = false;  // `at` is not where a pickle must begin
  if (item_.tar_role == TarRole::kObject) ReadTar();
  if (item_.tar_role != TarRole::kNone) manner = Manner::kSearched;
  if (item_.tar_role == TarRole::kStorages ||
      item_.tar_role == TarRole::kTensors) {
    read.end = RunTarMember();
  } else if (BeginsWith(container::kNpyMagic)) {
    read = RunNpy();
  } else if (BeginsWith(container::kTorchMagic)) {
    read.end = RunTorch();
  } else if (manner == Manner::kBeginning && !BeginsCertainly()) {
    return;
  }
  uint64_t at = read.end;
  if (at > 0) {
    if (read.known && at < in_.size()) {
      notes_.Add(Code::kTrailingData, at,
                 absl::StrCat(in_.size() - at, " bytes follow the ", read_as_));
    }
    // No raw numbers: what follows is there for somebody to load.
    manner = Manner::kSearched;
    searching = true;
  }
  while (at < in_.size() && Room(at)) {
    if (searching) {
      if (manner == Manner::kBeginning) break;
      at = Search(at);
      if (at == in_.size()) break;
    }
    const vm::Outcome outcome = Execute(at);
    if (at == 0 && manner == Manner::kSearched && !IsPickle(outcome)) {
      // Nothing says that what was read was meant to be: search all of it.
      unknown_ = true;
      notes_.log().Forget(log_at_start_);
      searching = true;
      at = 1;
      continue;
    }
    Keep(outcome);
    if (loader_.joblib() && found_ == 1) read_as_ = "joblib model";
    ReadPlainly(outcome.begin, loader_.plain_from());
    searching = !outcome.stopped;
    at = outcome.stopped ? outcome.end : std::max(outcome.end, at + 1);
    if (outcome.stopped && at < in_.size() && !Begins(at)) {
      // Said once, of what does not begin with a pickle at the end.
      if (!unknown_) {
        notes_.Add(Code::kTrailingData, at,
                   absl::StrCat(in_.size() - at, " bytes follow the pickle"));
      }
      searching = true;
    }
  }
  if (unknown_ && found_ > 0) {
    notes_.Add(Code::kTrailingData, 0, "a pickle stands behind something else");
  }
  if (found_ > 1 && read_as_.empty()) {
    notes_.Add(Code::kSeveralPickles, 0, absl::StrCat(found_, " pickles"));
  }
}

// Whether another pickle can be told.
bool PickleScan::Room(uint64_t at) {
  if (shared_.streams == shared_.request.limits.streams) {
    notes_.Add(Code::kLimitStreams, at,
               absl::StrCat("after ", shared_.streams, " pickles"));
    return false;
  }
  if (shared_.reply.GraphSpace().size() < kSmallestGraph) {
    notes_.Add(
        Code::kLimitResult, at,
        absl::StrCat("no room for more after ", shared_.streams, " pickles"));
    return false;
  }
  return true;
}

vm::Outcome PickleScan::Execute(uint64_t at) {
  log_before_ = notes_.log().mark();
  in_.Seek(at);
  builder_.Restart(shared_.reply.GraphSpace());
  loader_.Restart();
  vm::Outcome outcome = machine_.Run();
  outcome.opcodes += loader_.opcodes();
  return outcome;
}

bool PickleScan::Truncated() const {
  const std::vector<Finding>& findings = notes_.log().findings();
  return findings.size() > log_before_.size &&
         findings.back().code == Code::kTruncated;
}

void PickleScan::SetCutOff(bool cut_off) {
  cut_off_ = cut_off;
  shared_.judge.set_cut_off(cut_off);
}

void PickleScan::Forget() { notes_.log().Forget(log_before_); }

void PickleScan::Keep(const vm::Outcome& outcome) {
  StreamRecord stream;
  stream.member = item_.member;
  stream.stopped = outcome.stopped;
  stream.cut_off = cut_off_;
  stream.protocol = static_cast<uint8_t>(outcome.protocol);
  stream.root = outcome.root;
  stream.begin = outcome.begin;
  stream.end = outcome.end;
  stream.opcodes = outcome.opcodes;
  stream.nodes = builder_.size();
  stream.denials = shared_.judge.denials();
  stream.encoding =
      shared_.reply.GraphSpace().subspan(0, builder_.encoded_size());
  shared_.reply.Stream(stream);
  shared_.judge.Commit();
  for (const Finding& finding : shared_.judge.alone_findings())
    notes_.log().Add(finding);
  ++shared_.streams;
  ++found_;
  TellCode(&shared_, item_.member, builder_,
           {reinterpret_cast<const char*>(stream.encoding.data()),
            stream.encoding.size()},
           &in_, &notes_);
}

// Something was named in the pickle that was executed last, and all names
// look like those of a module and an attribute.
bool PickleScan::HasPlausibleGlobals() const {
  const auto plain = [](char c) {
    return static_cast<uint8_t>(c) >= 0x80 || absl::ascii_isalnum(c) ||
           absl::StrContains("_.-<>", c);
  };
  const auto& globals = shared_.judge.globals();
  return !globals.empty() &&
         absl::c_all_of(globals, [&](const policy::JudgedGlobal& global) {
           return absl::c_all_of(global.raw_module, plain) &&
                  absl::c_all_of(global.raw_qualname, plain);
         });
}

// It did one of `acts` with a global.
bool PickleScan::Does(Uses acts) const {
  return HasPlausibleGlobals() &&
         absl::c_any_of(shared_.judge.globals(),
                        [acts](const policy::JudgedGlobal& global) {
                          return (global.uses & acts) != 0;
                        });
}

// Whether the start of the item, which was just executed, is a pickle, if a
// broken one. It is if it begins with PROTO, does something, or is whole.
// Else a known format says no and a name says yes; and of what is left, a
// text is none if it is read by chance: a few opcodes, and no pickle behind.
bool PickleScan::IsPickle(const vm::Outcome& outcome) {
  if ((!head_.bytes.empty() && head_.bytes[0] == 0x80) || Does(kActs))
    return true;
  if (outcome.stopped && outcome.end == in_.size()) return true;
  if (!head_.format.name.empty()) return outcome.stopped;
  if (item_.named_pickle) return true;
  if (!head_.text || outcome.opcodes >= kOpcodesByChance)
    return outcome.end > 0;
  if (!outcome.stopped || !Begins(outcome.end)) return false;
  notes_.log().Forget(log_at_start_);
  Execute(0);  // what is to be kept
  return true;
}

// Whether what was just executed is no chance of raw numbers or of another
// format's first bytes: it does something with a global, begins with PROTO and
// a version that there is and goes on for a while, or is all of the item.
bool PickleScan::IsCertain(const vm::Outcome& outcome) const {
  if (Does(kActs | kReference)) return true;
  if (outcome.stopped && outcome.end == in_.size()) return true;
  return outcome.begin == 0 && head_.bytes.size() > 1 &&
         head_.bytes[0] == 0x80 && head_.bytes[1] >= 2 && head_.bytes[1] <= 5 &&
         outcome.opcodes > kOpcodesByChance;
}

// Whether the item begins with what is certainly a pickle, perhaps behind some
// that name nothing, which raw bytes may hold by chance: None is `N.`.
bool PickleScan::BeginsCertainly() {
  if (head_.bytes.empty() || vm::FindOpcode(head_.bytes[0]) == nullptr)
    return false;
  uint64_t at = 0;
  for (int tried = 0; tried < kHarmlessInFront && at < in_.size(); ++tried) {
    const vm::Outcome outcome = Execute(at);
    Forget();
    if (IsCertain(outcome)) return true;
    if (!outcome.stopped) return false;
    at = outcome.end;
  }
  return at < in_.size();
}

// Whether a pickle certainly begins at `at`: with PROTO, or so that it runs
// to its end.
bool PickleScan::Begins(uint64_t at) {
  in_.Seek(at);
  if (in_.Need(1) && *in_.p == 0x80) return true;
  const vm::Outcome outcome = Execute(at);
  Forget();
  Charge(outcome);
  return outcome.stopped;
}

void PickleScan::Charge(const vm::Outcome& outcome) {
  const uint64_t cost = outcome.opcodes + 1;
  search_left_ = search_left_ > cost ? search_left_ - cost : 0;
}

// The next place from `from` on where a pickle begins that matters: it runs
// to its end and begins with PROTO, or it calls something. The size of the
// input if there is none, or if the search costs too much.
uint64_t PickleScan::Search(uint64_t from) {
  uint64_t at = from;
  for (; at < in_.size() && search_left_ > 0; ++at) {
    in_.Seek(at);
    if (!in_.Need(1)) break;
    if (at - from >= kTriedEverywhere) {
      const size_t ahead = in_.Find(0x80);
      if (ahead == base::Window::kNone) return in_.size();
      at += ahead;
      in_.Seek(at);
      if (!in_.Need(1)) break;
    }
    const bool proto = *in_.p == 0x80;
    if (vm::FindOpcode(*in_.p) == nullptr) continue;
    const vm::Outcome outcome = Execute(at);
    Forget();
    Charge(outcome);
    // Lists of words name globals and set their state; they call nothing.
    if (Does(head_.text ? kCall | kNew : kActs)) return at;
    if (outcome.stopped && proto) return at;
  }
  return in_.size();
}

}  // namespace picklebox::box
