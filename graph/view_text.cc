#include "graph/view_text.h"

#include <charconv>
#include <cmath>
#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "base/text.h"
#include "graph/dtype.h"

namespace picklebox::graph {
namespace {

// The first bytes of `text`, at most `max`, and no broken character.
absl::string_view Prefix(absl::string_view text, uint64_t max) {
  if (text.size() <= max) return text;
  size_t size = max;
  while (size > 0 && (static_cast<uint8_t>(text[size]) & 0xc0) == 0x80) --size;
  return text.substr(0, size);
}

std::string BytesEscaped(absl::string_view bytes) {
  std::string out;
  for (const char c : bytes) {
    // A byte above 0x7f is no UTF-8 on its own and so comes out as \xNN.
    out += base::EscapeAscii(absl::string_view(&c, 1), '\'');
  }
  return out;
}

std::string TextOf(const Node& node, absl::string_view prefix,
                   uint64_t max_text) {
  if (node.extent) {
    return absl::StrCat(prefix, "'...' (", node.extent->length,
                        " bytes at offset ", node.extent->offset, ")");
  }
  const bool is_str = node.kind == NodeKind::kStr;
  const absl::string_view shown =
      is_str ? Prefix(node.text, max_text) : node.text.substr(0, max_text);
  std::string text = absl::StrCat(
      prefix, "'",
      is_str ? base::EscapeAscii(shown, '\'') : BytesEscaped(shown), "'");
  if (shown.size() < node.text.size()) {
    absl::StrAppend(&text, "... (", node.text.size(), " bytes)");
  }
  return text;
}

std::string BigIntText(const Node& node, uint64_t max_text) {
  std::string hex = HexText(node);
  if (hex.size() <= max_text) return hex;
  return absl::StrCat(hex.substr(0, max_text), "... (", node.text.size(),
                      " bytes)");
}

}  // namespace

bool IsAtom(NodeKind kind) {
  switch (kind) {
    case NodeKind::kNone:
    case NodeKind::kBool:
    case NodeKind::kInt:
    case NodeKind::kFloat:
    case NodeKind::kStr:
    case NodeKind::kBytes:
    case NodeKind::kByteArray:
    case NodeKind::kGlobal:
    case NodeKind::kExtension:
    case NodeKind::kBuffer:
    case NodeKind::kArray:
      return true;
    default:
      return false;
  }
}

std::string AtomText(const Node& node, uint64_t max_text) {
  switch (node.kind) {
    case NodeKind::kNone:
      return "None";
    case NodeKind::kBool:
      return node.integer != 0 ? "True" : "False";
    case NodeKind::kInt:
      return node.big ? BigIntText(node, max_text) : absl::StrCat(node.integer);
    case NodeKind::kFloat:
      return FloatText(node.number());
    case NodeKind::kStr:
      return TextOf(node, "", max_text);
    case NodeKind::kBytes:
      return TextOf(node, "b", max_text);
    case NodeKind::kByteArray:
      return absl::StrCat("bytearray(", TextOf(node, "b", max_text), ")");
    case NodeKind::kGlobal:
      return absl::StrCat(base::EscapeAscii(node.module()), ":",
                          base::EscapeAscii(node.qualname));
    case NodeKind::kExtension:
    case NodeKind::kBuffer:
      return absl::StrCat(NodeKindName(node.kind), "(", node.integer, ")");
    case NodeKind::kArray:
      return ArrayText(node, max_text, {});
    default:
      return std::string(NodeKindName(node.kind));
  }
}

std::string LengthsText(absl::Span<const uint64_t> lengths) {
  return absl::StrCat("(", absl::StrJoin(lengths, ", "),
                      lengths.size() == 1 ? ",)" : ")");
}

std::string PlaceText(const Extent& extent,
                      absl::Span<const std::string> members) {
  if (extent.stream == 0) return absl::StrCat("0x", absl::Hex(extent.offset));
  const uint32_t member = extent.stream - 1;
  return absl::StrCat(
      member < members.size()
          ? base::EscapeAscii(absl::string_view(members[member]).substr(0, 256))
          : absl::StrCat("member ", member),
      extent.offset > 0 ? absl::StrCat(" + 0x", absl::Hex(extent.offset)) : "");
}

std::string ArrayText(const Node& node, uint64_t max_text,
                      absl::Span<const std::string> members) {
  const std::string dtype = base::EscapeAscii(DtypeName(node.text));
  return absl::StrCat(
      "array ", dtype.substr(0, max_text),
      dtype.size() > max_text ? "... " : " ", LengthsText(node.shape.dims()),
      node.fortran ? " F at " : " C at ", PlaceText(*node.extent, members),
      ", ", node.extent->length, " bytes");
}

std::string FloatText(double number) {
  if (std::isnan(number)) return "nan";
  if (std::isinf(number)) return number > 0 ? "inf" : "-inf";
  char digits[32];
  const auto end = std::to_chars(digits, digits + sizeof(digits), number).ptr;
  std::string text(digits, end);
  if (text.find_first_of(".e") == std::string::npos) text += ".0";
  return text;
}

std::string HexText(const Node& node) {
  std::string magnitude(node.text.rbegin(), node.text.rend());  // big-endian
  const bool negative = (static_cast<uint8_t>(magnitude[0]) & 0x80) != 0;
  if (negative) {
    uint32_t carry = 1;
    for (size_t i = magnitude.size(); i-- > 0;) {
      carry += static_cast<uint8_t>(~magnitude[i]);
      magnitude[i] = static_cast<char>(carry);
      carry >>= 8;
    }
  }
  std::string hex = absl::BytesToHexString(magnitude);
  hex.erase(0, hex.find_first_not_of('0'));
  return absl::StrCat(negative ? "-0x" : "0x", hex);
}

}  // namespace picklebox::graph
