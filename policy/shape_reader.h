// Reads the shapes that stand in a rule.
#ifndef PICKLEBOX_POLICY_SHAPE_READER_H_
#define PICKLEBOX_POLICY_SHAPE_READER_H_

#include <cstdint>
#include <optional>
#include <vector>

#include "absl/strings/string_view.h"
#include "policy/mistakes.h"
#include "policy/shape.h"
#include "policy/shape_parser.h"
#include "policy/toml_reader.h"
#include "toml++/toml.h"

namespace picklebox::policy {

class ShapeReader : public TomlReader {
 public:
  // Shapes are added to `pool`.
  ShapeReader(absl::string_view file, ShapePool* pool, Mistakes* mistakes)
      : TomlReader(file, mistakes), pool_(*pool) {}

  // Each sets `*number` to that of the shape, and leaves it after a mistake.
  // `key` is what it is called in complaints.
  void ReadShape(const toml::node& node, absl::string_view key,
                 uint32_t* number);
  // The value of `items`.
  void ReadEntries(const toml::node& node, uint32_t* number);
  // One list of arguments, or a list of such lists.
  void ReadArguments(const toml::node& node, absl::string_view key,
                     uint32_t* number);
  // An empty dict: whoever says what the arguments are leaves out none.
  uint32_t NoKeywords();

 private:
  void ComplainOfShape(const toml::node& node, const ShapeMistake& mistake);
  std::optional<Shape> Item(const toml::node& node, absl::string_view key,
                            bool repeats);
  ShapePart ReadList(const toml::array& list, absl::string_view key);
  uint32_t AddAlternatives(const std::vector<ShapePart>& parts);

  ShapePool& pool_;
};

}  // namespace picklebox::policy

#endif  // PICKLEBOX_POLICY_SHAPE_READER_H_
