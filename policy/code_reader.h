// Reads the code that a policy allows, [[allow_code]].
#ifndef PICKLEBOX_POLICY_CODE_READER_H_
#define PICKLEBOX_POLICY_CODE_READER_H_

#include <cstdint>
#include <optional>
#include <vector>

#include "absl/strings/string_view.h"
#include "policy/document.h"
#include "policy/mistakes.h"
#include "policy/toml_reader.h"
#include "toml++/toml.h"

namespace picklebox::policy {

class CodeReader : public TomlReader {
 public:
  // What is allowed is added to `codes`, which outlives the reader.
  CodeReader(absl::string_view file, Mistakes* mistakes,
             std::vector<Document::Code>* codes)
      : TomlReader(file, mistakes), codes_(*codes) {}

  // One table, of one digest or several, or of none.
  void Read(const toml::table& table);

 private:
  void ReadDigest(const toml::node& node, Document::Code code);
  uint32_t ReadPythons(const toml::node& node);

  std::vector<Document::Code>& codes_;
};

// 64 hexadecimal digits in lower case.
std::optional<graph::Digest> ParseDigest(absl::string_view text);

}  // namespace picklebox::policy

#endif  // PICKLEBOX_POLICY_CODE_READER_H_
