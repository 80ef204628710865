#ifndef PICKLEBOX_SANDBOX_MALLOC_H_
#define PICKLEBOX_SANDBOX_MALLOC_H_

#include "sandbox/arena.h"

// malloc.cc replaces malloc, free and their kin and every operator new of the
// executable it is linked into. Until UseArena they live on a static pool;
// afterwards on the job's arena.

namespace picklebox::sandbox {

// From now on all fresh memory comes from [begin, end). Blocks from before stay
// valid and may be freed. Returns the arena, for Reserve.
Arena* UseArena(char* begin, char* end);

}  // namespace picklebox::sandbox

#endif  // PICKLEBOX_SANDBOX_MALLOC_H_
