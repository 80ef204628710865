// Measures what the judge costs: machine and verifier on streams of nothing but
// objects, without a judge and with several policies, which take turns in one
// run.
//
//   policy_bench [OBJECTS]
//
// For each stream and policy the milliseconds of machine and verifier together
// (the fastest of the rounds), how much of it is the judge's, and how many
// times that of the policy without shapes it is.
#include <time.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "base/memory.h"
#include "base/window.h"
#include "graph/verifier.h"
#include "picklebox/policy.h"
#include "policy/judge.h"
#include "policy/table.h"
#include "vm/machine.h"

namespace picklebox::bench {
namespace {

constexpr int kRounds = 7;
constexpr int kRules = 5000;

// Of the processor, which others may want at the same time.
double Now() {
  timespec now;
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  return 1e3 * static_cast<double>(now.tv_sec) +
         static_cast<double>(now.tv_nsec) / 1e6;
}

[[noreturn]] void Die(const std::string& why) {
  std::fprintf(stderr, "policy_bench: %s\n", why.c_str());
  std::exit(1);
}

std::string Named(const std::string& module, const std::string& name) {
  return absl::StrCat(
      "\x8c", std::string(1, static_cast<char>(module.size())), module, "\x8c",
      std::string(1, static_cast<char>(name.size())), name, "\x93\x94");
}

// A list of `objects` that are made by `one`, after `globals`.
std::string Stream(const std::string& globals, const std::string& one,
                   int objects) {
  std::string bytes = absl::StrCat("\x80\x04", globals, "](");
  for (int i = 0; i < objects; ++i) bytes += one;
  return bytes + "e.";
}

struct Shape {
  const char* name;
  std::string bytes;
};

// Calls with arguments that a shape is for, as protocols below 3 write bytes;
// and objects with a state, as most classes pickle.
std::vector<Shape> Streams(int objects) {
  using std::string_literals::operator""s;
  return {
      {"calls", Stream(Named("_codecs", "encode"),
                       "h\0\x8c\x03"s + "abc\x8c\x06latin1\x86R"s, objects)},
      {"objects", Stream(Named("types", "SimpleNamespace"),
                         "h\0)\x81}\x8c\x01xK\x01s\x8c\x01yK\x02sb"s, objects)},
  };
}

struct Contender {
  std::string name;
  const Policy* policy;  // nullptr: no judge
};

double Round(const std::string& bytes, const Contender& contender) {
  const auto* data = reinterpret_cast<const uint8_t*>(bytes.data());
  static std::vector<uint8_t> out;
  out.resize(bytes.size() * 8 + (1 << 20));
  policy::PolicyTable table;
  if (contender.policy != nullptr)
    table = *policy::PolicyTable::Open(contender.policy->compiled());
  policy::Judge judge(table, {});
  graph::Visitor* const visitor =
      contender.policy == nullptr ? nullptr : &judge;
  base::HeapMemory memory;
  base::Window window{absl::MakeConstSpan(data, bytes.size())};
  report::FindingLog log(1000);
  const vm::Options options;
  const double start = Now();
  graph::GraphBuilder builder(memory, absl::MakeSpan(out),
                              bytes.size() * 2 + 16, options.limits.key,
                              visitor);
  vm::Machine machine(options, memory, &window, &builder, &log);
  const vm::Outcome outcome = machine.Run();
  if (!outcome.stopped) Die("it does not run to its end");
  if (judge.denials() != 0) Die(contender.name + " denies it");
  graph::Claim claim;
  claim.encoding = absl::MakeConstSpan(out).subspan(0, builder.encoded_size());
  claim.nodes = builder.size();
  claim.root = outcome.root;
  claim.input_size = bytes.size();
  if (!graph::Verifier::Verify(claim, options.limits, visitor).ok())
    Die("it does not verify");
  return Now() - start;
}

Policy Read(const std::string& text) {
  absl::StatusOr<Policy> policy = Policy::FromToml(text, "bench.toml");
  if (!policy.ok()) Die(policy.status().ToString());
  return *std::move(policy);
}

int Main(int argc, char** argv) {
  const int objects = argc > 1 ? std::atoi(argv[1]) : 400'000;
  const Policy plain = Read(
      "[[allow]]\nglobals = [\"_codecs:encode\", "
      "\"types:SimpleNamespace\"]\n"
      "uses = [\"reference\", \"call\", \"new\", \"build\"]\n");
  // The two globals stand among the others, each with shapes of its own.
  std::string text = "extends = [\"default\"]\n";
  for (int i = 0; i < kRules; ++i) {
    absl::StrAppend(&text, "[[allow]]\nglobal = \"acme.m", i % 97, ":C", i,
                    "\"\nuses = [\"reference\", \"call\"]\n"
                    "call = [\"int|str\", \"tuple[int*]?\"]\n");
  }
  absl::StrAppend(&text,
                  "[[allow]]\nglobal = \"types:SimpleNamespace\"\n"
                  "uses = [\"reference\", \"new\", \"build\"]\nnew = []\n"
                  "state = \"dict['x': 0..9, 'y': int]\"\n");
  const Policy many = Read(text);
  const std::vector<Contender> contenders = {
      {"no judge", nullptr},
      {"no shapes", &plain},
      {"default", &Policy::Default()},
      {absl::StrCat(kRules, " rules"), &many}};
  std::printf("%-10s%-14s%10s%12s%14s\n", "stream", "policy", "ms", "judge",
              "x no shapes");
  for (const Shape& shape : Streams(objects)) {
    std::vector<double> best(contenders.size(), 1e9);
    for (int round = 0; round < kRounds; ++round) {
      for (size_t i = 0; i < contenders.size(); ++i)
        best[i] = std::min(best[i], Round(shape.bytes, contenders[i]));
    }
    for (size_t i = 0; i < contenders.size(); ++i) {
      std::printf("%-10s%-14s%10.1f%11.0f%%%14.2f\n", shape.name,
                  contenders[i].name.c_str(), best[i],
                  100 * (best[i] - best[0]) / best[i], best[i] / best[1]);
    }
  }
  return 0;
}

}  // namespace
}  // namespace picklebox::bench

int main(int argc, char** argv) { return picklebox::bench::Main(argc, argv); }
