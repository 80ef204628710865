// Archives that carry code of PyTorch's kinds besides pickles, known by the
// members that PyTorch itself goes by.
//
//   NoteModelArchive(members, archive, &notes);    // once an archive
//   if (IsScript(members, member)) Search(...);    // each member
//
// TorchScript: torch.jit.load compiles what is below code/ and runs it in
// PyTorch's interpreter, which no Python reaches. torch.package: its importer
// runs the Python sources within.
#ifndef PICKLEBOX_BOX_MODEL_ARCHIVE_H_
#define PICKLEBOX_BOX_MODEL_ARCHIVE_H_

#include <cstdint>

#include "base/window.h"
#include "box/item.h"
#include "box/members.h"

namespace picklebox::box {

// Says of an archive, whose members are known, that it carries code, and where.
void NoteModelArchive(const Members& members, uint32_t archive, Notes* notes);

// Looks into a member that holds code, or the names of modules, of such an
// archive; leaves any other alone.
void LookIntoCode(const Members& members, uint32_t member, base::Window& in,
                  Notes* notes);

}  // namespace picklebox::box

#endif  // PICKLEBOX_BOX_MODEL_ARCHIVE_H_
