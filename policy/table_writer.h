// Writes the compiled policy that policy/table.h reads. Parent and build only.
#ifndef PICKLEBOX_POLICY_TABLE_WRITER_H_
#define PICKLEBOX_POLICY_TABLE_WRITER_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/types/span.h"
#include "picklebox/limits.h"
#include "policy/rule.h"
#include "policy/shape.h"

namespace picklebox::policy {

// What goes into a table. The rules are of different globals, those of patterns
// behind the others; the extensions ascend by code.
struct TableContent {
  std::string name;
  std::vector<Rule> rules;  // of shapes in `shapes`
  std::vector<Shape> shapes;
  std::vector<ShapePart> parts;
  std::vector<ExtensionRule> extensions;
  std::vector<CodeRule> codes;  // in any order
  Limits limits;
  bool persistent_ids = false;
};

// Equal content gives equal bytes.
std::vector<uint8_t> WriteTable(const TableContent& content);

}  // namespace picklebox::policy

#endif  // PICKLEBOX_POLICY_TABLE_WRITER_H_
