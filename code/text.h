// Constants and arguments as Python's repr and dis write them, in ASCII.
#ifndef PICKLEBOX_CODE_TEXT_H_
#define PICKLEBOX_CODE_TEXT_H_

#include <string>

#include "absl/strings/string_view.h"
#include "code/instructions.h"
#include "code/store.h"

namespace picklebox::code {

// What a text is cut to where it is shown; longer ones end in "...".
inline constexpr size_t kShownText = 1 << 20;

// The constant as Python's ascii() writes it, but for the address of a code
// object, for text that is longer than `most` and for ints of more than 4300
// digits, which are hexadecimal.
std::string ConstantText(const Store& store, ValueId id,
                         size_t most = kShownText);

// The text of a float as repr has it.
std::string FloatText(uint64_t bits);

// What stands in parentheses behind the argument: the name, the constant, the
// target of a jump. Empty: nothing does.
std::string ArgumentText(const Store& store, const CodeObject& code,
                         const Variables& variables, const Instruction& in,
                         int minor);

}  // namespace picklebox::code

#endif  // PICKLEBOX_CODE_TEXT_H_
