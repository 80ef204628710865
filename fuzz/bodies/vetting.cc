#include "box/vetting.h"

#include <algorithm>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "base/memory.h"
#include "box/examination.h"
#include "box/file_names.h"
#include "fuzz/bodies/bodies.h"
#include "fuzz/bodies/check.h"
#include "fuzz/bodies/input.h"

namespace picklebox::fuzz {
namespace {

constexpr const char* kEncodings[] = {"ASCII", "latin1", "bytes",
                                      "utf-8", "utf-16", "unknown"};
constexpr const char* kErrors[] = {"strict", "replace", "surrogateescape",
                                   "unknown"};

struct Setup {
  box::Request request;
  size_t capacity = 1 << 20;
};

Setup ReadSetup(Options in) {
  Setup setup;
  ReadOptions& read = setup.request.read;
  Limits& limits = setup.request.limits;
  const uint8_t flags = in.Byte();
  read.compat = in.Flag(flags, 0);
  read.fix_imports = !in.Flag(flags, 1);
  setup.request.named_pickle = in.Flag(flags, 2);
  read.persistent_ids = in.Flag(flags, 3);
  if (in.Flag(flags, 4)) read.extensions = {{1, "builtins:range"}, {240, ""}};
  if (in.Flag(flags, 5)) setup.capacity = box::kSmallestReply;
  read.encoding = kEncodings[in.Byte() % std::size(kEncodings)];
  read.errors = kErrors[in.Byte() % std::size(kErrors)];
  read.buffers = in.Byte() % 4;
  const uint8_t limited = in.Byte();
  if (in.Flag(limited, 0)) limits.findings = limited / 4;
  if (in.Flag(limited, 1)) limits.streams = 1 + limited / 4;
  return setup;
}

std::vector<uint8_t> Vet(const Setup& setup,
                         std::shared_ptr<base::Source> file) {
  base::HeapMemory memory;
  // Not a vector, which would write a megabyte of zeros for each small reply.
  const std::unique_ptr<uint8_t[]> region(new uint8_t[setup.capacity]);
  box::ReplyWriter reply(absl::MakeSpan(region.get(), setup.capacity));
  box::Respond(setup.request, DefaultTable(), memory, std::move(file), &reply);
  return {region.get(), region.get() + reply.Finish()};
}

bool Has(const FileReport& report, Code code) {
  return std::any_of(report.findings.begin(), report.findings.end(),
                     [code](const Finding& f) { return f.code == code; });
}

std::string Describe(const FileReport& report) {
  std::string text = absl::StrCat(VerdictName(report.verdict), ", ",
                                  report.streams.size(), " streams");
  for (const Finding& f : report.findings) {
    absl::StrAppend(&text, "; ", Info(f.code).name, " ", f.detail, " @",
                    f.offset, " ", f.message);
  }
  return text;
}

// What the parent makes of a reply about `file`.
FileReport Examine(const Setup& setup, std::vector<uint8_t> bytes,
                   absl::Span<const uint8_t> file) {
  const auto owner =
      std::make_shared<const std::vector<uint8_t>>(std::move(bytes));
  Scan scan;
  scan.report.size = file.size();
  const auto source = std::make_shared<base::SpanSource>(file);
  const auto read = [source](uint64_t offset, absl::Span<uint8_t> to) {
    return source->ReadAt(offset, to.data(), to.size());
  };
  box::Examine({.bytes = *owner,
                .owner = owner,
                .input_size = file.size(),
                .read = read},
               DefaultTable(), setup.request.read, setup.request.limits, &scan);
  box::DrawVerdict(&scan.report);
  FUZZ_CHECK(scan.graphs.size() == scan.report.streams.size(),
             Describe(scan.report));
  return std::move(scan.report);
}

void CheckReport(const FileReport& report) {
  const std::string text = Describe(report);
  FUZZ_CHECK(!Has(report, Code::kResultRejected), text);
  FUZZ_CHECK(!Has(report, Code::kResultMismatch), text);
  FUZZ_CHECK(report.streams.size() > 0 || report.verdict != Verdict::kClean,
             text);
  std::map<std::string, uint64_t> sizes = {{"", report.size}};
  for (const MemberReport& member : report.members)
    sizes[member.path] = std::max(sizes[member.path], member.size);
  bool complete = true;
  const StreamReport* last = nullptr;
  for (const StreamReport& stream : report.streams) {
    FUZZ_CHECK(stream.end >= stream.begin, text);
    FUZZ_CHECK(stream.end <= sizes[stream.member], text);
    complete = complete && stream.complete;
  }
  if (report.verdict != Verdict::kClean) return;
  FUZZ_CHECK(complete, text);
  // Clean says that every byte was read, and that all of it is allowed. In a
  // file of NumPy a header stands in front, in PyTorch's older files storages
  // stand behind.
  for (const StreamReport& stream : report.streams) {
    if (!stream.member.empty()) continue;
    FUZZ_CHECK(last != nullptr
                   ? stream.begin == last->end
                   : stream.begin == 0 || report.format == "npy array",
               text);
    last = &stream;
  }
  FUZZ_CHECK(last == nullptr || last->end == report.size ||
                 report.format == box::kTorchLegacy,
             text);
  for (const GlobalReport& global : report.globals) {
    FUZZ_CHECK(global.allowed(), text);
  }
}

// The two replies are about the same bytes, which were read in other pieces.
// How much room is left is looked at once a piece: where there is none, a run
// ends earlier or later.
void CheckStreaming(const FileReport& shown, const FileReport& streamed,
                    bool same) {
  const bool full = Has(shown, Code::kLimitResult);
  const std::string both = absl::StrCat(
      "memory and stream\n  ", Describe(shown), "\n  ", Describe(streamed));
  FUZZ_CHECK(full == Has(streamed, Code::kLimitResult), both);
  FUZZ_CHECK(full || same, both);
}

}  // namespace

void FuzzVetting(absl::Span<const uint8_t> input) {
  if (input.size() < kHeader) return;
  absl::Span<const uint8_t> head = input.subspan(0, kHeader);
  const Setup setup = ReadSetup(Options(&head));
  const absl::Span<const uint8_t> file = input.subspan(kHeader);
  std::vector<uint8_t> reply =
      Vet(setup, std::make_shared<base::SpanSource>(file));
  const std::vector<uint8_t> encoded = box::Encode(setup.request);
  const std::optional<box::Request> request = box::DecodeRequest(encoded);
  FUZZ_CHECK(request.has_value() && box::Encode(*request) == encoded,
             "a request comes out as it went in");

  const FileReport report = Examine(setup, reply, file);
  CheckReport(report);
  const std::vector<uint8_t> streamed_reply =
      Vet(setup, std::make_shared<ReadSource>(file));
  const FileReport streamed = Examine(setup, streamed_reply, file);
  CheckReport(streamed);
  CheckStreaming(report, streamed, reply == streamed_reply);
}

}  // namespace picklebox::fuzz
