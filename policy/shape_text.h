// Compiled shapes back as text, for people and for policies.
//
//   ArgumentsText(table, rule.call)   // [["str"], ["str", "int?"]]
//
// `Source` is a ShapePool or a PolicyTable. What came out of the compiler reads
// back as it was, but for aliases, spaces and order; what a hostile table holds
// is cut off at a depth and a size.
#ifndef PICKLEBOX_POLICY_SHAPE_TEXT_H_
#define PICKLEBOX_POLICY_SHAPE_TEXT_H_

#include <cstdint>
#include <string>

#include "policy/shape.h"
#include "policy/table.h"

namespace picklebox::policy {

// "str|tuple[int*]".
std::string ShapeText(const PolicyTable& table, uint32_t shape);
// The value of `call` or `new`, as TOML: one list of arguments, or several.
std::string ArgumentsText(const PolicyTable& table, uint32_t shape);
// The value of `items`: "str: any".
std::string EntriesText(const PolicyTable& table, uint32_t shape);

// A text as a literal of the language, in quotes.
std::string Literal(absl::string_view text);
// A text as a string of TOML, in quotes.
std::string TomlString(absl::string_view text);

}  // namespace picklebox::policy

#endif  // PICKLEBOX_POLICY_SHAPE_TEXT_H_
