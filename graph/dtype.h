// The types of array items, as the graph spells them.
//
//   dtype  = scalar | "[" field { ", " field } "]" ;
//   field  = "(" ( name | "(" title ", " name ")" ) ", "
//            ( "'" scalar "'" | dtype list ) [ ", " dims ] ")" ;
//   name   = "'" text "'" ; title = name ;
//   dims   = "(" number { ", " number } [ "," ] ")" ;
//   scalar = ( "<" | ">" | "|" ) code ;
//
// A code is NumPy's letter and size ("f8", "U12", "M8[ns]") or a name of
// PyTorch ("bfloat16"). The byte order is "|" where there is none. A list is a
// record: numpy.lib.format.descr_to_dtype(ast.literal_eval(text)) makes it; a
// title is another name of a field; a field without a name
// is padding. There are no types that hold objects, and none of no bytes.
//
// Part of what a taken-over worker can attack in the parent: no recursion, no
// allocation, one pass.
#ifndef PICKLEBOX_GRAPH_DTYPE_H_
#define PICKLEBOX_GRAPH_DTYPE_H_

#include <cstdint>
#include <optional>
#include <string>

#include "absl/strings/string_view.h"
#include "absl/types/span.h"

namespace picklebox::graph {

// Longest text of a dtype.
inline constexpr uint64_t kMaxDtype = 16 << 10;
// Deepest nesting of records.
inline constexpr int kMaxDtypeDepth = 16;

// The bytes of an item; nullopt for a text that the grammar does not have.
std::optional<uint64_t> ItemSize(absl::string_view dtype);

// The same for a scalar only.
std::optional<uint64_t> ScalarSize(absl::string_view scalar);

// How the name of a field is spelled between its quotes: quotes like them and
// backslashes behind a backslash. nullopt for a name with control characters or
// bytes that are no UTF-8, which no dtype here has.
std::optional<std::string> SpellFieldName(absl::string_view name);

// The bytes of an array; nullopt when that is more than 2^63 - 1. As NumPy has
// it, dimensions other than those of length 0 must not overflow either.
std::optional<uint64_t> ArrayLength(uint64_t itemsize,
                                    absl::Span<const uint64_t> dims);

// For people: "float64" of "<f8"; what has no such name stays as it is.
std::string DtypeName(absl::string_view dtype);

}  // namespace picklebox::graph

#endif  // PICKLEBOX_GRAPH_DTYPE_H_
