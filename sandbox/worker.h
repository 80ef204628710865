#ifndef PICKLEBOX_SANDBOX_WORKER_H_
#define PICKLEBOX_SANDBOX_WORKER_H_

#include <sys/types.h>

#include <cstddef>
#include <cstdint>
#include <span>

#include "sandbox/arena.h"

// The child side: what a worker executable is made of.
//
//   void Vet(picklebox::sandbox::Work& work) {
//     work.written = Answer(work.request, work.input, work.result,
//                           work.capacity);
//   }
//   int main(int argc, char** argv) {
//     return picklebox::sandbox::ZygoteMain(argc, argv, &Vet);
//   }
//
// The executable is static and single-threaded, and is started by a Broker
// only (see sandbox/broker.h), which talks to it over descriptor 0. It forks a
// process a job; the function runs once in each, then the process ends.
//
// What the function may do: compute. No system call is left to it; files,
// time zones, locales and threads are out of reach, and trying is the end of
// the process (Ending::kViolation). malloc and operator new work, on the arena,
// until Budget::memory is used up: then malloc returns nullptr and operator new
// ends the process with Ending::kOutOfMemory. Exceptions work; one that leaves
// the function is Ending::kCrash. The stack is 1 MiB.

namespace picklebox::sandbox {

struct Work {
  std::span<const uint8_t> shared;   // the Broker's blob, the same for all jobs
  std::span<const uint8_t> request;  // what to do
  std::span<const uint8_t> input;    // copied input; empty if has_input_fd
  uint64_t input_size = 0;           // of the whole input
  bool has_input_fd = false;  // ReadInputAt works: a file, or the host answers
  uint8_t* result = nullptr;  // zeroed, 64-byte aligned
  size_t capacity = 0;
  size_t written = 0;  // set this: how much of the result counts
  Arena* arena = nullptr;
};

// Reads up to n bytes of the input descriptor from `offset`: the count (0 at
// the end of the file), or -errno. Only if has_input_fd; otherwise it is a
// violation. The file may change or shrink between two calls: read each byte
// once, and never trust two reads to agree.
ssize_t ReadInputAt(void* destination, size_t n, uint64_t offset);

using Worker = void (*)(Work& work);

// Runs once in each zygote, before the first job and without its filter: the
// place to turn the shared blob into tables that all its workers then have for
// free. Its memory is a pool of 32 MiB. False refuses to start.
using Prepare = bool (*)(std::span<const uint8_t> shared);

// Serves a Broker until it hangs up; the value is main's. Started in any other
// way it returns 2 at once.
int ZygoteMain(int argc, char** argv, Worker worker, Prepare prepare = nullptr);

}  // namespace picklebox::sandbox

#endif  // PICKLEBOX_SANDBOX_WORKER_H_
