#ifndef PICKLEBOX_SANDBOX_SELF_TEST_H_
#define PICKLEBOX_SANDBOX_SELF_TEST_H_

#include <cstdint>

// Proof that the jail holds on this kernel, before the first job.

namespace picklebox::sandbox {

// Locks a child into the filter for each probe, on the path that workers take,
// and lets it make a call that must be the end of it. 0 if all died as they
// should, otherwise an errno; *failed_probe says which one lived (-1: none,
// the probes themselves could not run).
int32_t RunProbes(int32_t* failed_probe);

}  // namespace picklebox::sandbox

#endif  // PICKLEBOX_SANDBOX_SELF_TEST_H_
