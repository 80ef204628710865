// Functions that a file needs by their names, and those that it carries.
#ifndef PICKLEBOX_BOX_NEEDED_FUNCTIONS_H_
#define PICKLEBOX_BOX_NEEDED_FUNCTIONS_H_

#include <vector>

#include "picklebox/requirements.h"
#include "picklebox/scanner.h"

namespace picklebox::box {

// What dill writes for "the namespace of __main__", whichever it is.
inline bool IsDillMarker(const GlobalReport& global) {
  return global.raw_module == "__builtin__" &&
         global.raw_qualname == "__main__";
}

// By reference: globals that are neither called nor made objects of, but stand
// among the objects, except for the class that numpy's and copyreg's
// reconstructors are given. By value: code that is nested in no other. At most
// 1000 of each, in the order of the file.
std::vector<NeededFunction> FunctionsOf(const Scan& scan);

}  // namespace picklebox::box

#endif  // PICKLEBOX_BOX_NEEDED_FUNCTIONS_H_
