#ifndef PICKLEBOX_SANDBOX_CONTROL_SOCKETS_H_
#define PICKLEBOX_SANDBOX_CONTROL_SOCKETS_H_

namespace picklebox::sandbox {

// All the host's ends of the sockets to its zygotes. A zygote knows by the end
// of file that its host has died; a forked child of the host that kept a copy
// would keep it alive, so fork handlers close them there. Thread-safe.
class ControlSockets {
 public:
  // A close-on-exec SOCK_SEQPACKET pair; ends[0] is the host's and must be
  // given back to Close. False: errno.
  static bool MakePair(int ends[2]);
  static void Close(int fd);
};

}  // namespace picklebox::sandbox

#endif  // PICKLEBOX_SANDBOX_CONTROL_SOCKETS_H_
