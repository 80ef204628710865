// Measures what a job costs: start, one thread, many threads, sizes. Built,
// not run as a test:  broker_bench [SECONDS]

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <string_view>
#include <thread>
#include <vector>

#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "sandbox/broker.h"

namespace picklebox::sandbox {
namespace {

absl::Span<const uint8_t> Bytes(std::string_view text) {
  return {reinterpret_cast<const uint8_t*>(text.data()), text.size()};
}

std::unique_ptr<Broker> MustStart(int slots) {
  Broker::Options options;
  options.worker_path = HOSTILE_WORKER;
  options.slots = slots;
  auto broker = Broker::Start(options);
  if (!broker.ok()) {
    std::printf("%s\n", broker.status().ToString().c_str());
    std::exit(1);
  }
  return *std::move(broker);
}

void MustRun(Broker& broker, const Job& job) {
  auto sealed = broker.Run(job);
  if (!sealed.ok() || !sealed->done()) {
    std::printf("job failed: %s\n", sealed.ok()
                                        ? sealed->detail().c_str()
                                        : sealed.status().ToString().c_str());
    std::exit(1);
  }
}

template <typename F>
void Report(const char* what, int times, F&& run) {
  std::vector<double> us;
  for (int i = 0; i < times; ++i) {
    const absl::Time begin = absl::Now();
    run();
    us.push_back(absl::ToDoubleMicroseconds(absl::Now() - begin));
  }
  std::sort(us.begin(), us.end());
  std::printf("%-44s p10 %8.1f  median %8.1f  p99 %8.1f us\n", what,
              us[us.size() / 10], us[us.size() / 2], us[us.size() * 99 / 100]);
}

void Throughput(int slots, int threads, absl::Duration span, const Job& job) {
  auto broker = MustStart(slots);
  std::atomic<uint64_t> jobs = 0;
  std::vector<std::thread> all;
  const absl::Time end = absl::Now() + span;
  for (int i = 0; i < threads; ++i) {
    all.emplace_back([&] {
      while (absl::Now() < end) {
        MustRun(*broker, job);
        ++jobs;
      }
    });
  }
  for (std::thread& thread : all) thread.join();
  std::printf("%d slots, %3d threads: %.0f jobs/s\n", slots, threads,
              static_cast<double>(jobs) / absl::ToDoubleSeconds(span));
}

int Main(double seconds) {
  const std::vector<uint8_t> small(4096, 'a');
  Job job;
  job.request = Bytes("echo");
  job.input = small;
  Report("start, run one 4 KiB job, stop", 50, [&] {
    auto broker = MustStart(1);
    MustRun(*broker, job);
  });
  Report("start, stop", 50, [&] { MustStart(1); });
  {
    auto broker = MustStart(1);
    for (int i = 0; i < 500; ++i) MustRun(*broker, job);
    Report("4 KiB echo, one thread, back to back", 10000,
           [&] { MustRun(*broker, job); });
    std::vector<double> us;
    for (int i = 0; i < 1500; ++i) {
      absl::SleepFor(absl::Microseconds(300));
      const absl::Time begin = absl::Now();
      MustRun(*broker, job);
      us.push_back(absl::ToDoubleMicroseconds(absl::Now() - begin));
    }
    std::sort(us.begin(), us.end());
    std::printf("%-44s p10 %8.1f  median %8.1f  p99 %8.1f us\n",
                "4 KiB echo, one thread, 300 us apart", us[us.size() / 10],
                us[us.size() / 2], us[us.size() * 99 / 100]);
    Job crash = job;
    crash.request = Bytes("null");
    Report("crash, and a new zygote for the next", 200,
           [&] { (void)broker->Run(crash); });
    for (const size_t size : {size_t{1} << 20, size_t{16} << 20}) {
      const std::vector<uint8_t> large(size, 'b');
      job.input = large;
      Report(
          size == 1 << 20 ? "1 MiB echo, copied in" : "16 MiB echo, copied in",
          40, [&] { MustRun(*broker, job); });
    }
    const int fd = memfd_create("input", MFD_CLOEXEC);
    const std::vector<uint8_t> large(16 << 20, 'c');
    if (write(fd, large.data(), large.size()) < 0) return 1;
    Job read = job;
    read.request = Bytes("read");
    read.input = {};
    read.input_fd = fd;
    read.input_size = 16 << 20;
    Report("16 MiB read by pread", 40, [&] { MustRun(*broker, read); });
    read.input_size = 4096;
    Report("4 KiB read by pread", 2000, [&] { MustRun(*broker, read); });
    close(fd);
  }
  job.input = small;
  const absl::Duration span = absl::Seconds(seconds);
  Throughput(1, 1, span, job);
  Throughput(1, 2, span, job);
  Throughput(2, 2, span, job);
  Throughput(2, 4, span, job);
  Throughput(2, 64, span, job);
  Throughput(4, 8, span, job);
  return 0;
}

}  // namespace
}  // namespace picklebox::sandbox

int main(int argc, char** argv) {
  return picklebox::sandbox::Main(argc > 1 ? std::atof(argv[1]) : 1.0);
}
