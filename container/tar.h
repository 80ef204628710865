// Tar archives: V7, ustar, GNU and pax, read strictly.
//
// Readers of tar disagree about more than any others, for there is no standard
// for half of what is in use. What they would see differently is
// `archive-ambiguous`, with one of these details:
//
//   header      a number is written so that readers differ, or the checksum is
//               right for signed bytes only
//   pax         a pax record is malformed, is there twice, or gives a size to
//               one reader and not to another
//   duplicate   two members have one name
//   behind-end  headers stand behind the two blocks of zeros that end it
//
// Links are told and not followed; a name or a target that leads out of the
// archive is `member-name`. Sparse members are reported as unread.
#ifndef PICKLEBOX_CONTAINER_TAR_H_
#define PICKLEBOX_CONTAINER_TAR_H_

#include "container/reader.h"

namespace picklebox::container {

bool ReadTar(const Input& input, Visitor* visitor);

}  // namespace picklebox::container

#endif  // PICKLEBOX_CONTAINER_TAR_H_
