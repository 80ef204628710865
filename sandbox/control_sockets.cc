#include "sandbox/control_sockets.h"

#include <pthread.h>
#include <sys/socket.h>
#include <unistd.h>

#include <mutex>
#include <vector>

namespace picklebox::sandbox {
namespace {

// Leaked on purpose: brokers may outlive static destructors.
struct Register {
  std::mutex mutex;
  std::vector<int> open;
};

Register& TheRegister();

void BeforeFork() { TheRegister().mutex.lock(); }
void InParent() { TheRegister().mutex.unlock(); }
void InChild() {
  Register& all = TheRegister();
  for (const int fd : all.open) close(fd);
  all.open.clear();
  all.mutex.unlock();
}

Register& TheRegister() {
  static Register* const all = [] {
    auto* made = new Register;
    pthread_atfork(&BeforeFork, &InParent, &InChild);
    return made;
  }();
  return *all;
}

}  // namespace

bool ControlSockets::MakePair(int ends[2]) {
  Register& all = TheRegister();
  const std::lock_guard<std::mutex> lock(all.mutex);
  if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0) {
    return false;
  }
  all.open.push_back(ends[0]);
  return true;
}

void ControlSockets::Close(int fd) {
  Register& all = TheRegister();
  const std::lock_guard<std::mutex> lock(all.mutex);
  std::erase(all.open, fd);
  close(fd);
}

}  // namespace picklebox::sandbox
