// Where the writers of picklebox write to.
#ifndef PICKLEBOX_SINK_H_
#define PICKLEBOX_SINK_H_

#include <functional>

#include "absl/strings/string_view.h"

namespace picklebox {

// Takes a piece of output. The view is valid during the call only; pieces are
// of a few kilobytes and do not end at line ends.
using Sink = std::function<void(absl::string_view)>;

}  // namespace picklebox

#endif  // PICKLEBOX_SINK_H_
