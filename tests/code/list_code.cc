// Reads marshal data from the standard input and writes what picklebox makes of
// the code objects in it, for dis_test.py to compare with the interpreter.
//
//   list_code MINOR < records     each: size u32, marshal data
//
// For each code object, what is nested before what it is nested in:
//
//   code NAME DIGEST VERSIONS SIGNATURE
//   OFFSET NAME ARGUMENT TEXT START TARGET     tabs between; "-": there is none
//   handler START END TARGET DEPTH LASTI
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <string>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "base/bytes.h"
#include "base/text.h"
#include "code/instructions.h"
#include "code/listing.h"
#include "code/marshal.h"
#include "code/store.h"
#include "code/summary.h"
#include "code/tables.h"
#include "code/text.h"

namespace picklebox::code {
namespace {

std::string ReadAll() {
  std::string bytes;
  char buffer[1 << 16];
  for (size_t got = 0; (got = fread(buffer, 1, sizeof(buffer), stdin)) > 0;)
    bytes.append(buffer, got);
  return bytes;
}

void Write(const Store& store, CodeId id, int minor) {
  const CodeObject& code = store.code(id);
  const Digest& digest = store.digest(store.value_of(id));
  const std::string hex = absl::BytesToHexString(absl::string_view(
      reinterpret_cast<const char*>(digest.data()), digest.size()));
  uint64_t work = 1 << 30;
  std::printf("code\t%s\t%s\t%u\t%s\n",
              base::EscapeAscii(store.TextOf(code.name)).c_str(), hex.c_str(),
              NarrowVersions(store, code, &work),
              base::EscapeAscii(Signature(store, code)).c_str());
  const char* const fault =
      ForEachLine(store, code, minor, [](const Line& line) {
        std::string start = "-";
        if (line.starts_line)
          start = line.line ? absl::StrCat(*line.line) : "none";
        std::printf(
            "%lu\t%s\t%s\t%s\t%s\t%d\n", line.offset,
            std::string(line.name).c_str(),
            line.has_argument ? absl::StrCat(line.argument).c_str() : "-",
            line.text.c_str(), start.c_str(), line.is_target);
        return true;
      });
  if (fault != nullptr) std::printf("fault\t%s\n", fault);
  if (minor < 11) return;
  for (const Handler& handler : Handlers(store, code)) {
    std::printf("handler\t%lu\t%lu\t%lu\t%lu\t%d\n", handler.start, handler.end,
                handler.target, handler.depth, handler.lasti);
  }
}

int Main(int minor) {
  const std::string bytes = ReadAll();
  for (size_t at = 0; at + 4 <= bytes.size();) {
    const uint32_t size = base::LoadLittle<uint32_t>(
        reinterpret_cast<const uint8_t*>(bytes.data()) + at);
    at += 4;
    Store store;
    if (ReadMarshal(absl::string_view(bytes).substr(at, size), 0, &store) ==
        kNoValue) {
      std::printf("unread\n");
    }
    for (CodeId id = 0; id < store.codes(); ++id) Write(store, id, minor);
    at += size;
  }
  return 0;
}

}  // namespace
}  // namespace picklebox::code

int main(int argc, char** argv) {
  if (argc != 2) return 2;
  return picklebox::code::Main(std::atoi(argv[1]));
}
