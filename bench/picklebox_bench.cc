// Measures picklebox on streams, for bench/run.py; see bench/README.md for the
// JSON that it prints.
//
//   picklebox-bench [--policy FILE.toml] STREAM...
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "base/memory.h"
#include "base/window.h"
#include "box/judging.h"
#include "box/request.h"
#include "graph/verifier.h"
#include "picklebox/scanner.h"
#include "policy/judge.h"
#include "policy/table.h"
#include "report/json.h"
#include "sandbox/broker.h"
#include "vm/machine.h"

namespace picklebox::bench {
namespace {

constexpr int kRounds = 7;
constexpr int kSmallRounds = 2000;
constexpr size_t kSmall = 16 << 10;

int64_t Now() {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(
             std::chrono::steady_clock::now().time_since_epoch())
      .count();
}

[[noreturn]] void Die(const std::string& why) {
  std::fprintf(stderr, "picklebox-bench: %s\n", why.c_str());
  std::exit(1);
}

std::vector<uint8_t> Read(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) Die(absl::StrCat("cannot read ", path));
  return std::vector<uint8_t>(std::istreambuf_iterator<char>(file), {});
}

std::string List(const std::vector<int64_t>& values) {
  return absl::StrCat("[", absl::StrJoin(values, ", "), "]");
}

// Machine and verifier alone, in this process, both with their judge.
class InProcess {
 public:
  InProcess(const std::vector<uint8_t>& bytes, const Policy& policy)
      : bytes_(bytes), out_(bytes.size() * 8 + (1 << 20)) {
    table_ = *policy::PolicyTable::Open(policy.compiled());
    options_.limits = policy.limits();
  }

  void Round() {
    base::HeapMemory memory;
    base::Window window{absl::MakeConstSpan(bytes_)};
    policy::Judge judge(table_, {});
    report::FindingLog log(1000);
    const int64_t start = Now();
    graph::GraphBuilder builder(memory, absl::MakeSpan(out_),
                                bytes_.size() * 2 + 16, options_.limits.key,
                                &judge);
    vm::Machine machine(options_, memory, &window, &builder, &log);
    outcome_ = machine.Run();
    machine_ns.push_back(Now() - start);
    graph::Claim claim;
    claim.encoding =
        absl::MakeConstSpan(out_).subspan(0, builder.encoded_size());
    claim.nodes = builder.size();
    claim.root = outcome_.root;
    claim.input_size = bytes_.size();
    const int64_t middle = Now();
    const absl::StatusOr<Graph> graph =
        graph::Verifier::Verify(claim, options_.limits, &judge);
    verify_ns.push_back(Now() - middle);
    if (!graph.ok()) Die(graph.status().ToString());
    nodes = builder.size();
    graph_bytes = builder.encoded_size();
  }

  uint64_t opcodes() const { return outcome_.opcodes; }
  std::vector<int64_t> machine_ns;
  std::vector<int64_t> verify_ns;
  uint64_t nodes = 0;
  uint64_t graph_bytes = 0;

 private:
  const std::vector<uint8_t>& bytes_;
  std::vector<uint8_t> out_;
  policy::PolicyTable table_;
  vm::Options options_;
  vm::Outcome outcome_;
};

// The memory of the worker at its peak, in bytes.
uint64_t WorkerPeak(const std::string& path, const Policy& policy,
                    uint64_t size) {
  sandbox::Broker::Options jail;
  jail.worker_path = PICKLEBOX_WORKER;
  jail.slots = 1;
  jail.shared = policy.compiled();
  const auto broker = sandbox::Broker::Start(jail);
  if (!broker.ok()) Die(broker.status().ToString());
  box::Request request;
  request.limits = policy.limits();
  const std::vector<uint8_t> question = box::Encode(request);
  sandbox::Job job;
  job.request = question;
  job.input_fd = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  job.input_size = size;
  job.budget.result = size * 8 + (1 << 20);
  const auto sealed = (*broker)->Run(job);
  close(job.input_fd);
  return sealed.ok() ? sealed->usage().peak_rss : 0;
}

// The memory of this process at its peak since the last call with `again`, in
// bytes: the mapped result of a worker counts, as it does in the worker.
uint64_t OwnPeak(bool again) {
  std::ifstream status("/proc/self/status");
  uint64_t kilobytes = 0;
  for (std::string word; status >> word;) {
    if (word == "VmHWM:") status >> kilobytes;
  }
  if (again) std::ofstream("/proc/self/clear_refs") << 5;
  return kilobytes * 1024;
}

std::string MeasureFile(const std::string& path, const Policy& policy,
                        Scanner& scanner) {
  OwnPeak(true);
  const uint64_t before = OwnPeak(false);
  std::vector<int64_t> vet_ns;
  Verdict verdict = Verdict::kIncomplete;
  for (int i = 0; i < kRounds; ++i) {
    const int64_t start = Now();
    const Scan scan = scanner.ScanFile(path);
    vet_ns.push_back(Now() - start);
    verdict = scan.report.verdict;
  }
  const uint64_t parent_peak = OwnPeak(false) - before;
  const std::vector<uint8_t> bytes = Read(path);
  InProcess alone(bytes, policy);
  for (int i = 0; i < kRounds; ++i) alone.Round();
  const uint64_t peak = WorkerPeak(path, policy, bytes.size());
  return absl::StrCat(
      "{\"path\": ", report::Quoted(path), ", \"bytes\": ", bytes.size(),
      ", \"verdict\": ", report::Quoted(VerdictName(verdict)),
      ", \"opcodes\": ", alone.opcodes(), ", \"nodes\": ", alone.nodes,
      ", \"graph_bytes\": ", alone.graph_bytes,
      ",\n  \"vet_ns\": ", List(vet_ns),
      ", \"machine_ns\": ", List(alone.machine_ns),
      ", \"verify_ns\": ", List(alone.verify_ns),
      ",\n  \"peak_rss_kb\": ", std::max(peak, parent_peak) / 1024,
      ", \"worker_peak_kb\": ", peak / 1024,
      ", \"parent_peak_kb\": ", parent_peak / 1024, "}");
}

// A small file in a fresh worker each time, from a warm broker: one thread for
// the latency, two for the rate.
std::string MeasureSmall(const std::string& path, Scanner& scanner) {
  std::vector<int64_t> ns;
  for (int i = 0; i < kSmallRounds; ++i) {
    const int64_t start = Now();
    scanner.ScanFile(path);
    ns.push_back(Now() - start);
  }
  std::sort(ns.begin(), ns.end());
  const int64_t start = Now();
  std::vector<std::thread> threads;
  for (int i = 0; i < 3; ++i) {
    threads.emplace_back([&] {
      for (int k = 0; k < kSmallRounds; ++k) scanner.ScanFile(path);
    });
  }
  for (std::thread& thread : threads) thread.join();
  const double seconds = static_cast<double>(Now() - start) / 1e9;
  return absl::StrFormat(
      ",\n \"latency_4k_us\": {\"median\": %.1f, \"p99\": %.1f}, "
      "\"throughput_4k_per_s\": %.0f",
      static_cast<double>(ns[ns.size() / 2]) / 1e3,
      static_cast<double>(ns[ns.size() * 99 / 100]) / 1e3,
      3.0 * kSmallRounds / seconds);
}

int Main(int argc, char** argv) {
  ScannerOptions options;
  options.worker_path = PICKLEBOX_WORKER;
  std::vector<std::string> paths(argv + 1, argv + argc);
  if (paths.size() >= 2 && paths[0] == "--policy") {
    absl::StatusOr<Policy> policy = Policy::FromFile(paths[1]);
    if (!policy.ok()) Die(policy.status().ToString());
    options.policy = *std::move(policy);
    paths.erase(paths.begin(), paths.begin() + 2);
  }
  if (paths.empty())
    Die("usage: picklebox-bench [--policy FILE.toml] STREAM...");
  options.limits = options.policy.limits();
  const Policy policy = options.policy;
  const absl::StatusOr<std::unique_ptr<Scanner>> scanner =
      Scanner::Create(options);
  if (!scanner.ok()) Die(scanner.status().ToString());
  std::string files;
  std::string small;
  for (const std::string& path : paths) {
    absl::StrAppend(&files, files.empty() ? "" : ",\n ",
                    MeasureFile(path, policy, **scanner));
    if (small.empty() && Read(path).size() <= kSmall)
      small = MeasureSmall(path, **scanner);
  }
  std::printf("{\"files\": [\n %s]%s}\n", files.c_str(), small.c_str());
  return 0;
}

}  // namespace
}  // namespace picklebox::bench

int main(int argc, char** argv) { return picklebox::bench::Main(argc, argv); }
