// A code object out of the arguments of types.CodeType, as dill and cloudpickle
// write the call. How many there are, and of which types, says of which layout
// it is: Objects/codeobject.c and Objects/clinic/codeobject.c.h of each
// CPython.
#ifndef PICKLEBOX_CODE_ARGUMENTS_H_
#define PICKLEBOX_CODE_ARGUMENTS_H_

#include <vector>

#include "code/store.h"

namespace picklebox::code {

// Arguments that are no Python's are a code object of Layout::kOther, whose
// note says why.
CodeObject FromArguments(const Store& store, std::vector<ValueId> args);

}  // namespace picklebox::code

#endif  // PICKLEBOX_CODE_ARGUMENTS_H_
