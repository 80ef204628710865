#include "sandbox/input.h"

#include <algorithm>
#include <cerrno>

#include "sandbox/arch.h"
#include "sandbox/protocol.h"
#include "sandbox/worker.h"

namespace picklebox::sandbox {
namespace {

constinit bool asks = false;
// The host has hung up: to write again would be the end by SIGPIPE.
constinit bool refused = false;

ssize_t Ask(void* destination, size_t n, uint64_t offset) {
  if (refused) return -EIO;
  const Question question = {offset, std::min<uint64_t>(n, kMostAsked)};
  long done =
      arch::Syscall(SYS_write, kInputFd, reinterpret_cast<long>(&question),
                    static_cast<long>(sizeof(question)));
  if (done == static_cast<long>(sizeof(question))) {
    done =
        arch::Syscall(SYS_read, kInputFd, reinterpret_cast<long>(destination),
                      static_cast<long>(question.size));
  }
  refused = done != static_cast<long>(question.size);
  return refused ? -EIO : done;
}

}  // namespace

void AskForInput(bool ask) { asks = ask; }

ssize_t ReadInputAt(void* destination, size_t n, uint64_t offset) {
  if (n == 0) return 0;
  if (asks) return Ask(destination, n, offset);
  return arch::Syscall(SYS_pread64, kInputFd,
                       reinterpret_cast<long>(destination),
                       static_cast<long>(n), static_cast<long>(offset));
}

}  // namespace picklebox::sandbox
