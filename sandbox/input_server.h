#ifndef PICKLEBOX_SANDBOX_INPUT_SERVER_H_
#define PICKLEBOX_SANDBOX_INPUT_SERVER_H_

#include <cstdint>
#include <vector>

#include "absl/status/status.h"
#include "sandbox/fd.h"
#include "sandbox/job.h"

namespace picklebox::sandbox {

// The host's side of an input that a worker asks for in pieces. A question that
// is none, or that nobody waits for the answer to, ends the conversation: a
// worker can make the host read its own input, and nothing else.
class InputServer {
 public:
  // Of `job`, which has `read` and outlives it.
  explicit InputServer(const Job& job) : job_(job) {}

  // Makes the socket pair.
  absl::Status Open();
  // The worker's end, to be closed when it has it.
  Fd& theirs() { return theirs_; }
  // To be waited for; -1 when the conversation is over.
  int fd() const { return ours_.get(); }
  // Answers one question, when there is one.
  void Serve();

 private:
  bool Answer();

  const Job& job_;
  Fd ours_;
  Fd theirs_;
  std::vector<uint8_t> buffer_;
};

}  // namespace picklebox::sandbox

#endif  // PICKLEBOX_SANDBOX_INPUT_SERVER_H_
