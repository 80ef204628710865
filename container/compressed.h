// Files that are compressed as a whole: gzip, zlib, bzip2, xz, lzma, zstd, lz4
// and the ZF files of old joblib. They have one member, named for the format.
#ifndef PICKLEBOX_CONTAINER_COMPRESSED_H_
#define PICKLEBOX_CONTAINER_COMPRESSED_H_

#include "container/reader.h"

namespace picklebox::container {

// Several members, streams or frames in a row are one content, as the formats'
// own tools have it. Zeros behind it are padding, all else is reported.
bool ReadCompressed(const Input& input, Visitor* visitor);

}  // namespace picklebox::container

#endif  // PICKLEBOX_CONTAINER_COMPRESSED_H_
