// The child's task: find the pickles of an input, execute each, judge it, and
// write the reply. Runs in the worker; in tests and fuzzers in-process.
#ifndef PICKLEBOX_BOX_VETTING_H_
#define PICKLEBOX_BOX_VETTING_H_

#include <cstdint>

#include "absl/types/span.h"
#include "base/memory.h"
#include "base/window.h"
#include "box/reply.h"
#include "box/request.h"
#include "policy/table.h"

namespace picklebox::box {

// Scans what `in` shows from its beginning. `memory` gives the tables.
void Vet(const Request& request, const policy::PolicyTable& table,
         base::Memory& memory, base::Window& in, ReplyWriter* reply);

// Lists the opcodes of each pickle instead.
void Disassemble(const Request& request, base::Memory& memory, base::Window& in,
                 ReplyWriter* reply);

}  // namespace picklebox::box

#endif  // PICKLEBOX_BOX_VETTING_H_
