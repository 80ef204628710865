#include "sandbox/input_server.h"

#include <sys/socket.h>

#include <cerrno>

#include "sandbox/protocol.h"

namespace picklebox::sandbox {

absl::Status InputServer::Open() {
  int ends[2];
  if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0)
    return absl::ErrnoToStatus(errno, "socketpair");
  ours_.Reset(ends[0]);
  theirs_.Reset(ends[1]);
  return absl::OkStatus();
}

void InputServer::Serve() {
  if (!Answer()) ours_.Reset(-1);
}

bool InputServer::Answer() {
  // One byte more, so that a packet that is too long is seen.
  char packet[sizeof(Question) + 1];
  const ssize_t size = recv(ours_.get(), packet, sizeof(packet), MSG_DONTWAIT);
  if (size < 0 && (errno == EAGAIN || errno == EINTR)) return true;
  if (size != sizeof(Question)) return false;
  Question question;
  __builtin_memcpy(&question, packet, sizeof(question));
  if (question.size == 0 || question.size > kMostAsked ||
      question.offset > job_.input_size ||
      question.size > job_.input_size - question.offset) {
    return false;
  }
  buffer_.resize(question.size);
  if (!job_.read(question.offset, absl::MakeSpan(buffer_))) return false;
  return send(ours_.get(), buffer_.data(), buffer_.size(),
              MSG_DONTWAIT | MSG_NOSIGNAL) ==
         static_cast<ssize_t>(buffer_.size());
}

}  // namespace picklebox::sandbox
