#ifndef PICKLEBOX_SANDBOX_FILTER_H_
#define PICKLEBOX_SANDBOX_FILTER_H_

#include <linux/filter.h>

#include <cstdint>
#include <span>

#include "sandbox/protocol.h"

// The seccomp filters, as data.
//
//   architecture    native, or the process dies
//   exit_group      allowed
//   futex           FUTEX_WAKE|PRIVATE fails with EFAULT, which libstdc++ and
//                   Abseil's call_once shrug off; no other operation
//   pread64         only Profile::kReadInput, only descriptor kInputFd, both
//                   halves of the argument compared
//   read, write     only Profile::kAskInput, in the same way
//   all else        the process dies by SIGSYS
//
// filter_gen.cc makes them at build time with libseccomp, from EQ rules only
// (its ordering comparisons on 64-bit arguments have been seen to fail open).
// They are believed only after FilterIsSound() has evaluated them.

namespace picklebox::sandbox {

std::span<const sock_filter> Filter(Profile profile);

// The calls that the table above names, as one processor numbers them.
struct CallNumbers {
  uint32_t audit_arch;
  uint32_t exit_group;
  uint32_t futex;
  uint32_t pread64;
  uint32_t read;
  uint32_t write;
};
extern const CallNumbers kNativeNumbers;

// How much FilterIsSound tries. The sample takes 40 us and is for every start;
// the whole is for the tests, of the very same data.
enum class Rigour { kSample, kExhaustive };

// True if `program` answers exactly as the table above says: for every number
// up to 1023, its x32 and sign-extended forms, foreign architectures, and
// arguments with dirty high halves. `numbers` is for tests, which look at the
// filters of other processors too.
bool FilterIsSound(std::span<const sock_filter> program, Profile profile,
                   Rigour rigour, const CallNumbers& numbers = kNativeNumbers);

}  // namespace picklebox::sandbox

#endif  // PICKLEBOX_SANDBOX_FILTER_H_
