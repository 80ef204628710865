#include "cli/fleet.h"

#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <mutex>
#include <thread>
#include <utility>

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
  for (size_t i = 0; i < count; ++i) team.emplace_back(work);
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

Progress::Progress(size_t total)
    : on_(isatty(STDERR_FILENO) != 0 && std::getenv("CI") == nullptr &&
          total > 1),
      total_(total),
      started_(Now()) {}

Progress::~Progress() { Hide(); }

void Progress::Hide() {
  if (visible_) std::fputs("\r\033[K", stderr);
  visible_ = false;
}

void Progress::Advance() {
  ++done_;
  // A run that is over in a moment shows nothing.
  if (on_ && Now() - std::max(shown_, started_ + 0.5) > 0.1) Show();
}

void Progress::Show() {
  shown_ = Now();
  visible_ = true;
  const double rate = static_cast<double>(done_) / (shown_ - started_);
  const double left = static_cast<double>(total_ - done_) / rate;
  std::fprintf(stderr, "\r\033[K%zu of %zu files, %.0f a second, %.0f s left",
               done_, total_, rate, left);
}

}  // namespace picklebox::cli
