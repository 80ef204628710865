// What kind of model an archive is, by the names of its members. Said where no
// pickle was found in it; decides nothing.
#ifndef PICKLEBOX_BOX_ARCHIVE_KIND_H_
#define PICKLEBOX_BOX_ARCHIVE_KIND_H_

#include "absl/strings/string_view.h"
#include "box/members.h"

namespace picklebox::box {

// A sentence without its first word, "a Keras model: ...", about the members of
// `archive`; empty if there is nothing to say.
absl::string_view ArchiveKind(const Members& members, uint32_t archive);

}  // namespace picklebox::box

#endif  // PICKLEBOX_BOX_ARCHIVE_KIND_H_
