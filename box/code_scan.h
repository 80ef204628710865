// Tells of the code that a pickle carries.
#ifndef PICKLEBOX_BOX_CODE_SCAN_H_
#define PICKLEBOX_BOX_CODE_SCAN_H_

#include <cstdint>

#include "absl/strings/string_view.h"
#include "base/window.h"
#include "box/item.h"
#include "graph/builder.h"

namespace picklebox::box {

// The pickle that was just judged, and executed by `builder` into `encoding`,
// its code becomes records and findings, or, for Task::kListCode, text. Does
// nothing for a pickle that names nothing which makes code and has none in its
// texts.
void TellCode(Shared* shared, uint32_t member,
              const graph::GraphBuilder& builder, absl::string_view encoding,
              base::Window* in, Notes* notes);

}  // namespace picklebox::box

#endif  // PICKLEBOX_BOX_CODE_SCAN_H_
