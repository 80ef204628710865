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

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "picklebox/report.h"
#include "policy/rule.h"

namespace picklebox::policy {

// A position in a policy file, from 1.
struct Position {
  uint32_t line = 0;
  uint32_t column = 0;
};

// The mistakes of a policy and of what it extends.
class Mistakes {
 public:
  void Add(absl::string_view file, Position position,
           absl::string_view message);
  bool empty() const { return mistakes_.empty(); }
  // OK, or InvalidArgument with a line "file:line:column: message" each, file
  // by file and from top to bottom.
  absl::Status status() const;

 private:
  struct Mistake {
    size_t file;  // index into files_
    Position position;
    std::string message;
  };
  std::vector<std::string> files_;
  std::vector<Mistake> mistakes_;
};

struct Document {
  struct Extends {
    std::string what;  // a shipped profile or a path
    Position position;
  };
  struct Allow {
    std::string module;  // canonical
    std::string qualname;
    Uses uses = 0;
    uint8_t flags = 0;
    Places callables = 0;
    Places classes = 0;
    std::string reason;
    Position position;  // of the name
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

  std::string file;
  std::optional<std::string> name;
  std::optional<bool> persistent_ids;
  std::vector<Extends> extends;
  std::vector<Allow> allows;  // of different globals
  std::vector<Limit> limits;  // valid ones
  std::vector<Extension> extensions;
};

// Reads `text`; `file` stands in the mistakes.
Document ReadDocument(absl::string_view text, absl::string_view file,
                      Mistakes* mistakes);

}  // namespace picklebox::policy

#endif  // PICKLEBOX_POLICY_DOCUMENT_H_
