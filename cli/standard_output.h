// The standard output, as a sink.
#ifndef PICKLEBOX_CLI_STANDARD_OUTPUT_H_
#define PICKLEBOX_CLI_STANDARD_OUTPUT_H_

#include "picklebox/sink.h"

namespace picklebox::cli {

Sink ToStandardOutput();
// Ends the output of a command: `status`, or, when something that was written
// did not arrive, a complaint and a status that says so.
int EndStandardOutput(int status);
// Colors are wanted: a terminal, and neither NO_COLOR nor TERM=dumb; or
// FORCE_COLOR.
bool WantsColor();

}  // namespace picklebox::cli

#endif  // PICKLEBOX_CLI_STANDARD_OUTPUT_H_
