// Nodes as short texts of printable ASCII, shared by the views.
#ifndef PICKLEBOX_GRAPH_VIEW_TEXT_H_
#define PICKLEBOX_GRAPH_VIEW_TEXT_H_

#include <cstdint>
#include <string>

#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "picklebox/graph.h"

namespace picklebox::graph {

// A node that stands for itself: kNone, kBool, kInt, kFloat, kStr, kBytes,
// kByteArray, kGlobal, kExtension, kBuffer, kArray.
bool IsAtom(NodeKind kind);

// An atom as Python would spell it, but for "module:qualname", extension(5),
// buffer(0) and "array float64 (3, 2) C at 0x120, 48 bytes". At most `max_text`
// bytes of a string or of the digits of a big int are shown, and then how long
// it is.
std::string AtomText(const Node& node, uint64_t max_text);

// "array float64 (3, 2) C at 0x120, 48 bytes"; in a member, by its path.
std::string ArrayText(const Node& node, uint64_t max_text,
                      absl::Span<const std::string> members);

// "(3, 2)", "(3,)".
std::string LengthsText(absl::Span<const uint64_t> lengths);

// "0x120", "archive/data/0", "archive/data/0 + 0x10".
std::string PlaceText(const Extent& extent,
                      absl::Span<const std::string> members);

// The shortest decimal that reads back as the same number, always with a point
// or an exponent; "nan", "inf", "-inf".
std::string FloatText(double number);

// "-0x1f" of an int that is `big`.
std::string HexText(const Node& node);

}  // namespace picklebox::graph

#endif  // PICKLEBOX_GRAPH_VIEW_TEXT_H_
