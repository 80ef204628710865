// What is to be vetted, made ready for a worker: a file, a descriptor, bytes,
// or whatever a callback reads.
//
//   const Inputs inputs(limits);
//   inputs.File("model.pkl", &report, [&](const sandbox::Job& job) { ... });
//
// Small inputs are copied into the job, large ones are read by the worker from
// the one descriptor that it gets, or from a callback by way of the broker.
// Thread-safe.
#ifndef PICKLEBOX_BOX_INPUT_H_
#define PICKLEBOX_BOX_INPUT_H_

#include <cstdint>
#include <string>

#include "absl/functional/function_ref.h"
#include "absl/types/span.h"
#include "picklebox/limits.h"
#include "picklebox/report.h"
#include "picklebox/scanner.h"
#include "sandbox/broker.h"

namespace picklebox::box {

class Inputs {
 public:
  // Gets the job while the input is open; it wants a request and a result.
  using Use = absl::FunctionRef<void(const sandbox::Job&)>;

  explicit Inputs(const Limits& limits) : limits_(limits) {}

  // Each calls `use` once and sets the size in `report`; or adds a finding that
  // says why not. A file that changed meanwhile is a finding as well.
  void File(const std::string& path, FileReport* report, Use use) const;
  void Descriptor(int fd, FileReport* report, Use use) const;
  void Bytes(absl::Span<const uint8_t> bytes, FileReport* report,
             Use use) const;
  void Source(uint64_t size, const Scanner::ReadAt& read, FileReport* report,
              Use use) const;

 private:
  bool Admit(FileReport* report) const;
  sandbox::Job NewJob(uint64_t size) const;

  const Limits limits_;
};

// Room for a result, of which so many bytes are expected. What is not written
// to costs nothing.
uint64_t ResultBudget(const Limits& limits, uint64_t expected);

// How the parent reads the input of a job, which must outlive it.
Scanner::ReadAt ReaderOf(const sandbox::Job& job);

// SHA-256 of the input in hexadecimal; "" if it is not all here (a callback
// would have to fetch it) or cannot be read.
std::string HashOf(const sandbox::Job& job);

}  // namespace picklebox::box

#endif  // PICKLEBOX_BOX_INPUT_H_
