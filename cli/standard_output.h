// The standard output, as a sink, and what it is.
#ifndef PICKLEBOX_CLI_STANDARD_OUTPUT_H_
#define PICKLEBOX_CLI_STANDARD_OUTPUT_H_

#include <string>

#include "picklebox/sink.h"

namespace picklebox::cli {

Sink ToStandardOutput();
// Ends the output of a command: `status`, or, when something that was written
// did not arrive, a complaint and a status that says so.
int EndStandardOutput(int status);
// Colors are wanted. `choice` is "always", "never" or "auto", which goes by the
// first of these that says something: NO_COLOR, CLICOLOR_FORCE or FORCE_COLOR,
// CLICOLOR=0, TERM=dumb, whether it is a terminal.
bool WantsColor(const std::string& choice);
// The columns of the terminal that the output goes to (COLUMNS, if set); 0 if
// it goes elsewhere.
int TerminalWidth();
// The same of the standard error.
int ErrorTerminalWidth();
// The standard error is a terminal on which a line can be rewritten, and no
// build service watches.
bool WantsProgress();

}  // namespace picklebox::cli

#endif  // PICKLEBOX_CLI_STANDARD_OUTPUT_H_
