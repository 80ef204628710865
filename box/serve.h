// What a worker does with a job, for sandbox::ZygoteMain().
#ifndef PICKLEBOX_BOX_SERVE_H_
#define PICKLEBOX_BOX_SERVE_H_

#include <cstdint>
#include <span>

#include "sandbox/worker.h"

namespace picklebox::box {

// Opens the policies that all jobs of a zygote share. False: they are none.
bool Prepare(std::span<const uint8_t> shared);

// After Prepare(). Answers the request of the job: see box/request.h and
// box/reply.h. Without a word if that is none, which ends as a result that is
// none.
void Serve(sandbox::Work& work);

}  // namespace picklebox::box

#endif  // PICKLEBOX_BOX_SERVE_H_
