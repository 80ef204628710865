#include "vm/machine.h"

#include <algorithm>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "base/memory.h"
#include "fuzz/bodies/bodies.h"
#include "fuzz/bodies/check.h"
#include "fuzz/bodies/input.h"
#include "graph/builder.h"
#include "graph/verifier.h"
#include "policy/judge.h"

namespace picklebox::fuzz {
namespace {

// What one execution came to.
struct Run {
  vm::Outcome outcome;
  std::vector<uint8_t> graph;
  uint64_t nodes = 0;
  std::vector<Finding> findings;
  uint64_t denials = 0;
  size_t globals = 0;
};

struct Setup {
  vm::Options options;
  size_t room = 0;  // for the graph
};

Setup ReadSetup(Options in) {
  Setup setup;
  vm::Options& options = setup.options;
  const uint8_t flags = in.Byte();
  options.fix_imports = !in.Flag(flags, 1);
  options.encoding = static_cast<vm::Encoding>(
      in.Byte() % (static_cast<int>(vm::Encoding::kUnknown) + 1));
  options.on_error = static_cast<vm::OnError>(
      in.Byte() % (static_cast<int>(vm::OnError::kUnknown) + 1));
  options.buffers = in.Byte() % 4;
  const uint8_t limited = in.Byte();
  if (in.Flag(limited, 0)) options.limits.stack = 1 + limited / 4;
  if (in.Flag(limited, 1)) options.limits.memo = limited / 4;
  if (in.Flag(flags, 2)) options.limits.integer = limited / 4;
  if (in.Flag(flags, 3)) options.limits.name = limited / 4;
  if (in.Flag(flags, 4)) options.limits.key = 1 + limited / 4;
  if (in.Flag(flags, 5)) setup.room = 64 + limited * 4;
  return setup;
}

bool Has(const Run& run, Code code) {
  return std::any_of(run.findings.begin(), run.findings.end(),
                     [code](const Finding& f) { return f.code == code; });
}

// Runs the pickle at `at` with a machine of its own, twice.
Run Execute(const Setup& setup, base::Window& in, uint64_t at) {
  base::HeapMemory memory;
  const size_t room =
      setup.room > 0 ? setup.room : static_cast<size_t>(in.size() * 8 + 4096);
  std::vector<uint8_t> out(room);
  report::FindingLog log(2 * setup.options.limits.findings);
  policy::Judge judge(DefaultTable(), {});
  graph::GraphBuilder builder(memory, absl::MakeSpan(out), in.size() * 2 + 16,
                              setup.options.limits.key, &judge);
  vm::Machine machine(setup.options, memory, &in, &builder, &log);
  Run runs[2];
  for (Run& run : runs) {
    in.Seek(at);
    builder.Restart(absl::MakeSpan(out));
    const size_t before = log.size();
    run.outcome = machine.Run();
    run.graph.assign(out.begin(), out.begin() + builder.encoded_size());
    run.nodes = builder.size();
    run.findings.assign(log.findings().begin() + before, log.findings().end());
    run.denials = judge.denials();
    run.globals = judge.globals().size();
  }
  FUZZ_CHECK(runs[0].graph == runs[1].graph, "a second run of one machine");
  FUZZ_CHECK(runs[0].findings.size() == runs[1].findings.size(),
             "a second run of one machine");
  FUZZ_CHECK(runs[0].denials == runs[1].denials, "a second run of one machine");
  return runs[1];
}

std::string Describe(const Run& run) {
  std::string text = absl::StrCat(
      run.outcome.stopped ? "stopped" : "failed", ", root ", run.outcome.root,
      ", end ", run.outcome.end, ", opcodes ", run.outcome.opcodes, ", nodes ",
      run.nodes, ", graph ", run.graph.size(), ", denials ", run.denials);
  for (const Finding& f : run.findings) {
    absl::StrAppend(&text, "; ", Info(f.code).name, " ", f.detail, " @",
                    f.offset);
  }
  return text;
}

bool Equal(const Finding& a, const Finding& b) {
  return a.code == b.code && a.detail == b.detail && a.offset == b.offset;
}

void CheckOutcome(const Run& run, uint64_t begin, uint64_t size) {
  const vm::Outcome& outcome = run.outcome;
  FUZZ_CHECK(outcome.begin == begin && outcome.end >= begin, Describe(run));
  FUZZ_CHECK(outcome.end <= size, Describe(run));
  FUZZ_CHECK(outcome.stopped == (outcome.root != kNoNode), Describe(run));
  FUZZ_CHECK(outcome.protocol >= 0 && outcome.protocol <= 5, Describe(run));
  // What failed says why; only a frame that is too long lets it go on.
  const auto errors = std::count_if(
      run.findings.begin(), run.findings.end(), [](const Finding& f) {
        return f.code != Code::kAmbiguous && f.code != Code::kFrameShort;
      });
  FUZZ_CHECK(errors <= 1, Describe(run));
  FUZZ_CHECK(outcome.stopped != (errors == 1 || Has(run, Code::kFrameShort)),
             Describe(run));
  for (const Finding& f : run.findings) {
    FUZZ_CHECK(f.offset >= begin && f.offset <= outcome.end, Describe(run));
    FUZZ_CHECK(Info(f.code).effect != Effect::kNone, Describe(run));
  }
}

// A budget that is looked at once in a while ends a run somewhere.
bool EndsAnywhere(const Run& run) { return Has(run, Code::kLimitResult); }

void CheckSame(const Run& a, const Run& b, const std::string& what) {
  const std::string both =
      absl::StrCat(what, "\n  ", Describe(a), "\n  ", Describe(b));
  if (EndsAnywhere(a) || EndsAnywhere(b)) {
    FUZZ_CHECK(EndsAnywhere(a) && EndsAnywhere(b), both);
    return;
  }
  FUZZ_CHECK(a.graph == b.graph && a.nodes == b.nodes, both);
  FUZZ_CHECK(a.outcome.stopped == b.outcome.stopped, both);
  FUZZ_CHECK(a.outcome.root == b.outcome.root, both);
  FUZZ_CHECK(a.outcome.end == b.outcome.end, both);
  FUZZ_CHECK(a.outcome.protocol == b.outcome.protocol, both);
  FUZZ_CHECK(a.outcome.opcodes == b.outcome.opcodes, both);
  FUZZ_CHECK(a.denials == b.denials && a.globals == b.globals, both);
}

// The two runs read the same bytes in the same mode, through other windows.
void CheckStreaming(const Run& shown, const Run& streamed) {
  // An operand that does not fit into the small buffer.
  if (Has(streamed, Code::kLimitMemory)) return;
  CheckSame(shown, streamed, "memory and stream");
  if (EndsAnywhere(shown)) return;
  FUZZ_CHECK(
      std::equal(shown.findings.begin(), shown.findings.end(),
                 streamed.findings.begin(), streamed.findings.end(), Equal),
      absl::StrCat("findings\n  ", Describe(shown), "\n  ",
                   Describe(streamed)));
}

// Compat says less and does the same.
void CheckModes(const Run& strict, const Run& compat) {
  CheckSame(strict, compat, "strict and compat");
  if (EndsAnywhere(strict)) return;
  std::vector<Finding> left = strict.findings;
  left.erase(std::remove_if(left.begin(), left.end(),
                            [](const Finding& f) {
                              return f.code == Code::kAmbiguous &&
                                     f.detail != vm::DoubtName(
                                                     vm::Doubt::kFrameCrossed);
                            }),
             left.end());
  FUZZ_CHECK(
      std::equal(left.begin(), left.end(), compat.findings.begin(),
                 compat.findings.end(), Equal),
      absl::StrCat("findings\n  ", Describe(strict), "\n  ", Describe(compat)));
}

void CheckGraph(const Setup& setup, const Run& run, uint64_t size) {
  policy::Judge judge(DefaultTable(), {});
  const auto owner = std::make_shared<const std::vector<uint8_t>>(run.graph);
  const absl::StatusOr<Graph> graph =
      graph::Verifier::Verify({.encoding = *owner,
                               .owner = owner,
                               .nodes = run.nodes,
                               .root = run.outcome.root,
                               .input_size = size},
                              setup.options.limits, &judge);
  FUZZ_CHECK(graph.ok(), std::string(graph.status().message()));
  FUZZ_CHECK(judge.denials() == run.denials,
             absl::StrCat(judge.denials(), " for the verifier, ", run.denials,
                          " for the builder"));
  FUZZ_CHECK(judge.globals().size() == run.globals, Describe(run));
  FUZZ_CHECK(graph->size() == run.nodes, Describe(run));
  FUZZ_CHECK(graph->root() == run.outcome.root, Describe(run));
}

}  // namespace

void FuzzMachine(absl::Span<const uint8_t> input) {
  if (input.size() < kHeader) return;
  absl::Span<const uint8_t> head = input.subspan(0, kHeader);
  Setup setup = ReadSetup(Options(&head));
  // The header ends with how much lies before the pickle, so that the small
  // window ends anywhere in it: mostly nothing, for it takes its time.
  absl::Span<const uint8_t> tail = input.subspan(kHeader - 2, 2);
  const uint16_t place = Options(&tail).Short();
  const size_t before = place % 8 == 0 ? place / 8 % (kSmallBuffer + 64) : 0;
  std::vector<uint8_t> bytes;
  bytes.reserve(before + input.size() - kHeader);
  for (size_t i = 0; i + 1 < before; i += 2) {
    bytes.push_back(static_cast<uint8_t>(vm::Opcode::kNone));
    bytes.push_back(static_cast<uint8_t>(vm::Opcode::kPop));
  }
  bytes.insert(bytes.end(), input.begin() + kHeader, input.end());
  bytes.shrink_to_fit();

  Run modes[2];
  for (const bool compat : {false, true}) {
    setup.options.compat = compat;
    base::Window window(bytes);
    modes[compat] = Execute(setup, window, 0);
    CheckOutcome(modes[compat], 0, bytes.size());
    SmallWindow small(bytes);
    CheckStreaming(modes[compat], Execute(setup, small.window(), 0));
    CheckGraph(setup, modes[compat], bytes.size());
  }
  CheckModes(modes[0], modes[1]);
}

}  // namespace picklebox::fuzz
