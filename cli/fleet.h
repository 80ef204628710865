// Scans many files side by side and hands the results on in order.
#ifndef PICKLEBOX_CLI_FLEET_H_
#define PICKLEBOX_CLI_FLEET_H_

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "picklebox/scanner.h"

namespace picklebox::cli {

// Calls scan(file) for each file, on `threads` threads, and take(scan) for each
// outcome, in the order of `files`, on the calling thread. At most a few
// outcomes wait at a time.
void ScanAll(const std::vector<std::string>& files, int threads,
             const std::function<Scan(const std::string&)>& scan,
             const std::function<void(Scan)>& take);

// Shows how far a run is, how fast, and how long it will take, on a terminal;
// elsewhere, in CI, and if it is not `wanted`, nothing.
class Progress {
 public:
  Progress(size_t total, bool wanted);
  ~Progress();
  // One more file is done, of `bytes`.
  void Advance(uint64_t bytes);
  // Takes the line away before something else is written to the terminal.
  void Hide();

 private:
  void Show();

  bool on_;
  size_t total_;
  size_t done_ = 0;
  uint64_t bytes_ = 0;
  double started_;
  double shown_ = 0;
  bool visible_ = false;
};

}  // namespace picklebox::cli

#endif  // PICKLEBOX_CLI_FLEET_H_
