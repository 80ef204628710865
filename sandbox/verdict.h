#ifndef PICKLEBOX_SANDBOX_VERDICT_H_
#define PICKLEBOX_SANDBOX_VERDICT_H_

#include "sandbox/job.h"
#include "sandbox/protocol.h"

namespace picklebox::sandbox {

// Names the end of a worker. What the kernel reported (`ended`) decides;
// `slate`, which the worker wrote, adds words and can do no more than spoil
// its own kDone. Pure.
Sealed Judge(const Ended& ended, const Slate& slate,
             const Assignment& assignment);

}  // namespace picklebox::sandbox

#endif  // PICKLEBOX_SANDBOX_VERDICT_H_
