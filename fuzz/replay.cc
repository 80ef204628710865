// Runs files through a fuzz body, without a fuzzer.
//
//   fuzz_replay [--header] TARGET FILE...
//
// A file *.hex is text: hexadecimal bytes, any space between them, and comments
// from # to the end of the line. Other files are taken as they are. With
// --header, each is given zeros for the options that the body takes from the
// front. The name of each file is written before it runs, so that an abort
// shows whose it is.
#include <cctype>
#include <cstdint>
#include <cstdio>
#include <fstream>
#include <iterator>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/string_view.h"
#include "fuzz/bodies/bodies.h"

namespace picklebox::fuzz {
namespace {

int DigitOf(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  return -1;
}

// nullopt for text that is not as said above.
std::optional<std::string> FromHex(absl::string_view text) {
  std::string bytes;
  int high = -1;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '#') {
      i = text.find('\n', i);
      if (i == absl::string_view::npos) break;
    }
    if (absl::ascii_isspace(static_cast<unsigned char>(text[i]))) continue;
    const int digit = DigitOf(text[i]);
    if (digit < 0) return std::nullopt;
    if (high < 0) {
      high = digit;
    } else {
      bytes.push_back(static_cast<char>(high << 4 | digit));
      high = -1;
    }
  }
  if (high >= 0) return std::nullopt;
  return bytes;
}

bool Replay(const Target& target, const std::string& path, size_t header) {
  std::printf("%s\n", path.c_str());
  std::fflush(stdout);
  std::ifstream file(path, std::ios::binary);
  std::string bytes((std::istreambuf_iterator<char>(file)),
                    std::istreambuf_iterator<char>());
  if (!file) {
    std::fprintf(stderr, "%s: cannot be read\n", path.c_str());
    return false;
  }
  if (absl::EndsWith(path, ".hex")) {
    const std::optional<std::string> plain = FromHex(bytes);
    if (!plain) {
      std::fprintf(stderr, "%s: not hexadecimal\n", path.c_str());
      return false;
    }
    bytes = *plain;
  }
  bytes.insert(0, header, '\0');
  RunBody(target,
          {reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size()});
  return true;
}

}  // namespace
}  // namespace picklebox::fuzz

int main(int argc, char** argv) {
  std::vector<std::string> arguments(argv + 1, argv + argc);
  size_t header = 0;
  if (!arguments.empty() && arguments.front() == "--header") {
    header = picklebox::fuzz::kHeader;
    arguments.erase(arguments.begin());
  }
  const picklebox::fuzz::Target* const target =
      arguments.size() < 2 ? nullptr
                           : picklebox::fuzz::FindTarget(arguments.front());
  if (target == nullptr) {
    std::fputs("usage: fuzz_replay [--header] TARGET FILE...\n", stderr);
    return 4;
  }
  bool ok = true;
  for (size_t i = 1; i < arguments.size(); ++i) {
    ok = picklebox::fuzz::Replay(*target, arguments[i], header) && ok;
  }
  return ok ? 0 : 1;
}
