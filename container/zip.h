// Zip archives, read as strictly as they are written.
//
// The central directory says what the members are; their bytes are not touched
// before they are opened, so that an archive of ten gigabytes costs its
// directory. Whatever a reader that goes by local headers, by another end
// record or by stricter rules would see differently is `archive-ambiguous`,
// with one of these details:
//
//   end-records   several end records can be found
//   prefix        bytes stand before the archive, or offsets are off
//   suffix        bytes stand behind it
//   zip64         the 64-bit fields contradict the others
//   entry-count   the directory has other members than it says
//   local-header  a member's own header differs from its directory entry
//   descriptor    what stands behind its data differs from it
//   flags         it is said to be encrypted or patched
//   duplicate     two members have one name, capitals aside
//   overlap       two members share bytes
//   gap           bytes between the members belong to none
//   size, crc     the data differ from what the directory says
//
// Names that lead out of the archive are `member-name`. CRCs are checked of
// what is decompressed, and by Member::verify of what is stored.
#ifndef PICKLEBOX_CONTAINER_ZIP_H_
#define PICKLEBOX_CONTAINER_ZIP_H_

#include "container/reader.h"

namespace picklebox::container {

bool ReadZip(const Input& input, Visitor* visitor);

}  // namespace picklebox::container

#endif  // PICKLEBOX_CONTAINER_ZIP_H_
