// The fuzz bodies: what must hold of any input whatever.
//
// A body is a plain function that aborts when an invariant is violated. Three
// drivers call it: libFuzzer (fuzz/fuzzer.cc), the replay program
// (fuzz/replay.cc) and, through that, a test for every file that once broke
// something (fuzz/regressions/).
//
//   for (const Target& target : Targets()) RunBody(target.body, bytes);
#ifndef PICKLEBOX_FUZZ_BODIES_BODIES_H_
#define PICKLEBOX_FUZZ_BODIES_BODIES_H_

#include <cstdint>

#include "absl/strings/string_view.h"
#include "absl/types/span.h"

namespace picklebox::fuzz {

// One pickle in the machine: strict and compat, from memory and through a small
// window; then the verifier and both judges. Input: kHeader bytes of options,
// then the pickle.
void FuzzMachine(absl::Span<const uint8_t> input);
// The operand formatter and the disassembler. Input: a pickle.
void FuzzDecoder(absl::Span<const uint8_t> input);
// The worker's whole task and the parent's answer to it. Input: kHeader bytes
// of options, then a file.
void FuzzVetting(absl::Span<const uint8_t> input);
// The verifier, the reader and the views. Input: two bytes of options, then the
// encoding of a graph.
void FuzzVerifier(absl::Span<const uint8_t> input);
// The reader of replies and what the parent makes of one. Input: a reply.
void FuzzReply(absl::Span<const uint8_t> input);
// Input: a byte of options, then the text of a policy or a compiled table.
void FuzzPolicy(absl::Span<const uint8_t> input);
// The readers of archives and compressed data. Input: a file.
void FuzzContainer(absl::Span<const uint8_t> input);
// Constants and code objects of Python. Input: marshal data.
void FuzzMarshal(absl::Span<const uint8_t> input);
// Numbers of protocol 0. Input: a line.
void FuzzNumber(absl::Span<const uint8_t> input);

// Input: the text of an .npy header.
void FuzzNpy(absl::Span<const uint8_t> input);
// The worker's task on a joblib file. Input: what follows the wrapper's dtype.
void FuzzJoblib(absl::Span<const uint8_t> input);
// The worker's task on a legacy PyTorch file. Input: what follows sys_info.
void FuzzTorch(absl::Span<const uint8_t> input);

// Bytes of options before the pickle, for the bodies that have some.
inline constexpr size_t kHeader = 8;

struct Target {
  absl::string_view name;  // "machine"
  void (*body)(absl::Span<const uint8_t>);
};
absl::Span<const Target> Targets();
// The target called `name`, or nullptr.
const Target* FindTarget(absl::string_view name);

// Calls `body` on a copy of `input` that ends where its memory ends, so that
// AddressSanitizer sees a byte read too far.
void RunBody(const Target& target, absl::Span<const uint8_t> input);

}  // namespace picklebox::fuzz

#endif  // PICKLEBOX_FUZZ_BODIES_BODIES_H_
