// Tells of the code that a pickle carries.
#ifndef PICKLEBOX_BOX_CODE_SCAN_H_
#define PICKLEBOX_BOX_CODE_SCAN_H_

#include <cstdint>

#include "base/window.h"
#include "box/item.h"
#include "graph/ledger.h"

namespace picklebox::box {

// The pickle that was just judged, and executed into `source`, its code becomes
// records and findings, or, for Task::kListCode, text. Does nothing for a
// pickle that names nothing which makes code.
void TellCode(Shared* shared, uint32_t member, const graph::NodeSource& source,
              base::Window* in, Notes* notes);

}  // namespace picklebox::box

#endif  // PICKLEBOX_BOX_CODE_SCAN_H_
