// Mistakes of policies, each with its place. Parent and build only.
#ifndef PICKLEBOX_POLICY_MISTAKES_H_
#define PICKLEBOX_POLICY_MISTAKES_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"

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

}  // namespace picklebox::policy

#endif  // PICKLEBOX_POLICY_MISTAKES_H_
