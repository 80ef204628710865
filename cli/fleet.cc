#include "cli/fleet.h"

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <cstdio>
#include <map>
#include <mutex>
#include <string>
#include <system_error>
#include <thread>
#include <utility>

#include "absl/strings/str_format.h"
#include "cli/standard_output.h"

namespace picklebox::cli {
namespace {

double Now() {
  const auto now = std::chrono::steady_clock::now().time_since_epoch();
  return std::chrono::duration<double>(now).count();
}

// Outcomes that may wait for their turn, a thread.
constexpr size_t kAhead = 16;

}  // namespace

void ScanAll(const std::vector<std::string>& files, int threads,
             const std::function<Scan(const std::string&)>& scan,
             const std::function<void(Scan)>& take) {
  std::mutex mutex;
  std::condition_variable changed;
  size_t next = 0;   // to be scanned
  size_t taken = 0;  // handed on
  std::map<size_t, Scan> waiting;
  const size_t ahead = kAhead * static_cast<size_t>(threads);
  const auto work = [&] {
    std::unique_lock<std::mutex> lock(mutex);
    while (next < files.size()) {
      if (next >= taken + ahead) {
        changed.wait(lock);
        continue;
      }
      const size_t mine = next++;
      lock.unlock();
      Scan outcome = scan(files[mine]);
      lock.lock();
      waiting.emplace(mine, std::move(outcome));
      changed.notify_all();
    }
  };
  std::vector<std::thread> team;
  const size_t count =
      std::min<size_t>(static_cast<size_t>(threads), files.size());
  team.reserve(count);
  // A system that has no more threads to give is no reason to stop: with fewer
  // it takes longer, and with none this one does the work.
  try {
    while (team.size() < count) team.emplace_back(work);
  } catch (const std::system_error&) {
  }
  if (team.empty()) {
    for (const std::string& file : files) take(scan(file));
    return;
  }
  for (size_t i = 0; i < files.size(); ++i) {
    std::unique_lock<std::mutex> lock(mutex);
    changed.wait(lock, [&] { return waiting.count(i) != 0; });
    Scan outcome = std::move(waiting.extract(i).mapped());
    taken = i + 1;
    changed.notify_all();
    lock.unlock();
    take(std::move(outcome));
  }
  for (std::thread& member : team) member.join();
}

Progress::Progress(size_t total, bool wanted)
    : on_(wanted && total > 1 && WantsProgress()),
      total_(total),
      started_(Now()) {}

Progress::~Progress() { Hide(); }

void Progress::Hide() {
  if (visible_) std::fputs("\r\033[K", stderr);
  visible_ = false;
}

void Progress::Advance(uint64_t bytes) {
  ++done_;
  bytes_ += bytes;
  // A run that is over in a moment shows nothing.
  if (on_ && Now() - std::max(shown_, started_ + 0.5) > 0.1) Show();
}

void Progress::Show() {
  shown_ = Now();
  visible_ = true;
  const double passed = shown_ - started_;
  const double rate = static_cast<double>(done_) / passed;
  const double megabytes = static_cast<double>(bytes_) / 1e6 / passed;
  const int left = static_cast<int>(static_cast<double>(total_ - done_) / rate);
  std::string line =
      absl::StrFormat("%d of %d files, %.0f a second, %.1f MB/s, %d:%02d left",
                      done_, total_, rate, megabytes, left / 60, left % 60);
  // A line that wraps could not be taken away.
  const int width = ErrorTerminalWidth();
  if (width > 0) line.resize(std::min<size_t>(line.size(), width - 1));
  std::fprintf(stderr, "\r\033[K%s", line.c_str());
}

}  // namespace picklebox::cli
