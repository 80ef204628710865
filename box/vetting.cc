#include "box/vetting.h"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "absl/algorithm/container.h"
#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "box/format.h"
#include "box/judging.h"
#include "graph/builder.h"
#include "policy/judge.h"
#include "report/finding_log.h"
#include "vm/disassembler.h"
#include "vm/machine.h"

namespace picklebox::box {
namespace {

constexpr size_t kHead = 512;
// Less room than this for a graph, and it is not begun.
constexpr size_t kSmallestGraph = 64;
// Nodes an input byte can make: LIST makes a list and what fills it.
constexpr uint64_t kNodesPerByte = 2;

// A text is rarely read this far when it is no pickle.
constexpr uint64_t kOpcodesByChance = 4;

// Where no pickle ends, every place of this many bytes is tried as the start of
// one; behind that, only places that begin with PROTO.
constexpr uint64_t kTriedEverywhere = 64 << 10;
// What a search may cost: opcodes a byte of the input, and so many in any case.
constexpr uint64_t kSearchPerByte = 4;
constexpr uint64_t kSearchAtLeast = 1 << 20;

// What a pickle can do with a global beyond naming it.
constexpr Uses kActs = kCall | kNew | kBuild | kExtend;

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

class Vetting {
 public:
  Vetting(const Request& request, const policy::PolicyTable& table,
          base::Memory& memory, base::Window& in, ReplyWriter* reply)
      : request_(request),
        options_(MachineOptions(request)),
        in_(in),
        reply_(*reply),
        log_(request.limits.findings),
        judge_(table, JudgingOptions(request.read, request.limits)),
        builder_(memory, reply->GraphSpace(), in.size() * kNodesPerByte + 16,
                 request.limits.key, &judge_),
        machine_(options_, memory, &in, &builder_, &log_),
        search_left_(in.size() * kSearchPerByte + kSearchAtLeast) {}

  void Run() {
    if (in_.size() == 0) {
      Note(Code::kEmpty, 0, "the file is empty");
      return Finish();
    }
    ReadHead();
    uint64_t at = 0;
    bool searching = false;  // `at` is not where a pickle must begin
    while (at < in_.size()) {
      if (streams_ == request_.limits.streams) {
        Note(Code::kLimitStreams, at,
             absl::StrCat("after ", streams_, " pickles"));
        break;
      }
      if (reply_.GraphSpace().size() < kSmallestGraph) {
        Note(Code::kLimitResult, at,
             absl::StrCat("no room for more after ", streams_, " pickles"));
        break;
      }
      if (searching) {
        at = Search(at);
        if (at == in_.size()) break;
      }
      const vm::Outcome outcome = Execute(at);
      if (at == 0 && !IsPickle(outcome)) {
        // Nothing says that what was read was meant to be: search all of it.
        unknown_ = true;
        log_.Forget({});
        searching = true;
        at = 1;
        continue;
      }
      Keep(outcome);
      searching = !outcome.stopped;
      at = outcome.stopped ? outcome.end : std::max(outcome.end, at + 1);
      if (outcome.stopped && at < in_.size() && !Begins(at)) {
        // Said once, of files that do not begin with a pickle at the end.
        if (!unknown_) {
          Note(Code::kTrailingData, at,
               absl::StrCat(in_.size() - at, " bytes follow the pickle"));
        }
        searching = true;
      }
    }
    Conclude();
    Finish();
  }

 private:
  void ReadHead() {
    const size_t size =
        static_cast<size_t>(std::min<uint64_t>(kHead, in_.size()));
    if (in_.Need(size)) head_.assign(in_.p, in_.p + size);
    format_ = Recognise(head_);
    text_ = LooksLikeText(head_);
  }

  vm::Outcome Execute(uint64_t at) {
    log_before_ = log_.mark();
    in_.Seek(at);
    builder_.Restart(reply_.GraphSpace());
    return machine_.Run();
  }

  void Forget() { log_.Forget(log_before_); }

  void Keep(const vm::Outcome& outcome) {
    StreamRecord stream;
    stream.stopped = outcome.stopped;
    stream.protocol = static_cast<uint8_t>(outcome.protocol);
    stream.root = outcome.root;
    stream.begin = outcome.begin;
    stream.end = outcome.end;
    stream.opcodes = outcome.opcodes;
    stream.nodes = builder_.size();
    stream.denials = judge_.denials();
    stream.encoding = reply_.GraphSpace().subspan(0, builder_.encoded_size());
    reply_.Stream(stream);
    ++streams_;
  }

  // Something was named in the pickle that was executed last, and all names
  // look like those of a module and an attribute.
  bool HasPlausibleGlobals() const {
    const auto plain = [](char c) {
      return static_cast<uint8_t>(c) >= 0x80 || absl::ascii_isalnum(c) ||
             absl::StrContains("_.-<>", c);
    };
    const auto& globals = judge_.globals();
    return !globals.empty() &&
           absl::c_all_of(globals, [&](const policy::JudgedGlobal& global) {
             return absl::c_all_of(global.raw_module, plain) &&
                    absl::c_all_of(global.raw_qualname, plain);
           });
  }
  // It did one of `acts` with a global.
  bool Does(Uses acts) const {
    return HasPlausibleGlobals() &&
           absl::c_any_of(judge_.globals(),
                          [acts](const policy::JudgedGlobal& global) {
                            return (global.uses & acts) != 0;
                          });
  }

  // Whether the start of the file, which was just executed, is a pickle, if a
  // broken one. It is if it begins with PROTO, does something, or is whole.
  // Else a known format says no and a name says yes; and of what is left, a
  // text is none if it is read by chance: a few opcodes, and no pickle behind.
  bool IsPickle(const vm::Outcome& outcome) {
    if ((!head_.empty() && head_[0] == 0x80) || Does(kActs)) return true;
    if (outcome.stopped && outcome.end == in_.size()) return true;
    if (!format_.name.empty()) return outcome.stopped;
    if (request_.named_pickle) return true;
    if (!text_ || outcome.opcodes >= kOpcodesByChance) return outcome.end > 0;
    if (!outcome.stopped || !Begins(outcome.end)) return false;
    log_.Forget({});
    Execute(0);  // what is to be kept
    return true;
  }

  // Whether a pickle certainly begins at `at`: with PROTO, or so that it runs
  // to its end.
  bool Begins(uint64_t at) {
    in_.Seek(at);
    if (in_.Need(1) && *in_.p == 0x80) return true;
    const vm::Outcome outcome = Execute(at);
    Forget();
    Charge(outcome);
    return outcome.stopped;
  }

  void Charge(const vm::Outcome& outcome) {
    const uint64_t cost = outcome.opcodes + 1;
    search_left_ = search_left_ > cost ? search_left_ - cost : 0;
  }

  // The next place from `from` on where a pickle begins that matters: it runs
  // to its end and begins with PROTO, or it calls something. The size of the
  // input if there is none, or if the search costs too much.
  uint64_t Search(uint64_t from) {
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
      if (Does(text_ ? kCall | kNew : kActs)) return at;
      if (outcome.stopped && proto) return at;
    }
    return in_.size();
  }

  void Note(Code code, uint64_t offset, std::string message) {
    Finding finding;
    finding.code = code;
    finding.offset = offset;
    finding.message = std::move(message);
    log_.Add(std::move(finding));
  }

  void Conclude() {
    // Also if it is a pickle as well: another reader takes it for the
    // container.
    if (format_.carries_pickles) {
      Note(Code::kContainerUnread, 0,
           absl::StrCat("recognised as ", format_.name));
    } else if (unknown_ && streams_ == 0) {
      Note(Code::kNotPickle, 0,
           format_.name.empty() ? "the content is no pickle"
                                : absl::StrCat("recognised as ", format_.name));
    } else if (unknown_) {
      Note(Code::kTrailingData, 0, "a pickle stands behind something else");
    }
    if (streams_ > 1)
      Note(Code::kSeveralPickles, 0, absl::StrCat(streams_, " pickles"));
    reply_.Format(FormatName());
  }

  absl::string_view FormatName() const {
    if (!unknown_) return "pickle";
    if (!format_.name.empty()) return format_.name;
    return text_ ? "text" : "unknown";
  }

  void Finish() {
    for (const Finding& finding : log_.findings()) reply_.Report(finding);
    if (log_.dropped() > 0) {
      Finding finding;
      finding.code = Code::kLimitFindings;
      finding.message = absl::StrCat(log_.dropped(), " more findings");
      reply_.Report(finding);
    }
  }

  const Request& request_;
  const vm::Options options_;
  base::Window& in_;
  ReplyWriter& reply_;
  report::FindingLog log_;
  policy::Judge judge_;
  graph::GraphBuilder builder_;
  vm::Machine machine_;

  std::vector<uint8_t> head_;
  Format format_;
  bool text_ = false;
  bool unknown_ = false;  // the file does not begin with a pickle
  uint64_t streams_ = 0;
  report::FindingLog::Mark log_before_;
  uint64_t search_left_;
};

}  // namespace

void Vet(const Request& request, const policy::PolicyTable& table,
         base::Memory& memory, base::Window& in, ReplyWriter* reply) {
  Vetting(request, table, memory, in, reply).Run();
}

void Disassemble(const Request& request, base::Memory& memory, base::Window& in,
                 ReplyWriter* reply) {
  const vm::Options options = MachineOptions(request);
  // The graph is needed for the kinds of values only.
  const size_t space = static_cast<size_t>(in.size() * 8 + (1 << 16));
  uint8_t* const scratch = static_cast<uint8_t*>(memory.Reserve(space));
  if (scratch == nullptr) return;
  const absl::Span<uint8_t> graph_space(scratch, space);
  report::FindingLog log(request.limits.findings);
  graph::GraphBuilder builder(memory, graph_space,
                              in.size() * kNodesPerByte + 16,
                              request.limits.key, nullptr);
  const auto line = [reply](absl::string_view text) { reply->Text(text); };
  vm::Disassembler disassembler(line);
  vm::Machine machine(options, memory, &in, &builder, &log, &disassembler);
  for (uint64_t at = 0; at < in.size() && !reply->full();) {
    in.Seek(at);
    builder.Restart(graph_space);
    if (at > 0) reply->Text(absl::StrCat("another pickle, at ", at, "\n"));
    const vm::Outcome outcome = machine.Run();
    disassembler.Finish();
    at = outcome.end;
    if (!outcome.stopped) break;
  }
  for (const Finding& finding : log.findings()) reply->Report(finding);
}

}  // namespace picklebox::box
