// The child's task: find the pickles of an input, execute each, judge it, and
// write the reply. Runs in the worker; in tests and fuzzers in-process.
#ifndef PICKLEBOX_BOX_VETTING_H_
#define PICKLEBOX_BOX_VETTING_H_

#include <memory>

#include "base/memory.h"
#include "base/source.h"
#include "base/window.h"
#include "box/item.h"
#include "box/reply.h"
#include "box/request.h"
#include "policy/table.h"

namespace picklebox::box {

// Does what `request` asks for with `file`. `memory` gives the tables.
void Respond(const Request& request, const policy::PolicyTable& table,
             base::Memory& memory, std::shared_ptr<base::Source> file,
             ReplyWriter* reply);

// Finds, judges and tells the pickles of the file and of all that is in it.
void Vet(Shared* shared, std::shared_ptr<base::Source> file);

// Lists the opcodes of the pickles of one member instead: of the one whose path
// is request.member, or of the file if that is empty.
void Disassemble(Shared* shared, std::shared_ptr<base::Source> file);

// Tells bytes request.offset to request.offset + request.length of one member
// instead, decompressed.
void Read(Shared* shared, std::shared_ptr<base::Source> file);

// Lists the code that the pickles of the file carry, or those of one member.
void ListCode(Shared* shared, std::shared_ptr<base::Source> file);

}  // namespace picklebox::box

#endif  // PICKLEBOX_BOX_VETTING_H_
