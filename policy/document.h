// One policy file, read but not yet merged with what it extends.
//
// docs/policy-language.md describes the language. Reading goes on after a
// mistake, so that all of them are reported at once.
#ifndef PICKLEBOX_POLICY_DOCUMENT_H_
#define PICKLEBOX_POLICY_DOCUMENT_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "picklebox/report.h"
#include "policy/mistakes.h"
#include "policy/rule.h"
#include "policy/shape.h"

namespace picklebox::policy {

// What a file says, or an override in it.
struct DocumentPart {
  struct Extends {
    std::string what;  // a shipped profile or a path
    Position position;
  };
  struct Allow {
    std::string module;  // canonical; a pattern, if `flags` say so
    std::string qualname;
    Uses uses = 0;
    uint8_t flags = 0;  // RuleFlag
    RuleShapes shapes;
    CheckSet checks = 0;
    std::string reason;
    Position position;  // of the name, or of the first pattern
    // Of a rule of patterns: where its module and its qualname stand.
    Position module_position;
    Position qualname_position;
  };
  struct Limit {
    std::string name;
    std::string value;
  };
  struct Extension {
    uint32_t code = 0;
    std::string module;  // canonical
    std::string qualname;
  };

  // Of one [[allow_code]], once a digest; without one, once.
  struct Code {
    graph::Digest digest = {};
    uint32_t pythons = 0;  // minor versions, as bits; 0: without a digest
    std::string name;
    std::string path;  // a pattern
    std::string reason;
    Position position;
  };

  std::string file;
  std::optional<std::string> name;
  std::optional<bool> persistent_ids;
  std::vector<Extends> extends;
  std::vector<Allow> allows;  // of different globals or patterns
  std::vector<Limit> limits;  // valid ones
  std::vector<Extension> extensions;
  std::vector<Code> codes;
};

struct Document : DocumentPart {
  // What counts for some files on top of the rest.
  struct Override {
    std::vector<std::string> paths;  // patterns: policy/path_pattern.h
    Position position;
    DocumentPart part;  // extends, allows, codes and persistent_ids only
  };

  std::vector<Override> overrides;
};

// Reads `text`; `file` stands in the mistakes. Shapes are added to `pool`.
Document ReadDocument(absl::string_view text, absl::string_view file,
                      ShapePool* pool, Mistakes* mistakes);

}  // namespace picklebox::policy

#endif  // PICKLEBOX_POLICY_DOCUMENT_H_
