#include "sandbox/arch.h"
#include "sandbox/protocol.h"
#include "sandbox/worker.h"

namespace picklebox::sandbox {

ssize_t ReadInputAt(void* destination, size_t n, uint64_t offset) {
  return arch::Syscall(SYS_pread64, kInputFd,
                       reinterpret_cast<long>(destination),
                       static_cast<long>(n), static_cast<long>(offset));
}

}  // namespace picklebox::sandbox
