// Reads shapes, as policies write them, into a pool.
//
//   ShapePool pool;
//   ShapeMistake mistake;
//   const auto shape = ParseItem("str|tuple[int*]?", true, &pool, &mistake);
//   if (!shape) Complain(mistake.at, mistake.message);
//
// Parent and build only. What nests too deeply or is too long is a mistake.
#ifndef PICKLEBOX_POLICY_SHAPE_PARSER_H_
#define PICKLEBOX_POLICY_SHAPE_PARSER_H_

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "policy/shape.h"

namespace picklebox::policy {

struct ShapeMistake {
  size_t at = 0;  // in the text
  std::string message;
};

// A shape; with `repeats` it may end in ? or *.
std::optional<Shape> ParseItem(absl::string_view text, bool repeats,
                               ShapePool* pool, ShapeMistake* mistake);

// "SHAPE" or "SHAPE: SHAPE, ...": what may be added, as a part of kind kList or
// kDict.
std::optional<ShapePart> ParseEntries(absl::string_view text, ShapePool* pool,
                                      ShapeMistake* mistake);

// What is wrong with the order of these items of one tuple; empty if nothing.
std::string WrongOrder(const std::vector<Shape>& items);

}  // namespace picklebox::policy

#endif  // PICKLEBOX_POLICY_SHAPE_PARSER_H_
