// 7z archives, by libarchive's reader and no other part of that library.
//
// The members of a 7z are compressed in one stream, one behind the other, so
// all are unpacked in one go and kept, as far as the budget has room. Encrypted
// ones and compression methods that the library does not know are reported as
// unread. Members whose names are not ASCII are told by their number.
#ifndef PICKLEBOX_CONTAINER_SEVENZIP_H_
#define PICKLEBOX_CONTAINER_SEVENZIP_H_

#include "container/reader.h"

namespace picklebox::container {

bool ReadSevenZip(const Input& input, Visitor* visitor);

}  // namespace picklebox::container

#endif  // PICKLEBOX_CONTAINER_SEVENZIP_H_
